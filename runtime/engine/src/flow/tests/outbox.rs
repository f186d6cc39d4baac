//! An outbox that fills shelves.

use std::sync::Arc;

use pipeloom_job::head::{CORRUPTED, FINISHED, RESET};
use pipeloom_job::{Block, Codec, Emit, Head, Port, Seq, Stopped};
use pipeloom_os::doorbell::Doorbell;
use pipeloom_os::pipe::unnamed;

use super::{PLAIN, Shelf, counts};
use crate::flow::{Controls, Ending, FifoOutlet, Leg, OutPort, Outbox, Tally, WireFormat};
use crate::reactor::facts;
use crate::sample::{Sample, job};

/// An outbox with a port for each list of shelves, the tallies of all its legs in order, and its thread's bell.
fn outbox(ports: &[&[&Shelf]]) -> (Outbox, Vec<Arc<Tally>>) {
    let network = Sample::new().native("job", &[], &["p"]).native("r", &["p"], &[]).network();
    let bell = Doorbell::new().unwrap();
    let (sender, _facts) = facts(&bell);
    let mut tallies = Vec::new();
    let mut leg = |shelf: &&Shelf| {
        shelf.change(|state| state.bell = Some(bell.clone()));
        let tally = Arc::<Tally>::default();
        tallies.push(tally.clone());
        Leg::new(shelf.outlet(), 1024, tally)
    };
    let ports = ports.iter().map(|shelves| OutPort::new(shelves.iter().map(&mut leg).collect())).collect();
    let controls = Controls::new(job(&network, "job"), bell.clone(), sender, Vec::new());
    (Outbox::new(ports, controls, PLAIN), tallies)
}

fn send(outbox: &mut Outbox, port: u16, text: &str) -> Result<(), Stopped> {
    outbox.emit(Port(port), &Block::new(PLAIN, text.as_bytes()))
}

#[test]
fn the_first_block_carries_reset_and_the_last_one_finished_whatever_the_job_says() {
    let shelf = Shelf::new();
    let (mut outbox, tallies) = outbox(&[&[&shelf]]);
    let bold = PLAIN.with(RESET, true).with(FINISHED, true);
    for (number, text) in ["1", "2", "3"].into_iter().enumerate() {
        outbox.begin(PLAIN.with(RESET, number == 0), None);
        outbox.emit(Port(0), &Block::new(bold, text.as_bytes())).unwrap();
    }
    outbox.close(Ending::Finished).unwrap();
    assert_eq!(shelf.heads(), [PLAIN.with(RESET, true), PLAIN, PLAIN.with(FINISHED, true)]);
    assert_eq!(shelf.closed(), Some(Ending::Finished));
    // On the first block it was right.
    assert_eq!(tallies[0].snapshot("", "").false_resets, 2);
}

#[test]
fn a_stream_that_just_ends_has_no_finished_bit() {
    let shelf = Shelf::new();
    let (mut outbox, _) = outbox(&[&[&shelf]]);
    outbox.begin(PLAIN, None);
    send(&mut outbox, 0, "1").unwrap();
    outbox.close(Ending::EndedUnfinished).unwrap();
    assert_eq!(shelf.heads(), [PLAIN]);
}

#[test]
fn without_a_head_of_its_own_a_block_has_the_steps_and_corruption_spreads() {
    let shelf = Shelf::new();
    let (mut outbox, _) = outbox(&[&[&shelf]]);
    let step = PLAIN.with(CORRUPTED, true).with(5, true);
    outbox.begin(step, None);
    outbox.reserve(Port(0), 1).unwrap().copy_from_slice(b"x");
    outbox.commit(None).unwrap();
    send(&mut outbox, 0, "y").unwrap();
    outbox.flush().unwrap();
    assert_eq!(shelf.heads(), [step, PLAIN.with(CORRUPTED, true)]);
}

