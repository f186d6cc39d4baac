//! What a job is called with.

use pipeloom_job::{Block, Head, HeadSize, Seq, Step};
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
    ends: &'a [usize],
}

/// What is known of a compute block before its blocks are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outline<'a> {
    pub(super) epoch: u32,
    pub(super) number: Seq,
    pub(super) head_size: HeadSize,
    /// Where each lane's blocks end.
    pub(super) ends: &'a [usize],
}

impl<'a> ComputeBlock<'a> {
    /// A compute block without its blocks. It is best built where it is used: moving it moves all the room in it.
    #[inline(always)]
    pub(super) fn new(outline: Outline<'a>) -> ComputeBlock<'a> {
        let Outline { epoch, number, head_size, ends } = outline;
        ComputeBlock { epoch, number, head: Head::empty(head_size), blocks: SmallVec::new(), ends }
    }

    /// Makes room for the blocks of all lanes.
    #[inline]
    pub(super) fn reserve(&mut self) {
        self.blocks.reserve(self.ends.last().copied().unwrap_or(0));
    }

    #[inline]
    pub(super) fn push(&mut self, block: Block<'a>) {
        self.head |= block.head;
        self.blocks.push(block);
    }

    /// For each lane its blocks in order.
    #[inline]
    pub(crate) fn inputs(&self) -> impl Iterator<Item = &[Block<'a>]> {
        let mut begin = 0;
        self.ends.iter().map(move |end| &self.blocks[std::mem::replace(&mut begin, *end)..*end])
    }

    /// Calls a job with it.
    #[inline]
    pub(super) fn call<R>(&self, job: impl FnOnce(&Step<'_>) -> R) -> R {
        // Not collected: what is moved only after it is built is copied with all its room.
        let mut inputs = SmallVec::<[&[Block<'a>]; 8]>::new();
        for blocks in self.inputs() {
            inputs.push(blocks);
        }
        job(&Step { epoch: self.epoch, number: self.number, head: self.head, inputs: &inputs })
    }
}
