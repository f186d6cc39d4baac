//! Descriptors: those that were open when the program started, and waiting for several.

#![expect(unsafe_code, reason = "a descriptor that is named by its number can only be borrowed by it")]

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::{SFlag, fstat};
use nix::unistd::{dup2_stdin, dup2_stdout};

/// A descriptor of our own for what is open under `number`. `EBADF` if nothing is.
pub(super) fn duplicate(number: RawFd) -> io::Result<OwnedFd> {
    if number < 0 {
        return Err(Errno::EBADF.into());
    }
    // SAFETY: the number is used for one system call, which looks for itself whether it is open.
    unsafe { BorrowedFd::borrow_raw(number) }.try_clone_to_owned()
}

/// Takes a descriptor that was given to the program. Nobody else has it after this: what the job prints goes to standard
/// error, what it reads from standard input is at its end.
pub(super) fn take(number: RawFd) -> io::Result<OwnedFd> {
    let ours = duplicate(number)?;
    match number {
        0 => dup2_stdin(File::open("/dev/null")?)?,
        1 => dup2_stdout(io::stderr())?,
        _ => nix::unistd::close(number)?,
    }
    Ok(ours)
}

/// Makes writing into a pipe or socket return at once. What else there is (a file, a terminal that others use too) stays as
/// it is.
pub(super) fn never_wait(file: &File) -> io::Result<()> {
    let kind = SFlag::from_bits_truncate(fstat(file)?.st_mode) & SFlag::S_IFMT;
    if kind == SFlag::S_IFIFO || kind == SFlag::S_IFSOCK {
        let flags = OFlag::from_bits_retain(fcntl(file, FcntlArg::F_GETFL)?);
        fcntl(file, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
    }
    Ok(())
}

/// Bytes in a pipe, at either of its ends.
pub(super) fn queued(pipe: BorrowedFd<'_>) -> io::Result<usize> {
    let mut bytes = 0;
    // SAFETY: the call writes one int through the pointer, which is valid for it.
    unsafe { fionread(pipe.as_raw_fd(), &raw mut bytes) }?;
    Ok(usize::try_from(bytes).unwrap_or(0))
}

nix::ioctl_read_bad!(fionread, nix::libc::FIONREAD, nix::libc::c_int);

/// Waits until one of these can be read, or is at its end. Says which can.
pub(super) fn wait_readable(fds: &[BorrowedFd<'_>], timeout: PollTimeout) -> io::Result<Vec<bool>> {
    let fds: Vec<Waited<'_>> = fds.iter().map(|fd| Waited::Readable(*fd)).collect();
    wait(&fds, timeout)
}

/// What is waited for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Waited<'a> {
    /// It can be read, or is at its end.
    Readable(BorrowedFd<'a>),
    /// It can be written, or has no reader any more.
    Writable(BorrowedFd<'a>),
    /// It has no reader any more.
    Alone(BorrowedFd<'a>),
}

impl<'a> Waited<'a> {
    fn polled(&self) -> PollFd<'a> {
        match *self {
            Waited::Readable(fd) => PollFd::new(fd, PollFlags::POLLIN),
            Waited::Writable(fd) => PollFd::new(fd, PollFlags::POLLOUT),
            // Errors are told without being asked for.
            Waited::Alone(fd) => PollFd::new(fd, PollFlags::empty()),
        }
    }
}

/// Waits until one of these is as it is wanted. Says which are.
pub(super) fn wait(fds: &[Waited<'_>], timeout: PollTimeout) -> io::Result<Vec<bool>> {
    let mut polled: Vec<PollFd<'_>> = fds.iter().map(Waited::polled).collect();
    loop {
        match poll(&mut polled, timeout) {
            // Whoever is interrupted waits a little longer.
            Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => break,
        }
    }
    Ok(polled.iter().map(|polled| polled.any() != Some(false)).collect())
}
