//! A run that is over, held against the accounts of its sources and sinks.

#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::collections::BTreeSet;

use pipeloom_e2e::Run;
use pipeloom_e2e::events::{CauseKind, Event, JobEnd, PipeTally};

use crate::account::{Issued, Seen};
use crate::case::Case;
use crate::chain::{Blocks, Chain};
use crate::{history, law};

/// A run that is over. What it recorded is legal, and the law holds for each of its pipes.
pub struct Over<'c> {
    case: &'c Case,
    run: Run,
    events: Vec<Event>,
    counted: RefCell<BTreeSet<String>>,
}

impl<'c> Over<'c> {
    #[track_caller]
    pub(crate) fn new(case: &'c Case, run: Run) -> Over<'c> {
        let events = run.events();
        let over = Over { case, run, events, counted: RefCell::default() };
        case.leaves_nothing(&over.id());
        let illegal = history::illegal(&over.events);
        let over = Over { events: history::last_attempt(&over.events).to_vec(), ..over };
        case.note(|figures| figures.illegal += illegal.len() as u64);
        over.require(illegal.is_empty(), || illegal.join("\n"));
        for tally in over.tallies() {
            over.holds(law::breach(tally), || format!("in {tally:?}"));
        }
        over
    }

    /// One whose command was killed.
    #[track_caller]
    pub(crate) fn cut_off(case: &'c Case, run: Run) -> Over<'c> {
        let over = Over { case, run, events: Vec::new(), counted: RefCell::default() };
        if over.run.path("run/events.jsonl").exists() {
            case.leaves_nothing(&over.id());
        }
        over
    }

    /// What else is known of the run.
    pub const fn run(&self) -> &Run {
        &self.run
    }

    /// All that happened.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// What became of the blocks of each pipe, for each reader.
    pub fn tallies(&self) -> impl Iterator<Item = &PipeTally> {
        self.events.iter().filter_map(|event| if let Event::PipeClosed(tally) = event { Some(tally) } else { None })
    }

    /// The job that failed first, and why.
    #[track_caller]
    pub fn first_failure(&self) -> (&str, CauseKind, &str) {
        let failed = self.events.iter().find_map(|event| match event {
            Event::JobFailed { job, cause } => Some((job.as_str(), cause.kind, cause.message.as_str())),
            _ => None,
        });
        failed.unwrap_or_else(|| self.fail("no job has failed"))
    }

    /// Expects that this job failed first, by this kind of failure, for a reason with these words in it.
    #[track_caller]
    pub fn failed_first(&self, job: &str, kind: CauseKind, words: &str) {
        let failure = self.first_failure();
        let is_it = failure.0 == job && failure.1 == kind && failure.2.contains(words);
        self.require(is_it, || format!("{job} should have failed first, by {words}, but: {failure:?}"));
    }

    /// How a job ended, if it did not fail.
    pub fn end(&self, name: &str) -> Option<JobEnd> {
        self.events.iter().find_map(|event| match event {
            Event::JobEnded { job, end, .. } if job == name => Some(*end),
            _ => None,
        })
    }

    /// What a source says it has written.
    pub fn issued(&self, job: &str) -> Issued {
        let issued = Issued::read(self.run.dir(), job);
        if self.counted.borrow_mut().insert(job.to_owned()) {
            self.case.note(|figures| figures.blocks += issued.blocks);
        }
        issued
    }

    /// What a sink says it has seen on an input. There is no garbage in it.
    #[track_caller]
    pub fn seen(&self, job: &str, input: usize) -> Seen {
        let seen = Seen::read(self.run.dir(), job, input);
        self.case.note(|figures| figures.garbage += seen.garbage.len() as u64);
        self.require(seen.garbage.is_empty(), || format!("{job} has seen garbage: {:?}", seen.garbage));
        seen
    }

    /// Expects that each number is larger than the one before.
    #[track_caller]
    pub fn in_order(&self, job: &str, seen: &Seen) {
        let back = seen.numbers().zip(seen.numbers().skip(1)).filter(|(one, next)| next <= one).count() as u64;
        self.case.note(|figures| figures.twice += back);
        self.require(back == 0, || format!("{job} has seen {back} blocks twice or out of order: {}", shown(seen)));
    }

    /// Expects that a sink has seen the blocks from 0 on, without a gap, up to any of those that the source has written.
    #[track_caller]
    pub fn prefix(&self, source: &str, sink: &str, input: usize) -> Seen {
        let (issued, seen) = (self.issued(source), self.seen(sink, input));
        self.in_order(sink, &seen);
        let gaps = seen.numbers().last().map_or(0, |last| (last + 1).saturating_sub(seen.count()));
        self.case.note(|figures| figures.lost += gaps);
        self.require(gaps == 0, || {
            format!("{sink} has not seen {gaps} of the blocks before its last: {}", shown(&seen))
        });
        self.require(seen.count() <= issued.most(), || {
            format!("{sink} has seen {} blocks, but {issued:?}", seen.count())
        });
        seen
    }

    /// Expects that a sink has seen all that a source has written, once and in order, and then the end.
    #[track_caller]
    pub fn all_arrived(&self, source: &str, sink: &str, input: usize) -> Seen {
        let (issued, seen) = (self.issued(source), self.prefix(source, sink, input));
        self.case.note(|figures| figures.lost += issued.blocks.saturating_sub(seen.count()));
        self.require(issued.may_be(seen.count()), || {
            format!("{sink} has seen {} blocks, but {issued:?}", seen.count())
        });
        self.require(seen.ended, || format!("{sink} has not seen the end"));
        seen
    }

    /// Expects that all that the source of a chain has written has gone through it to each of its sinks, and is told so.
    #[track_caller]
    pub fn all_through(&self, chain: &Chain) {
        for sink in chain.sinks() {
            let seen = self.all_arrived("source", sink, 0);
            self.require(seen.torn.is_none() || chain.hands_on_parts(), || format!("{sink} got a part of a block"));
            for (pipe, reader) in chain.legs() {
                let tally = self.run.tally(pipe, reader);
                let whole = (tally.written, tally.delivered, tally.dropped, tally.unused);
                self.require(whole == (seen.count(), seen.count(), 0, 0), || {
                    format!("{sink} has seen {} blocks, but {tally:?}", seen.count())
                });
            }
        }
    }

    /// Expects that what is told of a pipe that leads to a sink agrees with what the sink, which did not come to its end, has
    /// seen.
    #[track_caller]
    pub fn cut_short(&self, pipe: &str, sink: &str, blocks: Blocks, seen: &Seen) {
        let tally = self.run.tally(pipe, sink);
        let (least, most) = (seen.count(), seen.count() + blocks.on_their_way());
        self.require((least..=most).contains(&tally.delivered), || {
            format!("{sink} has seen {least} blocks, but {tally:?}")
        });
    }

    /// Expects that what is told of a pipe to a reader agrees with what this one has seen in all its lives, and that it was given
    /// nothing twice. Of what it had read it may not have looked at so many blocks.
    #[track_caller]
    pub fn at_most_once(&self, pipe: &str, reader: &str, in_hand: u64) -> (PipeTally, Seen) {
        let (tally, seen) = (self.run.tally(pipe, reader), self.seen(reader, 0));
        self.in_order(reader, &seen);
        self.holds(law::at_most_once(&tally, &seen, in_hand), || format!("{} were seen of {tally:?}", seen.count()));
        (tally, seen)
    }

    /// Expects that a reader has seen, in one life or another, all that was written to a pipe, and that what came again is told.
    #[track_caller]
    pub fn at_least_once(&self, pipe: &str, reader: &str) -> (PipeTally, Seen) {
        let (tally, seen) = (self.run.tally(pipe, reader), self.seen(reader, 0));
        self.holds(law::at_least_once(&tally, &seen), || format!("{} were seen of {tally:?}", seen.count()));
        self.require(tally.delivered == tally.written, || format!("not all was delivered: {tally:?}"));
        (tally, seen)
    }

    /// Adds a breach of the law to the figures, and ends the test if there is one.
    #[track_caller]
    fn holds(&self, breach: Option<law::Breach>, of: impl FnOnce() -> String) {
        if let Some(breach) = breach {
            self.case.note(|figures| {
                figures.lost += breach.lost;
                figures.twice += breach.twice;
            });
            self.fail(&format!("{breach:?}, {}", of()));
        }
    }

    /// Ends the test with all that is known, unless it holds.
    #[track_caller]
    pub fn require(&self, holds: bool, otherwise: impl FnOnce() -> String) {
        self.run.require(holds, otherwise);
    }

    #[track_caller]
    fn fail(&self, why: &str) -> ! {
        self.run.fail(why)
    }

    /// The id of the run.
    #[track_caller]
    fn id(&self) -> String {
        let text = self.run.text("run/events.jsonl");
        let first = text.lines().next().and_then(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let id = first.as_ref().and_then(|record| record["run"].as_str());
        id.unwrap_or_else(|| self.fail("the first event has no run")).to_owned()
    }
}

/// The ends of a long list.
fn shown(seen: &Seen) -> String {
    let numbers: Vec<u64> = seen.numbers().collect();
    match numbers.len() {
        0..40 => format!("{numbers:?}"),
        many => format!("{:?}...{:?}", &numbers[..20], &numbers[many - 20..]),
    }
}
