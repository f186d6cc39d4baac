//! Once a run is under way, no block costs an allocation of the runtime.

#![expect(clippy::unwrap_used, reason = "a test that cannot make its setting has failed")]

use std::alloc::System;
use std::fs::File;
use std::path::Path;
use std::sync::mpsc::{Sender, channel};

use pipeloom_config::{CheckOptions, Text, check};
use pipeloom_e2e::events::Outcome;
use pipeloom_e2e::pipeloom;
use pipeloom_engine::{Options, start};
use pipeloom_job::{Args, ArgsError, Emit, Flow, Job, JobError, JobKind, Step};
use pipeloom_predefined::{CODECS, KINDS};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Blocks of a pipe of 64 KiB, and a pipe of them.
const LARGE_BYTES: u64 = 64 * 1024;
const LARGE: &str = "codec = 'bytes'\nblock_size = 65536";

/// Numbers from a native job.
const NUMBERS: &str = "use = 'count'\nargs = { from = 1, to = BLOCKS }";

/// Large blocks from a native job, and from a program.
const FILE: &str = "use = 'bytes-source'\nargs = { path = 'zeros' }";
const PROGRAM: &str = "exec = ['cat', 'zeros']\npass = 'stdio'";

/// A filter that every block goes through.
const CAT: &str = "exec = ['cat']\npass = 'stdio'\nsteps = 'each'";

/// What counts allocations between two of the blocks that come.
const SINK: &str = "use = 'watch'";

/// A network with a word for it. Its source gives `BLOCKS` blocks, or the large ones in the file `zeros`.
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

impl Case {
    /// Some allocations are made now and then: a pool of large buffers, say, grows and shrinks with what is under way.
    fn allowed(&self) -> f64 {
        if self.toml.contains(LARGE) { 0.5 } else { 0.05 }
    }

    /// Allocations for each block from the first quarter of all blocks to the third: by then, all is there that is used again and
    /// again, and nothing ends yet.
    #[track_caller]
    fn allocations(&self) -> f64 {
        let folder = tempfile::tempdir().unwrap();
        // Without a byte on disk.
        File::create(folder.path().join("zeros")).unwrap().set_len(self.blocks * LARGE_BYTES).unwrap();
        let toml = self.toml.replace("BLOCKS", &self.blocks.to_string());
        let (quarter, (tell, told)) = (self.blocks / 4, channel());
        run(&toml, folder.path(), move |_| Ok(Box::new(Watch { at: [quarter, 3 * quarter], tell: tell.clone() })));
        let taken: Vec<usize> = told.try_iter().collect();
        let [before, after] = taken[..] else { panic!("{}: of all blocks, {taken:?} were told", self.what) };
        (after - before) as f64 / (2 * quarter) as f64
    }
}

/// Tells how many allocations there have been, when these compute blocks come.
struct Watch {
    at: [u64; 2],
    tell: Sender<usize>,
}

impl Job for Watch {
    fn step(&mut self, step: &Step<'_>, _out: &mut dyn Emit) -> Result<Flow, JobError> {
        if self.at.contains(&step.number.get()) {
            let stats = ALLOCATOR.stats();
            self.tell.send(stats.allocations + stats.reallocations).map_err(JobError::failed)?;
        }
        Ok(Flow::Again)
    }
}

#[track_caller]
fn run(toml: &str, folder: &Path, new: impl Fn(&Args) -> Result<Box<dyn Job>, ArgsError> + Send + Sync + 'static) {
    let sink = KINDS.iter().find(|kind| kind.name == "null-sink").unwrap();
    // A kind lasts as long as the process, as those of a program do.
    let watch = JobKind { name: "watch", new: Box::leak(Box::new(new)), ..*sink };
    let kinds = [KINDS, &[watch]].concat();
    let options =
        CheckOptions { kinds: &kinds, codecs: CODECS, path_env: std::env::var_os("PATH"), ..CheckOptions::default() };
    let file = Text { path: folder.join("network.toml"), text: toml.to_owned() };
    let network = check(file, &options).unwrap_or_else(|problems| panic!("{problems}\n{toml}"));
    let options = Options { warden: (pipeloom(), Vec::new()), ..Options::in_folder(folder.join("run")) };
    let summary = start(network, options).unwrap().wait();
    assert_eq!(summary.outcome, Outcome::Finished, "{summary:?}\n{toml}");
}

#[test]
fn no_block_costs_an_allocation() {
    let thread = |job: &str| format!("{job}\nthread = true");
    let (numbers, file) = (thread(NUMBERS), thread(FILE));
    let (forward, sink) = (thread("use = 'forward'"), thread(SINK));
    let small = "codec = 'bytes'\nblock_size = 8";
    let again = format!("{CAT}\nrestart = {{ policy = 'on-failure' }}");
    let cases = [
        chain("channels", 40_000, &[&numbers, &forward, &sink], ""),
        chain("channels, large blocks", 2_000, &[&file, &forward, &sink], LARGE),
        chain("on one thread", 40_000, &[NUMBERS, "use = 'forward'", SINK], ""),
        chain("on one thread, large blocks", 2_000, &[FILE, "use = 'forward'", SINK], LARGE),
        chain("through a program", 40_000, &[&numbers, CAT, &sink], small),
        chain("through a program, large blocks", 2_000, &[&file, CAT, &sink], LARGE),
        chain("relays", 2_000, &[PROGRAM, CAT, &sink], &format!("{LARGE}\nconduit = 'relay'")),
        chain("relays, small blocks", 40_000, &[&numbers, CAT, CAT, &sink], &format!("{small}\nconduit = 'relay'")),
        chain("through a program that may be restarted", 40_000, &[&numbers, &again, &sink], small),
    ];
    let each: Vec<_> = cases.iter().map(|case| (case.what, case.allocations(), case.allowed())).collect();
    let costly: Vec<_> = each.into_iter().filter(|(_, each, allowed)| each > allowed).collect();
    assert!(costly.is_empty(), "allocations for each block, and how many are allowed: {costly:#?}");
}
