//! Blocks through real pipes.

use std::num::NonZeroUsize;
use std::sync::Arc;

use pipeloom_job::head::{CORRUPTED, FINISHED, RESET};
use pipeloom_job::{Batch, Block, Codec, Head, HeadSize, Seq};
use pipeloom_os::pipe::{Io, ReadEnd, WriteEnd, unnamed};

use super::{PLAIN, counts};
use crate::flow::{
    Ending, FifoInlet, FifoOutlet, HeadReceiver, HeadRule, HeadSender, Inlet, Outlet, Put, Taken, Tally, WireFormat,
    head_line,
};

fn format(codec: Codec, heads: bool) -> WireFormat {
    WireFormat { pipe: "p".into(), codec, heads, max_block_bytes: 1 << 20 }
}

fn inlet(codec: Codec, heads: bool, end: ReadEnd, rule: HeadRule) -> FifoInlet {
    FifoInlet::new(format(codec, heads), HeadSize::ONE, end, rule)
}

/// The writer is a program called `job`.
fn program(lines: Vec<HeadReceiver>) -> HeadRule {
    HeadRule::Program { job: "job".into(), lines }
}

fn line() -> (HeadSender, HeadReceiver) {
    head_line(NonZeroUsize::MIN)
}

fn seq(number: u64) -> Seq {
    Seq::new(number).unwrap()
}

fn batch(blocks: &[(&[u8], Head)]) -> Batch {
    let mut batch = Batch::new();
    blocks.iter().for_each(|(bytes, head)| batch.push(Seq::FIRST, &Block::new(*head, bytes)));
    batch
}

/// All that an inlet gives until it has nothing now, or nothing any more.
fn drain(inlet: &mut FifoInlet) -> (Vec<(u64, Vec<u8>, Head)>, Taken) {
    let (mut all, mut batch) = (Vec::new(), Batch::new());
    loop {
        match inlet.take(&mut batch).unwrap() {
            Taken::Some => all.extend(batch.iter().map(|(seq, block)| (seq.get(), block.bytes.to_vec(), block.head))),
            other => return (all, other),
        }
    }
}

fn write(end: &mut WriteEnd, bytes: &[u8]) {
    assert_eq!(end.write(bytes).unwrap(), Io::Some(bytes.len()));
}

#[test]
fn blocks_and_heads_survive_every_codec_with_blocks() {
    let large = vec![b'7'; 20_000];
    for codec in [Codec::Framed, Codec::Bincode, Codec::Lines, Codec::Json] {
        let (reader, writer) = unnamed().unwrap();
        let mut outlet = FifoOutlet::new(format(codec, true), writer);
        let mut inlet = inlet(codec, true, reader, HeadRule::Ours(None));
        let blocks: [(&[u8], Head); 3] =
            [(b"1", PLAIN.with(5, true)), (&large, PLAIN), (b"3", PLAIN.with(FINISHED, true))];
        assert_eq!(outlet.put(&mut batch(&blocks)).unwrap(), Put::Taken);
        Box::new(outlet).close(Ending::Finished);
        let (got, taken) = drain(&mut inlet);
        let expected = (1..).zip(blocks).map(|(number, (bytes, head))| (number, bytes.to_vec(), head));
        assert_eq!(got, expected.collect::<Vec<_>>(), "{codec}");
        assert_eq!(taken, Taken::End(Ending::Finished), "{codec}");
    }
}

#[test]
fn an_outlet_takes_what_a_full_pipe_does_not_and_moves_it_on_later() {
    let (mut reader, writer) = unnamed().unwrap();
    let mut outlet = FifoOutlet::new(format(Codec::Stream, false), writer);
    let bytes = vec![1; 300_000];
    assert_eq!(outlet.put(&mut batch(&[(&bytes, PLAIN)])).unwrap(), Put::Taken);
    assert_eq!(outlet.put(&mut batch(&[(b"more", PLAIN)])).unwrap(), Put::Full);
    let (mut read, mut buffer) = (0, vec![0; 1 << 16]);
    loop {
        while let Io::Some(count) = reader.read(&mut buffer).unwrap() {
            read += count;
        }
        if outlet.flush().unwrap() == Put::Taken {
            break;
        }
    }
    while let Io::Some(count) = reader.read(&mut buffer).unwrap() {
        read += count;
    }
    assert_eq!(read, bytes.len());
}

