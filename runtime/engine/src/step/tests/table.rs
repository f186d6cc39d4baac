//! A stepper that is told and asked in words.

use super::super::{Counts, LaneSpec, Ready, Stepper};
use super::{Came, Seen, give, stepper};
use crate::flow::Ending;

/// A stepper under test, and how many lanes it has.
pub(super) struct Table(Stepper, usize);

/// A stepper over these lanes.
pub(super) fn over<const N: usize>(lanes: [LaneSpec; N]) -> Table {
    Table(stepper(&lanes), N)
}

impl Table {
    /// Gives blocks to a lane, all in as few batches as can be.
    pub(super) fn give(mut self, lane: usize, blocks: &str) -> Table {
        let blocks: Vec<Came> = blocks.split_whitespace().map(Came::of).collect();
        give(&mut self.0, lane, &blocks, usize::MAX);
        self
    }

    /// Ends a lane.
    pub(super) fn end(mut self, lane: usize, ending: Ending) -> Table {
        self.0.end(lane, ending);
        self
    }

    /// Ends lanes without a finished block.
    pub(super) fn end_all<const N: usize>(self, lanes: [usize; N]) -> Table {
        lanes.into_iter().fold(self, |table, lane| table.end(lane, Ending::EndedUnfinished))
    }

    /// All lanes in step will show this epoch.
    pub(super) fn awaits(mut self, epoch: u32) -> Table {
        self.0.await_epoch(epoch);
        self
    }

    /// What a lane holds is lost.
    pub(super) fn clears(mut self, lane: usize) -> Table {
        self.0.clear(lane);
        self
    }

    /// The next compute blocks are these.
    #[track_caller]
    pub(super) fn makes<const N: usize>(mut self, expected: [&str; N]) -> Table {
        for expected in expected {
            assert_eq!(self.0.poll(), Ready::Whole, "instead of {expected}");
            assert_eq!(self.0.call(Seen::of).unwrap().to_string(), expected);
            self.0.advance();
        }
        self
    }

    /// The next compute blocks are these, and are there without asking.
    #[track_caller]
    pub(super) fn tells<const N: usize>(mut self, expected: [&str; N]) -> Table {
        for expected in expected {
            assert_eq!(self.0.call(Seen::of).map(|seen| seen.to_string()).as_deref(), Some(expected));
            self.0.advance();
        }
        self
    }

    /// There is no compute block without asking.
    #[track_caller]
    pub(super) fn tells_no_more(self) -> Table {
        assert!(self.0.call(Seen::of).is_none());
        self
    }

    /// No compute block can be made yet, and just these lanes should be given more.
    #[track_caller]
    pub(super) fn waits_for<const N: usize>(mut self, lanes: [usize; N]) -> Table {
        assert_eq!(self.0.poll(), Ready::Waiting);
        let wanted: Vec<usize> = (0..self.1).filter(|lane| self.0.wants(*lane)).collect();
        assert_eq!(wanted, lanes);
        self
    }

    /// A compute block is ready and stays so; it is not taken.
    #[track_caller]
    pub(super) fn sees_ready(mut self) -> Table {
        assert_eq!(self.0.poll(), Ready::Whole);
        self
    }

    /// It is over.
    #[track_caller]
    pub(super) fn ends(mut self, ending: Ending) -> Table {
        assert_eq!(self.0.poll(), Ready::End(ending));
        assert!(self.0.compute_block().is_none());
        self
    }

    /// The counts of a lane, without the bytes.
    #[track_caller]
    pub(super) fn counts(mut self, lane: usize, expected: Counts) -> Table {
        let counts = self.0.take_counts(lane);
        assert_eq!(Counts { bytes: 0, ..counts }, expected);
        self
    }
}
