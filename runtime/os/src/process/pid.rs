//! Process numbers, and descriptors that stand for a process.

use std::{
    fmt,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

use nix::{
    poll::{PollFd, PollFlags, PollTimeout, poll},
    unistd::getpgid,
};
use serde::{Deserialize, Serialize};

use super::Signal;
use crate::{
    Errno, Result,
    call::{call, raw},
    sys,
};

/// The number of a process, or of the group that it leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Pid(i32);

impl Pid {
    /// The process with this number; none for numbers that mean something else to kill(2).
    pub fn from_raw(number: i32) -> Option<Self> {
        (number > 0).then_some(Self(number))
    }

    /// The calling process.
    pub fn this() -> Self {
        Self(std::process::id().cast_signed())
    }

    /// Its number.
    pub fn as_raw(self) -> i32 {
        self.0
    }
}

impl fmt::Display for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A descriptor for one process, which never comes to mean another. Readable once the process has ended.
#[derive(Debug)]
pub struct PidFd {
    pid: Pid,
    fd: OwnedFd,
}

impl PidFd {
    /// Opens one by number. Only the parent of a process not yet reaped can be sure whom it gets.
    pub fn open(pid: Pid) -> Result<Self> {
        let fd = call("pidfd_open", pid, || sys::pidfd_open(pid.0))?;
        Ok(Self { pid, fd })
    }

    pub(crate) fn from_parts(pid: Pid, fd: OwnedFd) -> Self {
        Self { pid, fd }
    }

    /// The number that the process has or had.
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// Sends a signal; false if the process has ended already.
    pub fn signal(&self, signal: Signal) -> Result<bool> {
        delivered(call("pidfd_send_signal", self.pid, || sys::pidfd_send_signal(self.fd.as_fd(), signal.as_raw())))
    }

    /// Whether the process has ended (its parent may not have reaped it yet).
    pub fn has_ended(&self) -> Result<bool> {
        let mut fds = [PollFd::new(self.fd.as_fd(), PollFlags::POLLIN)];
        call("poll", self.pid, || poll(&mut fds, PollTimeout::ZERO)).map(|ready| ready > 0)
    }
}

impl AsFd for PidFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Sends a signal to all of the group that `leader` led; false if there is nobody.
pub fn signal_group(leader: Pid, signal: Signal) -> Result<bool> {
    delivered(call("kill", format_args!("group {leader}"), || sys::kill(-leader.0, signal.as_raw())))
}

/// Sends a signal by number. Only for a child not yet reaped, or when nothing better is to be had.
pub(crate) fn signal_pid(pid: Pid, signal: Signal) -> Result<bool> {
    delivered(call("kill", pid, || sys::kill(pid.0, signal.as_raw())))
}

fn delivered(result: Result<()>) -> Result<bool> {
    match result {
        Ok(()) => Ok(true),
        Err(error) if error.errno() == Errno::ESRCH => Ok(false),
        Err(error) => Err(error),
    }
}

/// The group that a process belongs to.
pub(crate) fn group_of(pid: Pid) -> Option<Pid> {
    let group = raw(|| getpgid(Some(nix::unistd::Pid::from_raw(pid.0)))).ok()?;
    Pid::from_raw(group.as_raw())
}

/// Whether the group that `leader` led has any process, be it one that its parent has not reaped.
pub fn group_is_alive(leader: Pid) -> bool {
    // EPERM says that there is somebody, whom we may not signal.
    !matches!(raw(|| sys::kill(-leader.0, 0)), Err(Errno::ESRCH))
}
