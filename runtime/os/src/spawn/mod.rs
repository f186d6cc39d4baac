//! Starting a program: posix_spawn(3), which shares the parent's memory until exec and so costs the same whatever that
//! memory's size; for one with limits or in a control group, clone3(2) in the same way. Used by the warden, whose children all
//! programs are; the rest of Pipeloom sees only the errors.

mod diagnose;
mod error;

use std::{
    ffi::{CStr, CString, OsString},
    os::{
        fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd},
        unix::ffi::OsStringExt,
    },
};

pub use error::SpawnError;
use nix::sys::resource::Resource;

use crate::{
    Errno,
    call::call,
    limits::Limited,
    process::Pid,
    sys::{self, Image, SoftAndHard},
};

/// What to start.
///
/// A path without a leading slash is relative to `cwd`; nothing is looked up in `PATH`. The child gets exactly this
/// environment, no descriptors but those of `fds` and, where `fds` does not name them, 0 to 2 of the warden (nothing to
/// read, output thrown away, the runtime's stderr). It leads a process group of its own, with all signals at their
/// defaults and none blocked.
#[derive(Debug, Default)]
pub struct Spawn {
    /// Path of the executable.
    pub program: OsString,
    /// All arguments, the first being the name that the program is told it has.
    pub argv: Vec<OsString>,
    /// Names and values.
    pub env: Vec<(OsString, OsString)>,
    /// Where it starts; the warden's own directory if none is given.
    pub cwd: Option<OsString>,
    /// Descriptors, and the numbers they get in the child. They are closed here once they have been sent.
    ///
    /// A pipe end of the runtime's is non-blocking; make it blocking first, as the child shares that.
    pub fds: Vec<(OwnedFd, RawFd)>,
    /// What it may use at most. Where the hard limit of the warden, and so of the runtime, is lower, that one holds.
    pub limits: Vec<(Limited, u64)>,
}

/// A program ready to be started, as often as it takes.
pub(crate) struct Prepared {
    program: CString,
    argv: Vec<CString>,
    env: Vec<CString>,
    cwd: Option<CString>,
    fds: Vec<(OwnedFd, RawFd)>,
    limits: Vec<SoftAndHard>,
    /// The soft limit of descriptors, if it is to be lower than ours.
    descriptors: Option<u64>,
}

impl Prepared {
    /// Turns the strings into C's, and moves descriptors out of the way of each other's targets.
    ///
    /// In the child each source is duplicated to its target in turn, so a source that is also a target would be
    /// overwritten before its turn came. All are moved above the highest target first, unless they are there. They are
    /// close-on-exec, as what comes over the link is.
    pub(crate) fn new(spawn: Spawn) -> Result<Self, SpawnError> {
        let c = |string: OsString| CString::new(string.into_vec()).map_err(|_| SpawnError::NulByte);
        let entry = |(mut name, value): (OsString, OsString)| {
            name.push("=");
            name.push(value);
            c(name)
        };
        let least = spawn.fds.iter().map(|(_, target)| *target).max().unwrap_or(2).max(2) + 1;
        let moved = |(fd, target): (OwnedFd, RawFd)| match fd.as_raw_fd() < least {
            true => {
                let fd = call("fcntl(F_DUPFD_CLOEXEC)", "", || sys::duplicate(fd.as_fd(), least))?;
                Ok::<_, SpawnError>((fd, target))
            }
            false => Ok((fd, target)),
        };
        let limit = |(limited, most): (Limited, u64)| {
            limited.under_ours(most).map_err(|errno| SpawnError::Other { call: "getrlimit".to_owned(), errno })
        };
        Ok(Self {
            program: c(spawn.program)?,
            argv: spawn.argv.into_iter().map(c).collect::<Result<_, _>>()?,
            env: spawn.env.into_iter().map(entry).collect::<Result<_, _>>()?,
            cwd: spawn.cwd.map(c).transpose()?,
            fds: spawn.fds.into_iter().map(moved).collect::<Result<_, _>>()?,
            limits: spawn.limits.into_iter().map(limit).collect::<Result<_, _>>()?,
            descriptors: None,
        })
    }

    /// The same, begun with this soft limit of descriptors, if it is not given one of its own. It has room for those that it
    /// is given.
    pub(crate) fn allowing_descriptors(mut self, soft: Option<u64>) -> Self {
        let is_given = self.limits.iter().any(|limit| limit.resource == Resource::RLIMIT_NOFILE);
        let least = self.fds.iter().map(|(_, target)| target.cast_unsigned() + 1).max().unwrap_or(0);
        self.descriptors = soft.filter(|_| !is_given).map(|soft| soft.max(least.into()));
        self
    }

    /// Starts it, in a control group if one is given. After [`SpawnError::OutOfProcesses`] it may be tried again.
    pub(crate) fn start(&self, group: Option<BorrowedFd<'_>>) -> Result<Pid, SpawnError> {
        let argv: Vec<&CStr> = self.argv.iter().map(CString::as_c_str).collect();
        let env: Vec<&CStr> = self.env.iter().map(CString::as_c_str).collect();
        let fds: Vec<(BorrowedFd<'_>, RawFd)> = self.fds.iter().map(|(fd, target)| (fd.as_fd(), *target)).collect();
        let image = Image { program: &self.program, argv: &argv, env: &env, cwd: self.cwd.as_deref(), fds: &fds };
        let is_plain = self.limits.is_empty() && group.is_none();
        let name = if is_plain { "posix_spawn" } else { "fork and exec" };
        let started = if is_plain {
            call(name, "", || sys::posix_spawn(&image, self.descriptors))
        } else {
            let descriptors = self.descriptors.map(|soft| Limited::OpenFiles.soft_under_ours(soft)).transpose();
            let descriptors = descriptors.map_err(|errno| SpawnError::Other { call: "getrlimit".to_owned(), errno })?;
            let limits: Vec<SoftAndHard> = self.limits.iter().copied().chain(descriptors).collect();
            call(name, "", || sys::fork_and_exec(&image, &limits, group))
        };
        match started {
            Ok(pid) => Pid::from_raw(pid).ok_or(SpawnError::Other { call: name.to_owned(), errno: Errno::EINVAL }),
            Err(error) => Err(diagnose::diagnose(name, &self.program, self.cwd.as_deref(), error.errno())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;

    use super::*;
    use crate::pipe;

    #[test]
    fn sources_are_moved_above_all_targets() {
        let (reader, writer) = pipe::unnamed().unwrap();
        let (reader, writer) = (reader.into_fd(), writer.into_fd());
        let (a, b) = (reader.as_raw_fd(), writer.as_raw_fd());
        let prepared = Prepared::new(Spawn { fds: vec![(reader, b), (writer, a)], ..Spawn::default() }).unwrap();
        assert!(prepared.fds.iter().all(|(fd, _)| fd.as_raw_fd() > a.max(b)));
    }

    #[test]
    fn a_nul_byte_is_refused() {
        let argv = vec!["x\0y".into()];
        let refused = Prepared::new(Spawn { program: "/bin/true".into(), argv, ..Spawn::default() });
        assert_eq!(refused.err(), Some(SpawnError::NulByte));
    }
}
