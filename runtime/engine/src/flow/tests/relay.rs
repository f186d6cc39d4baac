//! A relay between a script and some shelves.

use std::sync::Arc;

use pipeloom_config::{DropSide, QueueLimits, WhenFull};
use pipeloom_job::{Codec, HeadSize};
use pipeloom_os::pipe::unnamed;
use pipeloom_spool::SpoolSync;

use super::{Given, Script, Shelf, counts};
use crate::flow::{
    Ending, FifoInlet, Forwarder, HeadRule, LegQueue, Place, Relay, RelayLeg, Renewal, SpoolQueue, SpoolRoom, Tally,
    Wants, WireFormat,
};

const ROOMY: QueueLimits = QueueLimits { blocks: 1000, bytes: 1 << 20 };

fn relay(given: impl IntoIterator<Item = Given>, shelves: &[&Shelf], limits: QueueLimits) -> (Relay, Vec<Arc<Tally>>) {
    let tallies: Vec<Arc<Tally>> = shelves.iter().map(|_| Arc::default()).collect();
    let queue = || LegQueue::new(limits, WhenFull::Block);
    let legs = shelves.iter().zip(&tallies).map(|(shelf, tally)| RelayLeg::new(shelf.outlet(), queue(), tally.clone()));
    (Relay::new("p", Script::of(given), legs.collect()), tallies)
}

/// A relay to one reader who takes nothing, with room for three blocks, after so many blocks have come.
fn stuck(when_full: WhenFull, given: &'static [&'static str]) -> (Relay, Shelf, Arc<Tally>) {
    let (shelf, tally) = (Shelf::new(), Arc::<Tally>::default());
    shelf.change(|shelf| shelf.full = true);
    let queue = LegQueue::new(QueueLimits { blocks: 3, bytes: usize::MAX }, when_full);
    let leg = RelayLeg::new(shelf.outlet(), queue, tally.clone());
    let script = Script::of([Given::Blocks(given), Given::End(Ending::Finished)]);
    (Relay::new("p", script, vec![leg]), shelf, tally)
}

/// What the reader gets once it takes blocks, and how many were dropped.
fn after_all((mut relay, shelf, tally): (Relay, Shelf, Arc<Tally>)) -> (Vec<String>, u64) {
    while relay.has_more() {
        relay.advance().unwrap();
    }
    shelf.change(|shelf| shelf.full = false);
    while relay.advance().unwrap() != Wants::Nothing {}
    (shelf.texts(), tally.snapshot("", "").dropped)
}

#[test]
fn the_oldest_blocks_make_room_but_the_first_and_the_last_always_arrive() {
    let given = &["1^", "2", "3", "4", "5", "6", "7$"];
    let (texts, dropped) = after_all(stuck(WhenFull::Drop(DropSide::Oldest), given));
    assert_eq!((texts, dropped), (["1", "6", "7"].map(String::from).to_vec(), 4));
}

#[test]
fn the_newest_blocks_are_dropped_but_for_the_last() {
    let given = &["1^", "2", "3", "4", "5", "6", "7$"];
    let (texts, dropped) = after_all(stuck(WhenFull::Drop(DropSide::Newest), given));
    assert_eq!((texts, dropped), (["1", "2", "3", "7"].map(String::from).to_vec(), 3));
}

#[test]
fn of_blocks_that_are_all_marked_as_the_last_only_the_first_always_arrives() {
    // None of them was ever dropped, and the queue had no end.
    let given = &["1^", "2$", "3$", "4$", "5$", "6$", "7$"];
    for (side, expected) in [(DropSide::Oldest, ["1", "2", "7"]), (DropSide::Newest, ["1", "2", "3"])] {
        let (texts, dropped) = after_all(stuck(WhenFull::Drop(side), given));
        assert_eq!((texts, dropped), (expected.map(String::from).to_vec(), 4), "{side:?}");
    }
}

#[test]
fn nothing_is_dropped_of_many_blocks_at_once_while_the_reader_takes_them() {
    let given = &["1", "2", "3", "4", "5", "6", "7", "8", "9"];
    for when_full in [WhenFull::Drop(DropSide::Oldest), WhenFull::Drop(DropSide::Newest), WhenFull::Fail] {
        let (relay, shelf, tally) = stuck(when_full, given);
        shelf.change(|shelf| shelf.full = false);
        let (texts, dropped) = after_all((relay, shelf, tally));
        assert_eq!((texts.concat().as_str(), dropped), ("123456789", 0), "{when_full:?}");
    }
}

