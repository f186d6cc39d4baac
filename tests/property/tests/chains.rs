//! Any random chain of native jobs gives the same on one thread as with a thread for each job: the same blocks with the same heads
//! and numbers to each job, the same ends, and the same counts.
//!
//! `PIPELOOM_SEED=n` runs one case again, `PIPELOOM_CASES=n` says how many are tried.

#![expect(clippy::print_stdout, reason = "a seed that nobody sees cannot be tried again")]

use pipeloom_property::chain::Chain;
use pipeloom_property::seeds::seeds;

/// A few seconds' worth.
const CASES: u64 = 100;

#[test]
fn any_chain_of_native_jobs_gives_the_same_fused_and_by_channels() {
    let seeds = seeds(CASES);
    println!("seeds {seeds:?}");
    let (mut failures, mut blocks) = (Vec::new(), 0);
    for seed in seeds.clone() {
        let (fused, threaded) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        match Chain::random(seed).compare(fused.path(), threaded.path()) {
            Ok(delivered) => blocks += delivered,
            Err(wrong) => failures.push(wrong),
        }
    }
    println!("{blocks} blocks delivered");
    assert!(failures.is_empty(), "{} of {} cases:\n\n{}", failures.len(), seeds.count(), failures.join("\n\n"));
}
