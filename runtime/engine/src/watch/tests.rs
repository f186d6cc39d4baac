//! What a watch does about pictures that a test draws.

use std::cell::Cell;
use std::time::Duration;

use pipeloom_config::{JobId, Network, PipeId};

use super::*;
use crate::sample::{self, Sample};

const BUSY: Stance = Stance::BUSY;
const READS: Stance = Stance::READS;
const WRITES: Stance = Stance::WRITES;

/// A diamond: `split` writes `left` to `thin` and `right` to `join`, and `thin` writes `rest` to `join`.
struct Diamond {
    network: Network,
    watch: Watch,
    now: Duration,
    ways: Vec<Way>,
    stances: [Stance; 4],
    /// What has moved, and what moves while it is looked.
    moved: Cell<u64>,
    moves: u64,
}

const SPLIT: usize = 0;
const THIN: usize = 1;
const JOIN: usize = 2;

impl Diamond {
    /// In which `right` is full, and all wait for each other.
    fn stuck() -> Diamond {
        let network = Sample::new()
            .program("split", &[], &["left", "right"])
            .program("thin", &["left"], &["rest"])
            .program("join", &["rest", "right"], &[])
            .network();
        let way = |pipe: &str, writer, reader| Way {
            pipe: sample::pipe(&network, pipe),
            leg: 0,
            writer: Some(writer),
            reader: Some(reader),
            relayed: true,
            full: false,
            awaited: true,
            may_grow: true,
            blocks: 0,
        };
        let right = Way { full: true, awaited: false, blocks: 9, ..way("right", SPLIT, JOIN) };
        let ways = vec![way("left", SPLIT, THIN), right, way("rest", THIN, JOIN)];
        let stances = [WRITES, READS, READS, BUSY];
        let (watch, now) = (Watch::default(), Duration::ZERO);
        let mut diamond = Diamond { network, watch, now, ways, stances, moved: Cell::new(0), moves: 0 };
        diamond.watch.held_back(diamond.now);
        diamond
    }

    fn with(mut self, change: impl FnOnce(&mut Diamond)) -> Diamond {
        change(&mut self);
        self
    }

    /// Lets the time come to look, and looks.
    fn look(&mut self) -> Vec<Act> {
        self.now = self.watch.due().expect("somebody is held back");
        let look = || {
            self.moved.set(self.moved.get() + self.moves);
            Picture { ways: self.ways.clone(), moved: vec![self.moved.get()] }
        };
        self.watch.look(self.now, 4, look, |job| self.stances[job])
    }

    /// The same twice: the first time only says what has moved.
    fn looks(&mut self) -> Vec<Act> {
        assert_eq!(self.look(), []);
        self.look()
    }

    fn jobs(&self) -> Vec<JobId> {
        ["split", "thin", "join"].map(|name| sample::job(&self.network, name)).to_vec()
    }

    fn pipe(&self, name: &str) -> PipeId {
        sample::pipe(&self.network, name)
    }

    fn right(&mut self) -> &mut Way {
        &mut self.ways[1]
    }
}

/// The pipes that grow.
fn grows(acts: &[Act]) -> Vec<PipeId> {
    acts.iter().filter_map(|act| if let Act::Grow(way) = act { Some(way.pipe) } else { None }).collect()
}

#[test]
fn the_queue_grows_for_whose_reader_waits_for_another_branch() {
    let mut diamond = Diamond::stuck();
    assert_eq!(grows(&diamond.looks()), [diamond.pipe("right")]);
}

#[test]
fn nobody_is_waited_for_who_may_go_on() {
    type Change = fn(&mut Diamond);
    let table: [(&str, Change); 8] = [
        ("a branch that computes", |diamond| diamond.stances[THIN] = BUSY),
        ("a reader that sleeps", |diamond| diamond.stances[JOIN] = BUSY),
        ("a writer that has something else to do", |diamond| diamond.stances[SPLIT] = BUSY),
        ("blocks on their way to the one that is waited for", |diamond| diamond.ways[0].awaited = false),
        ("blocks on their way to the one that waits", |diamond| diamond.ways[2].awaited = false),
        ("something moves", |diamond| diamond.moves = 1),
        ("what is waited for comes from outside", |diamond| diamond.ways[2].writer = None),
        ("a reader outside does not read", |diamond| diamond.ways[1].reader = None),
    ];
    for (what, change) in table {
        let mut diamond = Diamond::stuck().with(change);
        for _ in 0..5 {
            assert_eq!(diamond.look(), [], "{what}");
        }
    }
}

#[test]
fn whoever_waits_for_room_does_not_wait_for_blocks_too() {
    // Nothing comes to the source of the diamond either, but it has not asked for more.
    let mut diamond = Diamond::stuck().with(|diamond| {
        let before = Way { pipe: diamond.ways[2].pipe, writer: Some(3), reader: Some(SPLIT), ..diamond.ways[0] };
        diamond.ways.push(before);
    });
    assert_eq!(grows(&diamond.looks()), [diamond.pipe("right")]);
}

#[test]
fn of_inputs_that_may_be_meant_all_must_be_stuck() {
    // The join waits for one of two branches, and nobody knows for which.
    let with_another = |stance| {
        Diamond::stuck().with(|diamond| {
            let another = Way { pipe: diamond.ways[0].pipe, writer: Some(THIN), ..diamond.ways[2] };
            diamond.ways.push(another);
            diamond.stances[THIN] = stance;
        })
    };
    assert_eq!(with_another(BUSY).looks(), []);
    assert_eq!(grows(&with_another(READS).looks()).len(), 1);
}

