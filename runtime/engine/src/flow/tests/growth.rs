//! Queues that grow when somebody says so.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use pipeloom_config::{QueueLimits, WhenFull};
use pipeloom_job::{Batch, Block, Emit, Port};
use pipeloom_os::doorbell::Doorbell;

use super::{Given, PLAIN, Script, Shelf};
use crate::flow::{
    Controls, Ending, Forwarder, Grown, Leg, LegQueue, LegState, OutPort, Outbox, Relay, RelayLeg, Taken, Tally, Wants,
    link_that_grows,
};
use crate::reactor::{Fact, facts};
use crate::sample::{Sample, job};
use crate::watch::Stance;

/// Long enough for what comes soon.
const SOON: Duration = Duration::from_secs(20);

const FOUR: QueueLimits = QueueLimits { blocks: 4, bytes: usize::MAX };

#[test]
fn a_relay_whose_queue_grows_takes_more_and_loses_nothing() {
    let given = [&["1", "2", "3", "4"][..], &["5", "6", "7", "8"], &["9"]].map(Given::Blocks);
    let slow = Shelf::new();
    slow.change(|shelf| shelf.full = true);
    let leg = RelayLeg::new(slow.outlet(), LegQueue::new(FOUR, WhenFull::Block), Arc::default());
    let script = Script::of(given.into_iter().chain([Given::End(Ending::Finished)]));
    let mut relay = Relay::new("p", script, vec![leg]);
    let state = |relay: &Relay| relay.states()[0].expect("it is open");
    assert_eq!(relay.advance().unwrap(), Wants::Wake);
    assert!(relay.is_held_up());
    let LegState { full, empty, may_grow, blocks, moved, .. } = state(&relay);
    assert_eq!((full, empty, may_grow, blocks), (true, false, true, 4));
    assert_eq!(state(&relay).moved, moved);

    assert_eq!(relay.grow(0), Some(Grown::InMemory(QueueLimits { blocks: 8, bytes: usize::MAX })));
    assert_eq!(relay.advance().unwrap(), Wants::Wake);
    assert!(relay.is_held_up() && state(&relay).blocks == 8 && state(&relay).moved != moved);
    assert!(relay.grow(0).is_some());
    relay.advance().unwrap();
    assert!(!relay.is_held_up(), "there is no more to come");
    slow.change(|shelf| shelf.full = false);
    while relay.advance().unwrap() != Wants::Nothing {}
    assert_eq!(slow.texts().join(""), "123456789");
}

#[test]
fn a_leg_that_drops_or_fails_keeps_nobody_back() {
    for when_full in [WhenFull::Drop(pipeloom_config::DropSide::Oldest), WhenFull::Fail] {
        let shelf = Shelf::new();
        shelf.change(|shelf| shelf.full = true);
        let leg = RelayLeg::new(shelf.outlet(), LegQueue::new(FOUR, when_full), Arc::default());
        let mut relay = Relay::new("p", Script::of([Given::Blocks(&["1", "2", "3", "4"])]), vec![leg]);
        relay.advance().unwrap();
        assert!(!relay.is_held_up() && !relay.states()[0].unwrap().full, "{when_full:?}");
    }
}

#[test]
fn a_native_job_that_is_held_back_says_so_and_goes_on_once_its_channel_grows() {
    let network = Sample::new().native("job", &[], &["p"]).native("r", &["p"], &[]).network();
    let (bell, reactor, reader) = (Doorbell::new().unwrap(), Doorbell::new().unwrap(), Doorbell::new().unwrap());
    let (sender, said) = facts(&reactor);
    let tally = Arc::<Tally>::default();
    let (outlet, mut inlet, meter) = link_that_grows(FOUR, &bell, &reader, tally.clone());
    let controls = Controls::new(job(&network, "job"), bell, sender, Vec::new());
    let leg = Leg::new(outlet, FOUR.blocks, tally).that_grows();
    let mut outbox = Outbox::new(vec![OutPort::new(vec![leg])], controls.clone(), PLAIN);
    let writer = thread::spawn(move || {
        for number in 1..=6 {
            outbox.begin(PLAIN, None);
            outbox.emit(Port(0), &Block::new(PLAIN, number.to_string().as_bytes())).unwrap();
        }
        outbox.close(Ending::Finished).unwrap();
    });

    assert!(matches!(said.facts.recv_timeout(SOON), Ok(Fact::HeldBack(_))));
    let LegState { full, may_grow, blocks, .. } = meter.state().unwrap();
    assert_eq!((full, may_grow, blocks), (true, true, 4));
    assert_eq!(meter.grow(), Some(Grown::InMemory(QueueLimits { blocks: 8, bytes: usize::MAX })));
    writer.join().unwrap();
    assert_eq!(controls.stance(), Stance::BUSY);
    assert_eq!(meter.state(), None, "the stream has ended");
    assert!(said.facts.try_recv().is_err(), "it has said so once");
    let (mut batch, mut taken) = (Batch::new(), Vec::new());
    while inlet.take(&mut batch).unwrap() == Taken::Some {
        taken.extend(batch.iter().map(|(_, block)| String::from_utf8_lossy(block.bytes).into_owned()));
    }
    assert_eq!(taken, ["1", "2", "3", "4", "5", "6"]);
}
