//! How far a queue may grow when jobs would wait for each other for ever.

use pipeloom_config::QueueLimits;

use super::Tally;

/// What may wait in memory for one reader, in bytes, if the rest can go to disk.
pub(crate) const MOST_IN_MEMORY: usize = 64 << 20;

/// The same where it cannot: between native jobs.
pub(crate) const MOST_IN_CHANNEL: usize = 256 << 20;

/// What may go to disk for one reader, in bytes.
pub(crate) const MOST_ON_DISK: u64 = 1 << 30;

/// What a block costs beside its payload, in bytes, at least.
const EACH_BLOCK: usize = 64;

/// How a queue has grown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Grown {
    /// So much may wait from now on.
    InMemory(QueueLimits),
    /// What has no place in memory goes to disk.
    OnDisk {
        /// How much of it.
        max_bytes: u64,
    },
}

/// What is seen of the way to one reader.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct LegState {
    /// What waits for this reader keeps the writer back.
    pub(crate) full: bool,
    /// Nothing is on the way.
    pub(crate) empty: bool,
    /// The reader, or what puts its inputs in step, does not go on without more of it.
    pub(crate) awaited: bool,
    /// Its queue may grow.
    pub(crate) may_grow: bool,
    /// How many blocks wait in it.
    pub(crate) blocks: usize,
    /// At least one of them changes when something moves.
    pub(crate) moved: [u64; 4],
}

impl LegState {
    /// Of a way with these counts, so many blocks in its queue, so many bytes read by its reader, and so much before it.
    pub(super) fn of(tally: &Tally, blocks: usize, read: u64, before: u64) -> LegState {
        LegState { blocks, moved: [tally.moved(), blocks as u64, read, before], ..LegState::default() }
    }
}

/// Twice the limit that keeps a queue which holds so much from taking more; `None` if that is `most` bytes already.
pub(super) fn doubled(limits: QueueLimits, held: QueueLimits, most: usize) -> Option<QueueLimits> {
    if held.bytes.saturating_add(held.blocks.saturating_mul(EACH_BLOCK)) >= most {
        return None;
    }
    Some(QueueLimits { blocks: limits.blocks.saturating_mul(2), bytes: limits.bytes.saturating_mul(2) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_grows_by_what_it_holds_and_not_by_what_it_could() {
        let limits = |blocks, bytes| QueueLimits { blocks, bytes };
        let few = limits(2, usize::MAX);
        assert_eq!(doubled(few, limits(2, 2048), 1 << 20), Some(limits(4, usize::MAX)));
        assert_eq!(doubled(few, limits(2, 2 << 20), 1 << 20), None, "two blocks that are long");
        assert_eq!(doubled(limits(1 << 14, 1 << 20), limits(1 << 14, 0), 1 << 20), None, "many that are empty");
    }
}
