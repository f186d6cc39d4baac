//! A program that runs a network itself: a call of its own fails, and it must have afterwards what it had before.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use pipeloom_config::{CheckOptions, Network, Text, check};
use pipeloom_engine::{Options, start};
use pipeloom_events::{Outcome, RunId};
use pipeloom_os::fifo::{self, FifoDir};
use pipeloom_os::process::{Pid, children, has_run};
use pipeloom_os::{Errno, faults as injected};

use crate::COUNTER;
use crate::sample::{Fault, Place, faults, once, say};
use crate::scene::Scene;

/// A run that takes longer hangs.
const DEADLINE: Duration = Duration::from_secs(60);

/// How long a job may take to see that it is to end.
const JOBS_END_WITHIN: Duration = Duration::from_secs(10);

/// When so many calls in a row have not been made, there are no more.
const ENOUGH: usize = 3;

#[test]
fn whatever_call_of_a_host_program_fails_it_keeps_nothing_of_the_run() {
    let _alone = COUNTER.write().unwrap_or_else(PoisonError::into_inner);
    let (mut tried, mut wrong) = (0, Vec::new());
    for how in once() {
        let mut missed = 0;
        for fault in faults(Place::Library, how) {
            let before = open_descriptors();
            let (fired, mut trouble) = run_with(fault);
            let leaked = open_since(&before);
            if !leaked.is_empty() {
                trouble.get_or_insert(format!("descriptors have leaked: {leaked:?}"));
            }
            if !children(Pid::this()).is_empty() {
                trouble.get_or_insert("a child is left".to_owned());
            }
            if let Some(trouble) = trouble {
                say(&format!("{fault}: {trouble}"));
                wrong.push(fault);
            }
            (missed, tried) = if fired { (0, tried + 1) } else { (missed + 1, tried) };
            if missed == ENOUGH {
                break;
            }
        }
    }
    say(&format!("Library: {tried} calls failed, and nothing was kept"));
    assert!(wrong.is_empty(), "{} runs went wrong: {wrong:?}", wrong.len());
}

/// What is open that was not before. A runtime that has failed itself does not wait for its jobs, which then end by themselves.
fn open_since(before: &[(PathBuf, PathBuf)]) -> Vec<(PathBuf, PathBuf)> {
    let deadline = Instant::now() + JOBS_END_WITHIN;
    loop {
        let open: Vec<_> = open_descriptors().into_iter().filter(|fd| !before.contains(fd)).collect();
        if open.is_empty() || Instant::now() >= deadline {
            return open;
        }
        thread::park_timeout(Duration::from_millis(2));
    }
}

/// What this process has open, each with what it is.
fn open_descriptors() -> Vec<(PathBuf, PathBuf)> {
    let entries = fs::read_dir("/proc/self/fd").unwrap().flatten();
    // The folder itself is open while it is read.
    let open = entries.filter_map(|entry| Some((entry.path(), fs::read_link(entry.path()).ok()?)));
    open.filter(|(_, what)| !what.ends_with("fd")).collect()
}

/// Whether the fault came to pass, and what was wrong.
fn run_with(fault: Fault) -> (bool, Option<String>) {
    let scene = Scene::new();
    let network = network(&scene.path("network.toml"));
    let warden = (PathBuf::from(env!("CARGO_BIN_EXE_pipeloom")), Vec::new());
    let options = Options { run: RunId::now(), run_dir: scene.path("run"), warden, ..Options::default() };
    let run = options.run;
    let (done, end) = mpsc::channel();
    let thread = thread::spawn(move || {
        injected::fail_at(fault.n, fault.errno);
        let ended = start(network, options).map(|handle| handle.wait().outcome).map_err(|error| error.to_string());
        let fired = injected::fired();
        injected::clear();
        done.send((fired, ended)).unwrap();
    });
    let Ok((fired, ended)) = end.recv_timeout(DEADLINE) else {
        // A thread that hangs cannot be ended, and what it holds would be counted for the next one.
        panic!("{fault}: it did not end within {DEADLINE:?}");
    };
    thread.join().unwrap();
    let wrong = match ended {
        Ok(Outcome::Finished) => scene.wrong_results(),
        Ok(_) => None,
        Err(error) if names(&error, fault.errno) => None,
        Err(error) => Some(format!("it does not say what failed ({:?}): {error}", fault.errno)),
    };
    (fired, wrong.or_else(|| left(run)))
}

fn network(file: &Path) -> Network {
    let path_env = std::env::var_os("PATH");
    let options = CheckOptions { kinds: pipeloom_predefined::KINDS, path_env, ..CheckOptions::default() };
    check(Text::load(file).unwrap(), &options).unwrap()
}

fn names(error: &str, errno: Errno) -> bool {
    error.contains(&format!("{errno:?}")) || error.contains(&format!("os error {}", errno as i32))
}

/// What is left of a run.
fn left(run: RunId) -> Option<String> {
    let run = run.to_string();
    if let Some(pid) = has_run(&run).first() {
        return Some(format!("process {pid} is left"));
    }
    let is_of_it = |path: &PathBuf| fifo::tag(path).is_some_and(|tag| run.ends_with(tag));
    let dir = fifo::abandoned(&FifoDir::default_base()).unwrap().into_iter().find(is_of_it);
    dir.map(|dir| format!("{} is left", dir.display()))
}
