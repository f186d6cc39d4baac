//! Waiting for many descriptors at once: epoll, level-triggered, with a number for each.

use std::{
    os::fd::{AsFd, BorrowedFd},
    time::Duration,
};

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

use crate::{Result, call::call, deadline::Deadline};

/// What to wait for. A hang-up or an error is always told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interest {
    /// Bytes (or an event) to read.
    pub readable: bool,
    /// Room to write.
    pub writable: bool,
}

impl Interest {
    /// Only hang-ups and errors.
    pub const NONE: Self = Self { readable: false, writable: false };
    /// Bytes to read.
    pub const READABLE: Self = Self { readable: true, writable: false };
    /// Room to write.
    pub const WRITABLE: Self = Self { readable: false, writable: true };
    /// Either.
    pub const BOTH: Self = Self { readable: true, writable: true };

    fn flags(self) -> EpollFlags {
        let mut flags = EpollFlags::empty();
        flags.set(EpollFlags::EPOLLIN, self.readable);
        flags.set(EpollFlags::EPOLLOUT, self.writable);
        flags
    }
}

/// One descriptor that has become ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    /// The number it was added with.
    pub token: u64,
    /// Bytes to read.
    pub readable: bool,
    /// Room to write.
    pub writable: bool,
    /// A reader's writers, or a socket's other side, have gone.
    pub hung_up: bool,
    /// A writer's readers have gone, or another error.
    pub error: bool,
}

/// An epoll instance. It can itself be polled: it is readable when something in it is ready.
#[derive(Debug)]
pub struct Poller {
    epoll: Epoll,
    events: Vec<EpollEvent>,
}

impl Poller {
    /// How many descriptors one [`Poller::wait`] tells of at most; the others come with the next.
    const AT_ONCE: usize = 256;

    /// An empty one.
    pub fn new() -> Result<Self> {
        let epoll = call("epoll_create1", "", || Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC))?;
        Ok(Self { epoll, events: vec![EpollEvent::empty(); Self::AT_ONCE] })
    }

    /// Waits for `fd` too from now on. The caller keeps the descriptor open until [`Poller::remove`]; one that is closed
    /// while a duplicate lives stays registered and cannot be removed any more.
    pub fn add(&self, fd: impl AsFd, token: u64, interest: Interest) -> Result<()> {
        let event = EpollEvent::new(interest.flags(), token);
        call("epoll_ctl(ADD)", format_args!("token {token}"), || self.epoll.add(fd.as_fd(), event))
    }

    /// Changes what is waited for.
    pub fn modify(&self, fd: impl AsFd, token: u64, interest: Interest) -> Result<()> {
        let mut event = EpollEvent::new(interest.flags(), token);
        call("epoll_ctl(MOD)", format_args!("token {token}"), || self.epoll.modify(fd.as_fd(), &mut event))
    }

    /// Forgets a descriptor.
    pub fn remove(&self, fd: impl AsFd) -> Result<()> {
        call("epoll_ctl(DEL)", "", || self.epoll.delete(fd.as_fd()))
    }

    /// Waits until something is ready or `timeout` (for ever if none; rounded up to a millisecond) has passed, and puts
    /// what is ready into `ready`, which is emptied first.
    pub fn wait(&mut self, ready: &mut Vec<Ready>, timeout: Option<Duration>) -> Result<()> {
        ready.clear();
        let deadline = Deadline::after(timeout);
        let Self { epoll, events } = self;
        let count = call("epoll_wait", "", || epoll.wait(events, milliseconds(deadline.left())))?;
        ready.extend(events[..count].iter().map(|event| {
            let flags = event.events();
            Ready {
                token: event.data(),
                readable: flags.contains(EpollFlags::EPOLLIN),
                writable: flags.contains(EpollFlags::EPOLLOUT),
                hung_up: flags.contains(EpollFlags::EPOLLHUP),
                error: flags.contains(EpollFlags::EPOLLERR),
            }
        }));
        Ok(())
    }
}

impl AsFd for Poller {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.epoll.0.as_fd()
    }
}

/// Rounded up, so that a wait never ends before its time.
fn milliseconds(timeout: Option<Duration>) -> EpollTimeout {
    let Some(timeout) = timeout else { return EpollTimeout::NONE };
    let up = timeout.as_nanos().div_ceil(1_000_000);
    EpollTimeout::try_from(i32::try_from(up).unwrap_or(i32::MAX)).unwrap_or(EpollTimeout::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipe;

    #[test]
    fn tells_what_is_ready_by_number() {
        let (mut reader, mut writer) = pipe::unnamed().unwrap();
        let mut poller = Poller::new().unwrap();
        let mut ready = Vec::new();
        poller.add(&reader, 1, Interest::READABLE).unwrap();
        poller.add(&writer, 2, Interest::WRITABLE).unwrap();
        poller.wait(&mut ready, Some(Duration::ZERO)).unwrap();
        assert_eq!(ready.iter().map(|ready| (ready.token, ready.writable)).collect::<Vec<_>>(), [(2, true)]);

        poller.modify(&writer, 2, Interest::NONE).unwrap();
        writer.write(b"x").unwrap();
        poller.wait(&mut ready, None).unwrap();
        assert_eq!(ready.iter().map(|ready| (ready.token, ready.readable)).collect::<Vec<_>>(), [(1, true)]);

        reader.read(&mut [0; 8]).unwrap();
        poller.remove(&writer).unwrap();
        drop(writer);
        poller.wait(&mut ready, None).unwrap();
        assert!(ready[0].hung_up);
    }

    #[test]
    fn a_wait_ends_after_its_time_and_not_before() {
        let mut poller = Poller::new().unwrap();
        let before = std::time::Instant::now();
        poller.wait(&mut Vec::new(), Some(Duration::from_micros(1_500))).unwrap();
        assert!(before.elapsed() >= Duration::from_micros(1_500));
    }
}