#[test]
fn blocks_for_a_program_that_has_just_gone_are_counted_and_then_told() {
    // They once counted as delivered but not as written.
    let (reader, writer) = unnamed().unwrap();
    let tally = Arc::<Tally>::default();
    let mut outlet = FifoOutlet::new(format(Codec::Lines, false), writer).for_program(tally.clone(), Vec::new());
    drop(reader);
    assert_eq!(outlet.put(&mut batch(&[(b"x", PLAIN)])).unwrap(), Put::Taken);
    assert_eq!(counts(&tally), (0, 1, 1));
    assert_eq!(outlet.flush().unwrap(), Put::Gone);
}

#[test]
fn a_block_that_cannot_stand_on_the_pipe_is_an_error_with_its_name() {
    let table: [(Codec, &[u8], &str); 3] = [
        (Codec::Lines, b"a\nb", "pipe p: a line break inside a block of codec lines, at byte 1"),
        (Codec::Bytes { block_size: 4 }, b"five5", "pipe p: a block of 5 bytes on a pipe with block_size 4"),
        (Codec::Framed, &[0; (1 << 20) + 1], "pipe p: a block of 1048577 bytes, more than max_block_bytes = 1048576"),
    ];
    for (codec, bytes, message) in table {
        let (_reader, writer) = unnamed().unwrap();
        let mut outlet = FifoOutlet::new(format(codec, true), writer);
        assert_eq!(outlet.put(&mut batch(&[(bytes, PLAIN)])).unwrap_err().to_string(), message);
    }
}

#[test]
fn the_blocks_before_one_that_cannot_stand_on_the_pipe_are_written() {
    let (mut reader, writer) = unnamed().unwrap();
    let mut outlet = FifoOutlet::new(format(Codec::Lines, false), writer);
    let head = Head::empty(HeadSize::ONE);
    let wrong = outlet.put(&mut batch(&[(b"one", head), (b"two\n", head), (b"three", head)]));
    assert!(wrong.is_err(), "{wrong:?}");
    let mut bytes = [0; 64];
    assert_eq!(reader.read(&mut bytes).unwrap(), Io::Some(4));
    assert_eq!(&bytes[..4], b"one\n");
}

#[test]
fn a_stream_that_ends_inside_a_block_is_torn_and_gives_no_part_of_it() {
    let (reader, mut writer) = unnamed().unwrap();
    let mut inlet = inlet(Codec::Framed, false, reader, HeadRule::Ours(None));
    write(&mut writer, &[1, 0, 0, 0, b'x', 9, 0, 0, 0, b'h', b'a', b'l', b'f']);
    let (got, taken) = drain(&mut inlet);
    assert_eq!((got.len(), taken), (1, Taken::Empty));
    drop(writer);
    assert_eq!(drain(&mut inlet), (Vec::new(), Taken::End(Ending::Torn { bytes: 8 })));
}

#[test]
fn the_same_blocks_come_out_of_single_bytes() {
    let (reader, mut writer) = unnamed().unwrap();
    let mut inlet = inlet(Codec::Lines, true, reader, HeadRule::Ours(None));
    let mut got = Vec::new();
    for byte in b"\x04one\n\x00\n\x00last without its line break" {
        write(&mut writer, &[*byte]);
        got.extend(drain(&mut inlet).0);
    }
    drop(writer);
    got.extend(drain(&mut inlet).0);
    let texts: Vec<_> = got.iter().map(|(_, bytes, _)| String::from_utf8_lossy(bytes)).collect();
    assert_eq!(texts, ["one", "", "last without its line break"]);
    assert_eq!(got[0].2, PLAIN.with(5, true));
}