#[test]
fn a_leg_that_fails_is_left_out_and_the_others_get_all() {
    let (stuck, free) = (Shelf::new(), Shelf::new());
    stuck.change(|shelf| shelf.full = true);
    let queue = |when_full| LegQueue::new(QueueLimits { blocks: 3, bytes: usize::MAX }, when_full);
    let legs = [(&stuck, WhenFull::Fail), (&free, WhenFull::Block)];
    let legs = legs.map(|(shelf, when_full)| RelayLeg::new(shelf.outlet(), queue(when_full), Arc::default()));
    let given = [Given::Blocks(&["1", "2", "3", "4"]), Given::Blocks(&["5"]), Given::End(Ending::Finished)];
    let mut relay = Relay::new("p", Script::of(given), legs.into());
    let failed = relay.advance().unwrap_err();
    assert_eq!(failed.place, Place::Leg(0));
    while relay.advance().unwrap() != Wants::Nothing {}
    assert_eq!(free.texts().concat(), "12345");
    assert_eq!(free.closed(), Some(Ending::Finished));
}

#[test]
fn one_block_too_many_is_told_with_the_pipe_where_the_file_wants_it() {
    let (mut relay, ..) = stuck(WhenFull::Fail, &["1", "2", "3", "4"]);
    let error = relay.advance().unwrap_err().error.to_string();
    assert!(error.starts_with("pipe p: 3 blocks wait for a reader and one more has come"), "{error}");
}

#[test]
fn a_block_that_is_longer_than_the_spool_is_told_with_the_pipe_and_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let room = SpoolRoom { max_bytes: 100, max_block_bytes: 1000 };
    let queue = SpoolQueue::create(folder.path().join("p@job"), room, SpoolSync::Never).unwrap();
    let leg = RelayLeg::new(Shelf::new().outlet(), queue, Arc::default());
    let given = Given::Blocks(&["short", "a block that finds no room beside all that stands around a block on disk"]);
    let error = Relay::new("p", Script::of([given]), vec![leg]).advance().unwrap_err().error.to_string();
    let expected = "pipe p: a block of 72 bytes has come, and there is room for 47 at most in what the pipe may keep on disk: \
                    make that larger (`spool = { max_bytes = ... }`)";
    assert_eq!(error, expected);
}

#[test]
fn every_reader_gets_every_block_and_the_end() {
    let (a, b) = (Shelf::new(), Shelf::new());
    // Nothing twice: it looks again after it has moved something.
    let pause = [Given::Nothing, Given::Nothing];
    let given = [Given::Blocks(&["1", "2"])].into_iter().chain(pause);
    let given = given.chain([Given::Blocks(&["3"]), Given::End(Ending::Finished)]);
    let (mut relay, tallies) = relay(given, &[&a, &b], ROOMY);
    assert_eq!(relay.advance().unwrap(), Wants::Wake);
    assert_eq!(relay.advance().unwrap(), Wants::Nothing);
    for (shelf, tally) in [&a, &b].into_iter().zip(tallies) {
        assert_eq!(shelf.texts(), ["1", "2", "3"]);
        assert_eq!(shelf.closed(), Some(Ending::Finished));
        assert_eq!(counts(&tally).0, 3);
    }
}

#[test]
fn the_slowest_reader_sets_the_pace_and_nothing_is_dropped() {
    let (fast, slow) = (Shelf::new(), Shelf::new());
    slow.change(|shelf| shelf.full = true);
    let given = ["1", "2", "3", "4", "5"].iter().map(|_| Given::Blocks(&["x"]));
    let limits = QueueLimits { blocks: 3, bytes: 1 << 20 };
    let (mut relay, _) = relay(given.chain([Given::End(Ending::EndedUnfinished)]), &[&fast, &slow], limits);
    assert_eq!(relay.advance().unwrap(), Wants::Wake);
    assert!(!relay.wants_blocks());
    assert_eq!((fast.texts().len(), slow.texts().len()), (3, 0));
    assert_eq!(relay.targets().iter().map(|(_, blocked)| *blocked).collect::<Vec<_>>(), [false, true]);
    slow.change(|shelf| shelf.full = false);
    while relay.advance().unwrap() != Wants::Nothing {}
    assert_eq!((fast.texts().len(), slow.texts().len()), (5, 5));
}

