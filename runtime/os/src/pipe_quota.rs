//! How large the pipes of a user may be, all together and each by itself.

use std::{fs, path::Path};

use nix::unistd::{SysconfVar, sysconf};

use crate::{
    Result,
    call::{call, call_std},
};

/// Capabilities with which the kernel counts no pages, by their places in the set: CAP_SYS_ADMIN and CAP_SYS_RESOURCE.
const UNBOUNDED: u64 = 1 << 21 | 1 << 24;

/// What the kernel allows for pipes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PipeQuota {
    /// Bytes of all pipes that this user has anywhere; `None` if they are not counted. How many there are nobody tells.
    pub together: Option<usize>,
    /// Bytes of one pipe.
    pub each: usize,
}

impl PipeQuota {
    /// What the kernel says of this process.
    pub fn of_this_process() -> Result<Self> {
        let together = match is_unbounded(&read(Path::new("/proc/self/status"))?) {
            true => None,
            false => Some(number(&read(Path::new("/proc/sys/fs/pipe-user-pages-soft"))?)).filter(|&pages| pages > 0),
        };
        let page = call("sysconf", "_SC_PAGESIZE", || sysconf(SysconfVar::PAGE_SIZE))?;
        let page = page.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(4096);
        let each = number(&read(Path::new("/proc/sys/fs/pipe-max-size"))?);
        Ok(Self { together: together.map(|pages| pages.saturating_mul(page)), each })
    }
}

fn read(path: &Path) -> Result<String> {
    call_std("read", path.display(), || fs::read_to_string(path))
}

fn number(text: &str) -> usize {
    text.trim().parse().unwrap_or(0)
}

fn is_unbounded(status: &str) -> bool {
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    effective.and_then(|set| u64::from_str_radix(set.trim(), 16).ok()).is_some_and(|set| set & UNBOUNDED != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_do_more_is_told_by_the_effective_capabilities() {
        let status = |set: &str| format!("Name:\tx\nCapPrm:\t000001ffffffffff\nCapEff:\t{set}\nCapBnd:\t0\n");
        assert!(is_unbounded(&status("000001ffffffffff")));
        assert!(is_unbounded(&status("0000000001000000")));
        assert!(!is_unbounded(&status("0000000000000000")));
        assert!(!is_unbounded(&status("0000000000800000")));
        assert!(!is_unbounded("nothing"));
    }

    #[test]
    fn the_kernel_tells_how_large_a_pipe_may_be() {
        assert!(PipeQuota::of_this_process().unwrap().each >= 64 * 1024);
    }
}
