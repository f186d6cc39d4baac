//! What a job is called with.

use pipeloom_job::{Block, Head, Seq};
use smallvec::SmallVec;

/// One compute block: the blocks of all lanes for one call of the job.
#[derive(Clone, Debug)]
pub(crate) struct ComputeBlock<'a> {
    /// How often the count had begun again.
    pub(crate) epoch: u32,
    /// The compute block's number in its epoch.
    pub(crate) number: Seq,
    /// Bitwise or over the heads of all blocks; finished only if no compute block follows.
    pub(crate) head: Head,
    /// All blocks, lane after lane.
    blocks: SmallVec<[Block<'a>; 8]>,
    /// Where each lane's blocks end.
    ends: SmallVec<[usize; 8]>,
}

impl<'a> ComputeBlock<'a> {
    pub(super) fn new(epoch: u32, number: Seq, head: Head) -> ComputeBlock<'a> {
        ComputeBlock { epoch, number, head, blocks: SmallVec::new(), ends: SmallVec::new() }
    }

    #[inline]
    pub(super) fn push(&mut self, block: Block<'a>) {
        self.head |= block.head;
        self.blocks.push(block);
    }

    /// The next blocks are the next lane's.
    #[inline]
    pub(super) fn end_lane(&mut self) {
        self.ends.push(self.blocks.len());
    }

    /// For each lane its blocks in order.
    #[inline]
    pub(crate) fn inputs(&self) -> SmallVec<[&[Block<'a>]; 8]> {
        let mut begin = 0;
        self.ends.iter().map(|end| &self.blocks[std::mem::replace(&mut begin, *end)..*end]).collect()
    }
}
