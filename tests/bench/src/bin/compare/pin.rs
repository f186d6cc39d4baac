//! Which cores a group runs on: children inherit what the harness itself is pinned to.

use nix::{
    errno::Errno,
    sched::{CpuSet, sched_getaffinity, sched_setaffinity},
    unistd::Pid,
};

use crate::error::BenchError;

/// The cores a round may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cores {
    /// Whatever this process was given.
    All,
    /// One of them. Repeats within 10 %, where wall time on all cores may have two modes.
    One,
}

/// While it lives, this thread and what it starts run on fewer cores.
pub(crate) struct Pinned {
    before: CpuSet,
}

impl Cores {
    /// Restricts this thread until the guard is dropped.
    ///
    /// # Errors
    /// The kernel refused.
    pub(crate) fn pin(self) -> Result<Pinned, BenchError> {
        let failed = |source| BenchError::System { call: "pin to a core", source };
        let before = sched_getaffinity(THIS).map_err(failed)?;
        if self == Self::One {
            sched_setaffinity(THIS, &first_of(&before).map_err(failed)?).map_err(failed)?;
        }
        Ok(Pinned { before })
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        // Going back to what was allowed before cannot be refused, short of a core taken away meanwhile.
        let _ = sched_setaffinity(THIS, &self.before);
    }
}

const THIS: Pid = Pid::from_raw(0);

fn first_of(allowed: &CpuSet) -> Result<CpuSet, Errno> {
    let mut one = CpuSet::new();
    let first = (0..CpuSet::count()).find(|core| allowed.is_set(*core).unwrap_or(false));
    one.set(first.ok_or(Errno::EINVAL)?)?;
    Ok(one)
}
