//! Which jobs are to be looked at again after an event, as what they wait for may be told of others.
//!
//! To look at all jobs after each event would make a run's costs grow with the square of its jobs.

use std::collections::BTreeSet;
use std::fmt;

/// Places of jobs. One stands here from when it begins to wait; that it does no more is seen at the next look.
#[derive(Default)]
pub(super) struct Open {
    /// Jobs that are to be started again.
    pub(super) backing_off: BTreeSet<usize>,
    /// Jobs that have left something behind, which may stay while their pipes are held.
    pub(super) lingering: BTreeSet<usize>,
    /// Programs whose end could not be judged.
    pub(super) unexplained: BTreeSet<usize>,
    /// So many of the first jobs are gone for good.
    pub(super) gone: usize,
}

/// It says nothing that the jobs do not say themselves, and who is taken off it when changes nothing.
impl fmt::Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Open").finish_non_exhaustive()
    }
}

/// The first place from `next` on, which then stands behind it: so places can come and go between two calls.
pub(super) fn after(places: &BTreeSet<usize>, next: &mut usize) -> Option<usize> {
    let place = *places.range(*next..).next()?;
    *next = place + 1;
    Some(place)
}