#[test]
fn batches_are_larger_where_each_takes_a_system_call() {
    let shelf = Shelf::new();
    let (mut outbox, in_memory) = outbox(&[&[&shelf]]);
    let (_reader, writer) = unnamed().unwrap();
    let format = WireFormat { pipe: "p".into(), codec: Codec::Framed, heads: false, max_block_bytes: 100 };
    let in_pipe = Arc::<Tally>::default();
    outbox.add_leg(0, Leg::new(Box::new(FifoOutlet::new(format, writer)), 1024, in_pipe.clone()));
    let mut written = Vec::new();
    for block in 0..=512 {
        outbox.begin(PLAIN, None);
        send(&mut outbox, 0, "x").unwrap();
        written.extend([64, 65, 512].contains(&block).then(|| (counts(&in_memory[0]).0, counts(&in_pipe).0)));
    }
    assert_eq!(written, [(64, 0), (64, 0), (512, 512)], "half of what the pipe holds at most");
    outbox.flush().unwrap();
    assert_eq!((counts(&in_memory[0]).0, counts(&in_pipe).0), (513, 513));
}

#[test]
fn every_reader_of_an_output_gets_every_block_small_or_large() {
    let (a, b) = (Shelf::new(), Shelf::new());
    let (mut outbox, tallies) = outbox(&[&[&a, &b]]);
    let large = "L".repeat(20_000);
    outbox.begin(PLAIN, None);
    for text in ["small", "", &large] {
        outbox.reserve(Port(0), text.len()).unwrap().copy_from_slice(text.as_bytes());
        outbox.commit(None).unwrap();
        send(&mut outbox, 0, text).unwrap();
    }
    outbox.flush().unwrap();
    let expected = ["small", "small", "", "", &large, &large];
    assert_eq!((a.texts(), b.texts()), (expected.map(str::to_owned).to_vec(), expected.map(str::to_owned).to_vec()));
    assert!(tallies.iter().all(|tally| counts(tally).0 == 6));
}

#[test]
#[should_panic(expected = "has none reserved: between `reserve` and `commit` no other block may be sent")]
fn a_block_that_is_sent_meanwhile_takes_a_reservation_back() {
    let (a, b) = (Shelf::new(), Shelf::new());
    let (mut outbox, _) = outbox(&[&[&a], &[&b]]);
    outbox.begin(PLAIN, None);
    outbox.reserve(Port(0), 1).unwrap().copy_from_slice(b"x");
    send(&mut outbox, 1, "y").unwrap();
    let _ = outbox.commit(None);
}

#[test]
fn many_blocks_are_handed_over_before_anybody_flushes() {
    let shelf = Shelf::new();
    let (mut outbox, _) = outbox(&[&[&shelf]]);
    outbox.begin(PLAIN, None);
    for _ in 0..100 {
        send(&mut outbox, 0, "x").unwrap();
    }
    assert_eq!(shelf.texts().len(), 64);
}

#[test]
fn a_reader_that_has_gone_is_left_out_and_without_any_the_job_is_stopped() {
    let (goes, stays) = (Shelf::new(), Shelf::new());
    let (mut outbox, _) = outbox(&[&[&goes], &[&stays]]);
    goes.change(|shelf| shelf.gone = true);
    outbox.begin(PLAIN, None);
    send(&mut outbox, 0, "1").unwrap();
    send(&mut outbox, 1, "1").unwrap();
    outbox.flush().unwrap();
    send(&mut outbox, 0, "2").unwrap();
    send(&mut outbox, 1, "2").unwrap();
    outbox.flush().unwrap();
    assert_eq!(stays.texts(), ["1", "2"]);
    stays.change(|shelf| shelf.gone = true);
    send(&mut outbox, 1, "3").unwrap();
    outbox.flush().unwrap();
    assert!(!outbox.is_wanted());
    assert_eq!(send(&mut outbox, 1, "4"), Err(Stopped));
}

#[test]
fn a_full_reader_is_waited_for_and_the_others_are_served_meanwhile() {
    let (full, free) = (Shelf::new(), Shelf::new());
    let (mut outbox, _) = outbox(&[&[&full], &[&free]]);
    full.change(|shelf| shelf.full_for = 3);
    outbox.begin(PLAIN, None);
    send(&mut outbox, 1, "for the other").unwrap();
    for _ in 0..65 {
        send(&mut outbox, 0, "x").unwrap();
    }
    outbox.begin(PLAIN, None);
    assert_eq!(full.texts().len(), 64);
    outbox.flush().unwrap();
    assert_eq!((full.texts().len(), free.texts().len()), (65, 1));
}

