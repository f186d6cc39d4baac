//! How much a spool may hold, and how much a crash may cost.

use std::time::Duration;

/// How much a spool may hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SpoolLimits {
    /// All its segments together, in bytes, heads and lengths included. What the reader has done with counts until its
    /// segment is deleted, so this should be several times `segment_bytes`.
    pub max_bytes: u64,
    /// How long a segment gets, in bytes, before the next one is begun. A block is never divided: a longer one has a
    /// segment for itself.
    pub segment_bytes: u64,
    /// How long a payload may be, in bytes. Nothing longer is appended, and no memory is taken for anything longer when it
    /// is read.
    pub max_block_bytes: usize,
}

impl SpoolLimits {
    /// As it is written in a segment.
    pub(crate) fn longest(&self) -> u32 {
        u32::try_from(self.max_block_bytes).unwrap_or(u32::MAX)
    }
}

/// When what was written is also synced, which a power cut or a crash of the system does not take away. That the runtime is
/// killed costs nothing that was flushed, whatever is chosen here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SpoolSync {
    /// Whenever the system likes to.
    Never,
    /// This long after the last time, when [`tick`](crate::Spool::tick) is called.
    Interval(Duration),
    /// With every [`flush`](crate::Spool::flush).
    Each,
}
