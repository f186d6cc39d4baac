//! Limits of this process, and of the programs that it starts.

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use serde::{Deserialize, Serialize};

use crate::{
    Errno, Result,
    call::{call, raw},
    sys::SoftAndHard,
};

/// What a program that wants to do something about its end may still use after SIGXCPU, in seconds. Where soft and hard
/// limit are one, the kernel kills at once.
const LAST_SECONDS: u64 = 1;

/// What can be limited for a program. Each of its processes has its limits by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Limited {
    /// Bytes of address space (`RLIMIT_AS`). More is refused with `ENOMEM`.
    Memory,
    /// Seconds of processor time (`RLIMIT_CPU`). Then comes SIGXCPU, and a second later SIGKILL.
    ProcessorTime,
    /// Descriptors: the first number that is too high for one (`RLIMIT_NOFILE`). More are refused with `EMFILE`.
    OpenFiles,
    /// The size of a file that is written, in bytes (`RLIMIT_FSIZE`). Then comes SIGXFSZ, or where that is ignored the
    /// write is refused with `EFBIG`.
    FileSize,
    /// Processes and threads that the real user has, whoever started them (`RLIMIT_NPROC`). More are refused with `EAGAIN`,
    /// but not to root.
    Processes,
}

impl Limited {
    /// The most that this process, and so what it starts, may be given; `u64::MAX` if there is no bound.
    pub fn hard_limit(self) -> Result<u64> {
        call("getrlimit", format_args!("{self:?}"), || getrlimit(self.resource())).map(|(_, hard)| hard)
    }

    /// Soft and hard limit where `most` is wanted, but no more than this process may give.
    pub(crate) fn under_ours(self, most: u64) -> Result<SoftAndHard, Errno> {
        let resource = self.resource();
        let (_, ours) = raw(|| getrlimit(resource))?;
        let after = if self == Self::ProcessorTime { LAST_SECONDS } else { 0 };
        Ok(SoftAndHard { resource, soft: most.min(ours), hard: most.saturating_add(after).min(ours) })
    }

    /// A soft limit, where the hard one stays as it is.
    pub(crate) fn soft_under_ours(self, most: u64) -> Result<SoftAndHard, Errno> {
        let resource = self.resource();
        let (_, hard) = raw(|| getrlimit(resource))?;
        Ok(SoftAndHard { resource, soft: most.min(hard), hard })
    }

    const fn resource(self) -> Resource {
        match self {
            Self::Memory => Resource::RLIMIT_AS,
            Self::ProcessorTime => Resource::RLIMIT_CPU,
            Self::OpenFiles => Resource::RLIMIT_NOFILE,
            Self::FileSize => Resource::RLIMIT_FSIZE,
            Self::Processes => Resource::RLIMIT_NPROC,
        }
    }
}

/// How many descriptors this process may have open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Descriptors {
    /// So many, as of now.
    pub allowed: u64,
    /// The soft limit before, if it was raised. It is for the programs that are started: what uses select(2) breaks on
    /// descriptors above 1,023, and goes by this limit.
    pub before: Option<u64>,
}

/// Makes sure that this process may have `needed` descriptors open: if its soft limit is below that, it is raised to the hard
/// one, as others than we may open some, too. If that is not enough it stays as it is. For binaries: a library must not change
/// the limits of its host.
pub fn allow_descriptors(needed: u64) -> Result<Descriptors> {
    let (soft, hard) = call("getrlimit", "NOFILE", || getrlimit(Resource::RLIMIT_NOFILE))?;
    if soft >= needed || soft == hard {
        return Ok(Descriptors { allowed: soft, before: None });
    }
    if hard >= needed {
        call("setrlimit", "NOFILE", || setrlimit(Resource::RLIMIT_NOFILE, hard, hard))?;
    }
    Ok(Descriptors { allowed: hard, before: Some(soft) })
}

/// The soft limit of descriptors, lowered for what is started meanwhile. Those that are open stay so.
#[derive(Debug)]
pub(crate) struct SoftDescriptors {
    soft: u64,
    hard: u64,
}

impl SoftDescriptors {
    /// Lowers it to `most`, unless it is as low already, until this is dropped.
    pub(crate) fn lower(most: u64) -> Result<Self, Errno> {
        let (soft, hard) = raw(|| getrlimit(Resource::RLIMIT_NOFILE))?;
        raw(|| setrlimit(Resource::RLIMIT_NOFILE, most.min(soft), hard))?;
        Ok(Self { soft, hard })
    }
}

impl Drop for SoftDescriptors {
    fn drop(&mut self) {
        // Up to the hard limit it can always be raised.
        let _ = raw(|| setrlimit(Resource::RLIMIT_NOFILE, self.soft, self.hard));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_allowed_already_is_left_alone() {
        let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        assert_eq!(allow_descriptors(1).unwrap(), Descriptors { allowed: soft, before: None });
        assert_eq!(getrlimit(Resource::RLIMIT_NOFILE).unwrap(), (soft, hard));
    }

    #[test]
    fn no_more_than_the_hard_limit_is_given_and_nothing_is_changed_in_vain() {
        let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        assert_eq!(allow_descriptors(u64::MAX).unwrap().allowed, hard);
        assert_eq!(getrlimit(Resource::RLIMIT_NOFILE).unwrap(), (soft, hard));
    }

    #[test]
    fn a_program_is_given_no_more_than_we_have() {
        let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        let given = |limited: Limited, most| limited.under_ours(most).map(|limit| (limit.soft, limit.hard)).unwrap();
        assert_eq!(given(Limited::OpenFiles, 10), (10, 10));
        assert_eq!(given(Limited::OpenFiles, hard.saturating_add(1)), (hard, hard));
        assert_eq!(Limited::OpenFiles.hard_limit().unwrap(), hard);
    }

    #[test]
    fn a_program_has_a_second_after_its_processor_time() {
        let given = Limited::ProcessorTime.under_ours(10).unwrap();
        assert_eq!((given.soft, given.hard), (10, 11));
    }
}
