//! A lineup between scripts and shelves, before a program that may be started again.

use std::sync::Arc;

use pipeloom_job::HeadSize;

use super::{Given, Script, Shelf};
use crate::flow::{Forwarder, Lane, Lineup, Renewal, Tally, Unread, Wants};
use crate::sample::{Sample, pipe};
use crate::step::LaneSpec;

/// A lineup of one input with these blocks of a byte each, and the input's tally. If it `keeps` them, nothing may be lost.
fn lineup(blocks: &'static [&'static str], keeps: bool) -> (Lineup, Arc<Tally>) {
    let network = Sample::new().native("w", &[], &["p"]).native("r", &["p"], &[]).network();
    let tally = Arc::<Tally>::default();
    let spec = LaneSpec::of(&network[pipe(&network, "p")], false);
    let lane = Lane::new(Script::of([Given::Blocks(blocks)]), spec, tally.clone());
    (Lineup::of_lives(vec![lane], keeps.then(|| vec![("p".into(), 1000)]), HeadSize::ONE), tally)
}

/// A life of the program begins, and takes all that it is given.
fn begin_life(lineup: &mut Lineup) -> Shelf {
    let shelf = Shelf::new();
    lineup.renew(Renewal::Targets { outlets: vec![shelf.outlet()], lines: Vec::new(), done: Vec::new() });
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
