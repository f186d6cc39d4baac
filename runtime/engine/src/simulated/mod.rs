//! Whole runs, simulated: the real supervisor, relays, lineups and steppers, in a world without a kernel.
//!
//! The clock, the pipes, the processes and the warden are simulated, and one scheduler draws from a seed who does something
//! next. So any interleaving can come, and each one can be had again. What must hold, whatever happens: the run comes to its
//! end; nobody is asked for what cannot be; and for each pipe and reader the law of conservation, as the runtime's counts
//! say it and as the processes have seen it.
//!
//! `PIPELOOM_SIM_SEEDS=n` says how many seeds are tried, `PIPELOOM_SIM_SEED=n` tries that one alone.
//!
//! ```text
//! network    small networks, drawn from a seed
//! block      what stands in the blocks
//! pipe       pipes of the kernel
//! process    what runs in a process
//! character  what a life of a job is like
//! being      a job: its processes, and what was told of it
//! worked     a forwarder and these pipes
//! wiring     relays and lineups between these pipes
//! world      all of it
//! performing what the supervisor asks for is done
//! living     what processes do
//! hearing    what happens is heard
//! scheduler  who is next
//! ledger     what really went through, against what was counted
//! planted    bugs that are to be found
//! ```

mod being;
mod block;
mod character;
mod hearing;
mod ledger;
mod living;
mod network;
mod performing;
mod pipe;
mod planted;
mod process;
mod scheduler;
mod wiring;
mod worked;
mod world;

use std::env;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;

use fastrand::Rng;
use pipeloom_config::Network;
use pipeloom_os::doorbell::Doorbell;

use self::planted::Planted;
use self::scheduler::Fate;
use self::world::{With, World};

/// How many seeds are tried with each change.
const SEEDS: u64 = 10_000;

/// So many seeds have the same network: to check one takes longer than to run it.
const EACH_NETWORK: u64 = 16;

/// The network of a seed.
fn network(seed: u64) -> Arc<Network> {
    Arc::new(network::any(&mut Rng::with_seed(seed / EACH_NETWORK)))
}

/// What is wrong with the run of a seed.
fn run(seed: u64, network: &Arc<Network>, bell: &Doorbell, with: With) -> Vec<String> {
    let mut random = Rng::with_seed(seed);
    let fate = Fate::any(&mut random);
    let mut world = World::new(network.clone(), random, bell, with);
    world.run(fate);
    let World { ledger, history, .. } = world;
    let mut wrong = ledger.wrong;
    if !wrong.is_empty() {
        wrong.extend(history.into_iter().flatten());
    }
    wrong
}

/// A seed with whose run something is wrong that is looked for, and all that is wrong with it.
fn find(seeds: Range<u64>, with: With, is_it: impl Fn(&str) -> bool + Sync) -> Option<(u64, Vec<String>)> {
    let next = AtomicU64::new(seeds.start / EACH_NETWORK);
    let search = || {
        let bell = Doorbell::new().unwrap();
        loop {
            let first = next.fetch_add(1, Relaxed) * EACH_NETWORK;
            if first >= seeds.end {
                return None;
            }
            let network = network(first);
            for seed in (first..first + EACH_NETWORK).filter(|seed| seeds.contains(seed)) {
                let wrong = run(seed, &network, &bell, with);
                if wrong.iter().any(|wrong| is_it(wrong)) {
                    next.store(u64::MAX / EACH_NETWORK / 2, Relaxed);
                    return Some((seed, wrong));
                }
            }
        }
    };
    thread::scope(|threads| {
        let searches = thread::available_parallelism().map_or(1, usize::from);
        let searches: Vec<_> = (0..searches).map(|_| threads.spawn(search)).collect();
        searches.into_iter().filter_map(|search| search.join().unwrap()).min()
    })
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable)
        .ok()
        .map(|text| text.parse().unwrap_or_else(|_| panic!("{variable} is {text}, which is no number")))
}

#[test]
fn whatever_happens_the_law_holds_and_the_run_ends() {
    let alone = number("PIPELOOM_SIM_SEED");
    let seeds = match alone {
        Some(seed) => seed..seed + 1,
        None => 0..number("PIPELOOM_SIM_SEEDS").unwrap_or(SEEDS),
    };
    if let Some((seed, wrong)) = find(seeds, With { planted: None, told: alone.is_some() }, |_| true) {
        panic!("{wrong:#?}\nto try it alone: PIPELOOM_SIM_SEED={seed} cargo test -p pipeloom-engine --lib simulated");
    }
}

/// One of the seeds that are tried with each change finds it, by one of these.
#[track_caller]
fn is_found(planted: Planted, by: &[&str]) {
    let is_it = |wrong: &str| by.iter().any(|by| wrong.contains(by));
    assert!(find(0..SEEDS, With { planted: Some(planted), told: false }, is_it).is_some(), "no seed finds it");
}

#[test]
fn a_dropped_block_is_found() {
    is_found(Planted::DropABlock, &["blocks went missing"]);
}

#[test]
fn forgotten_acknowledgements_are_found() {
    is_found(Planted::ForgetAcknowledgements, &["was given after"]);
}

#[test]
fn an_acknowledgement_of_what_was_not_done_is_found() {
    is_found(Planted::BelieveTooMuch, &["not all was read", "what nobody has read is done"]);
}

#[test]
fn a_life_that_begins_while_the_run_is_stopped_is_found() {
    is_found(Planted::RespawnWhileStopping, &["is started after"]);
}

#[test]
fn facts_of_an_earlier_life_that_are_believed_are_found() {
    is_found(Planted::BelieveStaleFacts, &["is started after", "while At"]);
}
