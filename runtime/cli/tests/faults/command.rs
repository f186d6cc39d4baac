//! The command, in whose runtime or warden a call fails.

use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use pipeloom_os::Errno;
use pipeloom_os::faults::{RUNTIME_VARIABLE, TOLD_VARIABLE, VARIABLE};

use crate::COUNTER;
use crate::sample::{Fault, How, Place, faults, for_good, once, say};
use crate::scene::Scene;

/// A run that takes longer hangs. It takes a tenth of a second, and what a fault adds is the time that jobs have to stop.
const DEADLINE: Duration = Duration::from_secs(60);

/// So many runs at a time: they wait more than they compute.
const AT_ONCE: usize = 3;

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
    whatever_fails(Place::Runtime, once());
}

#[test]
fn whatever_call_of_the_runtime_fails_for_good_the_run_ends_and_leaves_nothing() {
    whatever_fails(Place::Runtime, for_good());
}

#[test]
fn whatever_call_of_the_warden_fails_the_run_ends_and_leaves_nothing() {
    whatever_fails(Place::Warden, once());
}

#[test]
fn whatever_call_of_the_warden_fails_for_good_the_run_ends_and_leaves_nothing() {
    whatever_fails(Place::Warden, for_good());
}

#[test]
fn a_job_for_which_there_is_never_a_process_fails_by_name() {
    // Fault 68. It is tried again a few times before that.
    let _others_may = COUNTER.read().unwrap_or_else(PoisonError::into_inner);
    for call in ["posix_spawn", "fork and exec"] {
        let scene = Scene::new();
        match run(&scene, VARIABLE, &format!("{call}:EAGAIN")) {
            None => panic!("{call}: it did not end within {DEADLINE:?}"),
            // Programs are started in one of the two ways, which depends on the machine.
            Some((0, _)) => assert!(!scene.path("told").exists()),
            Some((code, said)) => {
                let wanted = "no more processes can be started (EAGAIN)";
                assert!(code == 1 && said.contains(wanted), "{call}: {code}\n{said}");
            }
        }
        assert_eq!(scene.left(), None);
    }
}

fn whatever_fails(place: Place, hows: Vec<How>) {
    let _others_may = COUNTER.read().unwrap_or_else(PoisonError::into_inner);
    let hows = Mutex::new(hows);
    let (tried, wrong) = (Mutex::new(0), Mutex::new(Vec::new()));
    let next = || hows.lock().unwrap().pop();
    let work = || {
        while let Some(how) = next() {
            let mut missed = 0;
            for fault in faults(place, how) {
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

fn came_of(fault: Fault) -> Came {
    let scene = Scene::new();
    let variable = if fault.place == Place::Warden { VARIABLE } else { RUNTIME_VARIABLE };
    let ended = run(&scene, variable, &fault.value());
    let failed_at = fs::read_to_string(scene.path("told")).ok();
    if fault.stays {
        scene.sweep();
    }
    let left = scene.left();
    let Some(failed_at) = failed_at else { return Came::NotTried };
    let wrong = match ended {
        None => Some(format!("it did not end within {DEADLINE:?}")),
        Some((code, said)) => {
            wrong_end(&scene, fault.errno, code, &said).map(|wrong| format!("{wrong}\n{said}")).or(left)
        }
    };
    wrong.map_or(Came::Well, |wrong| Came::Wrong(format!("{failed_at}: {wrong}")))
}

/// Runs the network with a variable in the environment: the exit code, and what is said; none if it does not end in time.
#[expect(clippy::disallowed_methods, reason = "the command under test is started as a shell starts it")]
fn run(scene: &Scene, variable: &str, value: &str) -> Option<(i32, String)> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pipeloom"));
    command.args(["run", "--quiet", "--run-dir", "run", "network.toml"]).current_dir(scene.dir());
    command.env("XDG_RUNTIME_DIR", scene.path("runtime")).env("XDG_STATE_HOME", scene.path("state"));
    command.env(variable, value).env(TOLD_VARIABLE, scene.path("told"));
    command.env_remove("RUST_LOG").env_remove("RUST_BACKTRACE");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stderr = child.stderr.take().unwrap();
    let (done, end) = mpsc::channel();
    thread::spawn(move || {
        let mut said = String::new();
        let _ = stderr.read_to_string(&mut said);
        // Nobody listens any more after the deadline.
        let status = child.wait().unwrap();
        // A signal that ended it is a code that no command has.
        let _ = done.send((status.code().unwrap_or(-1), said));
    });
    end.recv_timeout(DEADLINE).ok()
}

/// What is wrong with how the command ended.
fn wrong_end(scene: &Scene, errno: Errno, code: i32, said: &str) -> Option<String> {
    let names_it = said.contains(&format!("{errno:?}")) || said.contains(&format!("os error {}", errno as i32));
    match code {
        _ if said.contains("panicked") => Some("it panicked".to_owned()),
        0 => scene.wrong_results(),
        1 | 2 | 70 if names_it => None,
        1 | 2 | 70 => Some(format!("it does not say what failed ({errno:?})")),
        code => Some(format!("the exit code is {code}")),
    }
}
