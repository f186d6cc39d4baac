//! How a warden comes to be: another process, with one end of the life-line.

use std::{
    ffi::OsString,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::Path,
    process::Stdio,
};

use nix::{
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{
        socket::{AddressFamily, SockFlag, SockType, socketpair},
        wait::{Id, WaitPidFlag, WaitStatus, waitid},
    },
};

use super::{ARGUMENT, server};
use crate::{
    Errno, OsError, Result,
    call::{call, call_std, raw},
    process::{Pid, PidFd},
    sys,
};

/// The process of a warden, and our end of its life-line.
#[derive(Debug)]
pub(super) struct Born {
    pub(super) socket: OwnedFd,
    pub(super) process: Process,
}

/// The process of a warden: our child, which is nobody else's to wait for.
#[derive(Debug)]
pub(super) struct Process(PidFd);

impl Born {
    /// `program` with `first_args` and then [`ARGUMENT`].
    pub(super) fn by_program(program: &Path, first_args: &[OsString]) -> Result<Self> {
        let (socket, theirs) = life_line()?;
        #[expect(clippy::disallowed_methods, reason = "the warden is what all others are spawned through")]
        let mut command = std::process::Command::new(program);
        command.args(first_args).arg(ARGUMENT).stdin(theirs).stdout(Stdio::null());
        let spawned = call_std("spawn", program.display(), || command.spawn());
        // Its copy of their end must not outlive the start: the end of the life-line is told by the last one closing.
        drop(command);
        let child = Pid::from_raw(spawned?.id().cast_signed());
        Self::child(socket, child)
    }

    /// A copy of this process.
    pub(super) fn by_fork() -> Result<Self> {
        let (socket, theirs) = life_line()?;
        let child = call("fork", "warden", || sys::fork_into(theirs.as_fd(), server::serve_as_copy))?;
        drop(theirs);
        Self::child(socket, Pid::from_raw(child))
    }

    fn child(socket: OwnedFd, pid: Option<Pid>) -> Result<Self> {
        let pid = pid.ok_or_else(|| OsError::new("pidfd_open", "warden", Errno::ESRCH))?;
        match PidFd::open(pid) {
            Ok(process) => Ok(Self { socket, process: Process(process) }),
            Err(error) => {
                // Without its life-line it ends by itself, but it must be reaped too.
                drop(socket);
                let _ = raw(|| waitid(Id::Pid(nix::unistd::Pid::from_raw(pid.as_raw())), WaitPidFlag::WEXITED));
                Err(error)
            }
        }
    }
}

/// Both ends of a life-line.
fn life_line() -> Result<(OwnedFd, OwnedFd)> {
    call("socketpair", "warden", || socketpair(AddressFamily::Unix, SockType::Stream, None, SockFlag::SOCK_CLOEXEC))
}

impl Process {
    pub(super) fn pid(&self) -> Pid {
        self.0.pid()
    }

    /// Waits for its end, and reaps it.
    pub(super) fn wait(&self, patience: PollTimeout) -> Result<()> {
        let mut fds = [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)];
        if call("poll", "warden", || poll(&mut fds, patience))? == 0 {
            return Err(OsError::new("poll", "warden", Errno::ETIMEDOUT));
        }
        match raw(|| waitid(Id::PIDFd(self.as_fd()), WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG)) {
            // A host that ignores SIGCHLD has no children to wait for; that is no trouble either.
            Err(_) | Ok(WaitStatus::Exited(_, 0) | WaitStatus::StillAlive) => Ok(()),
            Ok(_) => Err(OsError::new("wait", "warden (it has failed)", Errno::EPROTO)),
        }
    }
}

impl AsFd for Process {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
