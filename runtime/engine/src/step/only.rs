//! The only lane of a job, one block at a time: no more than a walk along its batches.

use std::collections::VecDeque;

use pipeloom_job::batch::Cursor;
use pipeloom_job::burst::Given;
use pipeloom_job::{Batch, Block, HeadSize, Seq};

use super::compute_block::Outline;
use super::{ComputeBlock, Counts, Ready};
use crate::flow::Ending;

/// The only lane of a job.
pub(crate) struct Only {
    head_size: HeadSize,
    batch: Batch,
    cursor: Cursor,
    /// Blocks up to this number are too old.
    passed: u64,
    epoch: u32,
    /// The blocks of the batch before this one were counted.
    counted: usize,
    /// How many of the batch's blocks after `counted` were too old, and the sum of their payloads.
    old: (usize, usize),
    counts: Counts,
    /// Batches that came before the one at hand was done.
    queue: VecDeque<Batch>,
    ended: Option<Ending>,
    over: Option<Ending>,
}

impl Only {
    pub(super) fn new(head_size: HeadSize) -> Only {
        Only {
            head_size,
            batch: Batch::new(),
            cursor: Cursor::default(),
            passed: 0,
            epoch: 0,
            counted: 0,
            old: (0, 0),
            counts: Counts::default(),
            queue: VecDeque::new(),
            ended: None,
            over: None,
        }
    }

    /// The compute block's epoch.
    pub(crate) fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The number of the block that comes next, as far as it is known.
    pub(crate) fn next_number(&self) -> Seq {
        self.block().map_or(Seq::FIRST, |(number, ..)| number)
    }

    /// The next block of the batch at hand, with its number, and where to go on after it. Without one, ask
    /// [`Only::poll`].
    #[inline]
    fn block(&self) -> Option<(Seq, Block<'_>, Cursor)> {
        let mut after = self.cursor;
        let (number, block) = self.batch.pass(&mut after)?;
        if number.get() <= self.passed {
            return None;
        }
        Some((number, block, after))
    }

    /// The blocks of the batch at hand, for a burst.
    pub(crate) fn given(&mut self) -> Given<'_> {
        Given::Blocks { batch: &self.batch, cursor: &mut self.cursor, passed: &mut self.passed }
    }

    /// The block with this number is done.
    #[inline]
    fn pass(&mut self, number: Seq, after: Cursor) {
        self.passed = number.get();
        self.cursor = after;
    }

    /// Passes the blocks that come next and are too old.
    fn pass_old(&mut self) {
        let mut after = self.cursor;
        while let Some((number, _)) = self.batch.pass(&mut after)
            && number.get() <= self.passed
        {
            self.pass_too_old(after.passed());
        }
    }

    /// The blocks from the current one up to the one at `end` are too old.
    #[cold]
    fn pass_too_old(&mut self, end: usize) {
        while self.cursor.passed() < end {
            let Some((_, block)) = self.batch.pass(&mut self.cursor) else { return };
            self.old.0 += 1;
            self.old.1 += block.bytes.len();
        }
    }

    pub(super) fn give(&mut self, batch: &mut Batch) {
        if self.over.is_some() {
            self.counts.unused += batch.len() as u64;
            batch.clear();
        } else if self.cursor.passed() < self.batch.len() || !self.queue.is_empty() {
            self.queue.push_back(std::mem::take(batch));
        } else {
            self.turn_to(batch);
        }
    }

    /// The batch at hand is done; goes on with `batch`.
    fn turn_to(&mut self, batch: &mut Batch) {
        self.count();
        std::mem::swap(&mut self.batch, batch);
        batch.clear();
        (self.cursor, self.counted) = (Cursor::default(), 0);
        if self.batch.epoch() > self.epoch {
            (self.epoch, self.passed) = (self.batch.epoch(), 0);
        } else if self.batch.epoch() < self.epoch {
            self.pass_too_old(self.batch.len());
        }
    }

    pub(super) fn end(&mut self, ending: Ending) {
        self.ended.get_or_insert(ending);
    }

    pub(super) fn wants(&self) -> bool {
        self.ended.is_none() && self.over.is_none() && self.cursor.passed() >= self.batch.len() && self.queue.is_empty()
    }

    /// What can be said now.
    #[inline]
    pub(crate) fn poll(&mut self) -> Ready {
        if self.over.is_none() && self.block().is_some() { Ready::Whole } else { self.poll_further() }
    }

    fn poll_further(&mut self) -> Ready {
        loop {
            if let Some(ending) = self.over {
                return Ready::End(ending);
            }
            self.pass_old();
            if self.block().is_some() {
                return Ready::Whole;
            }
            if let Some(mut next) = self.queue.pop_front() {
                self.turn_to(&mut next);
                continue;
            }
            match self.ended {
                // Its last block did not come.
                Some(Ending::Finished) => self.over(Ending::EndedUnfinished),
                Some(ending) => self.over(ending),
                None => return Ready::Waiting,
            }
        }
    }

    /// The compute block at hand.
    #[inline]
    pub(super) fn outline(&self) -> Option<Outline<'_>> {
        let (number, ..) = self.block().filter(|_| self.over.is_none())?;
        Some(Outline { epoch: self.epoch, number, head_size: self.head_size, ends: &[1] })
    }

    /// Adds its block. `false` if there is none.
    #[inline]
    pub(super) fn fill<'a>(&'a self, made: &mut ComputeBlock<'a>) -> bool {
        self.block().map(|(_, block, _)| made.push(block)).is_some()
    }

    pub(super) fn advance(&mut self) {
        let Some((number, block, after)) = self.block() else { return };
        let finished = block.head.is_finished();
        self.pass(number, after);
        if finished {
            self.over(Ending::Finished);
        }
    }

    pub(super) fn is_finished(&self) -> bool {
        self.over == Some(Ending::Finished)
    }

    /// All that is held is lost.
    pub(super) fn clear(&mut self) {
        self.count();
        let left = self.batch.len() - self.cursor.passed() + self.queue.iter().map(Batch::len).sum::<usize>();
        self.counts.lost += left as u64;
        self.batch.clear();
        self.queue.clear();
        (self.cursor, self.counted) = (Cursor::default(), 0);
    }

    /// It is over; what is left is not used.
    pub(crate) fn over(&mut self, ending: Ending) {
        if self.over.is_some() {
            return;
        }
        self.count();
        let left = self.batch.len() - self.cursor.passed() + self.queue.iter().map(Batch::len).sum::<usize>();
        self.counts.unused += left as u64;
        self.batch.clear();
        self.queue.clear();
        (self.cursor, self.counted) = (Cursor::default(), 0);
        self.over = Some(ending);
    }

    /// Counts what was passed.
    fn count(&mut self) {
        let passed = self.cursor.passed();
        if passed > self.counted {
            let whole = passed == self.batch.len() && self.counted == 0;
            let bytes = if whole { self.batch.bytes() } else { self.bytes_between(self.counted, passed) };
            let (old, old_bytes) = std::mem::take(&mut self.old);
            self.counts.delivered += (passed - self.counted - old) as u64;
            self.counts.bytes += (bytes - old_bytes) as u64;
            self.counts.too_old += old as u64;
            self.counted = passed;
        }
    }

    fn bytes_between(&self, from: usize, to: usize) -> usize {
        self.batch.iter().take(to).skip(from).map(|(_, block)| block.bytes.len()).sum()
    }

    pub(super) fn take_counts(&mut self) -> Counts {
        self.count();
        std::mem::take(&mut self.counts)
    }
}
