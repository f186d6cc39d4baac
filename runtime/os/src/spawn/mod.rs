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
    rc::Rc,
    sync::Arc,
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
    /// More of them, that many programs have in common: the warden is told of the same ones once. What stands in `env` counts where both
    /// name it.
    pub shared_env: Environment,
    /// Where it starts; the warden's own directory if none is given.
    pub cwd: Option<OsString>,
    /// Descriptors, and the numbers they get in the child. They are closed here once they have been sent.
    ///
    /// A pipe end of the runtime's is non-blocking; make it blocking first, as the child shares that.
    pub fds: Vec<(OwnedFd, RawFd)>,
    /// What it may use at most. Where the hard limit of the warden, and so of the runtime, is lower, that one holds.
    pub limits: Vec<(Limited, u64)>,
}

/// Names and values of an environment, or of a part of one.
pub type Environment = Arc<[(OsString, OsString)]>;

/// The same as C's strings, `NAME=value`, each with the length of its name and the sign behind.
#[derive(Clone, Default)]
pub(crate) struct SharedStrings(Rc<[(CString, usize)]>);

impl SharedStrings {
    pub(crate) fn new(entries: Vec<(OsString, OsString)>) -> Result<Self, SpawnError> {
        let entry = |(name, value): (OsString, OsString)| {
            let prefix = name.len() + 1;
            environment_entry(name, value).map(|entry| (entry, prefix))
        };
        entries.into_iter().map(entry).collect::<Result<_, _>>().map(Self)
    }

    /// Those that `own` does not name.
    fn beside<'a>(&'a self, own: &'a [CString]) -> impl Iterator<Item = &'a CStr> {
        let is_named = move |entry: &CStr, prefix: usize| {
            let name = &entry.to_bytes()[..prefix];
            own.iter().any(|own| own.to_bytes().starts_with(name))
        };
        self.0.iter().filter(move |(entry, prefix)| !is_named(entry, *prefix)).map(|(entry, _)| entry.as_c_str())
    }
}

fn c_string(string: OsString) -> Result<CString, SpawnError> {
    CString::new(string.into_vec()).map_err(|_| SpawnError::NulByte)
}

fn environment_entry(mut name: OsString, value: OsString) -> Result<CString, SpawnError> {
    name.push("=");
    name.push(value);
    c_string(name)
}

/// A program ready to be started, as often as it takes.
pub(crate) struct Prepared {
    program: CString,
    argv: Vec<CString>,
    env: Vec<CString>,
    shared_env: SharedStrings,
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
    ///
    /// What the program shares of its environment comes as `shared_env`, in place of what `spawn` has.
    pub(crate) fn new(spawn: Spawn, shared_env: SharedStrings) -> Result<Self, SpawnError> {
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
            program: c_string(spawn.program)?,
            argv: spawn.argv.into_iter().map(c_string).collect::<Result<_, _>>()?,
            env: spawn.env.into_iter().map(|(name, value)| environment_entry(name, value)).collect::<Result<_, _>>()?,
            shared_env,
            cwd: spawn.cwd.map(c_string).transpose()?,
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
        let shared = self.shared_env.beside(&self.env);
        let env: Vec<&CStr> = shared.chain(self.env.iter().map(CString::as_c_str)).collect();
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
        let prepared =
            Prepared::new(Spawn { fds: vec![(reader, b), (writer, a)], ..Spawn::default() }, SharedStrings::default());
        let prepared = prepared.unwrap();
        assert!(prepared.fds.iter().all(|(fd, _)| fd.as_raw_fd() > a.max(b)));
    }

    #[test]
    fn a_nul_byte_is_refused() {
        let argv = vec!["x\0y".into()];
        let spawn = Spawn { program: "/bin/true".into(), argv, ..Spawn::default() };
        let refused = Prepared::new(spawn, SharedStrings::default());
        assert_eq!(refused.err(), Some(SpawnError::NulByte));
    }

    #[test]
    fn what_is_shared_of_the_environment_gives_way_to_what_is_named() {
        let pairs = |pairs: &[(&str, &str)]| pairs.iter().map(|(name, value)| (name.into(), value.into())).collect();
        let shared = SharedStrings::new(pairs(&[("A", "shared"), ("AB", "shared"), ("C", "shared")])).unwrap();
        let spawn = Spawn { env: pairs(&[("A", "own"), ("CD", "own")]), ..Spawn::default() };
        let prepared = Prepared::new(spawn, shared).unwrap();
        let left: Vec<_> = prepared.shared_env.beside(&prepared.env).collect();
        assert_eq!(left, [c"AB=shared", c"C=shared"]);
    }
}