#[test]
fn a_program_without_heads_gets_back_those_of_its_inputs_by_count() {
    let (reader, mut writer) = unnamed().unwrap();
    let ((mut left, to_left), (mut right, to_right)) = (line(), line());
    let mut inlet = inlet(Codec::Lines, false, reader, program(vec![to_left, to_right]));
    for (number, head, other) in [
        (1, PLAIN.with(RESET, true), PLAIN),
        (2, PLAIN, PLAIN.with(CORRUPTED, true)),
        (7, PLAIN.with(FINISHED, true), PLAIN),
    ] {
        left.push(0, seq(number), head);
        right.push(0, seq(number), other);
    }
    left.flush();
    right.flush();
    write(&mut writer, b"a\nb\nc\n");
    drop(writer);
    let (got, taken) = drain(&mut inlet);
    let marks: Vec<(u64, Head)> = got.into_iter().map(|(number, _, head)| (number, head)).collect();
    let heads = [(1, PLAIN.with(RESET, true)), (2, PLAIN.with(CORRUPTED, true)), (7, PLAIN.with(FINISHED, true))];
    assert_eq!(marks, heads);
    assert_eq!(taken, Taken::End(Ending::Finished));
}

#[test]
fn a_block_that_should_be_the_last_is_not_overtaken_by_one_behind_it() {
    // Its reader took it for too old, and it was lost.
    let (reader, mut writer) = unnamed().unwrap();
    let (mut sender, receiver) = line();
    let mut inlet = inlet(Codec::Lines, false, reader, program(vec![receiver]));
    for (number, head) in [(1, PLAIN), (2, PLAIN.with(FINISHED, true)), (3, PLAIN)] {
        sender.push(0, seq(number), head);
    }
    sender.flush();
    write(&mut writer, b"a\nb\nc\n");
    drop(writer);
    let (got, taken) = drain(&mut inlet);
    let marks: Vec<(u64, Head)> = got.into_iter().map(|(number, _, head)| (number, head)).collect();
    assert_eq!(marks, [(1, PLAIN), (2, PLAIN.with(FINISHED, true)), (3, PLAIN)]);
    assert_eq!(taken, Taken::End(Ending::EndedUnfinished));
}

#[test]
fn a_program_that_writes_more_than_it_was_given_is_named_after_its_good_blocks() {
    let (reader, mut writer) = unnamed().unwrap();
    let (mut sender, receiver) = line();
    let mut inlet = inlet(Codec::Lines, false, reader, program(vec![receiver]));
    sender.push(0, seq(1), PLAIN);
    sender.flush();
    write(&mut writer, b"a\nb\n");
    let mut batch = Batch::new();
    assert_eq!(inlet.take(&mut batch).unwrap(), Taken::Some);
    assert_eq!(batch.len(), 1);
    let error = inlet.take(&mut batch).unwrap_err().to_string();
    let expected = "pipe p: job job wrote a block for which it was given no compute block: it is block 2";
    assert!(error.starts_with(expected), "{error}");
}

#[test]
fn a_programs_first_block_is_a_reset_if_nothing_comes_before_it_and_no_other_is() {
    let (reader, mut writer) = unnamed().unwrap();
    let tally = Arc::<Tally>::default();
    let mut inlet = inlet(Codec::Lines, true, reader, program(Vec::new())).counting_false_resets(tally.clone());
    // It sets the bit on its second block, where it does not belong; its own bit 5 is its business.
    write(&mut writer, b"\x04a\n\x40b\n");
    let heads: Vec<Head> = drain(&mut inlet).0.into_iter().map(|(_, _, head)| head).collect();
    assert_eq!(heads, [PLAIN.with(RESET, true).with(5, true), PLAIN]);
    assert_eq!(tally.snapshot("", "").false_resets, 1);
}

