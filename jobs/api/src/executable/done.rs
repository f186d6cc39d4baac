//! Which compute blocks are done, for a run that gives all others to the job's next life again.
//!
//! A compute block is done when the job's step for it has returned and all that was emitted until then is written. So it is
//! told behind a flush, and nowhere else ([`super::outputs::Outputs::flush`]): before the program waits, after a step that took
//! long, and when [`Done::is_due`] says so. In a fast stream one message tells of many compute blocks.

use crate::batch::Block;

/// After so many compute blocks they are told in any case.
const MOST_BLOCKS: u64 = 64;

/// After so many bytes of input too: the runtime keeps all that is not done.
const MOST_BYTES: usize = 64 * 1024;

/// Who says what is done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Speaker {
    /// Nobody wants to know.
    Nobody,
    /// The kit does.
    Kit,
    /// The job does, by its reports.
    Job,
}

/// How many compute blocks are done, and how many of them the run knows.
#[derive(Debug)]
pub(super) struct Done {
    speaker: Speaker,
    /// Steps that have returned.
    stepped: u64,
    /// What the job has said.
    said: u64,
    told: u64,
    /// How many bytes came in the steps that are not told yet.
    bytes: usize,
    /// Something was written inside a step, because it was much.
    is_much: bool,
}

impl Done {
    pub(super) const fn new(speaker: Speaker) -> Done {
        Done { speaker, stepped: 0, said: 0, told: 0, bytes: 0, is_much: false }
    }

    /// The job's step for these blocks has returned.
    #[inline]
    pub(super) fn stepped(&mut self, inputs: &[&[Block<'_>]]) {
        if self.speaker != Speaker::Nobody {
            self.stepped += 1;
            self.bytes += inputs.iter().copied().flatten().map(|block| block.bytes.len()).sum::<usize>();
        }
    }

    /// The job says that so many compute blocks are done. It counts when the step in which it says so has returned.
    pub(super) fn say(&mut self, compute_blocks: u64) {
        self.said = self.said.max(compute_blocks);
    }

    /// What was emitted is being written, because it is much.
    pub(super) const fn written_for_its_size(&mut self) {
        self.is_much = true;
    }

    /// Whether what is done should be told now, and not only when there is time for it.
    #[inline]
    pub(super) fn is_due(&self) -> bool {
        match self.speaker {
            Speaker::Nobody => false,
            Speaker::Kit => self.is_much || self.bytes >= MOST_BYTES || self.stepped - self.told >= MOST_BLOCKS,
            Speaker::Job => self.untold().is_some(),
        }
    }

    /// What the run does not know yet, if everything is written.
    pub(super) fn untold(&self) -> Option<u64> {
        let done = match self.speaker {
            Speaker::Nobody => return None,
            Speaker::Kit => self.stepped,
            Speaker::Job => self.said.min(self.stepped),
        };
        (done > self.told).then_some(done)
    }

    /// The same, and from now on the run knows it.
    pub(super) fn tell(&mut self) -> Option<u64> {
        let untold = self.untold()?;
        (self.told, self.bytes, self.is_much) = (untold, 0, false);
        Some(untold)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::{Head, HeadSize};

    fn step(done: &mut Done, bytes: usize) {
        let bytes = vec![0; bytes];
        done.stepped(&[&[Block::new(Head::empty(HeadSize::ONE), &bytes)]]);
    }

    #[test]
    fn many_small_blocks_are_told_together() {
        let mut done = Done::new(Speaker::Kit);
        for _ in 1..MOST_BLOCKS {
            step(&mut done, 8);
            assert!(!done.is_due());
        }
        step(&mut done, 8);
        assert!(done.is_due());
        assert_eq!((done.tell(), done.tell(), done.is_due()), (Some(MOST_BLOCKS), None, false));
    }

    #[test]
    fn a_large_block_is_told_by_itself_and_so_is_much_that_was_written() {
        let mut done = Done::new(Speaker::Kit);
        step(&mut done, MOST_BYTES);
        assert!(done.is_due());
        assert_eq!(done.tell(), Some(1));
        done.written_for_its_size();
        step(&mut done, 1);
        assert!(done.is_due());
        assert_eq!(done.tell(), Some(2));
    }

    #[test]
    fn a_job_that_says_itself_what_is_done_is_believed_for_steps_that_have_returned() {
        let mut done = Done::new(Speaker::Job);
        step(&mut done, MOST_BYTES);
        assert_eq!((done.is_due(), done.tell()), (false, None));
        done.say(2);
        assert_eq!((done.is_due(), done.tell()), (true, Some(1)));
        step(&mut done, 1);
        done.say(1);
        assert_eq!((done.is_due(), done.tell()), (true, Some(2)));
    }

    #[test]
    fn who_is_not_asked_says_nothing() {
        let mut done = Done::new(Speaker::Nobody);
        (0..1000).for_each(|_| step(&mut done, MOST_BYTES));
        assert_eq!((done.is_due(), done.tell()), (false, None));
    }
}
