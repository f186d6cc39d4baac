//! A program that runs networks in its own process has nothing left of them, whatever happens to them, and whenever.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pipeloom_config::{CheckOptions, Text, check};
use pipeloom_engine::{Handle, Options, start};
use pipeloom_faults::e2e::events::Outcome;
use pipeloom_faults::e2e::{Pid, build, pipeloom, send, until, villain, written};
use pipeloom_faults::{Case, Chain, Seen, Signal, fault};
use pipeloom_os::process::children;

const SOON: Duration = Duration::from_secs(20);

/// What befalls a run.
#[derive(Clone, Copy)]
enum Blow {
    Stop,
    Kill,
    To(&'static str),
    Warden,
}

impl Blow {
    const ALL: [Blow; 5] = [Blow::Stop, Blow::Kill, Blow::To("source"), Blow::To("sink"), Blow::Warden];

    fn strike(self, handle: &Handle) {
        match self {
            Blow::Stop => handle.stopper().stop(),
            Blow::Kill => handle.stopper().kill(),
            Blow::To(job) => send(process(handle, job), Signal::KILL),
            Blow::Warden => children(Pid::this()).into_iter().for_each(|warden| send(warden, Signal::KILL)),
        }
    }

    const fn outcome(self) -> Outcome {
        match self {
            Blow::Stop | Blow::Kill => Outcome::Interrupted,
            Blow::To(_) => Outcome::Failed,
            Blow::Warden => Outcome::Internal,
        }
    }
}

/// The process of a job, once it has one.
fn process(handle: &Handle, job: &str) -> Pid {
    let mut pid = None;
    until(&format!("that {job} runs"), SOON, || {
        pid = handle.view().jobs().into_iter().find(|view| view.name == job).and_then(|view| view.pid);
        pid.is_some()
    });
    pid.expect("it was waited for")
}

/// Runs a chain in this process until it is struck, and to its end.
fn run(case: &Case, chain: &Chain, dir: &Path, blow: Blow) {
    let text = Text { path: dir.join("network.toml"), text: chain.toml() };
    let options = CheckOptions {
        kinds: pipeloom_predefined::KINDS,
        codecs: pipeloom_predefined::CODECS,
        path_env: Some(villain().parent().expect("it is in a folder").into()),
        ..CheckOptions::default()
    };
    let network = check(text, &options).expect("the network is right");
    let options = Options { warden: (pipeloom(), Vec::new()), ..Options::in_folder(dir) };
    let handle = start(network, options).expect("the run starts");
    let source = process(&handle, "source");
    let bytes = chain.progress(case);
    until("that the source has written", SOON, || written(source) >= bytes);
    process(&handle, "sink");
    blow.strike(&handle);
    case.struck();
    let summary = handle.wait();
    case.recovered();
    assert_eq!(summary.outcome, blow.outcome(), "{summary:?}");
    let seen = Seen::read(dir, "sink", 0);
    assert!(seen.garbage.is_empty(), "{:?}", seen.garbage);
    assert!(seen.numbers().eq(0..seen.count()), "a block is missing, or there twice");
}

/// What the process has: descriptors, threads, children.
fn possessions() -> (Vec<PathBuf>, usize, Vec<Pid>) {
    let listing = fs::read_dir("/proc/self/fd").expect("there is a /proc");
    let paths: Vec<_> = listing.flatten().map(|entry| entry.path()).collect();
    // The listing's own is closed by now.
    let open = paths.into_iter().filter_map(|path| fs::read_link(path).ok()).collect();
    let threads = fs::read_dir("/proc/self/task").expect("there is a /proc").count();
    (open, threads, children(Pid::this()))
}

// The only test of this program: it looks at the descriptors, threads and children of the whole process.
#[test]
fn a01_strike_a_run_in_the_process_of_its_caller() {
    build("pipeloom-e2e");
    fault(1).seeds().each(|case| {
        let blow = case.pick(&Blow::ALL);
        let chain = Chain::random(case).source_keys("stop.grace_seconds = 1");
        let folder = || tempfile::tempdir().expect("a folder");
        // What a first run brings with it for good: the standard library's own descriptors, for one.
        run(case, &chain, folder().path(), blow);
        let before = possessions();
        run(case, &chain, folder().path(), blow);
        // The kernel lists a thread for a moment after it has been joined.
        until("that no thread is left", SOON, || possessions().1 <= before.1);
        let after = possessions();
        case.leaked(after.0.len().saturating_sub(before.0.len()));
        assert_eq!(after, before);
    });
}
