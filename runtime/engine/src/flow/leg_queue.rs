//! What waits in a relay for one reader.

use std::collections::VecDeque;

use pipeloom_config::{DropSide, QueueLimits, WhenFull};
use pipeloom_job::{Batch, Block, Seq};

use super::LEAST_BLOCKS;
use super::growth::doubled;

/// Batches on their way to one reader.
///
/// A queue that makes its writer wait holds batches as they come. One with another policy holds a batch for each block, so
/// that its limit is exact and any block can be dropped.
pub(crate) struct LegQueue {
    batches: VecDeque<Batch>,
    blocks: usize,
    bytes: usize,
    limits: QueueLimits,
    when_full: WhenFull,
    dropped: u64,
    /// The epoch and number of the first block that was marked as the last one. For readers the stream ends with it: what comes
    /// behind is dropped like any other, marked or not.
    last: Option<(u32, Seq)>,
}

/// There is no room for a block, and the file says that this must not be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "{blocks} blocks wait for a reader and one more has come, where `when_full` is \"fail\": make `max_queue` larger, or \
     choose another policy"
)]
pub(crate) struct Overflow {
    /// How many blocks wait.
    pub(crate) blocks: usize,
}

impl LegQueue {
    pub(crate) fn new(limits: QueueLimits, when_full: WhenFull) -> LegQueue {
        LegQueue { batches: VecDeque::new(), blocks: 0, bytes: 0, limits, when_full, dropped: 0, last: None }
    }

    /// Whether a batch may be pushed now. Only a queue that makes its writer wait ever says no.
    pub(crate) fn has_room(&self) -> bool {
        self.when_full != WhenFull::Block || !self.is_full()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    /// How many blocks wait.
    pub(crate) fn blocks(&self) -> usize {
        self.blocks
    }

    /// Has twice as much room from now on, unless it holds so many bytes already.
    pub(crate) fn grow(&mut self, most: usize) -> Option<QueueLimits> {
        self.limits = self.grown(most)?;
        Some(self.limits)
    }

    /// Whether [`LegQueue::grow`] would make more room.
    pub(crate) fn may_grow(&self, most: usize) -> bool {
        self.grown(most).is_some()
    }

    fn grown(&self, most: usize) -> Option<QueueLimits> {
        doubled(self.limits, QueueLimits { blocks: self.blocks, bytes: self.bytes }, most)
    }

    /// The batch that is next.
    pub(crate) fn front(&mut self) -> Option<&mut Batch> {
        self.batches.front_mut()
    }

    /// The batch that was next is on its way; it had so many blocks and bytes. Gives it back, empty, to be used again.
    pub(crate) fn pop(&mut self, blocks: usize, bytes: usize) -> Option<Batch> {
        (self.blocks, self.bytes) = (self.blocks - blocks, self.bytes - bytes);
        self.batches.pop_front()
    }

    /// All that waits, as a queue of its own.
    pub(crate) fn take(&mut self) -> LegQueue {
        let LegQueue { limits, when_full, .. } = *self;
        std::mem::replace(self, LegQueue::new(limits, when_full))
    }

    /// Nobody wants what waits any more.
    pub(crate) fn clear(&mut self) {
        self.batches.clear();
        (self.blocks, self.bytes) = (0, 0);
    }

    /// How many blocks were dropped since this was last asked.
    pub(crate) fn take_dropped(&mut self) -> u64 {
        std::mem::take(&mut self.dropped)
    }

    /// Whether batches are pushed as they are, by [`LegQueue::push`], or block by block, by [`LegQueue::push_block`].
    pub(crate) fn takes_batches(&self) -> bool {
        self.when_full == WhenFull::Block
    }

    /// Adds a batch.
    pub(crate) fn push(&mut self, batch: Batch) {
        self.blocks += batch.len();
        self.bytes += batch.bytes();
        self.batches.push_back(batch);
    }

    /// Adds a block as the policy says.
    pub(crate) fn push_block(
        &mut self,
        epoch: u32,
        seq: Seq,
        block: &Block<'_>,
        spare: &mut Vec<Batch>,
    ) -> Result<(), Overflow> {
        if block.head.is_finished() && self.last.is_none() {
            self.last = Some((epoch, seq));
        }
        if self.is_full() {
            match self.when_full {
                WhenFull::Block | WhenFull::Spool(_) => {}
                WhenFull::Fail => return Err(Overflow { blocks: self.blocks }),
                WhenFull::Drop(DropSide::Oldest) => self.drop_oldest(spare),
                WhenFull::Drop(DropSide::Newest) if self.may_be_dropped(epoch, seq, block) => {
                    self.dropped += 1;
                    return Ok(());
                }
                WhenFull::Drop(DropSide::Newest) => {}
            }
        }
        let mut one = spare.pop().unwrap_or_default();
        one.clear();
        one.set_epoch(epoch);
        one.push(seq, block);
        self.push(one);
        Ok(())
    }

    pub(crate) fn is_full(&self) -> bool {
        self.blocks >= LEAST_BLOCKS && (self.blocks >= self.limits.blocks || self.bytes >= self.limits.bytes)
    }

    fn drop_oldest(&mut self, spare: &mut Vec<Batch>) {
        let may_be_dropped =
            |batch: &Batch| batch.iter().all(|(seq, block)| self.may_be_dropped(batch.epoch(), seq, &block));
        let oldest = self.batches.iter().position(may_be_dropped);
        if let Some(batch) = oldest.and_then(|place| self.batches.remove(place)) {
            (self.blocks, self.bytes) = (self.blocks - batch.len(), self.bytes - batch.bytes());
            self.dropped += batch.len() as u64;
            spare.push(batch);
        }
    }

    /// A stream's first block and its last always arrive.
    fn may_be_dropped(&self, epoch: u32, seq: Seq, block: &Block<'_>) -> bool {
        !block.head.is_reset() && self.last != Some((epoch, seq))
    }
}
