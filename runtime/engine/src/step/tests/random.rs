//! Whatever comes, in whatever order and batches: the stepper says what the oracle says.
//!
//! `PROPTEST_CASES=n` says how many cases are tried, `PROPTEST_RNG_SEED=n` tries the same ones again.

use std::num::NonZeroUsize;

use pipeloom_config::{Buffer, DropSide, Dummy, Optional, Taking};
use pipeloom_job::HeadSize;
use proptest::collection::vec;
use proptest::prelude::*;

use super::super::{Counts, LaneSpec, Ready, Stepper};
use super::oracle::Oracle;
use super::{CORRUPTED, Came, FINISHED, RESET, Seen, USER, give, stepper};
use crate::flow::Ending;

/// A lane, all that will come on it, and how it ends.
#[derive(Clone, Debug)]
struct Stream {
    spec: LaneSpec,
    blocks: Vec<Came>,
    ending: Ending,
}

/// What is done to a stepper.
#[derive(Clone, Copy, Debug)]
enum Act {
    /// A lane is given so many of its blocks, in batches of at most so many; after its last one it may be ended.
    Give { lane: usize, blocks: usize, batch: usize, end: bool },
    /// All lanes that want blocks are given one, or are ended.
    Feed,
    /// So many compute blocks are taken.
    Take(usize),
    /// It is asked what is ready, and nothing is taken.
    Look,
}

fn dummy() -> impl Strategy<Value = Dummy> {
    prop_oneof![
        Just(Dummy::Zero),
        Just(Dummy::Value(b"v".to_vec())),
        Just(Dummy::Previous { empty: Vec::new() }),
        Just(Dummy::Previous { empty: b"null".to_vec() }),
    ]
}

fn optional() -> impl Strategy<Value = Taking> {
    let drop = prop_oneof![Just(DropSide::Oldest), Just(DropSide::Newest)];
    let buffer =
        (1..4usize, drop).prop_map(|(blocks, drop)| Buffer { blocks: NonZeroUsize::new(blocks).unwrap(), drop });
    (any::<bool>(), prop::option::of(buffer))
        .prop_map(|(store, buffer)| Taking::Optional(Optional { default: b"d".to_vec(), store, buffer }))
}

fn spec(taking: impl Strategy<Value = Taking>) -> impl Strategy<Value = LaneSpec> {
    let count = prop_oneof![Just(1), 1..=5usize];
    (count, taking, dummy(), any::<bool>(), 0..4usize).prop_map(|(count, taking, dummy, feedback, size)| LaneSpec {
        block_count: NonZeroUsize::new(count).unwrap(),
        feedback: feedback && taking != Taking::InStep,
        taking,
        dummy,
        block_size: Some(size),
    })
}

/// A block by its way from the one before it.
fn next(came: &Came, way: Way) -> Came {
    let number = match way.new_epoch {
        Some(first) => first,
        None => came.number.saturating_add_signed(way.by).max(1),
    };
    let epoch = came.epoch + u32::from(way.new_epoch.is_some()) * way.epochs;
    let payload = format!("{epoch}.{number}").into_bytes();
    Came { epoch, number, head: way.head, payload }
}

#[derive(Clone, Copy, Debug)]
struct Way {
    by: i64,
    new_epoch: Option<u64>,
    epochs: u32,
    head: u8,
}

fn way() -> impl Strategy<Value = Way> {
    let by = prop_oneof![12 => Just(1i64), 3 => 2..6i64, 1 => Just(20), 1 => Just(0), 1 => -4..0i64];
    let new_epoch = prop_oneof![14 => Just(None), 1 => Just(Some(1)), 1 => (1..9u64).prop_map(Some)];
    let head = prop_oneof![
        8 => Just(0),
        1 => Just(CORRUPTED),
        1 => Just(RESET),
        1 => Just(USER),
    ];
    (by, new_epoch, 1..3u32, head).prop_map(|(by, new_epoch, epochs, head)| Way { by, new_epoch, epochs, head })
}

fn stream(taking: impl Strategy<Value = Taking>) -> impl Strategy<Value = Stream> {
    let ending = prop_oneof![
        3 => Just(Ending::Finished),
        2 => Just(Ending::EndedUnfinished),
        1 => Just(Ending::Torn { bytes: 3 }),
    ];
    let finished = prop_oneof![6 => Just(None), 1 => (0..40usize).prop_map(Some)];
    (spec(taking), 1..3u64, vec(way(), 0..40), ending, finished).prop_map(|(spec, first, ways, ending, finished)| {
        let mut last = Came { epoch: 0, number: first - 1, head: 0, payload: Vec::new() };
        let mut blocks: Vec<Came> = Vec::new();
        for way in ways {
            last = next(&last, way);
            blocks.push(last.clone());
        }
        // A stream may also carry the bit where it should not.
        let last = blocks.len().checked_sub(1).filter(|_| ending == Ending::Finished);
        for at in finished.into_iter().chain(last) {
            if let Some(block) = blocks.get_mut(at) {
                block.head |= FINISHED;
            }
        }
        Stream { spec, blocks, ending }
    })
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0..4usize, 1..12usize, 1..9usize, any::<bool>())
            .prop_map(|(lane, blocks, batch, end)| Act::Give { lane, blocks, batch, end }),
        2 => Just(Act::Feed),
        3 => (1..6usize).prop_map(Act::Take),
        1 => Just(Act::Look),
    ]
}

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

fn any_taking() -> impl Strategy<Value = Taking> {
    prop_oneof![4 => Just(Taking::InStep), 2 => Just(Taking::Async), 2 => optional()]
}

fn waited_for() -> impl Strategy<Value = Taking> {
    prop_oneof![4 => Just(Taking::InStep), 1 => Just(Taking::Async)]
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
        let all = check(&streams, &acts, Stepper::without_short_cut(specs(&streams), HeadSize::ONE))?;
        prop_assert_eq!(all, check(&streams, &acts, stepper(&specs(&streams)))?);
    }
}
