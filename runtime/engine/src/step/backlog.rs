//! The batches that one lane holds, in the order in which they came.

use std::collections::VecDeque;

use pipeloom_job::batch::Cursor;
use pipeloom_job::{Batch, Block, Seq};

/// How many empty batches are kept for reuse.
const SPARE: usize = 2;

/// Batches, and a place in them up to which they were looked through.
#[derive(Default)]
pub(super) struct Backlog {
    batches: VecDeque<Batch>,
    /// How many batches have gone before the first of these.
    gone: u64,
    /// The place of the next block to look at.
    next: Place,
    spare: Vec<Batch>,
}

/// The place of a block in a [`Backlog`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Place {
    /// Counted from the first batch that ever came.
    batch: u64,
    cursor: Cursor,
}

/// The next block of a [`Backlog`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Look<'a> {
    pub(super) epoch: u32,
    pub(super) number: Seq,
    pub(super) block: Block<'a>,
    /// Where the block is.
    pub(super) place: Place,
    /// The place after it.
    pub(super) after: Place,
}

impl Backlog {
    /// Takes all blocks; leaves an empty batch with some room.
    pub(super) fn give(&mut self, batch: &mut Batch) {
        if !batch.is_empty() {
            let empty = self.spare.pop().unwrap_or_default();
            self.batches.push_back(std::mem::replace(batch, empty));
        }
    }

    /// The next block, if one is at hand.
    #[inline]
    pub(super) fn look(&self) -> Option<Look<'_>> {
        self.look_at(self.next)
    }

    /// The block at `place`, or the first one after it.
    #[inline]
    fn look_at(&self, mut place: Place) -> Option<Look<'_>> {
        loop {
            let batch = self.batches.get(place.batch.checked_sub(self.gone)? as usize)?;
            let mut after = place;
            if let Some((number, block)) = batch.pass(&mut after.cursor) {
                return Some(Look { epoch: batch.epoch(), number, block, place, after });
            }
            place = Place { batch: place.batch + 1, cursor: Cursor::default() };
        }
    }

    /// The next block if it is in the batch at hand, with its epoch and its number.
    #[inline]
    pub(super) fn front(&self) -> Option<(u32, Seq, Block<'_>)> {
        let batch = self.batches.front().filter(|_| self.next.batch == self.gone)?;
        let mut cursor = self.next.cursor;
        batch.pass(&mut cursor).map(|(number, block)| (batch.epoch(), number, block))
    }

    /// Goes on after the next block if it is in the batch at hand. Says how long it is, and whether it was the batch's last.
    #[inline]
    pub(super) fn pass_front(&mut self) -> Option<(usize, bool)> {
        let batch = self.batches.front().filter(|_| self.next.batch == self.gone)?;
        let (_, block) = batch.pass(&mut self.next.cursor)?;
        Some((block.bytes.len(), self.next.cursor.passed() >= batch.len()))
    }

    /// The block at `place`, while it is held.
    #[inline]
    pub(super) fn at(&self, mut place: Place) -> Option<Block<'_>> {
        let batch = self.batches.get(place.batch.checked_sub(self.gone)? as usize)?;
        batch.pass(&mut place.cursor).map(|(_, block)| block)
    }

    /// The place of the next block.
    #[inline]
    pub(super) fn next(&self) -> Place {
        self.next
    }

    /// Goes on from `place`, or from the first block that is still held.
    #[inline]
    pub(super) fn go_to(&mut self, place: Place) {
        self.next = if place.batch < self.gone { self.first() } else { place };
    }

    fn first(&self) -> Place {
        Place { batch: self.gone, cursor: Cursor::default() }
    }

    /// Whether [`Backlog::release`] would let go of the block at `place`.
    #[inline]
    pub(super) fn would_release(&self, place: Place, before: Place) -> bool {
        place.batch < before.batch || self.is_done(before)
    }

    /// Lets go of the batches that have no block at `before` or after it.
    #[inline]
    pub(super) fn release(&mut self, before: Place) {
        while self.gone < before.batch {
            self.let_go();
        }
        if self.is_done(before) {
            self.let_go();
        }
    }

    /// Whether the batch of `place` has no block there or after it.
    #[inline]
    fn is_done(&self, place: Place) -> bool {
        let batch = place.batch.checked_sub(self.gone).and_then(|at| self.batches.get(at as usize));
        batch.is_some_and(|batch| place.cursor.passed() >= batch.len())
    }

    fn let_go(&mut self) {
        let Some(mut batch) = self.batches.pop_front() else { return };
        self.gone += 1;
        if self.next.batch < self.gone {
            self.next = self.first();
        }
        if self.spare.len() < SPARE {
            batch.clear();
            self.spare.push(batch);
        }
    }

    /// How many blocks are held from the next one on.
    pub(super) fn left(&self) -> usize {
        let skipped = (self.next.batch - self.gone) as usize;
        let all: usize = self.batches.iter().skip(skipped).map(Batch::len).sum();
        all.saturating_sub(self.next.cursor.passed())
    }

    /// Drops all that is held.
    pub(super) fn clear(&mut self) {
        while !self.batches.is_empty() {
            self.let_go();
        }
    }
}
