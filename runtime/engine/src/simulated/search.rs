//! Which seeds are tried, on all cores, and how far that is.

use std::env;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;

use pipeloom_os::doorbell::Doorbell;

use super::world::With;
use super::{network, run};

/// How many seeds are tried with each change.
const SEEDS: u64 = 10_000;

/// So many seeds have the same network: to check one takes longer than to run it.
pub(super) const EACH_NETWORK: u64 = 16;

/// Who tries more than this wants to know how far it is.
const SOON_DONE: u64 = 100_000;

/// How often that is said.
const STRIDE: u64 = 10_000;

/// Seeds to be tried.
pub(super) struct Seeds(Range<u64>);

impl Seeds {
    pub(super) const fn of(seeds: Range<u64>) -> Seeds {
        Seeds(seeds)
    }

    /// Those that the variables ask for; without them, those that are tried with each change.
    pub(super) fn asked_for() -> Seeds {
        if let Some(text) = variable("PIPELOOM_SIM_SEED") {
            let seed = number("PIPELOOM_SIM_SEED", &text);
            return Seeds(seed..seed + 1);
        }
        let Some(text) = variable("PIPELOOM_SIM_SEEDS") else { return Seeds(0..SEEDS) };
        let number = |text| number("PIPELOOM_SIM_SEEDS", text);
        let seeds = match text.split_once("..") {
            Some((start, end)) => number(start)..number(end),
            None => 0..number(&text),
        };
        assert!(!seeds.is_empty(), "PIPELOOM_SIM_SEEDS is {text}, which is none");
        Seeds(seeds)
    }

    /// Whether one is tried alone.
    pub(super) fn is_one(&self) -> bool {
        self.count() == 1
    }

    fn count(&self) -> u64 {
        self.0.end - self.0.start
    }

    /// Says how far it is, where it takes long.
    #[expect(clippy::print_stderr, reason = "whoever waits for minutes sees that it goes on")]
    fn tell(&self, tried: u64, more: u64) {
        let (before, tried) = (tried / STRIDE, (tried + more) / STRIDE);
        if self.count() > SOON_DONE && tried > before {
            eprintln!("simulated {} of {} runs", tried * STRIDE, self.count());
        }
    }
}

/// A seed with whose run something is wrong that is looked for, and all that is wrong with it. After the first that is found, no
/// other is begun.
pub(super) fn find(seeds: &Seeds, with: With, is_it: impl Fn(&str) -> bool + Sync) -> Option<(u64, Vec<String>)> {
    let Range { start, end } = seeds.0;
    let next = AtomicU64::new(start / EACH_NETWORK);
    let tried = AtomicU64::new(0);
    let search = || {
        let bell = Doorbell::new().unwrap();
        loop {
            let first = next.fetch_add(1, Relaxed) * EACH_NETWORK;
            if first >= end {
                return None;
            }
            let network = network(first);
            let these = first.max(start)..(first + EACH_NETWORK).min(end);
            for seed in these.clone() {
                let wrong = run(seed, &network, &bell, with);
                if wrong.iter().any(|wrong| is_it(wrong)) {
                    next.store(u64::MAX / EACH_NETWORK / 2, Relaxed);
                    return Some((seed, wrong));
                }
            }
            let more = these.end - these.start;
            seeds.tell(tried.fetch_add(more, Relaxed), more);
        }
    };
    thread::scope(|threads| {
        let searches = thread::available_parallelism().map_or(1, usize::from);
        let searches: Vec<_> = (0..searches).map(|_| threads.spawn(search)).collect();
        searches.into_iter().filter_map(|search| search.join().unwrap()).min()
    })
}

/// Adds a line to the figures of the fault suite, if there is a folder for them.
pub(super) fn keep(seeds: &Seeds, bad: Option<u64>) {
    let Some(folder) = variable("PIPELOOM_FAULTS_FIGURES") else { return };
    let Range { start, end } = seeds.0;
    let line = serde_json::json!({
        "v": 1,
        "case": "simulated",
        "seed": bad.unwrap_or(0),
        "failed": bad.is_some(),
        "simulated": { "start": start, "end": end },
    });
    fs::create_dir_all(&folder).unwrap();
    let file = OpenOptions::new().create(true).append(true).open(Path::new(&folder).join("simulated.jsonl"));
    file.unwrap().write_all(format!("{line}\n").as_bytes()).unwrap();
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok()
}

fn number(variable: &str, text: &str) -> u64 {
    text.parse().unwrap_or_else(|_| panic!("{variable}: {text} is no number"))
}
