//! One output of a native job, with the way to each of its readers.

use std::sync::Arc;

use pipeloom_job::head::RESET;
use pipeloom_job::{Batch, Block, Head, Seq};

use crate::flow::{FlowError, Outlet, Put, Tally};

/// A batch of this many blocks is handed over.
const BATCH_BLOCKS: usize = 64;

/// A batch with this many payload bytes is handed over.
const BATCH_BYTES: usize = 64 * 1024;

/// One output.
pub(crate) struct OutPort {
    pub(super) legs: Vec<Leg>,
    /// Blocks emitted so far.
    pub(super) emitted: u64,
    /// Blocks emitted before this step.
    pub(super) emitted_before: u64,
    /// The number of the last block, in its epoch; 0 before the first.
    last: u64,
    /// The next block carries the reset bit.
    pub(super) reset_due: bool,
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
    batch_blocks: usize,
    /// Empty but while the others of the batch are handed over.
    held: Batch,
    /// What is gathered is kept when its writer and its reader are started again together.
    keeps: bool,
    tally: Arc<Tally>,
    /// Its queue grows if somebody is told that it keeps the job back.
    pub(super) may_grow: bool,
}

/// What the step says of the blocks emitted in it.
pub(super) struct Stamp {
    /// The step's reduced head, without the bits that the runtime writes for each output.
    pub(super) head: Head,
    /// Whether that carries the reset bit.
    pub(super) reset: bool,
    /// The number of its blocks; `None` to number each output by itself, from 1 in each epoch.
    pub(super) number: Option<Seq>,
}

impl Leg {
    /// A leg whose queue holds `queue_blocks` blocks.
    pub(crate) fn new(outlet: Box<dyn Outlet>, queue_blocks: usize, tally: Arc<Tally>) -> Leg {
        let batch_blocks = (queue_blocks / 2).clamp(1, BATCH_BLOCKS);
        Leg {
            outlet: Some(outlet),
            batch: Batch::new(),
            epoch: 0,
            epoch_now: 0,
            batch_blocks,
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
    #[inline]
    pub(super) fn push_as(&mut self, seq: Seq, head: Head, block: &Block<'_>) {
        if self.outlet.is_some() {
            self.batch.push_as(seq, head, block);
        }
    }

    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.batch.len() >= self.batch_blocks || self.batch.bytes() >= BATCH_BYTES || self.epoch != self.epoch_now
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
        OutPort { legs, emitted: 0, emitted_before: 0, last: 0, reset_due: false, has_room: false }
    }

    /// The blocks that come from now on belong to this epoch, in which numbers begin again.
    pub(super) fn begin_epoch(&mut self, epoch: u32) {
        self.last = 0;
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

    #[inline]
    pub(super) fn is_full(&self) -> bool {
        match self.legs.as_slice() {
            [only] => only.is_full(),
            legs => legs.iter().any(Leg::is_full),
        }
    }

    /// A step begins.
    #[inline]
    pub(super) fn begin(&mut self, reset: bool) {
        self.emitted_before = self.emitted;
        self.reset_due |= reset;
    }

    /// Whether there was one block in this step.
    #[inline]
    pub(super) fn is_even(&self) -> bool {
        self.emitted == self.emitted_before + 1
    }

    /// Whether there was a block in this step.
    pub(super) fn has_emitted(&self) -> bool {
        self.emitted > self.emitted_before
    }

    /// To be called after whatever may change it.
    pub(super) fn look_for_room(&mut self) {
        self.has_room = self.is_wanted() && !self.is_full();
    }

    /// The head that the next block is sent with: the runtime writes the reset and finished bits, and corruption spreads.
    #[inline]
    pub(super) fn head(&mut self, head: Option<Head>, step: &Stamp) -> Head {
        let head = match head {
            None => step.head,
            Some(head) => {
                if head.is_reset() && !step.reset && !self.reset_due {
                    self.count_false_reset();
                }
                head.unmarked().with_corruption_of(step.head)
            }
        };
        if self.reset_due {
            self.reset_due = false;
            return head.with(RESET, true);
        }
        head
    }

    #[cold]
    fn count_false_reset(&self) {
        self.legs.iter().for_each(|leg| leg.tally.add_false_reset());
    }

    /// The number of the next block.
    #[inline]
    pub(super) fn number(&mut self, step: &Stamp) -> Seq {
        self.emitted += 1;
        let number = step.number.or(Seq::new(self.last + 1)).unwrap_or(Seq::FIRST);
        self.last = number.get();
        number
    }
}