#[test]
fn the_last_block_is_marked_although_another_output_had_to_wait_in_the_same_step() {
    // It was handed over while the step waited, and could not be marked any more.
    let (first, second) = (Shelf::new(), Shelf::new());
    let (mut outbox, _) = outbox(&[&[&first], &[&second]]);
    for _ in 0..64 {
        outbox.begin(PLAIN, None);
        send(&mut outbox, 1, "x").unwrap();
    }
    second.change(|shelf| shelf.full_for = 3);
    outbox.begin(PLAIN, None);
    send(&mut outbox, 0, "last of the first").unwrap();
    send(&mut outbox, 1, "last of the second").unwrap();
    outbox.close(Ending::Finished).unwrap();
    let last = |shelf: &Shelf| shelf.heads().last().copied();
    assert_eq!((last(&first), last(&second)), (Some(finished()), Some(finished())));
}

#[test]
fn records_have_an_output_of_their_own_that_does_not_count_as_the_jobs() {
    let (own, log) = (Shelf::new(), Shelf::new());
    let (outbox, _) = outbox(&[&[&own]]);
    let mut outbox = outbox.with_times(OutPort::new(vec![Leg::new(log.outlet(), 1024, Arc::default())]));
    for number in 0..3 {
        outbox.begin(PLAIN.with(RESET, number == 0).with(CORRUPTED, true), None);
        outbox.log(format!("{number}").as_bytes()).unwrap();
        assert!(!outbox.has_emitted());
        send(&mut outbox, 0, "x").unwrap();
        assert_eq!((outbox.uneven(), outbox.most_emitted()), (None, number + 1));
    }
    outbox.close(Ending::Finished).unwrap();
    assert_eq!(log.texts(), ["0", "1", "2"]);
    // The corruption is that of what the job sends, not of what is told of it.
    assert_eq!(log.heads(), [PLAIN.with(RESET, true), PLAIN, finished()]);
    assert_eq!(own.texts(), ["x", "x", "x"]);
    assert_eq!((own.closed(), log.closed()), (Some(Ending::Finished), Some(Ending::Finished)));
}

#[test]
fn a_job_is_stopped_when_only_its_records_are_read_and_not_when_they_are_not() {
    let (own, log) = (Shelf::new(), Shelf::new());
    let (outbox, _) = outbox(&[&[&own]]);
    let mut outbox = outbox.with_times(OutPort::new(vec![Leg::new(log.outlet(), 1024, Arc::default())]));
    log.change(|shelf| shelf.gone = true);
    for _ in 0..200 {
        outbox.begin(PLAIN, None);
        send(&mut outbox, 0, "x").unwrap();
        outbox.log(b"record").unwrap();
    }
    own.change(|shelf| shelf.gone = true);
    outbox.flush().unwrap();
    assert_eq!(send(&mut outbox, 0, "x"), Err(Stopped));
}

#[test]
fn a_full_reader_of_records_is_waited_for_while_others_are_served_but_for_the_last_block() {
    let (own, log) = (Shelf::new(), Shelf::new());
    let (outbox, _) = outbox(&[&[&own]]);
    let bell = Doorbell::new().unwrap();
    log.change(|shelf| {
        shelf.full_for = 3;
        shelf.bell = Some(bell);
    });
    let mut outbox = outbox.with_times(OutPort::new(vec![Leg::new(log.outlet(), 2, Arc::default())]));
    for number in 0..2 {
        outbox.begin(PLAIN, None);
        send(&mut outbox, 0, &format!("{number}")).unwrap();
        outbox.log(b"record").unwrap();
    }
    assert_eq!(own.texts(), ["0"]);
    outbox.close(Ending::Finished).unwrap();
    assert_eq!((own.heads(), log.texts().len()), (vec![PLAIN, finished()], 2));
}

/// Emits so many blocks, each with the number of its step if that has one.
fn step(outbox: &mut Outbox, epoch: u32, number: Option<u64>, blocks: usize) {
    outbox.set_epoch(epoch);
    outbox.begin(PLAIN, number.and_then(Seq::new));
    for _ in 0..blocks {
        send(outbox, 0, "x").unwrap();
    }
}

