//! Relays and a lineup, worked in any order by a scheduler that draws from a seed.
//!
//! In life the reactor decides who is worked next, and when a program takes what was written to it. Neither may matter: what
//! comes out is said by the streams alone. `PROPTEST_CASES=n` says how many cases are tried, `PROPTEST_RNG_SEED=n` tries
//! the same ones again.

use std::collections::{BTreeSet, VecDeque};
use std::num::NonZeroUsize;
use std::os::fd::BorrowedFd;
use std::sync::Arc;

use pipeloom_config::{Dummy, QueueLimits, Taking, WhenFull};
use pipeloom_job::{Batch, Block, HeadSize, Seq};
use pipeloom_os::doorbell::Doorbell;
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

use super::{PLAIN, Shelf};
use crate::flow::{
    Ending, FlowError, Forwarder, Inlet, Lane, LegQueue, Lineup, Relay, RelayLeg, Taken, Tally, Wants, link,
};
use crate::step::LaneSpec;

/// One input of the program: which numbers its writer sends, and what lies on the way.
#[derive(Clone, Debug)]
struct Stream {
    numbers: BTreeSet<u64>,
    /// How many blocks come at a time; after each batch nothing comes once.
    batch: usize,
    queue: usize,
    /// Whether somebody else reads the pipe too.
    shared: bool,
}

/// What the scheduler works next.
#[derive(Clone, Copy, Debug)]
enum Choice {
    Machine(usize),
    /// A reader stops taking blocks, or begins again.
    Turn(usize),
}

fn stream() -> impl Strategy<Value = Stream> {
    let numbers = btree_set(1_u64..40, 0..30);
    (numbers, 1_usize..6, 1_usize..5, any::<bool>()).prop_map(|(numbers, batch, queue, shared)| Stream {
        numbers,
        batch,
        queue,
        shared,
    })
}

fn choice() -> impl Strategy<Value = Choice> {
    prop_oneof![3 => any::<usize>().prop_map(Choice::Machine), 1 => any::<usize>().prop_map(Choice::Turn)]
}

/// Gives numbered blocks, each with its number as its text.
struct Numbered {
    batches: VecDeque<Vec<u64>>,
    rests: bool,
}

impl Inlet for Numbered {
    fn take(&mut self, batch: &mut Batch) -> Result<Taken, FlowError> {
        batch.clear();
        self.rests = !self.rests;
        if self.rests {
            return Ok(Taken::Empty);
        }
        let Some(numbers) = self.batches.pop_front() else { return Ok(Taken::End(Ending::EndedUnfinished)) };
        for number in numbers {
            batch.push(Seq::new(number).unwrap(), &Block::new(PLAIN, number.to_string().as_bytes()));
        }
        Ok(Taken::Some)
    }

    fn readable(&self) -> Option<BorrowedFd<'_>> {
        None
    }
}

/// All machines of one program's inputs.
struct Scene {
    /// `None` once it is over.
    machines: Vec<Option<Box<dyn Forwarder>>>,
    /// What the program is given, input by input.
    given: Vec<Shelf>,
    /// What others read.
    others: Vec<Option<Shelf>>,
}

impl Scene {
    fn of(streams: &[Stream]) -> Scene {
        let bell = Doorbell::new().unwrap();
        let mut scene = Scene { machines: Vec::new(), given: Vec::new(), others: Vec::new() };
        let mut inputs = Vec::new();
        for stream in streams {
            let limits = QueueLimits { blocks: stream.queue, bytes: usize::MAX };
            let queue = || LegQueue::new(limits, WhenFull::Block);
            let (to_lineup, from_relay) = link(limits, &bell, &bell);
            let (shelf, other) = (Shelf::new(), stream.shared.then(Shelf::new));
            let mut legs = vec![RelayLeg::new(to_lineup, queue(), Arc::<Tally>::default())];
            legs.extend(other.iter().map(|other| RelayLeg::new(other.outlet(), queue(), Arc::default())));
            let numbers: Vec<u64> = stream.numbers.iter().copied().collect();
            let batches = numbers.chunks(stream.batch).map(<[u64]>::to_vec).collect();
            let relay = Relay::new("p", Box::new(Numbered { batches, rests: false }), legs);
            scene.machines.push(Some(Box::new(relay)));
            let spec = LaneSpec {
                block_count: NonZeroUsize::MIN,
                taking: Taking::InStep,
                dummy: Dummy::Value(b"dummy".to_vec()),
                feedback: false,
                block_size: None,
            };
            inputs.push((Lane::new(from_relay, spec, Arc::default()), shelf.outlet()));
            scene.given.push(shelf);
            scene.others.push(other);
        }
        scene.machines.push(Some(Box::new(Lineup::new(inputs, Vec::new(), HeadSize::ONE))));
        scene
    }

    fn choose(&mut self, choice: Choice) {
        match choice {
            Choice::Machine(any) => self.work(any % self.machines.len()),
            Choice::Turn(any) => {
                let shelves: Vec<&Shelf> = self.given.iter().chain(self.others.iter().flatten()).collect();
                shelves[any % shelves.len()].change(|shelf| shelf.full = !shelf.full);
            }
        }
    }

    fn work(&mut self, place: usize) {
        if let Some(machine) = &mut self.machines[place]
            && machine.advance().unwrap() == Wants::Nothing
        {
            self.machines[place] = None;
        }
    }

    /// From now on all readers take what comes, and all machines have their turn. Says whether that ends it.
    fn ends(&mut self) -> bool {
        for shelf in self.given.iter().chain(self.others.iter().flatten()) {
            shelf.change(|shelf| shelf.full = false);
        }
        for _ in 0..1000 {
            (0..self.machines.len()).for_each(|place| self.work(place));
            if self.machines.iter().all(Option::is_none) {
                return true;
            }
        }
        false
    }
}

/// What the program is to be given: all numbers that any input has, as long as every input has that one or a later one.
fn expected(streams: &[Stream]) -> Vec<Vec<String>> {
    let all: BTreeSet<u64> = streams.iter().flat_map(|stream| stream.numbers.iter().copied()).collect();
    let last = streams.iter().map(|stream| stream.numbers.last().copied().unwrap_or(0)).min().unwrap_or(0);
    let text = |stream: &Stream, number: &u64| {
        if stream.numbers.contains(number) { number.to_string() } else { "dummy".to_owned() }
    };
    streams.iter().map(|stream| all.range(..=last).map(|number| text(stream, number)).collect()).collect()
}

proptest! {
    #[test]
    fn what_a_program_is_given_does_not_depend_on_who_is_worked_when(
        streams in vec(stream(), 2..5),
        choices in vec(choice(), 0..300),
    ) {
        let mut scene = Scene::of(&streams);
        choices.into_iter().for_each(|choice| scene.choose(choice));
        prop_assert!(scene.ends(), "it stands still");
        let given: Vec<Vec<String>> = scene.given.iter().map(Shelf::texts).collect();
        prop_assert_eq!(given, expected(&streams));
        for (stream, other) in streams.iter().zip(&scene.others) {
            // Another reader of a pipe has all of it, however early the program ends.
            if let Some(other) = other {
                prop_assert_eq!(other.texts(), stream.numbers.iter().map(u64::to_string).collect::<Vec<_>>());
            }
        }
    }
}
