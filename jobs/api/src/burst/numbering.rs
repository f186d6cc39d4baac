//! Which number and which head a block gets that a job sends.

use super::walk::Stretch;
use crate::batch::Seq;
use crate::head::{Head, RESET};

/// What the step at hand says of the blocks sent in it.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Stamp {
    /// The step's reduced head.
    pub head: Head,
    /// The number of its blocks; `None` to number each output by itself, from 1 in each epoch.
    pub number: Option<Seq>,
}

/// How far one output is.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Numbering {
    emitted: u64,
    emitted_before: u64,
    /// The number of the last block, in its epoch; 0 before the first.
    last: u64,
    false_resets: u64,
    reset_due: bool,
}

impl Numbering {
    /// A step begins; `head` is its reduced head.
    #[inline]
    pub fn begin(&mut self, head: Head) {
        self.emitted_before = self.emitted;
        self.reset_due |= head.is_reset();
    }

    /// Numbers begin again.
    pub fn begin_epoch(&mut self) {
        self.last = 0;
    }

    /// Blocks sent so far.
    pub const fn emitted(&self) -> u64 {
        self.emitted
    }

    /// Blocks sent in this step.
    #[inline]
    pub const fn of_this_step(&self) -> u64 {
        self.emitted - self.emitted_before
    }

    /// Bits since this was asked last that said without cause that the count starts again.
    #[inline]
    pub fn take_false_resets(&mut self) -> u64 {
        std::mem::take(&mut self.false_resets)
    }

    /// Counts the blocks of a stretch, one for each of as many steps, with the steps' numbers. `false` if the first one is to be marked.
    pub(super) fn append(&mut self, stretch: &Stretch<'_>) -> bool {
        if !self.reset_due {
            self.emitted += stretch.entries.len() as u64;
            self.emitted_before = self.emitted - 1;
            self.last = stretch.last.seq.get();
        }
        !self.reset_due
    }

    /// The number and the head of the next block. Without a head of its own it carries that of the step.
    #[inline(always)]
    pub fn stamp(&mut self, head: Option<Head>, step: &Stamp) -> (Seq, Head) {
        self.emitted += 1;
        let number = step.number.unwrap_or_else(|| Seq::new(self.last + 1).unwrap_or(Seq::FIRST));
        self.last = number.get();
        (number, self.head(head, step))
    }

    /// The runtime writes the reset and finished bits, and corruption spreads.
    #[inline(always)]
    fn head(&mut self, head: Option<Head>, step: &Stamp) -> Head {
        let head = head.map_or(step.head, |head| head.with_corruption_of(step.head));
        if self.reset_due || head.is_reset() { self.head_with_reset(head, step) } else { head.unmarked() }
    }

    #[cold]
    fn head_with_reset(&mut self, head: Head, step: &Stamp) -> Head {
        if head.is_reset() && !step.head.is_reset() && !self.reset_due {
            self.false_resets += 1;
        }
        head.unmarked().with(RESET, std::mem::take(&mut self.reset_due))
    }
}