#[test]
fn what_is_left_in_the_pipe_is_counted_as_written_when_nobody_will_take_it() {
    let (reader, mut writer) = unnamed().unwrap();
    let tally = Arc::<Tally>::default();
    let mut inlet = inlet(Codec::Lines, false, reader, program(Vec::new())).counting_written(tally.clone());
    write(&mut writer, b"1\n2\n3\nhalf");
    inlet.discard();
    assert_eq!(counts(&tally).0, 3);
}

/// The epochs and numbers of each batch that an inlet gives.
fn batches(inlet: &mut FifoInlet) -> Vec<Vec<(u32, u64)>> {
    let (mut all, mut batch) = (Vec::new(), Batch::new());
    while inlet.take(&mut batch).unwrap() == Taken::Some {
        all.push(batch.iter().map(|(seq, _)| (batch.epoch(), seq.get())).collect());
    }
    all
}

#[test]
fn blocks_of_several_epochs_that_come_at_once_are_given_a_batch_for_each() {
    // All of them were once given with the epoch of the last.
    let (reader, writer) = unnamed().unwrap();
    let (sender, receiver) = line();
    let mut outlet = FifoOutlet::new(format(Codec::Lines, true), writer).with_lines(vec![sender]);
    let mut inlet = inlet(Codec::Lines, true, reader, HeadRule::Ours(Some(receiver)));
    for (epoch, numbers) in [(0, 1..3), (1, 1..4), (4, 2..3)] {
        let mut batch = Batch::new();
        batch.set_epoch(epoch);
        numbers.for_each(|number| batch.push(seq(number), &Block::new(PLAIN, b"x")));
        assert_eq!(outlet.put(&mut batch).unwrap(), Put::Taken);
    }
    Box::new(outlet).close(Ending::EndedUnfinished);
    assert_eq!(batches(&mut inlet), [vec![(0, 1), (0, 2)], vec![(1, 1), (1, 2), (1, 3)], vec![(4, 2)]]);
    assert_eq!(inlet.take(&mut Batch::new()).unwrap(), Taken::End(Ending::EndedUnfinished));
}

#[test]
fn what_a_program_makes_of_a_new_epoch_belongs_to_it_and_is_counted_when_nobody_takes_it() {
    let (reader, mut writer) = unnamed().unwrap();
    let (mut sender, receiver) = line();
    let tally = Arc::<Tally>::default();
    let mut inlet = inlet(Codec::Lines, false, reader, program(vec![receiver])).counting_written(tally.clone());
    sender.push(0, seq(1), PLAIN);
    sender.push(1, seq(1), PLAIN.with(RESET, true));
    sender.push(1, seq(2), PLAIN);
    sender.flush();
    write(&mut writer, b"a\nb\n");
    assert_eq!(batches(&mut inlet), [vec![(0, 1)], vec![(1, 1)]]);
    sender.push(2, seq(1), PLAIN);
    sender.flush();
    write(&mut writer, b"c\nd\n");
    inlet.discard();
    assert_eq!(counts(&tally).0, 4);
}

#[test]
fn a_source_begins_with_the_epoch_and_number_that_it_is_given() {
    let (reader, mut writer) = unnamed().unwrap();
    let mut inlet = inlet(Codec::Lines, false, reader, program(Vec::new()));
    inlet.begin_at(7, seq(5));
    write(&mut writer, b"a\nb\n");
    let (mut batch, reset) = (Batch::new(), PLAIN.with(RESET, true));
    inlet.take(&mut batch).unwrap();
    let given: Vec<_> = batch.iter().map(|(seq, block)| (batch.epoch(), seq.get(), block.head)).collect();
    assert_eq!(given, [(7, 5, reset), (7, 6, PLAIN)]);
}
