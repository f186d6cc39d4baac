//! Any random network of forwarders delivers every block once, in order, on every path.
//!
//! `PIPELOOM_SEED=n` runs one case again, `PIPELOOM_CASES=n` says how many are tried.

#![expect(clippy::print_stdout, reason = "a seed that nobody sees cannot be tried again")]

use std::fs;
use std::path::Path;

use pipeloom_property::case::Case;
use pipeloom_property::run::run;
use pipeloom_property::seeds::seeds;

const WORKER: &str = env!("CARGO_BIN_EXE_worker");

/// A few seconds' worth.
const CASES: u64 = 30;

/// How many descriptors this process has open.
fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").expect("/proc is there").count()
}

/// How many places of memory that is shared with programs this process has mapped.
fn shared_memory() -> usize {
    let maps = fs::read_to_string("/proc/self/maps").expect("/proc is there");
    maps.lines().filter(|line| line.contains("/memfd:")).count()
}

// The only test of this program: it looks at the descriptors and children of the whole process.
#[test]
fn any_network_of_forwarders_delivers_every_block_once_in_order_on_every_path() {
    let seeds = seeds(CASES);
    println!("seeds {seeds:?}");
    let mut failures = Vec::new();
    let (mut blocks, mut pipes) = (0, 0);
    for seed in seeds.clone() {
        let case = Case::random(seed);
        let before = descriptors();
        let dir = tempfile::tempdir().unwrap();
        match run(&case, dir.path(), Path::new(WORKER)) {
            Ok(summary) => {
                blocks += summary.pipes.iter().map(|pipe| pipe.delivered).sum::<u64>();
                pipes += case.pipes.len();
            }
            Err(wrong) => failures.push(wrong),
        }
        let after = descriptors();
        if before != after {
            failures.push(format!("seed {seed}: {before} descriptors before, {after} after"));
        }
        if shared_memory() > 0 {
            failures.push(format!("seed {seed}: {} mappings of shared memory are left", shared_memory()));
        }
    }
    println!("{blocks} blocks delivered on {pipes} pipes");
    assert!(failures.is_empty(), "{} of {} cases:\n\n{}", failures.len(), seeds.count(), failures.join("\n\n"));
}
