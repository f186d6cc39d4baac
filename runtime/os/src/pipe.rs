//! The two ends of a pipe or FIFO, non-blocking and owned.
//!
//! A broken pipe is not an error here but [`Io::End`]: Rust programs start with `SIGPIPE` ignored, so a write without
//! readers returns `EPIPE` instead of killing the process. Children get the default disposition back when they are
//! spawned, so that `head -1` still ends its writer in the usual way.
//!
//! `O_NONBLOCK` belongs to the open pipe end, not to the descriptor: an end of [`unnamed`] that a child inherits must be
//! made blocking first ([`ReadEnd::set_blocking`]), as ordinary programs do not expect `EAGAIN`.

use std::{
    io::IoSlice,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

use nix::{
    fcntl::{FcntlArg, OFlag, fcntl},
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::uio::writev,
    unistd::{pipe2, read, write},
};

use crate::{
    Errno, OsError, Result,
    call::{call, raw},
    sys,
};

/// What a non-blocking read or write came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Io {
    /// That many bytes, at least one.
    Some(usize),
    /// Nothing now; wait for the end to become ready.
    WouldBlock,
    /// Nothing ever again: read, all writers are gone and the pipe is empty; written, all readers are gone.
    ///
    /// On a FIFO that no writer has opened yet a read ends too: believe it only once a writer was there.
    End,
}

/// What [`ReadEnd::state`] sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadState {
    /// There are bytes to read.
    pub readable: bool,
    /// All writers have gone (never set before the first has come).
    pub hung_up: bool,
}

/// What [`WriteEnd::state`] sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteState {
    /// There is room for at least one page.
    pub writable: bool,
    /// No reader has the pipe open, now.
    pub no_reader: bool,
}

/// Why a pipe's capacity could not be set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CapacityError {
    /// The user has used up the pages or the size that the kernel allows for pipes.
    #[error("a capacity of {asked} bytes is over the quota (fs.pipe-max-size, fs.pipe-user-pages-soft)")]
    Quota {
        /// Bytes asked for.
        asked: usize,
    },
    /// Anything else, such as more bytes queued than would fit.
    #[error(transparent)]
    Os(#[from] OsError),
}

/// A pipe without a name: both ends non-blocking and close-on-exec.
///
/// ```
/// use pipeloom_os::pipe::{self, Io};
///
/// let (mut reader, mut writer) = pipe::unnamed()?;
/// assert_eq!(writer.write(b"hello")?, Io::Some(5));
/// drop(writer);
/// let mut buffer = [0; 16];
/// assert_eq!(reader.read(&mut buffer)?, Io::Some(5));
/// assert_eq!(reader.read(&mut buffer)?, Io::End);
/// # Ok::<(), pipeloom_os::OsError>(())
/// ```
pub fn unnamed() -> Result<(ReadEnd, WriteEnd)> {
    let (reader, writer) = call("pipe2", "", || pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK))?;
    Ok((ReadEnd { fd: reader }, WriteEnd { fd: writer }))
}

/// The end that is read.
#[derive(Debug)]
pub struct ReadEnd {
    fd: OwnedFd,
}

impl ReadEnd {
    /// Takes over a descriptor and makes it non-blocking.
    pub fn from_fd(fd: OwnedFd) -> Result<Self> {
        set_nonblocking(fd.as_fd(), true)?;
        Ok(Self { fd })
    }

    /// Reads what is there, at most `buffer.len()` bytes (more than 0).
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<Io> {
        match raw(|| read(&self.fd, buffer)) {
            Ok(0) => Ok(Io::End),
            Ok(bytes) => Ok(Io::Some(bytes)),
            Err(Errno::EAGAIN) => Ok(Io::WouldBlock),
            Err(errno) => Err(OsError::new("read", "pipe", errno)),
        }
    }

    /// What poll(2) says now.
    pub fn state(&self) -> Result<ReadState> {
        let flags = poll_now(self.fd.as_fd(), PollFlags::POLLIN)?;
        Ok(ReadState { readable: flags.contains(PollFlags::POLLIN), hung_up: flags.contains(PollFlags::POLLHUP) })
    }
}

/// The end that is written.
#[derive(Debug)]
pub struct WriteEnd {
    fd: OwnedFd,
}

impl WriteEnd {
    /// Takes over a descriptor and makes it non-blocking.
    pub fn from_fd(fd: OwnedFd) -> Result<Self> {
        set_nonblocking(fd.as_fd(), true)?;
        Ok(Self { fd })
    }

    /// Writes what there is room for. Up to 4,096 bytes go whole or not at all.
    pub fn write(&mut self, bytes: &[u8]) -> Result<Io> {
        written("write", raw(|| write(&self.fd, bytes)))
    }

    /// The same from several slices (at most 1,024), in one call.
    pub fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> Result<Io> {
        written("writev", raw(|| writev(&self.fd, slices)))
    }

    /// What poll(2) says now.
    pub fn state(&self) -> Result<WriteState> {
        let flags = poll_now(self.fd.as_fd(), PollFlags::POLLOUT)?;
        Ok(WriteState { writable: flags.contains(PollFlags::POLLOUT), no_reader: flags.contains(PollFlags::POLLERR) })
    }
}

