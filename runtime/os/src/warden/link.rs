//! Messages with descriptors over a stream socket, without ever waiting.
//!
//! A frame is the message's length and its number of descriptors (u32 each, little-endian), then the message. The
//! descriptors ride on the frame's own bytes, at most [`MAX_FDS`] with one send; a frame with more goes out in several,
//! of which all but the last carry one byte. The receiver never asks for more bytes than the frame has, so whatever
//! descriptors it gets belong to that frame, and it notices when the kernel had to drop some.

use std::{
    collections::VecDeque,
    io::IoSlice,
    marker::PhantomData,
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
};

use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Errno, OsError, Result,
    call::raw,
    sys::{self, MAX_FDS},
};

const HEADER: usize = 8;

/// The longest message taken; Linux lets arguments and environment be 6 MiB at most.
pub(super) const MAX_MESSAGE: usize = 32 << 20;

/// One side of the socket, which receives messages of type `M`.
#[derive(Debug)]
pub(super) struct Link<M> {
    socket: OwnedFd,
    outgoing: VecDeque<Outgoing>,
    incoming: Incoming,
    message: PhantomData<fn() -> M>,
}

#[derive(Debug)]
struct Outgoing {
    bytes: Vec<u8>,
    sent: usize,
    fds: VecDeque<OwnedFd>,
}

#[derive(Debug, Default)]
struct Incoming {
    bytes: Vec<u8>,
    have: usize,
    fds: Vec<OwnedFd>,
}

/// What came over the link.
#[derive(Debug)]
pub(super) enum Got<M> {
    Message {
        message: M,
        fds: Vec<OwnedFd>,
        /// This process can open no more descriptors, and some of the message's are lost.
        incomplete: bool,
    },
    /// Nothing now.
    Nothing,
    /// The other side has gone.
    End,
}

/// How far [`Link::flush`] came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flushed {
    All,
    /// The socket is full.
    Partly,
    /// The user has too many descriptors on their way between processes (`ETOOMANYREFS`).
    TooManyInFlight,
    /// The other side has gone.
    Gone,
}

impl<M: DeserializeOwned> Link<M> {
    pub(super) fn new(socket: OwnedFd) -> Self {
        Self { socket, outgoing: VecDeque::new(), incoming: Incoming::default(), message: PhantomData }
    }

    /// Queues a message. It goes out with the next [`Link::flush`].
    pub(super) fn queue(&mut self, message: &impl Serialize, fds: Vec<OwnedFd>) -> Result<()> {
        let bytes = postcard::to_extend(message, vec![0; HEADER])
            .map_err(|_| OsError::new("sendmsg", "warden (encoding)", Errno::EINVAL))?;
        let (Ok(length), Ok(count)) = (u32::try_from(bytes.len() - HEADER), u32::try_from(fds.len())) else {
            return Err(OsError::new("sendmsg", "warden", Errno::EMSGSIZE));
        };
        let mut bytes = bytes;
        bytes[..4].copy_from_slice(&length.to_le_bytes());
        bytes[4..HEADER].copy_from_slice(&count.to_le_bytes());
        self.outgoing.push_back(Outgoing { bytes, sent: 0, fds: fds.into() });
        Ok(())
    }

    /// Messages not yet sent.
    pub(super) fn queued(&self) -> usize {
        self.outgoing.len()
    }

    /// Those among them that have descriptors.
    pub(super) fn queued_with_fds(&self) -> usize {
        self.outgoing.iter().filter(|message| !message.fds.is_empty()).count()
    }

    /// Sends what the socket takes.
    pub(super) fn flush(&mut self) -> Result<Flushed> {
        while let Some(next) = self.outgoing.front_mut() {
            match next.send(self.socket.as_fd()) {
                Ok(()) if next.sent == next.bytes.len() => drop(self.outgoing.pop_front()),
                Ok(()) => {}
                Err(Errno::EAGAIN) => return Ok(Flushed::Partly),
                Err(Errno::ETOOMANYREFS) => return Ok(Flushed::TooManyInFlight),
                Err(Errno::EPIPE | Errno::ECONNRESET) => {
                    self.outgoing.clear();
                    return Ok(Flushed::Gone);
                }
                Err(errno) => return Err(OsError::new("sendmsg", "warden", errno)),
            }
        }
        Ok(Flushed::All)
    }

    /// The next message, if it has come whole.
    pub(super) fn receive(&mut self) -> Result<Got<M>> {
        loop {
            let wanted = self.incoming.wanted()?;
            if self.incoming.have == wanted && wanted > HEADER {
                return self.incoming.take();
            }
            self.incoming.bytes.resize(wanted, 0);
            let buffer = &mut self.incoming.bytes[self.incoming.have..];
            match raw(|| sys::receive(self.socket.as_fd(), buffer)) {
                Ok(received) if received.bytes == 0 => return Ok(Got::End),
                Ok(received) => {
                    self.incoming.have += received.bytes;
                    self.incoming.fds.extend(received.fds);
                }
                Err(Errno::EAGAIN) => return Ok(Got::Nothing),
                Err(Errno::ECONNRESET) => return Ok(Got::End),
                Err(errno) => return Err(OsError::new("recvmsg", "warden", errno)),
            }
        }
    }
}

