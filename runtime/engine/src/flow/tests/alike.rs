//! Small blocks of one size, moved many at once and one by one: nobody behind a pipe can tell which.

use std::num::NonZeroUsize;
use std::sync::Arc;

use pipeloom_job::codec::Framer;
use pipeloom_job::head::{CORRUPTED, FINISHED, RESET};
use pipeloom_job::{Batch, Block, Codec, Head, HeadSize, Pool, Seq};
use pipeloom_os::pipe::{Io, ReadEnd, unnamed};
use proptest::prelude::*;

use super::counts;
use crate::flow::stamp::Stamp;
use crate::flow::{FifoOutlet, HeadReceiver, HeadRule, HeadSender, Outlet, Put, Tally, WireFormat, head_line};

/// Bits that mean something, and one that does not. Most blocks have none of them.
fn bits() -> impl Strategy<Value = Option<usize>> {
    prop_oneof![8 => Just(None), 1 => prop::sample::select(vec![CORRUPTED, RESET, FINISHED, 4]).prop_map(Some)]
}

fn head(bit: Option<usize>, size: HeadSize) -> Head {
    let empty = Head::empty(size);
    bit.map_or(empty, |bit| empty.with(bit, true))
}

fn seq(number: u64) -> Seq {
    Seq::new(number).unwrap()
}

/// Where heads come from.
#[derive(Clone, Copy, Debug)]
struct Rule {
    by_program: bool,
    lines: usize,
}

/// What is left on the lines: after a block of this epoch, how far its number is from the one before, and its bit on each line.
type Left = Vec<(u32, u64, [Option<usize>; 2])>;

fn rules() -> impl Strategy<Value = Rule> {
    prop_oneof![(0..3_usize).prop_map(|lines| (true, lines)), (0..2_usize).prop_map(|lines| (false, lines))]
        .prop_map(|(by_program, lines)| Rule { by_program, lines })
}

fn left() -> impl Strategy<Value = Left> {
    let step = prop_oneof![12 => Just(1_u64), 1 => 2..5_u64];
    let epoch = prop_oneof![12 => Just(0_u32), 1 => Just(1_u32)];
    prop::collection::vec((epoch, step, [bits(), bits()]), 0..60)
}

/// A stamp behind lines of its own, and their other ends.
fn stamp(rule: Rule, size: HeadSize, tally: &Arc<Tally>) -> (Stamp, Vec<HeadSender>) {
    let (senders, mut receivers): (Vec<HeadSender>, Vec<HeadReceiver>) =
        (0..rule.lines).map(|_| head_line(NonZeroUsize::MIN)).unzip();
    let rule = match rule.by_program {
        true => HeadRule::Program { job: "job".into(), lines: receivers },
        false => HeadRule::Ours(receivers.pop()),
    };
    let mut stamp = Stamp::new(rule, size);
    stamp.count_false_resets(tally.clone());
    stamp.begin_at(3, seq(5));
    (stamp, senders)
}

/// All that a stamp has made of what came so far.
fn told(stamp: &mut Stamp, batch: &mut Batch, tally: &Tally) -> String {
    let mut batches = Vec::new();
    loop {
        let blocks = batch.iter().map(|(seq, block)| (seq.get(), block.head, block.bytes.to_vec()));
        batches.push(format!("{}: {:?}", batch.epoch(), blocks.collect::<Vec<_>>()));
        batch.clear();
        if !stamp.take_later(batch) {
            break;
        }
    }
    let (blocks, finished, unasked) = (stamp.blocks(), stamp.is_finished(), stamp.check().is_err());
    let false_resets = tally.snapshot("", "").false_resets;
    format!("{batches:?}, {blocks} blocks, finished {finished}, unasked {unasked}, false resets {false_resets}")
}

