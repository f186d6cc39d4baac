//! A lineup between scripts and shelves, before a program that may be started again.

use std::sync::Arc;

use pipeloom_job::HeadSize;

use super::{Given, Script, Shelf, counts};
use crate::flow::{Forwarder, Keeps, Lane, Lineup, Renewal, SpoolRoom, Tally, Unread, Wants};
use crate::sample::{Sample, pipe};
use crate::step::LaneSpec;

/// A lineup of one input with these blocks of a byte each, and the input's tally. If it `keeps` them, nothing may be lost.
fn lineup(blocks: &'static [&'static str], keeps: bool) -> (Lineup, Arc<Tally>) {
    let (lineup, [tally]) = lineup_of([vec![Given::Blocks(blocks)]], keeps);
    (lineup, tally)
}

fn lineup_of<const N: usize>(inputs: [Vec<Given>; N], keeps: bool) -> (Lineup, [Arc<Tally>; N]) {
    let network = Sample::new().native("w", &[], &["p"]).native("r", &["p"], &[]).network();
    let tallies = [(); N].map(|()| Arc::<Tally>::default());
    let spec = || LaneSpec::of(&network[pipe(&network, "p")], false);
    let lane = |(given, tally): (Vec<Given>, &Arc<Tally>)| Lane::new(Script::of(given), spec(), tally.clone());
    let lanes = inputs.into_iter().zip(&tallies).map(lane).collect();
    let room = SpoolRoom { max_bytes: 0, max_block_bytes: 1 };
    let keep = || Keeps { pipe: "p".into(), window_bytes: 100_000, room, dir: "/nowhere".into() };
    (Lineup::of_lives(lanes, keeps.then(|| vec![keep(); N]), HeadSize::ONE), tallies)
}

/// A life of the program begins with these as its inputs.
fn begin_with(lineup: &mut Lineup, shelves: &[&Shelf]) {
    let outlets = shelves.iter().map(|shelf| shelf.outlet()).collect();
    lineup.renew(Renewal::Targets { outlets, lines: Vec::new(), done: Vec::new() });
}

/// A life of the program begins, and takes all that it is given.
fn begin_life(lineup: &mut Lineup) -> Shelf {
    let shelf = Shelf::new();
    begin_with(lineup, &[&shelf]);
    assert_eq!(lineup.advance().unwrap(), Wants::Wake);
    shelf
}

/// The program is gone, and has left so many blocks in its pipe.
fn leave(shelf: &Shelf, blocks: u64) {
    shelf.change(|shelf| (shelf.gone, shelf.unread) = (true, Unread { blocks, bytes: blocks }));
}

#[test]
fn what_a_life_has_not_read_is_taken_back_only_after_it_was_counted() {
    // What was given last was once counted with what came next: until then fewer than no blocks were delivered.
    let (mut lineup, tally) = lineup(&["1", "2", "3"], false);
    leave(&begin_life(&mut lineup), 3);
    begin_life(&mut lineup);
    let snapshot = tally.snapshot("", "");
    assert_eq!((snapshot.delivered, snapshot.bytes, snapshot.lost), (0, 0, 3));
}

#[test]
fn what_the_last_life_has_left_though_it_ended_well_was_not_delivered_whatever_is_promised() {
    for keeps in [false, true] {
        let (mut lineup, tally) = lineup(&["1", "2", "3", "4", "5"], keeps);
        leave(&begin_life(&mut lineup), 3);
        lineup.renew(Renewal::NoTargets { well: true });
        lineup.target_gone(0);
        assert_eq!(lineup.advance().unwrap(), Wants::Nothing);
        assert_eq!(counts(&tally), (0, 2, 2), "keeps: {keeps}");
    }
}

#[test]
fn what_is_not_given_again_to_the_last_life_was_not_delivered() {
    let (mut lineup, tally) = lineup(&["1", "2", "3", "4", "5"], true);
    leave(&begin_life(&mut lineup), 4);
    let goes_at_once = Shelf::new();
    leave(&goes_at_once, 0);
    begin_with(&mut lineup, &[&goes_at_once]);
    lineup.target_gone(0);
    lineup.renew(Renewal::NoTargets { well: true });
    assert_eq!(lineup.advance().unwrap(), Wants::Nothing);
    assert_eq!(counts(&tally), (0, 0, 0));
}

#[test]
fn what_an_input_was_not_given_as_the_program_had_closed_it_was_not_delivered() {
    // It looks twice before it waits.
    let given = || {
        let nothing = || [Given::Nothing, Given::Nothing];
        let first = [Given::Blocks(&["1", "2"])].into_iter().chain(nothing()).chain(nothing());
        first.chain([Given::Blocks(&["3", "4", "5"])]).collect()
    };
    let (mut lineup, tallies) = lineup_of([given(), given()], true);
    let (closed, read) = (Shelf::new(), Shelf::new());
    begin_with(&mut lineup, &[&closed, &read]);
    assert_eq!(lineup.advance().unwrap(), Wants::Wake);
    leave(&closed, 1);
    lineup.target_gone(0);
    assert_eq!(lineup.advance().unwrap(), Wants::Wake);
    leave(&read, 1);
    lineup.renew(Renewal::NoTargets { well: true });
    lineup.target_gone(1);
    assert_eq!(lineup.advance().unwrap(), Wants::Nothing);
    assert_eq!((counts(&tallies[0]), counts(&tallies[1])), ((0, 1, 1), (0, 4, 4)));
}