fn written(name: &'static str, result: Result<usize, Errno>) -> Result<Io> {
    match result {
        Ok(bytes) => Ok(Io::Some(bytes)),
        Err(Errno::EAGAIN) => Ok(Io::WouldBlock),
        Err(Errno::EPIPE) => Ok(Io::End),
        Err(errno) => Err(OsError::new(name, "pipe", errno)),
    }
}

fn poll_now(fd: BorrowedFd<'_>, wanted: PollFlags) -> Result<PollFlags> {
    let mut fds = [PollFd::new(fd, wanted)];
    call("poll", "pipe", || poll(&mut fds, PollTimeout::ZERO))?;
    Ok(fds[0].revents().unwrap_or(PollFlags::empty()))
}

fn set_nonblocking(fd: BorrowedFd<'_>, on: bool) -> Result<()> {
    let flags = call("fcntl(F_GETFL)", "pipe", || fcntl(fd, FcntlArg::F_GETFL))?;
    let mut flags = OFlag::from_bits_retain(flags);
    flags.set(OFlag::O_NONBLOCK, on);
    call("fcntl(F_SETFL)", "pipe", || fcntl(fd, FcntlArg::F_SETFL(flags)))?;
    Ok(())
}

/// What both ends can do.
macro_rules! both_ends {
    ($end:ident) => {
        impl $end {
            /// Bytes that the pipe can hold.
            pub fn capacity(&self) -> Result<usize> {
                let bytes = call("fcntl(F_GETPIPE_SZ)", "pipe", || fcntl(&self.fd, FcntlArg::F_GETPIPE_SZ))?;
                Ok(usize::try_from(bytes).unwrap_or(0))
            }

            /// Asks for room for `bytes`; the kernel rounds up and what it gave is returned.
            pub fn set_capacity(&mut self, bytes: usize) -> Result<usize, CapacityError> {
                let quota = CapacityError::Quota { asked: bytes };
                let Ok(wanted) = i32::try_from(bytes) else { return Err(quota) };
                match raw(|| fcntl(&self.fd, FcntlArg::F_SETPIPE_SZ(wanted))) {
                    Ok(given) => Ok(usize::try_from(given).unwrap_or(0)),
                    Err(Errno::EPERM) => Err(quota),
                    Err(errno) => Err(OsError::new("fcntl(F_SETPIPE_SZ)", "pipe", errno).into()),
                }
            }

            /// Bytes in the pipe now.
            pub fn queued(&self) -> Result<usize> {
                call("ioctl(FIONREAD)", "pipe", || sys::queued(self.fd.as_fd()))
            }

            /// Makes the end blocking, as ordinary programs expect the ends they inherit to be, or non-blocking again.
            pub fn set_blocking(&mut self, on: bool) -> Result<()> {
                set_nonblocking(self.fd.as_fd(), !on)
            }

            /// The descriptor itself.
            pub fn into_fd(self) -> OwnedFd {
                self.fd
            }
        }

        impl AsFd for $end {
            fn as_fd(&self) -> BorrowedFd<'_> {
                self.fd.as_fd()
            }
        }

        impl From<$end> for OwnedFd {
            fn from(end: $end) -> Self {
                end.fd
            }
        }
    };
}

both_ends!(ReadEnd);
both_ends!(WriteEnd);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_pipe_would_block_and_a_full_one_too() {
        let (mut reader, mut writer) = unnamed().unwrap();
        assert_eq!(reader.read(&mut [0; 8]).unwrap(), Io::WouldBlock);
        let room = writer.capacity().unwrap();
        assert_eq!(writer.write(&vec![7; room]).unwrap(), Io::Some(room));
        assert_eq!(writer.write(b"x").unwrap(), Io::WouldBlock);
        assert_eq!(reader.queued().unwrap(), room);
        assert_eq!(writer.state().unwrap(), WriteState { writable: false, no_reader: false });
        assert_eq!(reader.state().unwrap(), ReadState { readable: true, hung_up: false });
    }

    #[test]
    fn a_writer_without_readers_is_told_so_and_lives() {
        let (reader, mut writer) = unnamed().unwrap();
        drop(reader);
        assert_eq!(writer.write(b"x").unwrap(), Io::End);
        assert_eq!(writer.write_vectored(&[IoSlice::new(b"x"), IoSlice::new(b"y")]).unwrap(), Io::End);
        assert!(writer.state().unwrap().no_reader);
    }

    #[test]
    fn a_reader_without_writers_first_gets_what_is_left() {
        let (mut reader, mut writer) = unnamed().unwrap();
        writer.write_vectored(&[IoSlice::new(b"ab"), IoSlice::new(b"c")]).unwrap();
        drop(writer);
        assert_eq!(reader.state().unwrap(), ReadState { readable: true, hung_up: true });
        let mut buffer = [0; 8];
        assert_eq!(reader.read(&mut buffer).unwrap(), Io::Some(3));
        assert_eq!(&buffer[..3], b"abc");
        assert_eq!(reader.read(&mut buffer).unwrap(), Io::End);
    }

    #[test]
    fn the_capacity_is_rounded_up_and_bounded() {
        let (mut reader, _writer) = unnamed().unwrap();
        let given = reader.set_capacity(5_000).unwrap();
        assert!(given >= 5_000);
        assert_eq!(reader.capacity().unwrap(), given);
        assert_eq!(reader.set_capacity(usize::MAX), Err(CapacityError::Quota { asked: usize::MAX }));
    }
}
