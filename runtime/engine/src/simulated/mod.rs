//! Whole runs, simulated: the real supervisor, relays, lineups and steppers, in a world without a kernel.
//!
//! The clock, the pipes, the processes and the warden are simulated, and one scheduler draws from a seed who does something
//! next. So any interleaving can come, and each one can be had again. What must hold, whatever happens: the run comes to its
//! end; nobody is asked for what cannot be; and for each pipe and reader the law of conservation, as the runtime's counts
//! say it and as the processes have seen it.
//!
//! `PIPELOOM_SIM_SEEDS=n` says how many seeds are tried and `PIPELOOM_SIM_SEEDS=m..n` which, `PIPELOOM_SIM_SEED=n` tries that one
//! alone and tells all that happens.
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
//! watching   who waits for whom is looked at
//! scheduler  who is next
//! search     which seeds are tried, and how far that is
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
mod search;
mod watching;
mod wiring;
mod worked;
mod world;

use std::sync::Arc;

use fastrand::Rng;
use pipeloom_config::Network;
use pipeloom_os::doorbell::Doorbell;

use self::planted::Planted;
use self::scheduler::Fate;
use self::search::{EACH_NETWORK, Seeds, find, keep};
use self::world::{With, World};

/// A bug that is planted is found with one of so many seeds.
const SOON_FOUND: u64 = 1_000;

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

#[test]
fn whatever_happens_the_law_holds_and_the_run_ends() {
    let seeds = Seeds::asked_for();
    let found = find(&seeds, With { planted: None, told: seeds.is_one() }, |_| true);
    keep(&seeds, found.as_ref().map(|(seed, _)| *seed));
    if let Some((seed, wrong)) = found {
        panic!("{wrong:#?}\nto try it alone: PIPELOOM_SIM_SEED={seed} cargo test -p pipeloom-engine --lib simulated");
    }
}

/// One of the first seeds finds it, by one of these.
#[track_caller]
fn is_found(planted: Planted, by: &[&str]) {
    let is_it = |wrong: &str| by.iter().any(|by| wrong.contains(by));
    assert!(
        find(&Seeds::of(0..SOON_FOUND), With { planted: Some(planted), told: false }, is_it).is_some(),
        "no seed finds it"
    );
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

#[test]
fn what_is_given_though_it_should_be_lost_is_found() {
    is_found(Planted::KeepWhatWaits, &["was given after it was lost"]);
}

#[test]
fn jobs_that_wait_for_each_other_are_found() {
    is_found(Planted::WatchNobody, &["it stands still"]);
}
