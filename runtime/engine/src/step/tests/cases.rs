//! Random lanes, streams, and what is done with them.

use std::num::NonZeroUsize;
use std::ops::Range;

use pipeloom_config::{Buffer, DropSide, Dummy, Optional, Taking};
use proptest::collection::vec;
use proptest::prelude::*;

use super::super::LaneSpec;
use super::{CORRUPTED, Came, FINISHED, RESET, USER};
use crate::flow::Ending;

/// A lane, all that will come on it, and how it ends.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    pub(super) spec: LaneSpec,
    pub(super) blocks: Vec<Came>,
    pub(super) ending: Ending,
}

/// What is done to a stepper.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    /// A lane is given so many of its blocks, in batches of at most so many; after its last one it may be ended.
    Give { lane: usize, blocks: usize, batch: usize, end: bool },
    /// All lanes that want blocks are given one, or are ended.
    Feed,
    /// So many compute blocks are taken.
    Take(usize),
    /// Compute blocks that are there without asking are taken, at most so many.
    TakeAtAGlance(usize),
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

pub(super) fn stream(taking: impl Strategy<Value = Taking>) -> impl Strategy<Value = Stream> {
    stream_of(spec(taking), 1..3, vec(way(), 0..40))
}

/// Blocks that go up by one from the first, taken one by one in step, with few exceptions.
pub(super) fn steady() -> impl Strategy<Value = Stream> {
    let one_by_one = spec(Just(Taking::InStep)).prop_map(|spec| spec.count(1));
    let up = Way { by: 1, new_epoch: None, epochs: 1, head: 0 };
    let again = Way { new_epoch: Some(1), ..up };
    stream_of(one_by_one, 1..2, vec(prop_oneof![25 => Just(up), 1 => Just(again), 1 => way()], 0..80))
}

fn stream_of(
    spec: impl Strategy<Value = LaneSpec>,
    first: Range<u64>,
    ways: impl Strategy<Value = Vec<Way>>,
) -> impl Strategy<Value = Stream> {
    let ending = prop_oneof![
        3 => Just(Ending::Finished),
        2 => Just(Ending::EndedUnfinished),
        1 => Just(Ending::Torn { bytes: 3 }),
    ];
    let finished = prop_oneof![6 => Just(None), 1 => (0..40usize).prop_map(Some)];
    (spec, first, ways, ending, finished).prop_map(|(spec, first, ways, ending, finished)| {
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

pub(super) fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0..4usize, 1..12usize, 1..9usize, any::<bool>())
            .prop_map(|(lane, blocks, batch, end)| Act::Give { lane, blocks, batch, end }),
        2 => Just(Act::Feed),
        3 => (1..6usize).prop_map(Act::Take),
        3 => (1..20usize).prop_map(Act::TakeAtAGlance),
        1 => Just(Act::Look),
    ]
}

pub(super) fn any_taking() -> impl Strategy<Value = Taking> {
    prop_oneof![4 => Just(Taking::InStep), 2 => Just(Taking::Async), 2 => optional()]
}

pub(super) fn waited_for() -> impl Strategy<Value = Taking> {
    prop_oneof![4 => Just(Taking::InStep), 1 => Just(Taking::Async)]
}
