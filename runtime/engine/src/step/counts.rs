//! What became of the blocks of one lane.

use std::ops::AddAssign;

/// Counts of one lane. Every block that was given is, in the end, one of delivered, too old, dropped, lost or unused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Counts {
    /// Blocks that were in a compute block.
    pub(crate) delivered: u64,
    /// The sum of their payloads, in bytes.
    pub(crate) bytes: u64,
    /// Blocks whose number was not needed any more.
    pub(crate) too_old: u64,
    /// Blocks that found no room in the lane's buffer.
    pub(crate) dropped: u64,
    /// Blocks that were cleared away before they could be used.
    pub(crate) lost: u64,
    /// Blocks that were left when it was over.
    pub(crate) unused: u64,
    /// Payloads that stood for a missing block. What an optional lane repeats is not counted.
    pub(crate) dummies: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, more: Counts) {
        self.delivered += more.delivered;
        self.bytes += more.bytes;
        self.too_old += more.too_old;
        self.dropped += more.dropped;
        self.lost += more.lost;
        self.unused += more.unused;
        self.dummies += more.dummies;
    }
}