#[test]
fn two_blocks_are_taken_however_large_they_are() {
    let slow = Shelf::new();
    slow.change(|shelf| shelf.full = true);
    let given = (0..5).map(|_| Given::Blocks(&["a block of more than four bytes"]));
    let (mut relay, tallies) = relay(given, &[&slow], QueueLimits { blocks: 100, bytes: 4 });
    relay.advance().unwrap();
    assert_eq!(counts(&tallies[0]).0, 2);
}

#[test]
fn a_reader_that_has_gone_holds_nobody_up_and_the_last_one_ends_it() {
    let (stays, goes) = (Shelf::new(), Shelf::new());
    goes.change(|shelf| shelf.full = true);
    let given = (0..9).map(|_| Given::Blocks(&["x"]));
    let (mut relay, _) = relay(given, &[&goes, &stays], QueueLimits { blocks: 2, bytes: 1 << 20 });
    relay.advance().unwrap();
    goes.change(|shelf| shelf.gone = true);
    assert_eq!(relay.advance().unwrap(), Wants::Wake);
    assert_eq!(stays.texts().len(), 9);
    // Seen at the descriptor, without anything to write.
    relay.target_gone(1);
    assert_eq!(relay.advance().unwrap(), Wants::Wake, "it is there, and an earlier life of it was meant");
    stays.change(|shelf| shelf.gone = true);
    relay.target_gone(1);
    assert_eq!(relay.advance().unwrap(), Wants::Nothing);
}

#[test]
fn a_pipe_that_leads_back_is_read_to_its_end_though_nobody_is_left() {
    let (goes, tally) = (Shelf::new(), Arc::<Tally>::default());
    let script =
        Script::of([Given::Blocks(&["1"]), Given::Nothing, Given::Blocks(&["2", "3"]), Given::End(Ending::Finished)]);
    let leg = RelayLeg::new(goes.outlet(), LegQueue::new(ROOMY, WhenFull::Fail), tally.clone());
    let mut relay = Relay::new("p", script, vec![leg]).reading_to_the_end();
    goes.change(|shelf| shelf.gone = true);
    relay.target_gone(0);
    while relay.advance().unwrap() != Wants::Nothing {}
    assert_eq!((goes.texts().len(), tally.snapshot("", "").written), (0, 3));
}

#[test]
fn one_call_goes_round_for_a_while_only() {
    let shelf = Shelf::new();
    let given = (0..1000).map(|_| Given::Blocks(&["x"]));
    let (mut relay, _) = relay(given, &[&shelf], ROOMY);
    assert_eq!(relay.advance().unwrap(), Wants::Turn);
    assert!(shelf.texts().len() < 1000);
}

/// The numbers that a relay gives the blocks of a program whose lives write these lines.
fn numbers_of_lives(epoch: u32, lives: &[&[u8]]) -> Vec<(u32, u64)> {
    let shelf = Shelf::new();
    let leg = RelayLeg::new(shelf.outlet(), LegQueue::new(ROOMY, WhenFull::Block), Arc::default());
    let mut relay = Relay::of_lives("p", vec![leg]).beginning(epoch);
    lives.iter().for_each(|written| live(&mut relay, written));
    shelf.numbers()
}

/// A life of a relay's writer.
fn live(relay: &mut Relay, written: &[u8]) {
    let (reader, mut writer) = unnamed().unwrap();
    let format = WireFormat { pipe: "p".into(), codec: Codec::Lines, heads: false, max_block_bytes: 1 << 20 };
    let rule = HeadRule::Program { job: "job".into(), lines: Vec::new() };
    relay.renew(Renewal::Source(Box::new(FifoInlet::new(format, HeadSize::ONE, reader, rule))));
    writer.write(written).unwrap();
    drop(writer);
    relay.advance().unwrap();
}