impl<M> AsFd for Link<M> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Outgoing {
    /// One send; EAGAIN if the socket is full.
    fn send(&mut self, socket: BorrowedFd<'_>) -> Result<(), Errno> {
        let rest = &self.bytes[self.sent..];
        let now: Vec<_> = self.fds.iter().take(MAX_FDS).map(AsRawFd::as_raw_fd).collect();
        // With descriptors still to follow all bytes but one must wait for them.
        let part = if self.fds.len() > now.len() { &rest[..1] } else { rest };
        let rights = [ControlMessage::ScmRights(&now)];
        let control = if now.is_empty() { &rights[..0] } else { &rights[..] };
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
        let sent = raw(|| sendmsg::<()>(socket.as_raw_fd(), &[IoSlice::new(part)], control, flags, None))?;
        self.sent += sent;
        // Sent with the first byte, or else there would have been an error; ours are closed now.
        self.fds.drain(..now.len());
        Ok(())
    }
}

impl Incoming {
    /// Bytes of this frame, as far as they are known.
    fn wanted(&self) -> Result<usize> {
        let Some(length) = self.number(0) else { return Ok(HEADER) };
        match usize::try_from(length) {
            Ok(length) if (1..=MAX_MESSAGE).contains(&length) => Ok(HEADER + length),
            _ => Err(OsError::new("recvmsg", "warden", Errno::EMSGSIZE)),
        }
    }

    /// A number of the header, once it is complete.
    fn number(&self, at: usize) -> Option<u32> {
        if self.have < HEADER {
            return None;
        }
        Some(u32::from_le_bytes(self.bytes[at..at + 4].try_into().ok()?))
    }

    fn take<M: DeserializeOwned>(&mut self) -> Result<Got<M>> {
        let expected = self.number(4);
        let Self { bytes, fds, .. } = std::mem::take(self);
        let message = postcard::from_bytes(&bytes[HEADER..])
            .map_err(|_| OsError::new("recvmsg", "warden (decoding)", Errno::EBADMSG))?;
        let incomplete = expected != u32::try_from(fds.len()).ok();
        Ok(Got::Message { message, fds, incomplete })
    }
}

#[cfg(test)]
mod tests {
    use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};

    use super::*;
    use crate::pipe::{self, Io};

    fn pair() -> (Link<String>, Link<String>) {
        let flags = SockFlag::SOCK_CLOEXEC;
        let (a, b) = socketpair(AddressFamily::Unix, SockType::Stream, None, flags).unwrap();
        (Link::new(a), Link::new(b))
    }

    #[track_caller]
    fn message(got: Got<String>) -> (String, Vec<OwnedFd>) {
        match got {
            Got::Message { message, fds, incomplete: false } => (message, fds),
            other => panic!("{other:?} is no whole message"),
        }
    }

    #[test]
    fn messages_come_in_order_with_their_own_descriptors() {
        let (mut here, mut there) = pair();
        let (reader, mut writer) = pipe::unnamed().unwrap();
        here.queue(&"first", vec![]).unwrap();
        here.queue(&"second", vec![reader.into_fd()]).unwrap();
        here.queue(&"third", vec![]).unwrap();
        assert_eq!(here.flush().unwrap(), Flushed::All);
        drop(here);

        assert_eq!(message(there.receive().unwrap()).0, "first");
        let (second, mut fds) = message(there.receive().unwrap());
        assert_eq!(second, "second");
        writer.write(b"x").unwrap();
        let mut reader = pipe::ReadEnd::from_fd(fds.pop().unwrap()).unwrap();
        assert_eq!(reader.read(&mut [0; 4]).unwrap(), Io::Some(1));
        assert_eq!(message(there.receive().unwrap()).1.len(), 0);
        assert!(matches!(there.receive().unwrap(), Got::End));
    }

    #[test]
    fn more_descriptors_than_one_send_takes() {
        let (mut here, mut there) = pair();
        let (reader, _writer) = pipe::unnamed().unwrap();
        let fds = (0..600).map(|_| sys::duplicate(reader.as_fd(), 3).unwrap()).collect();
        here.queue(&"many", fds).unwrap();
        assert_eq!(here.flush().unwrap(), Flushed::All);
        let (text, fds) = message(there.receive().unwrap());
        assert_eq!((text.as_str(), fds.len()), ("many", 600));
    }

    #[test]
    fn a_message_larger_than_the_socket_goes_in_turns() {
        let (mut here, mut there) = pair();
        let long = "x".repeat(3 << 20);
        here.queue(&long, vec![]).unwrap();
        let mut turns = 0;
        let got = loop {
            turns += 1;
            here.flush().unwrap();
            if let Got::Message { message, .. } = there.receive().unwrap() {
                break message;
            }
        };
        assert!(got == long && turns > 1);
    }

    #[test]
    fn a_length_out_of_reason_is_refused_before_anything_is_allocated() {
        let (here, mut there) = pair();
        nix::unistd::write(&here.socket, &[255; HEADER]).unwrap();
        assert_eq!(there.receive().unwrap_err().errno(), Errno::EMSGSIZE);
    }
}
