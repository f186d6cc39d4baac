//! The command, in whose runtime or warden a call fails.

use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;

use pipeloom_os::Errno;
use pipeloom_os::faults::{RUNTIME_VARIABLE, TOLD_VARIABLE, VARIABLE};

use crate::sample::{ERRORS, Fault, Place, faults, say};
use crate::scene::Scene;
use crate::turn;

/// A run that takes longer hangs. It takes a tenth of a second, and what a fault adds is the time that jobs have to stop.
const DEADLINE: Duration = Duration::from_secs(60);

/// So many runs at a time: they wait more than they compute.
const AT_ONCE: usize = 4;

/// When so many calls in a row have not been made, there are no more. (How many are made differs from run to run.)
const ENOUGH: usize = 3;

/// What came of one fault.
enum Came {
    /// The run makes fewer calls.
    NotTried,
    /// All is as it should be.
    Well,
    Wrong(String),
}

#[test]
fn whatever_call_of_the_runtime_fails_the_run_ends_and_leaves_nothing() {
    whatever_fails(Place::Runtime);
}

#[test]
fn whatever_call_of_the_warden_fails_the_run_ends_and_leaves_nothing() {
    whatever_fails(Place::Warden);
}

fn whatever_fails(place: Place) {
    let _turn = turn();
    let errors = Mutex::new(ERRORS.to_vec());
    let (tried, wrong) = (Mutex::new(0), Mutex::new(Vec::new()));
    let next = || errors.lock().unwrap().pop();
    let work = || {
        while let Some(errno) = next() {
            let mut missed = 0;
            for fault in faults(place, errno) {
                missed += 1;
                match came_of(fault) {
                    Came::NotTried if missed == ENOUGH => break,
                    Came::NotTried => continue,
                    Came::Well => *tried.lock().unwrap() += 1,
                    Came::Wrong(what) => {
                        // At once, as it may take long until all have been tried.
                        say(&format!("{fault}: {what}"));
                        wrong.lock().unwrap().push(fault);
                    }
                }
                missed = 0;
            }
        }
    };
    thread::scope(|threads| (0..AT_ONCE).for_each(|_| drop(threads.spawn(work))));
    let (tried, wrong) = (tried.into_inner().unwrap(), wrong.into_inner().unwrap());
    say(&format!("{place:?}: {tried} calls failed, and their runs ended well"));
    assert!(wrong.is_empty(), "{} runs went wrong: {wrong:?}", wrong.len());
}

#[expect(clippy::disallowed_methods, reason = "the command under test is started as a shell starts it")]
fn came_of(fault: Fault) -> Came {
    let scene = Scene::new();
    let told = scene.path("told");
    let variable = if fault.place == Place::Warden { VARIABLE } else { RUNTIME_VARIABLE };
    let mut command = Command::new(env!("CARGO_BIN_EXE_pipeloom"));
    command.args(["run", "--quiet", "--run-dir", "run", "network.toml"]).current_dir(scene.dir());
    command.env("XDG_RUNTIME_DIR", scene.path("runtime")).env("XDG_STATE_HOME", scene.path("state"));
    command.env(variable, format!("{}:{:?}", fault.n, fault.errno)).env(TOLD_VARIABLE, &told);
    command.env_remove("RUST_LOG").env_remove("RUST_BACKTRACE");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stderr = child.stderr.take().unwrap();
    let (done, end) = mpsc::channel();
    thread::spawn(move || {
        let mut said = String::new();
        let _ = stderr.read_to_string(&mut said);
        // Nobody listens any more after the deadline.
        let _ = done.send((child.wait().unwrap().code(), said));
    });
    let ended = end.recv_timeout(DEADLINE);
    let failed_at = fs::read_to_string(&told).ok();
    let left = scene.left();
    let Some(failed_at) = failed_at else { return Came::NotTried };
    let wrong = match ended {
        Err(_) => Some(format!("it did not end within {DEADLINE:?}")),
        Ok((code, said)) => {
            wrong_end(&scene, fault.errno, code, &said).map(|wrong| format!("{wrong}\n{said}")).or(left)
        }
    };
    wrong.map_or(Came::Well, |wrong| Came::Wrong(format!("{failed_at}: {wrong}")))
}

/// What is wrong with how the command ended.
fn wrong_end(scene: &Scene, errno: Errno, code: Option<i32>, said: &str) -> Option<String> {
    let names_it = said.contains(&format!("{errno:?}")) || said.contains(&format!("os error {}", errno as i32));
    match code {
        _ if said.contains("panicked") => Some("it panicked".to_owned()),
        Some(0) => scene.wrong_results(),
        Some(1 | 2 | 70) if names_it => None,
        Some(1 | 2 | 70) => Some(format!("it does not say what failed ({errno:?})")),
        code => Some(format!("the exit code is {code:?}")),
    }
}
