//! One output of a native job, with the way to each of its readers.

use std::sync::Arc;

use pipeloom_job::burst::{Filled, Lent, Numbering, Stamp};
use pipeloom_job::{Batch, Block, Head, Seq};

use crate::flow::{BatchLimit, FlowError, Outlet, Put, Tally};

/// One output.
pub(crate) struct OutPort {
    pub(super) legs: Vec<Leg>,
    pub(super) numbering: Numbering,
    /// Every leg that is still read has room for one more block, and there is one.
    pub(super) has_room: bool,
}

/// The way to one reader.
pub(crate) struct Leg {
    /// `None` once the reader is gone.
    pub(super) outlet: Option<Box<dyn Outlet>>,
    pub(super) batch: Batch,
    /// The epoch of what is gathered.
    epoch: u32,
    /// The epoch of the blocks that come now. A batch has one epoch, so what is gathered of an earlier one goes first.
    epoch_now: u32,
    limit: BatchLimit,
    /// Empty but while the others of the batch are handed over.
    held: Batch,
    /// What is gathered is kept when its writer and its reader are started again together.
    keeps: bool,
    tally: Arc<Tally>,
    /// Its queue grows if somebody is told that it keeps the job back.
    pub(super) may_grow: bool,
}

impl Leg {
    /// A leg whose queue holds `queue_blocks` blocks.
    pub(crate) fn new(outlet: Box<dyn Outlet>, queue_blocks: usize, tally: Arc<Tally>) -> Leg {
        let limit = outlet.batch_limit();
        let limit = BatchLimit { blocks: (queue_blocks / 2).clamp(1, limit.blocks), ..limit };
        Leg {
            outlet: Some(outlet),
            batch: Batch::new(),
            epoch: 0,
            epoch_now: 0,
            limit,
            held: Batch::new(),
            keeps: false,
            tally,
            may_grow: false,
        }
    }

    /// A leg whose queue grows if somebody is told that it keeps the job back.
    pub(crate) fn that_grows(self) -> Leg {
        Leg { may_grow: true, ..self }
    }

    /// What is gathered is kept when its writer and its reader are started again together, or not.
    pub(crate) fn keeping(self, keeps: bool) -> Leg {
        Leg { keeps, ..self }
    }

    /// Loses what is gathered, if it may be lost.
    pub(super) fn lose(&mut self) {
        if self.keeps {
            return;
        }
        let blocks = self.batch.len() as u64;
        self.tally.add_written(blocks);
        self.tally.add_lost_on_the_way(blocks);
        self.batch.clear();
        self.epoch = self.epoch_now;
    }

    /// Adds a block, if anybody reads it.
    #[inline(always)]
    fn push_as(&mut self, seq: Seq, head: Head, block: &Block<'_>) {
        if self.outlet.is_some() {
            self.batch.push_as(seq, head, block);
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.is_filled() || self.epoch != self.epoch_now
    }

    /// The same of a leg that had room for the last block.
    #[inline]
    fn is_filled(&self) -> bool {
        self.batch.len() >= self.limit.blocks || self.batch.bytes() >= self.limit.bytes
    }

    /// The blocks that come from now on belong to this epoch.
    fn begin_epoch(&mut self, epoch: u32) {
        self.epoch_now = epoch;
        if self.batch.is_empty() {
            self.epoch = epoch;
        }
    }

    /// Hands over what is gathered, as far as there is room. [`Put::Taken`] once nothing waits here.
    pub(super) fn hand_over(&mut self) -> Result<Put, FlowError> {
        let Some(outlet) = &mut self.outlet else { return Ok(Put::Gone) };
        let blocks = self.batch.len() as u64;
        self.batch.set_epoch(self.epoch);
        let put = if blocks == 0 { outlet.flush()? } else { outlet.put(&mut self.batch)? };
        match put {
            Put::Taken => {
                self.tally.add_written(blocks);
                self.epoch = self.epoch_now;
                // An outlet may take a batch and still hold some of it.
                let rest = outlet.flush()?;
                Ok(self.after(rest))
            }
            Put::Full => Ok(Put::Full),
            Put::Gone => Ok(self.after(Put::Gone)),
        }
    }

    /// The same for all but the last block, which may yet have to be marked as the stream's last.
    pub(super) fn hand_over_but_last(&mut self) -> Result<Put, FlowError> {
        self.batch.move_last(&mut self.held);
        let put = self.hand_over()?;
        if self.batch.is_empty() {
            std::mem::swap(&mut self.batch, &mut self.held);
        } else {
            self.held.move_last(&mut self.batch);
        }
        Ok(put)
    }

    /// The job waits. Lets go of a reader that is gone.
    pub(super) fn look_for_reader(&mut self) {
        self.tell(|outlet| outlet.attend());
    }

    /// Tells the outlet something, and lets go of a reader that is gone then.
    pub(super) fn tell(&mut self, what: impl FnOnce(&mut dyn Outlet)) {
        let Some(outlet) = &mut self.outlet else { return };
        what(&mut **outlet);
        if !outlet.has_reader() {
            self.after(Put::Gone);
        }
    }

    fn after(&mut self, put: Put) -> Put {
        if put == Put::Gone {
            self.outlet = None;
            self.batch.clear();
            self.held.clear();
            self.epoch = self.epoch_now;
        }
        put
    }
}

impl OutPort {
    pub(crate) fn new(legs: Vec<Leg>) -> OutPort {
        OutPort { legs, numbering: Numbering::default(), has_room: false }
    }

