//! The law that no block gets lost or doubled unsaid:
//!
//! ```text
//! written = delivered + dropped + too old + lost + unused
//! ```
//!
//! for each reader of a pipe that the runtime sees. What the counts leave out is added here when there is more to count.

use pipeloom_e2e::events::PipeTally;

/// How far a tally is from the law.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Breach {
    /// Blocks that were written, and of which nothing is said.
    pub lost: u64,
    /// Blocks of which more is said than was written.
    pub twice: u64,
}

/// In which way a tally breaks the law, if it does.
pub fn breach(tally: &PipeTally) -> Option<Breach> {
    let accounted = tally.delivered + tally.dropped + tally.too_old + tally.lost + tally.unused;
    let breach =
        Breach { lost: tally.written.saturating_sub(accounted), twice: accounted.saturating_sub(tally.written) };
    (breach != Breach::default()).then_some(breach)
}

#[cfg(test)]
mod tests {
    use pipeloom_e2e::events::PipeTally;

    use super::{Breach, breach};

    #[test]
    fn a_block_may_be_accounted_for_in_several_ways_but_once() {
        let (delivered, dropped, too_old, lost, unused) = (5, 4, 3, 2, 1);
        let all = PipeTally { written: 15, delivered, dropped, too_old, lost, unused, ..PipeTally::default() };
        assert_eq!(breach(&all), None);
        assert_eq!(breach(&PipeTally { written: 17, ..all.clone() }), Some(Breach { lost: 2, twice: 0 }));
        assert_eq!(breach(&PipeTally { written: 14, ..all }), Some(Breach { lost: 0, twice: 1 }));
    }
}
