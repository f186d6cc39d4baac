//! The runtime is killed: nothing may be left.

use std::{fs, path::Path, time::Duration};

use pipeloom_os::{
    process::{Exit, Pid, Signal},
    warden::{Reach, Spawn},
};

use crate::common::{Driven, fds, host_program, hosts, is_alive, output, program, read_all, read_line, sh, until};

/// What FAULTS allows a killed runtime's programs to live on.
const SOON: Duration = Duration::from_secs(1);

/// Runs `script`, which says the pids of all that it starts in lines and then "ready", under a host; kills the host
/// hard; everything must be gone soon, and the FIFOs with it.
#[track_caller]
fn all_die_with_the_host(script: &str) {
    let base = tempfile::tempdir().unwrap();
    let script = format!("mkfifo \"$1/a\"; echo $$; {script}");
    for host in hosts(&[&script, base.path().to_str().unwrap()]) {
        all_die_with(host, base.path());
    }
}

#[track_caller]
fn all_die_with(host: Spawn, base: &Path) {
    let mut warden = Driven::start();
    let (token, mut output) = warden.spawn_with_output(host);
    let mut pids = Vec::new();
    loop {
        match read_line(&mut output).as_str() {
            "ready" => break,
            pid => pids.push(Pid::from_raw(pid.parse().unwrap()).unwrap()),
        }
    }
    assert_eq!(fs::read_dir(base).unwrap().count(), 1);
    assert!(pids.iter().all(|pid| is_alive(*pid)));

    warden.pid(token);
    warden.spawned[&token].signal(Signal::KILL).unwrap();
    until("the orphans' ends", SOON, || pids.iter().all(|pid| !is_alive(*pid)));
    until("the FIFOs' end", SOON, || fs::read_dir(base).unwrap().count() == 0);
    assert_eq!(read_all(&mut output), "", "somebody still has the pipe");
}

#[test]
fn a_shell_with_a_child() {
    all_die_with_the_host("sh -c 'echo $$; echo ready; sleep 77; true'");
}

#[test]
fn a_double_fork_with_a_session_of_its_own() {
    all_die_with_the_host("(setsid sh -c 'echo $$; echo ready; exec sleep 77' &); sleep 78");
}

#[test]
fn those_that_ignore_every_signal_they_can() {
    all_die_with_the_host("trap '' TERM HUP INT QUIT PIPE; sh -c 'echo $$; echo ready; sleep 77; sleep 77'; sleep 77");
}

#[test]
fn those_that_are_halted() {
    all_die_with_the_host("sh -c 'echo $$; echo ready; kill -STOP $$'; sleep 77");
}

#[test]
fn those_that_keep_forking() {
    all_die_with_the_host("sh -c 'echo $$; echo ready; while :; do (setsid sh -c \"sleep 0.01; sleep 77\" &); done'");
}

#[test]
fn those_that_have_a_warden_of_their_own() {
    let inner =
        format!("{} 'echo $$; setsid sh -c \"echo \\$\\$; echo ready; sleep 77; true\"'", host_program().display());
    all_die_with_the_host(&format!("{inner}; sleep 78"));
}

#[test]
fn a_host_that_is_asked_to_end_passes_that_on() {
    let host = host_program();
    let spawn =
        program(host.to_str().unwrap(), &["trap 'echo asked; exit 7' TERM; echo ready; while :; do sleep 0.01; done"]);
    let mut warden = Driven::start();
    let (token, mut output) = warden.spawn_with_output(spawn);
    assert_eq!(read_line(&mut output), "ready");
    warden.warden.signal(token, Signal::TERM, Reach::Process).unwrap();
    assert_eq!(read_line(&mut output), "asked");
    assert_eq!(warden.exit(token), Exit::Code(7));
}

#[test]
fn a_host_that_ignores_its_children() {
    let host = host_program();
    let spawn = sh(&format!("trap '' CHLD; exec {} 'exit 3'", host.display()));
    let mut warden = Driven::start();
    let token = warden.spawn(spawn);
    assert_eq!(warden.exit(token), Exit::Code(3));
}

#[test]
fn a_host_that_may_open_next_to_nothing_ends_cleanly() {
    let host = host_program();
    let mut warden = Driven::start();
    let mut well = 0;
    for limit in 3..24 {
        let base = tempfile::tempdir().unwrap();
        let script = format!("ulimit -n {limit}; exec {} 'echo well' {} 2>&1", host.display(), base.path().display());
        let (token, mut output) = warden.spawn_with_output(sh(&script));
        let said = read_all(&mut output);
        warden.exit(token);
        assert_eq!(fs::read_dir(base.path()).unwrap().count(), 0, "with {limit}: {said}");
        well += usize::from(said == "well\n");
        warden.warden.leftovers(token).unwrap();
        assert_eq!(warden.leftovers(token, 0), [], "with {limit}: {said}");
    }
    assert!((1..20).contains(&well), "{well} went well");
}

#[test]
fn a_warden_started_by_hand_says_what_it_is() {
    let (reader, writer) = output();
    let mut reader = reader;
    let mut warden = Driven::start();
    let host = host_program();
    let token = warden.spawn(fds(vec![(writer, 2)], program(host.to_str().unwrap(), &["__warden"])));
    assert_eq!(warden.exit(token), Exit::Code(2));
    assert!(read_all(&mut reader).contains("is for pipeloom itself"));
}
