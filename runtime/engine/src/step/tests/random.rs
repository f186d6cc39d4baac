//! Whatever comes, in whatever order and batches: the stepper says what the oracle says.
//!
//! `PROPTEST_CASES=n` says how many cases are tried, `PROPTEST_RNG_SEED=n` tries the same ones again.

use pipeloom_config::Taking;
use pipeloom_job::HeadSize;
use proptest::collection::vec;
use proptest::prelude::*;

use super::super::{Counts, LaneSpec, Ready, Stepper};
use super::cases::{Act, Stream, act, any_taking, steady, stream, waited_for};
use super::oracle::Oracle;
use super::{Seen, give, stepper};
use crate::flow::Ending;

/// A stepper and the oracle, given the same.
struct Pair<'a> {
    streams: &'a [Stream],
    /// How many blocks of each stream were given.
    given: Vec<usize>,
    ended: Vec<bool>,
    stepper: Stepper,
    oracle: Oracle,
    counts: Vec<Counts>,
    made: Vec<Seen>,
}

impl<'a> Pair<'a> {
    fn new(streams: &'a [Stream], stepper: Stepper) -> Pair<'a> {
        let specs: Vec<LaneSpec> = streams.iter().map(|stream| stream.spec.clone()).collect();
        Pair {
            streams,
            given: vec![0; streams.len()],
            ended: vec![false; streams.len()],
            stepper,
            oracle: Oracle::new(&specs),
            counts: vec![Counts::default(); streams.len()],
            made: Vec::new(),
        }
    }

    fn give(&mut self, lane: usize, blocks: usize, batch: usize) {
        let all = &self.streams[lane].blocks;
        let end = all.len().min(self.given[lane] + blocks);
        let few = &all[self.given[lane]..end];
        give(&mut self.stepper, lane, few, batch);
        self.oracle.give(lane, few);
        self.given[lane] = end;
    }

    fn end(&mut self, lane: usize) {
        if self.given[lane] == self.streams[lane].blocks.len() && !self.ended[lane] {
            self.stepper.end(lane, self.streams[lane].ending);
            self.oracle.end(lane, self.streams[lane].ending);
            self.ended[lane] = true;
        }
    }

    /// What both say.
    fn poll(&mut self) -> Result<Ready, TestCaseError> {
        let ready = self.stepper.poll();
        prop_assert_eq!(ready, self.oracle.poll(), "after {:?}", self.made);
        let seen = self.stepper.call(Seen::of);
        prop_assert_eq!(seen.as_ref(), self.oracle.seen(), "after {:?}", self.made);
        prop_assert_eq!(self.stepper.compute_block().map(|made| made.call(Seen::of)), seen);
        let wanted = (0..self.streams.len()).any(|lane| self.stepper.wants(lane));
        prop_assert!(wanted || ready != Ready::Waiting, "something is waited for");
        self.check_counts(matches!(ready, Ready::End(_)))?;
        Ok(ready)
    }

    fn check_counts(&mut self, over: bool) -> Result<(), TestCaseError> {
        for lane in 0..self.streams.len() {
            self.counts[lane] += self.stepper.take_counts(lane);
            if over {
                // What was looked at before the end and found too old the oracle calls unused.
                let Counts { delivered, too_old, dropped, unused, .. } = self.counts[lane];
                let mut expected = self.oracle.counts(lane);
                let given = self.given[lane] as u64;
                prop_assert_eq!(delivered + too_old + dropped + unused, given, "lane {}: each once", lane);
                prop_assert!(too_old >= expected.too_old);
                (expected.too_old, expected.unused) = (too_old, unused);
                prop_assert_eq!(self.counts[lane], expected, "lane {}", lane);
            }
        }
        Ok(())
    }

    fn take(&mut self) -> Result<Ready, TestCaseError> {
        let ready = self.poll()?;
        if ready == Ready::Whole {
            self.made.extend(self.oracle.seen().cloned());
            self.stepper.advance();
            self.oracle.advance();
        }
        Ok(ready)
    }

    /// Takes a compute block that is there without asking, if there is one.
    fn take_at_a_glance(&mut self) -> Result<bool, TestCaseError> {
        let Some(seen) = self.stepper.call(Seen::of) else { return Ok(false) };
        prop_assert_eq!(self.oracle.poll(), Ready::Whole, "after {:?}", self.made);
        prop_assert_eq!(Some(&seen), self.oracle.seen(), "after {:?}", self.made);
        self.made.push(seen);
        self.stepper.advance();
        self.oracle.advance();
        Ok(true)
    }

    fn act(&mut self, act: Act) -> Result<(), TestCaseError> {
        match act {
            Act::Give { lane, blocks, batch, end } => {
                let lane = lane % self.streams.len();
                self.give(lane, blocks, batch);
                if end {
                    self.end(lane);
                }
            }
            Act::Feed => self.feed(),
            Act::Take(most) => {
                for _ in 0..most {
                    self.take()?;
                }
            }
            Act::TakeAtAGlance(most) => {
                for _ in 0..most {
                    if !self.take_at_a_glance()? {
                        break;
                    }
                }
            }
            Act::Look => {
                self.poll()?;
            }
        }
        Ok(())
    }

    fn feed(&mut self) {
        for lane in 0..self.streams.len() {
            if self.stepper.wants(lane) {
                match self.given[lane] < self.streams[lane].blocks.len() {
                    true => self.give(lane, 1, 1),
                    false => self.end(lane),
                }
            }
        }
    }

    /// Gives only what is wanted until it is over.
    fn run_down(&mut self) -> Result<Ending, TestCaseError> {
        loop {
            match self.take()? {
                Ready::Whole => {}
                Ready::Waiting => self.feed(),
                Ready::End(ending) => return Ok(ending),
            }
        }
    }
}

fn check(streams: &[Stream], acts: &[Act], stepper: Stepper) -> Result<Vec<Seen>, TestCaseError> {
    let mut pair = Pair::new(streams, stepper);
    for act in acts {
        pair.act(*act)?;
    }
    pair.run_down()?;
    // What comes too late is counted all the same.
    for lane in 0..streams.len() {
        pair.give(lane, usize::MAX - 100, 7);
    }
    pair.poll()?;
    Ok(pair.made)
}

fn specs(streams: &[Stream]) -> Vec<LaneSpec> {
    streams.iter().map(|stream| stream.spec.clone()).collect()
}

proptest! {
    // A case that fails is shrunk to a few blocks, and becomes a test of its own rather than a line in a file.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_stepper_says_what_the_oracle_says(
        streams in vec(stream(any_taking()), 1..5),
        acts in vec(act(), 0..40),
    ) {
        check(&streams, &acts, stepper(&specs(&streams)))?;
    }

