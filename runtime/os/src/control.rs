//! Descriptors between the runtime and its jobs that are no pipes: the control channel of an executable, and what a
//! native job waits for.

use std::os::fd::{OwnedFd, RawFd};

use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};

use crate::{Result, call::call, pipe::ReadEnd, sys};

/// A new channel: the runtime's end, non-blocking, and the program's, blocking. Both are `O_CLOEXEC`.
pub fn control_pair() -> Result<(ReadEnd, OwnedFd)> {
    let (ours, theirs) = call("socketpair", "control channel", || {
        socketpair(AddressFamily::Unix, SockType::Stream, None, SockFlag::SOCK_CLOEXEC)
    })?;
    Ok((ReadEnd::from_fd(ours)?, theirs))
}

/// A second descriptor for what a native job has named by number, to be waited for. `EBADF` if nothing is open there.
pub fn duplicate(fd: RawFd) -> Result<OwnedFd> {
    call("fcntl(F_DUPFD_CLOEXEC)", fd, || sys::duplicate_number(fd))
}