proptest! {
    #[test]
    fn blocks_have_the_same_numbers_and_heads_whether_they_are_cut_at_once_or_one_by_one(
        rule in rules(),
        left in left(),
        blocks in prop::collection::vec(bits(), 1..60),
        head_bytes in 0..4_u8,
        block_size in 1..20_usize,
        cuts in prop::collection::vec((1..300_usize, 0..30_usize), 1..30),
    ) {
        let on_wire = HeadSize::new(head_bytes);
        let size = on_wire.unwrap_or_default();
        let mut wire = Vec::new();
        for (number, bit) in (0..).zip(blocks) {
            wire.extend_from_slice(&head(bit, size).to_wire()[..head_bytes.into()]);
            wire.extend((0..block_size).map(|place| (31 * number + place) as u8));
        }
        let codec = Codec::Bytes { block_size };
        let mut framers = [(); 2].map(|()| Framer::new(codec, on_wire, 100, Pool::new()));
        let tallies = [(); 2].map(|()| Arc::<Tally>::default());
        let mut stamps = [0, 1].map(|place| stamp(rule, size, &tallies[place]));
        let mut batches = [Batch::new(), Batch::new()];
        let (mut left, mut numbers, mut rest) = (left.into_iter(), [1, 1], wire.as_slice());
        for (count, marks) in cuts.into_iter().cycle() {
            for (epoch, step, bits) in left.by_ref().take(marks) {
                let number = &mut numbers[epoch as usize];
                *number += step;
                for (_, lines) in &mut stamps {
                    lines.iter_mut().zip(bits).for_each(|(line, bit)| line.push(epoch, seq(*number), head(bit, size)));
                }
            }
            stamps.iter_mut().flat_map(|(_, lines)| lines).for_each(HeadSender::flush);
            let (now, later) = rest.split_at(count.min(rest.len()));
            rest = later;
            framers.iter_mut().for_each(|framer| framer.space()[..now.len()].copy_from_slice(now));
            let ([one_by_one, at_once], [general, alike]) = (&mut stamps, &mut framers);
            general.filled(now.len(), |wire, body| one_by_one.0.push(&mut batches[0], wire, body)).unwrap();
            at_once.0.push_alike(&mut batches[1], alike.filled_alike(now.len()).unwrap());
            if rest.is_empty() {
                stamps.iter_mut().zip(&mut batches).for_each(|((stamp, _), batch)| { stamp.push_last(batch); });
            }
            let [one_by_one, at_once] =
                [0, 1].map(|place| told(&mut stamps[place].0, &mut batches[place], &tallies[place]));
            prop_assert_eq!(at_once, one_by_one);
            if rest.is_empty() {
                break;
            }
        }
        let torn = framers.map(|mut framer| framer.cut_off());
        prop_assert_eq!(torn, [None; 2]);
    }

    #[test]
    fn blocks_are_written_alike_whether_they_are_queued_at_once_or_one_by_one(
        heads in any::<bool>(),
        head_bytes in 1..4_u8,
        block_size in 1..20_usize,
        block_count in 1..4_usize,
        batches in prop::collection::vec((0..2_u32, prop::collection::vec((bits(), 1..3_u64), 0..30)), 1..6),
        wrong in prop::option::weighted(0.2, 0..60_usize),
    ) {
        let size = HeadSize::new(head_bytes).unwrap();
        let format = WireFormat { pipe: "p".into(), codec: Codec::Bytes { block_size }, heads, max_block_bytes: 1 << 20 };
        let [one_by_one, at_once] = [false, true].map(|at_once| {
            let (mut reader, writer) = unnamed().unwrap();
            let (tally, (sender, mut receiver)) =
                (Arc::<Tally>::default(), head_line(NonZeroUsize::new(block_count).unwrap()));
            let outlet = FifoOutlet::new(format.clone(), writer).for_program(tally.clone(), vec![sender]);
            // What is remembered of each block is not known of many at once.
            let mut outlet = if at_once { outlet } else { outlet.remembering() };
            let (mut number, mut place, mut refused) = (0, 0, None);
            for (epoch, blocks) in &batches {
                let mut batch = Batch::new();
                batch.set_epoch(*epoch);
                for (bit, step) in blocks {
                    number += step;
                    let bytes = vec![place as u8; if wrong == Some(place) { block_size + 1 } else { block_size }];
                    batch.push(seq(number), &Block::new(head(*bit, size), &bytes));
                    place += 1;
                }
                match outlet.put(&mut batch) {
                    Ok(put) => assert_eq!((put, batch.len()), (Put::Taken, 0)),
                    Err(error) => {
                        refused = Some(error.to_string());
                        break;
                    }
                }
            }
            let marks: Vec<_> = std::iter::from_fn(|| receiver.pop()).collect();
            (read(&mut reader), counts(&tally), marks, refused)
        });
        prop_assert_eq!(at_once, one_by_one);
    }
}

fn read(end: &mut ReadEnd) -> Vec<u8> {
    let (mut bytes, mut buffer) = (Vec::new(), vec![0; 1 << 16]);
    while let Io::Some(count) = end.read(&mut buffer).unwrap() {
        bytes.extend_from_slice(&buffer[..count]);
    }
    bytes
}
