//! Signals, time limits, and the codes that tell them apart.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr};
use std::thread;

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::command::with_network;

/// A job that says when it runs, and then waits for ever.
const WAITS: &str = "[jobs.wait]\nexec = [\"sh\", \"-c\", \"echo here; exec sleep 1000\"]\n";

/// The same, but deaf to TERM, and with much patience around it.
const DEAF: &str = r#"
[jobs.wait]
exec = ["sh", "-c", "trap '' TERM; echo here; while :; do sleep 1000; done"]
stop = { grace_seconds = 600 }
"#;

fn send(child: &Child, signal: Signal) {
    kill(Pid::from_raw(child.id().try_into().unwrap()), signal).unwrap();
}

/// Reads up to and with the line that has `text`, which it returns.
fn read_until(lines: &mut BufReader<ChildStderr>, text: &str) -> String {
    let mut line = String::new();
    while !line.contains(text) {
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0, "ended before {text:?}");
    }
    line
}

#[test]
fn one_signal_stops_the_run() {
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let (mut child, _home) = with_network(WAITS, &["run", "-v"]).start();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        read_until(&mut said, "wait | here");
        send(&child, signal);
        read_until(&mut said, "stopping; Ctrl-C again kills");
        read_until(&mut said, "interrupted after");
        assert_eq!(child.wait().unwrap().code(), Some(130), "{signal}");
    }
}

#[test]
fn a_second_one_kills() {
    let (mut child, _home) = with_network(DEAF, &["run", "-v"]).start();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    read_until(&mut said, "wait | here");
    send(&child, Signal::SIGINT);
    read_until(&mut said, "stopping; Ctrl-C again kills");
    send(&child, Signal::SIGINT);
    read_until(&mut said, "killing all jobs");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn nobody_needs_to_listen_for_a_run_to_end_well() {
    let (mut child, _home) = with_network(WAITS, &["run", "-v"]).start();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    read_until(&mut said, "wait | here");
    drop(said);
    send(&child, Signal::SIGHUP);
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn a_time_limit_has_a_code_of_its_own() {
    let (mut child, _home) = with_network(WAITS, &["run", "--time-limit", "100ms"]).start();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(124));
    assert!(said.contains("stopping: the time limit is reached"), "{said}");
    assert!(said.contains("stopped at the time limit after"), "{said}");
}

#[test]
fn what_is_tried_halts_with_its_program() {
    let network = "[jobs.wait]\nexec = [\"sh\", \"-c\", \"echo here as $$; exec sleep 1000\"]\n";
    let (mut child, _home) = with_network(network, &["try", "network.toml", "wait"]).in_own_group().start();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let here = read_until(&mut said, "here as ");
    let pid = here.trim().rsplit(' ').next().unwrap();
    let own = Pid::from_raw(child.id().try_into().unwrap());
    send(&child, Signal::SIGTSTP);
    let halted = waitpid(own, Some(WaitPidFlag::WUNTRACED)).unwrap();
    assert_eq!(halted, WaitStatus::Stopped(own, Signal::SIGTSTP));
    let state = || fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    // The signal was sent before; when it arrives is the kernel's business.
    while !state().contains("State:\tT") {
        thread::yield_now();
    }
    send(&child, Signal::SIGCONT);
    send(&child, Signal::SIGINT);
    assert_eq!(child.wait().unwrap().code(), Some(130));
}