#[test]
fn if_no_queue_may_grow_the_circle_is_named_once() {
    let mut diamond = Diamond::stuck().with(|diamond| diamond.right().may_grow = false);
    let acts = diamond.looks();
    let [Act::GiveUp { way, circle: links, surely: true }] = &acts[..] else { panic!("{acts:?}") };
    let who: Vec<(usize, bool)> = links.iter().map(|link| (link.job, link.is_for_room())).collect();
    assert_eq!(who, [(SPLIT, true), (JOIN, false), (THIN, false)]);
    assert_eq!(
        circle(&diamond.network, &diamond.jobs(), way, links, true),
        "jobs wait for each other, and none of them can go on: job split waits for room on pipe right, which is full for job join, job join \
         waits for blocks on pipe rest from job thin, job thin waits for blocks on pipe left from job split; pipe right can \
         hold no more: make `max_queue` of it larger, or give it `when_full = \"spool\"`, or let job join read its inputs \
         evenly"
    );
    assert_eq!(diamond.look(), []);
}

/// In which `split` writes one pipe to both.
fn one_pipe() -> Diamond {
    Diamond::stuck().with(|diamond| diamond.ways[1].pipe = diamond.ways[0].pipe)
}

#[test]
fn a_full_queue_keeps_back_the_other_readers_even_if_the_writer_has_ended() {
    let mut diamond = one_pipe().with(|diamond| diamond.stances[SPLIT] = BUSY);
    assert_eq!(grows(&diamond.looks()), [diamond.pipe("left")]);
    let mut diamond = one_pipe().with(|diamond| {
        diamond.stances[SPLIT] = BUSY;
        diamond.right().may_grow = false;
    });
    let acts = diamond.looks();
    let [Act::GiveUp { way, circle: links, surely: true }] = &acts[..] else { panic!("{acts:?}") };
    let said = circle(&diamond.network, &diamond.jobs(), way, links, true);
    let who = "job thin waits for blocks on pipe left, which is full for job join, job join waits for blocks on pipe rest \
               from job thin";
    assert!(said.contains(who), "{said}");
    // A native writer serves each reader by itself.
    let mut native = one_pipe().with(|diamond| {
        diamond.stances[SPLIT] = BUSY;
        diamond.ways.iter_mut().for_each(|way| way.relayed = false);
    });
    assert_eq!(native.looks(), []);
}

#[test]
fn nothing_fails_on_what_is_not_certain() {
    type Change = fn(&mut Diamond);
    let table: [(&str, Change); 2] = [
        ("the kernel does not tell what a job sleeps in", |diamond| diamond.stances[THIN] = Stance::EITHER.perhaps()),
        ("a job may wait for one outside, too", |diamond| {
            let outside = Way { writer: None, ..diamond.ways[2] };
            diamond.ways.push(outside);
        }),
    ];
    for (what, change) in table {
        let mut diamond = Diamond::stuck().with(change);
        assert_eq!(grows(&diamond.looks()), [diamond.pipe("right")], "{what}");
        let mut diamond = Diamond::stuck().with(change).with(|diamond| diamond.right().may_grow = false);
        let acts = diamond.looks();
        assert!(matches!(&acts[..], [Act::GiveUp { surely: false, .. }]), "{what}: {acts:?}");
        assert_eq!(diamond.look(), [], "{what}");
    }
}

#[test]
fn if_all_wait_for_room_the_shortest_queue_grows() {
    // A ring of three.
    let mut ring = Diamond::stuck().with(|diamond| {
        for (place, (writer, reader)) in [(0, 1), (1, 2), (2, 0)].into_iter().enumerate() {
            let way = &mut diamond.ways[place];
            *way = Way { writer: Some(writer), reader: Some(reader), full: true, awaited: false, ..*way };
        }
        diamond.stances = [WRITES; 4];
        diamond.ways[0].blocks = 5;
        diamond.ways[2].blocks = 3;
    });
    assert_eq!(grows(&ring.looks()), [ring.pipe("rest")]);
}

#[test]
fn it_looks_soon_after_something_was_done_and_seldom_while_somebody_works() {
    let pauses = |mut diamond: Diamond, looks: usize| {
        let pause = |_| {
            let before = diamond.now;
            diamond.look();
            (diamond.now - before).as_millis()
        };
        (0..looks).map(pause).collect::<Vec<_>>()
    };
    assert_eq!(pauses(Diamond::stuck(), 3), [200, 200, 25]);
    let moving = Diamond::stuck().with(|diamond| diamond.moves = 1);
    assert_eq!(pauses(moving, 4), [200; 4]);
    let working = Diamond::stuck().with(|diamond| diamond.stances[THIN] = BUSY);
    assert_eq!(pauses(working, 6), [200, 200, 400, 800, 1000, 1000]);
}

#[test]
fn it_rests_once_nobody_is_held_back() {
    let mut diamond = Diamond::stuck();
    diamond.look();
    diamond.right().full = false;
    assert_eq!((diamond.look(), diamond.watch.due()), (Vec::new(), None));
    diamond.watch.held_back(diamond.now);
    assert!(diamond.watch.due().is_some());
}

#[test]
fn it_does_not_ask_what_jobs_wait_for_if_pipes_show_that_they_may_go_on() {
    let mut diamond = Diamond::stuck().with(|diamond| diamond.ways[1].reader = None);
    diamond.look();
    diamond.now = diamond.watch.due().unwrap();
    let picture = || Picture { ways: diamond.ways.clone(), moved: vec![0] };
    let asked = Cell::new(false);
    let stance = |job: usize| {
        asked.set(true);
        diamond.stances[job]
    };
    assert_eq!(diamond.watch.look(diamond.now, 4, picture, stance), []);
    assert!(!asked.get());
}