#[test]
fn the_first_life_of_a_writer_begins_an_epoch_and_the_next_one_goes_on_in_it() {
    assert_eq!(numbers_of_lives(0, &[b"a\nb\n", b"c\n"]), [(0, 1), (0, 2), (0, 3)]);
    assert_eq!(numbers_of_lives(3, &[b"a\n", b"b\nc\n"]), [(3, 1), (3, 2), (3, 3)]);
}

#[test]
fn a_life_that_wrote_nothing_leaves_the_epoch_as_it_is() {
    // The next one once began in epoch 0.
    assert_eq!(numbers_of_lives(3, &[b"", b"a\n"]), [(3, 1)]);
}

#[test]
fn what_waits_and_what_comes_is_lost_while_writer_and_reader_are_started_again_together() {
    let shelf = Shelf::new();
    shelf.change(|shelf| shelf.full = true);
    let given =
        [Given::Blocks(&["1", "2"]), Given::Nothing, Given::Blocks(&["3"]), Given::Nothing, Given::Blocks(&["4"])];
    let limits = QueueLimits { blocks: 2, bytes: 1 << 20 };
    let (mut relay, tallies) =
        relay(given.into_iter().chain([Given::Nothing, Given::Blocks(&["5"])]), &[&shelf], limits);
    relay.advance().unwrap();
    relay.renew(Renewal::Lose);
    // It takes what comes, though the reader takes nothing.
    assert!(relay.wants_blocks());
    relay.advance().unwrap();
    relay.renew(Renewal::Lost);
    shelf.change(|shelf| shelf.full = false);
    while relay.advance().unwrap() == Wants::Turn {}
    let tally = tallies[0].snapshot("", "");
    assert_eq!((tally.written, tally.lost + shelf.texts().len() as u64), (5, 5), "{tally:?}");
    assert!(tally.lost >= 3, "{tally:?}");
    assert_eq!(shelf.texts().last().map(String::as_str), Some("5"));
}

#[test]
fn all_that_a_life_wrote_is_taken_when_its_readers_wait_for_it_to_be() {
    let shelf = Shelf::new();
    shelf.change(|shelf| shelf.full = true);
    let given = (0..9).map(|_| Given::Blocks(&["x"])).chain([Given::End(Ending::EndedUnfinished)]);
    let limits = QueueLimits { blocks: 2, bytes: 1 << 20 };
    let (mut relay, tallies) = relay(given, &[&shelf], limits);
    relay.advance().unwrap();
    assert!(!relay.wants_blocks());
    relay.renew(Renewal::TakeAll);
    relay.advance().unwrap();
    assert_eq!(counts(&tallies[0]).0, 9);
    shelf.change(|shelf| shelf.full = false);
    while relay.advance().unwrap() != Wants::Nothing {}
    assert_eq!((shelf.texts().len(), tallies[0].snapshot("", "").lost), (9, 0));
}

#[test]
fn a_new_epoch_numbers_from_1_and_the_next_life_goes_on_in_it() {
    let shelf = Shelf::new();
    let leg = RelayLeg::new(shelf.outlet(), LegQueue::new(ROOMY, WhenFull::Block), Arc::default());
    let mut relay = Relay::of_lives("p", vec![leg]);
    for (epoch, written) in [(None, &b"a\nb\n"[..]), (Some(2), b"c\nd\n"), (None, b"e\n")] {
        epoch.into_iter().for_each(|epoch| relay.renew(Renewal::NewEpoch(epoch)));
        live(&mut relay, written);
    }
    assert_eq!(shelf.numbers(), [(0, 1), (0, 2), (2, 1), (2, 2), (2, 3)]);
}

#[test]
fn what_is_abandoned_is_counted_where_it_lies() {
    let shelf = Shelf::new();
    let script = Script::of([Given::Blocks(&["x"])]);
    let discarded = script.discarded.clone();
    let mut relay = Relay::new(
        "p",
        script,
        vec![RelayLeg::new(shelf.outlet(), LegQueue::new(ROOMY, WhenFull::Block), Arc::default())],
    );
    relay.abandon();
    assert!(*discarded.lock().unwrap());
    assert_eq!(relay.advance().unwrap(), Wants::Nothing);
}
