//! What is known of one pipe and one of its readers.

use std::sync::Arc;

use pipeloom_config::{JobId, PipeId};

use crate::flow::Tally;

/// The counts of one pipe for one reader.
///
/// Where the runtime sees the blocks, it counts them. Between two programs with a kit and nobody in between each of them
/// tells at its end what it has seen; one that is killed tells nothing, and then what only it knew stays unknown.
#[derive(Debug)]
pub(crate) struct PipeLeg {
    pub(crate) pipe: PipeId,
    /// `None` for a program outside the network.
    pub(crate) reader: Option<JobId>,
    /// Whether the runtime sees the blocks: not between two programs with nobody in between.
    seen: bool,
    pub(crate) tally: Arc<Tally>,
}

impl PipeLeg {
    pub(crate) const fn new(pipe: PipeId, reader: Option<JobId>, seen: bool, tally: Arc<Tally>) -> PipeLeg {
        PipeLeg { pipe, reader, seen, tally }
    }

    /// Whether it is known what was written.
    pub(crate) fn knows_written(&self) -> bool {
        self.seen || self.tally.has_told_written()
    }

    /// Whether it is known what the reader was given.
    pub(crate) fn knows_read(&self) -> bool {
        self.seen || self.tally.has_told_read()
    }

    /// Whether all of the counts are known. A reader that has seen the stream's end knows what was written, too.
    pub(crate) fn knows_all(&self) -> bool {
        self.knows_read() && (self.knows_written() || self.tally.has_ending())
    }
}

#[cfg(test)]
mod tests {
    use pipeloom_job::control::{PipeEnd, PipeReport};

    use super::*;
    use crate::sample::{self, Sample};

    /// A pipe of which the runtime sees nothing, after this was told.
    fn leg(tell: impl FnOnce(&Tally)) -> PipeLeg {
        let network = Sample::new().program("writer", &[], &["p"]).program("reader", &["p"], &[]).network();
        let tally = Arc::<Tally>::default();
        tell(&tally);
        PipeLeg::new(sample::pipe(&network, "p"), Some(sample::job(&network, "reader")), false, tally)
    }

    fn blocks(blocks: u64, ending: Option<PipeEnd>) -> PipeReport {
        PipeReport { name: "p".to_owned(), blocks, ending, ..PipeReport::default() }
    }

    /// Whether is known what was written, what was read, and all.
    fn known(leg: &PipeLeg) -> [bool; 3] {
        [leg.knows_written(), leg.knows_read(), leg.knows_all()]
    }

    #[test]
    fn nothing_is_known_of_a_pipe_before_its_ends_have_told() {
        assert_eq!(known(&leg(|_| {})), [false, false, false]);
    }

    #[test]
    fn what_a_reader_was_given_that_told_nothing_is_not_taken_for_none() {
        assert_eq!(known(&leg(|tally| tally.tell_written(&blocks(9, None)))), [true, false, false]);
    }

    #[test]
    fn a_reader_that_saw_the_end_knows_what_a_killed_writer_wrote() {
        assert_eq!(known(&leg(|tally| tally.tell_read(&blocks(9, Some(PipeEnd::Ended))))), [false, true, true]);
        assert_eq!(known(&leg(|tally| tally.tell_read(&blocks(9, None)))), [false, true, false]);
    }

    #[test]
    fn both_ends_together_know_all() {
        let both = |tally: &Tally| {
            tally.tell_written(&blocks(9, None));
            tally.tell_read(&blocks(7, None));
        };
        assert_eq!(known(&leg(both)), [true, true, true]);
    }
}
