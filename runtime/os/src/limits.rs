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

/// Makes sure that this process may have `needed` descriptors open, and says how many it may have: fewer than `needed`
/// if the hard limit is below. For binaries: a library must not change the limits of its host.
///
/// The soft limit is raised only where it must be, and no further: it is inherited, and a program that uses select(2)
/// breaks on descriptors above 1,023.
pub fn allow_descriptors(needed: u64) -> Result<u64> {
    let (soft, hard) = call("getrlimit", "NOFILE", || getrlimit(Resource::RLIMIT_NOFILE))?;
    if soft >= needed || soft == hard {
        return Ok(soft);
    }
    let wanted = needed.min(hard);
    call("setrlimit", "NOFILE", || setrlimit(Resource::RLIMIT_NOFILE, wanted, hard))?;
    Ok(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_allowed_already_is_left_alone() {
        let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        assert_eq!(allow_descriptors(1).unwrap(), soft);
        assert_eq!(getrlimit(Resource::RLIMIT_NOFILE).unwrap(), (soft, hard));
    }

    #[test]
    fn no_more_than_the_hard_limit_is_given() {
        let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        assert_eq!(allow_descriptors(u64::MAX).unwrap(), hard);
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