    /// The blocks that come from now on belong to this epoch, in which numbers begin again.
    pub(super) fn begin_epoch(&mut self, epoch: u32) {
        self.numbering.begin_epoch();
        self.legs.iter_mut().for_each(|leg| leg.begin_epoch(epoch));
        // There may still be some of the epoch before.
        self.has_room = false;
    }

    /// One more reader.
    pub(crate) fn add(&mut self, leg: Leg) {
        self.legs.push(leg);
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.legs.iter().any(|leg| leg.outlet.is_some())
    }

    pub(super) fn is_full(&self) -> bool {
        self.legs.iter().any(Leg::is_full)
    }

    /// Whether there was one block in this step.
    #[inline]
    pub(super) fn is_even(&self) -> bool {
        self.numbering.of_this_step() == 1
    }

    /// Whether there was a block in this step.
    pub(super) fn has_emitted(&self) -> bool {
        self.numbering.of_this_step() > 0
    }

    /// To be called after whatever may change it.
    pub(super) fn look_for_room(&mut self) {
        self.has_room = self.is_wanted() && !self.is_full();
    }

    /// The number and the head of the next block.
    #[inline]
    pub(super) fn stamp(&mut self, head: Option<Head>, step: &Stamp) -> (Seq, Head) {
        let stamped = self.numbering.stamp(head, step);
        self.count_false_resets();
        stamped
    }

    #[inline]
    fn count_false_resets(&mut self) {
        for _ in 0..self.numbering.take_false_resets() {
            self.legs.iter().for_each(|leg| leg.tally.add_false_reset());
        }
    }

    /// For a burst: the batch of the only reader, if there is just one.
    pub(super) fn lend(&mut self) -> Option<Lent<'_>> {
        let [only] = self.legs.as_mut_slice() else { return None };
        let has_room = only.outlet.is_some() && only.epoch == only.epoch_now;
        let most_blocks = if has_room { only.limit.blocks } else { 0 };
        Some(Lent { batch: &mut only.batch, numbering: self.numbering, most_blocks, most_bytes: only.limit.bytes })
    }

    /// What a burst has put there.
    pub(super) fn take_back(&mut self, filled: Filled, numbering: Numbering) {
        self.numbering = numbering;
        self.count_false_resets();
        self.legs.iter_mut().take(1).for_each(|leg| leg.batch.fill(filled));
        self.look_for_room();
    }

    /// Adds a block for all who read.
    #[inline(always)]
    pub(super) fn push(&mut self, head: Option<Head>, step: &Stamp, block: &Block<'_>) {
        let (seq, head) = self.stamp(head, step);
        // Most outputs have one reader.
        if let [only] = self.legs.as_mut_slice() {
            only.push_as(seq, head, block);
            self.has_room &= !only.is_filled();
        } else {
            self.push_to_all(seq, head, block);
        }
    }

    #[inline(never)]
    fn push_to_all(&mut self, seq: Seq, head: Head, block: &Block<'_>) {
        for leg in &mut self.legs {
            leg.push_as(seq, head, block);
            self.has_room &= !leg.is_filled();
        }
    }

    /// Makes what was written into the batch of this leg, the first that is read, a block for all who read.
    #[inline]
    pub(super) fn seal(&mut self, first: usize, head: Option<Head>, step: &Stamp) {
        let (seq, head) = self.stamp(head, step);
        let leg = &mut self.legs[first];
        leg.batch.seal(seq, head);
        self.has_room &= !leg.is_filled();
        if self.legs.len() > 1 {
            self.copy_from(first, seq, head);
        }
    }

    #[inline(never)]
    fn copy_from(&mut self, first: usize, seq: Seq, head: Head) {
        let (before, after) = self.legs.split_at_mut(first + 1);
        let Some(block) = before[first].batch.last() else { return };
        for leg in after {
            leg.push_as(seq, head, &block);
            self.has_room &= !leg.is_filled();
        }
    }
}
