//! The blocks of one input that were put together at once.

use std::ops::Range;

use pipeloom_job::Batch;

use super::overflow::{Overflow, Unkept};
use crate::flow::Unread;
use crate::flow::lineup::stand_ins::StandIns;

/// What keeping a block costs beside its payload, in bytes: its place in the batch, the end of its compute block, and the mark.
pub(super) const BLOCK_BYTES: usize = 64;

/// What keeping some blocks of an input together costs.
pub(super) const CHUNK_BYTES: usize = 512;

/// The blocks of one input.
#[derive(Default)]
pub(in crate::flow::lineup) struct Kept {
    stored: Stored,
    /// Where each compute block ends.
    edges: Vec<Edge>,
    /// Which blocks stand for missing ones.
    stand_ins: StandIns,
}

/// Where a compute block ends among the blocks of an input that were put together with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(in crate::flow::lineup) struct Edge {
    /// So many blocks come up to there.
    pub(in crate::flow::lineup) blocks: usize,
    /// Their payloads, in bytes.
    pub(in crate::flow::lineup) bytes: usize,
    /// So many blocks of the input were used or passed over up to there since it began, where that matters.
    pub(in crate::flow::lineup) passed: u64,
}

/// Where the blocks are.
enum Stored {
    InMemory(Batch),
    /// At these places.
    OnDisk(Range<u64>),
}

impl Default for Stored {
    fn default() -> Stored {
        Stored::InMemory(Batch::new())
    }
}

impl Kept {
    /// A copy of these blocks.
    pub(in crate::flow::lineup) fn new(blocks: &Batch, edges: Vec<Edge>, stand_ins: StandIns) -> Kept {
        Kept { stored: Stored::InMemory(rest(blocks, 0)), edges, stand_ins }
    }

    /// How many blocks there are.
    pub(super) fn blocks(&self) -> usize {
        self.edges.last().map_or(0, |last| last.blocks)
    }

    /// Their payloads, in bytes.
    fn bytes(&self) -> usize {
        self.edges.last().map_or(0, |last| last.bytes)
    }

    /// How much memory they take.
    pub(super) fn cost(&self) -> usize {
        CHUNK_BYTES + BLOCK_BYTES * self.blocks() + self.bytes()
    }

    /// How many compute blocks are whole with so many blocks.
    pub(super) fn whole_in(&self, blocks: usize) -> usize {
        if blocks == 0 { 0 } else { self.edges.partition_point(|edge| edge.blocks <= blocks) }
    }

    /// Where the blocks are on disk, if they are.
    pub(super) fn places(&self) -> Option<Range<u64>> {
        match &self.stored {
            Stored::InMemory(_) => None,
            Stored::OnDisk(places) => Some(places.clone()),
        }
    }

    /// Brings the blocks to the disk.
    pub(super) fn put_on(&mut self, overflow: &mut Overflow) -> Result<(), Unkept> {
        if let Stored::InMemory(blocks) = &self.stored {
            self.stored = Stored::OnDisk(overflow.put(blocks)?);
        }
        Ok(())
    }

    /// A copy of all but the first `done` compute blocks.
    pub(super) fn after(&self, done: usize, overflow: &mut Overflow) -> Result<Batch, Unkept> {
        let first = self.edge_before(done).blocks;
        Ok(match &self.stored {
            Stored::InMemory(blocks) => rest(blocks, first),
            Stored::OnDisk(places) => rest(&overflow.get(places)?, first),
        })
    }

    /// The end of what was there before compute block `done`.
    pub(super) fn edge_before(&self, done: usize) -> Edge {
        done.checked_sub(1).map_or_else(Edge::default, |last| self.edges[last])
    }

    /// What is left after the first `done` compute blocks, without what stands for missing blocks.
    pub(super) fn left_after(&self, done: usize) -> Unread {
        let Edge { blocks, bytes, .. } = self.edge_before(done);
        let left = Unread { blocks: (self.blocks() - blocks) as u64, bytes: (self.bytes() - bytes) as u64 };
        self.stand_ins.clone().take_last(left)
    }
}

/// A copy of a batch without its first blocks.
fn rest(batch: &Batch, first: usize) -> Batch {
    let mut rest = Batch::new();
    rest.set_epoch(batch.epoch());
    batch.iter().skip(first).for_each(|(number, block)| rest.push(number, &block));
    rest
}
