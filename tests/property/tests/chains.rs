//! Any random chain of native jobs gives the same on one thread as with a thread for each job: the same blocks with the same heads
//! and numbers to each job, the same ends, and the same counts.
//!
//! `PIPELOOM_SEED=n` runs one case again, `PIPELOOM_CASES=n` says how many are tried.

#![expect(clippy::print_stdout, reason = "a seed that nobody sees cannot be tried again")]

use std::env;

use pipeloom_property::chain::Chain;

/// A few seconds' worth.
const CASES: u64 = 100;

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{variable}={text} is no number")))
}

#[test]
fn any_chain_of_native_jobs_gives_the_same_fused_and_by_channels() {
    let seeds = match (number("PIPELOOM_SEED"), number("PIPELOOM_CASES").unwrap_or(CASES)) {
        (Some(seed), _) => seed..seed + 1,
        (None, cases) => {
            let first = fastrand::u64(..1 << 40);
            first..first + cases
        }
    };
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