    #[test]
    fn long_stretches_that_are_rarely_broken_give_what_the_oracle_says(
        streams in vec(steady(), 1..4),
        acts in vec(act(), 0..40),
    ) {
        check(&streams, &acts, stepper(&specs(&streams)))?;
    }

    #[test]
    fn compute_blocks_do_not_depend_on_what_comes_first(
        streams in vec(stream(waited_for()), 1..4),
        acts in vec(act(), 0..40),
    ) {
        let some = check(&streams, &acts, stepper(&specs(&streams)))?;
        let all: Vec<Act> =
            (0..streams.len()).map(|lane| Act::Give { lane, blocks: 1000, batch: 1000, end: true }).collect();
        prop_assert_eq!(some, check(&streams, &all, stepper(&specs(&streams)))?);
    }

    #[test]
    fn the_short_cut_for_a_single_lane_gives_the_same(
        stream in stream(Just(Taking::InStep)),
        acts in vec(act(), 0..20),
    ) {
        let stream = Stream { spec: stream.spec.count(1), ..stream };
        let streams = [stream];
        let all = check(&streams, &acts, Stepper::joining(specs(&streams), HeadSize::ONE))?;
        prop_assert_eq!(all, check(&streams, &acts, stepper(&specs(&streams)))?);
    }
}
