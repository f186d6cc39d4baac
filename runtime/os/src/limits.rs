//! Limits of this process. For binaries: a library must not change the limits of its host.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::{Result, call::call};

/// Makes sure that this process may have `needed` descriptors open, and says how many it may have: fewer than `needed`
/// if the hard limit is below.
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
}
