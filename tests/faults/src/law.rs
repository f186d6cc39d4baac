//! The law that no block gets lost or doubled unsaid:
//!
//! ```text
//! written = delivered + dropped + too old + lost + unused
//! ```
//!
//! for each reader of a pipe that the runtime sees. What a reader was given again (`repeated`) and what a writer left in part
//! (`torn`) are counted apart.
//!
//! Of a reader that has several lives its own account says more: whether what is called delivered was read, and whether what
//! was given twice was allowed to be.

use std::collections::BTreeSet;

use pipeloom_e2e::events::PipeTally;

use crate::account::Seen;

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

/// How far the account of a reader of several lives is from `delivery = "at-most-once"`. Of what it had read it may not have
/// looked at so many blocks, in all its lives together.
pub fn at_most_once(tally: &PipeTally, seen: &Seen, in_hand: u64) -> Option<Breach> {
    let breach = Breach {
        lost: tally.delivered.saturating_sub(seen.count() + in_hand),
        twice: tally.repeated + seen.again() + seen.count().saturating_sub(tally.delivered),
    };
    (breach != Breach::default()).then_some(breach)
}

/// How far it is from `delivery = "at-least-once"`, with all that was delivered done.
pub fn at_least_once(tally: &PipeTally, seen: &Seen) -> Option<Breach> {
    let numbers: BTreeSet<u64> = seen.numbers().collect();
    let missing = (0..tally.delivered).filter(|number| !numbers.contains(number)).count() as u64;
    let breach = Breach { lost: tally.lost + missing, twice: seen.again().saturating_sub(tally.repeated) };
    (breach != Breach::default()).then_some(breach)
}

#[cfg(test)]
mod tests {
    use pipeloom_e2e::events::PipeTally;

    use super::{Breach, at_least_once, at_most_once, breach};
    use crate::account::Seen;

    fn seen(numbers: &str) -> Seen {
        Seen::parse(&numbers.replace(' ', "\n"))
    }

    #[test]
    fn a_block_may_be_accounted_for_in_several_ways_but_once() {
        let (delivered, dropped, too_old, lost, unused) = (5, 4, 3, 2, 1);
        let all = PipeTally { written: 15, delivered, dropped, too_old, lost, unused, ..PipeTally::default() };
        assert_eq!(breach(&all), None);
        assert_eq!(breach(&PipeTally { written: 17, ..all.clone() }), Some(Breach { lost: 2, twice: 0 }));
        assert_eq!(breach(&PipeTally { written: 14, ..all }), Some(Breach { lost: 0, twice: 1 }));
    }

    #[test]
    fn what_was_delivered_at_most_once_was_read_and_came_no_second_time() {
        let tally = |delivered, repeated| PipeTally { written: 9, delivered, repeated, ..PipeTally::default() };
        let breach = |tally, numbers, in_hand| at_most_once(&tally, &seen(numbers), in_hand);
        assert_eq!(breach(tally(4, 0), "begin 0 1 begin 5 6", 0), None);
        assert_eq!(breach(tally(5, 0), "begin 0 1 begin 5 6", 1), None, "one was read, and not looked at");
        assert_eq!(breach(tally(5, 0), "begin 0 1 begin 5 6", 0), Some(Breach { lost: 1, twice: 0 }));
        assert_eq!(breach(tally(3, 0), "begin 0 1 begin 5 6", 0), Some(Breach { lost: 0, twice: 1 }));
        assert_eq!(breach(tally(3, 0), "begin 0 1 begin 1", 0), Some(Breach { lost: 0, twice: 1 }));
        assert_eq!(breach(tally(3, 1), "begin 0 1 begin 5", 0), Some(Breach { lost: 0, twice: 1 }));
    }

    #[test]
    fn what_was_delivered_at_least_once_was_seen_and_what_came_again_is_told() {
        let tally = |lost, repeated| PipeTally { written: 4, delivered: 4, lost, repeated, ..PipeTally::default() };
        let breach = |tally, numbers| at_least_once(&tally, &seen(numbers));
        assert_eq!(breach(tally(0, 2), "begin 0 1 2 begin 1 2 3"), None);
        assert_eq!(breach(tally(0, 3), "begin 0 1 begin 0 1 2 3"), None, "one was not read the first time");
        assert_eq!(breach(tally(0, 1), "begin 0 1 2 begin 1 2 3"), Some(Breach { lost: 0, twice: 1 }));
        assert_eq!(breach(tally(0, 0), "begin 0 1 begin 3"), Some(Breach { lost: 1, twice: 0 }));
        assert_eq!(breach(tally(1, 0), "begin 0 1 2 begin 3"), Some(Breach { lost: 1, twice: 0 }));
    }
}
