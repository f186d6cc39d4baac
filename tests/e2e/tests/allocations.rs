//! Once a run is under way, no block costs an allocation of the runtime: three times as many blocks take no more of them.

#![expect(clippy::unwrap_used, reason = "a test that cannot make its setting has failed")]

use std::fs::File;
use std::path::Path;

use dhat::{Alloc, HeapStats, Profiler};
use pipeloom_config::{CheckOptions, Text, check};
use pipeloom_e2e::events::Outcome;
use pipeloom_e2e::pipeloom;
use pipeloom_engine::{Options, start};

#[global_allocator]
static ALLOCATOR: Alloc = Alloc;

/// Blocks of a pipe of 64 KiB, and a pipe of them.
const LARGE: &str = "codec = 'bytes'\nblock_size = 65536";

/// Numbers from a native job.
const NUMBERS: &str = "use = 'count'\nargs = { from = 1, to = BLOCKS }";

/// Large blocks from a native job, and from a program.
const FILE: &str = "use = 'bytes-source'\nargs = { path = 'zeros' }";
const PROGRAM: &str = "exec = ['cat', 'zeros']\npass = 'stdio'";

/// A filter that every block goes through.
const CAT: &str = "exec = ['cat']\npass = 'stdio'\nsteps = 'each'";

/// A network with a word for it. Its sources give `BLOCKS` blocks, or the large ones in the file `zeros`.
struct Case {
    what: &'static str,
    blocks: u64,
    toml: String,
}

/// A chain of jobs, joined by pipes like this one.
fn chain(what: &'static str, blocks: u64, jobs: &[&str], pipe: &str) -> Case {
    let mut toml = String::new();
    for (place, job) in jobs.iter().enumerate() {
        toml += &format!("[jobs.j{place}]\n{job}\n");
        if place > 0 {
            toml += &format!("inputs = ['p{place}']\n");
        }
        if place + 1 < jobs.len() {
            toml += &format!("outputs = ['p{next}']\n[pipes.p{next}]\n{pipe}\n", next = place + 1);
        }
    }
    Case { what, blocks, toml }
}

/// How many allocations a run of so many blocks takes.
#[track_caller]
fn allocations(case: &Case, blocks: u64) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    // Without a byte on disk.
    File::create(folder.path().join("zeros")).unwrap().set_len(blocks * 65536).unwrap();
    let toml = case.toml.replace("BLOCKS", &blocks.to_string());
    let before = HeapStats::get().total_blocks;
    run(&toml, folder.path());
    HeapStats::get().total_blocks - before
}

#[track_caller]
fn run(toml: &str, folder: &Path) {
    let (kinds, codecs) = (pipeloom_predefined::KINDS, pipeloom_predefined::CODECS);
    let options = CheckOptions { kinds, codecs, path_env: std::env::var_os("PATH"), ..CheckOptions::default() };
    let file = Text { path: folder.join("network.toml"), text: toml.to_owned() };
    let network = check(file, &options).unwrap_or_else(|problems| panic!("{problems}\n{toml}"));
    let options = Options { warden: (pipeloom(), Vec::new()), ..Options::in_folder(&folder.join("run")) };
    let summary = start(network, options).unwrap().wait();
    assert_eq!(summary.outcome, Outcome::Finished, "{summary:?}\n{toml}");
}

#[test]
fn no_block_costs_an_allocation() {
    let thread = |job: &str| format!("{job}\nthread = true");
    let (numbers, file) = (thread(NUMBERS), thread(FILE));
    let (forward, sink) = (thread("use = 'forward'"), thread("use = 'null-sink'"));
    let small = "codec = 'bytes'\nblock_size = 8";
    let again = format!("{CAT}\nrestart = {{ policy = 'on-failure' }}");
    let cases = [
        chain("channels", 30_000, &[&numbers, &forward, &sink], ""),
        chain("channels, large blocks", 500, &[&file, &forward, &sink], LARGE),
        chain("on one thread", 30_000, &[NUMBERS, "use = 'forward'", "use = 'null-sink'"], ""),
        chain("on one thread, large blocks", 500, &[FILE, "use = 'forward'", "use = 'null-sink'"], LARGE),
        chain("through a program", 30_000, &[&numbers, CAT, &sink], small),
        chain("through a program, large blocks", 500, &[&file, CAT, &sink], LARGE),
        chain("relays", 500, &[PROGRAM, CAT, &sink], &format!("{LARGE}\nconduit = 'relay'")),
        chain("relays, small blocks", 30_000, &[&numbers, CAT, CAT, &sink], &format!("{small}\nconduit = 'relay'")),
        chain("through a program that may be restarted", 30_000, &[&numbers, &again, &sink], small),
    ];
    let _profiler = Profiler::builder().testing().build();
    let mut costly = Vec::new();
    for case in &cases {
        let (once, thrice) = (allocations(case, case.blocks), allocations(case, 3 * case.blocks));
        // Some grow with the time that a run takes, as the ticks of its timers do.
        let each = thrice.saturating_sub(once) as f64 / (2 * case.blocks) as f64;
        if each > 0.01 {
            costly.push(format!("{}: {each:.3} for each block ({once}, {thrice})", case.what));
        }
    }
    assert!(costly.is_empty(), "{costly:#?}");
}