#[test]
fn blocks_carry_the_epoch_of_their_step_and_no_batch_has_two() {
    let (a, b) = (Shelf::new(), Shelf::new());
    let (mut outbox, tallies) = outbox(&[&[&a, &b]]);
    for (epoch, number) in [(0, 1), (0, 2), (1, 1), (1, 3), (4, 4)] {
        step(&mut outbox, epoch, Some(number), 1);
    }
    outbox.close(Ending::Finished).unwrap();
    let expected = [(0, 1), (0, 2), (1, 1), (1, 3), (4, 4)];
    assert_eq!((a.numbers(), b.numbers()), (expected.to_vec(), expected.to_vec()));
    assert_eq!(a.heads(), [PLAIN, PLAIN, PLAIN, PLAIN, finished()]);
    assert_eq!(counts(&tallies[0]).0, 5);
}

#[test]
fn an_output_that_is_numbered_by_itself_begins_again_with_each_epoch() {
    let (shelf, log) = (Shelf::new(), Shelf::new());
    let (outbox, _) = outbox(&[&[&shelf]]);
    let mut outbox = outbox.with_times(OutPort::new(vec![Leg::new(log.outlet(), 1024, Arc::default())]));
    for (epoch, blocks) in [(0, 2), (2, 0), (2, 3), (3, 1)] {
        step(&mut outbox, epoch, None, blocks);
        outbox.log(b"record").unwrap();
    }
    outbox.close(Ending::EndedUnfinished).unwrap();
    assert_eq!(shelf.numbers(), [(0, 1), (0, 2), (2, 1), (2, 2), (2, 3), (3, 1)]);
    assert_eq!(log.numbers(), [(0, 1), (2, 1), (2, 2), (3, 1)]);
    assert_eq!(outbox.most_emitted(), 6);
}

#[test]
fn what_a_job_sends_at_its_end_goes_on_behind_its_last_step() {
    let shelf = Shelf::new();
    let (mut outbox, _) = outbox(&[&[&shelf]]);
    step(&mut outbox, 1, Some(7), 1);
    outbox.begin(PLAIN, None);
    send(&mut outbox, 0, "the rest").unwrap();
    outbox.close(Ending::Finished).unwrap();
    assert_eq!(shelf.numbers(), [(1, 7), (1, 8)]);
}

#[test]
fn a_new_epoch_waits_for_room_for_what_is_left_of_the_one_before() {
    let (full, free, gone) = (Shelf::new(), Shelf::new(), Shelf::new());
    let (mut outbox, _) = outbox(&[&[&full, &free, &gone]]);
    gone.change(|shelf| shelf.gone = true);
    step(&mut outbox, 0, None, 3);
    full.change(|shelf| shelf.full_for = 3);
    step(&mut outbox, 1, None, 2);
    assert_eq!(full.numbers(), [(0, 1), (0, 2), (0, 3)]);
    outbox.flush().unwrap();
    let expected = [(0, 1), (0, 2), (0, 3), (1, 1), (1, 2)];
    assert_eq!((full.numbers(), free.numbers()), (expected.to_vec(), expected.to_vec()));
}

#[test]
fn what_is_gathered_is_lost_when_the_readers_are_started_again_unless_it_is_kept() {
    let (loses, keeps) = (Shelf::new(), Shelf::new());
    let (outbox, tallies) = outbox(&[&[&loses]]);
    let kept = Leg::new(keeps.outlet(), 1024, Arc::default()).keeping(true);
    let mut outbox = outbox.with_times(OutPort::new(vec![kept]));
    for epoch in [0, 1] {
        step(&mut outbox, epoch, None, 2);
        outbox.log(b"record").unwrap();
        if epoch == 0 {
            outbox.lose();
        }
    }
    outbox.close(Ending::EndedUnfinished).unwrap();
    assert_eq!((loses.numbers(), keeps.numbers()), (vec![(1, 1), (1, 2)], vec![(0, 1), (1, 1)]));
    let tally = tallies[0].snapshot("", "");
    assert_eq!((tally.written, tally.lost, tally.delivered), (4, 2, 0));
}

#[test]
#[should_panic(expected = "it sends to its output 1, and has 1")]
fn a_job_cannot_write_where_its_records_go() {
    let log = Shelf::new();
    let (outbox, _) = outbox(&[&[&Shelf::new()]]);
    let mut outbox = outbox.with_times(OutPort::new(vec![Leg::new(log.outlet(), 1024, Arc::default())]));
    outbox.begin(PLAIN, None);
    let _ = send(&mut outbox, 1, "x");
}

fn finished() -> Head {
    PLAIN.with(FINISHED, true)
}
