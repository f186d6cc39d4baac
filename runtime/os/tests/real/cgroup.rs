//! Programs in a control group of their run's own. Where this user may not have one, the tests say that they are skipped.

use std::{fs, io::Write as _, path::PathBuf};

use pipeloom_os::{
    cgroup::{self, Cgroup},
    process::{Exit, Pid},
    warden::Spawn,
};

use crate::common::{Driven, is_alive, program, read_line, sh};

/// A group, or a word that there is none. Not by `eprintln`, whose output nobody sees of a test that passes.
fn group(test: &str) -> Option<Cgroup> {
    let made = Cgroup::create("test");
    if let Err(error) = &made {
        std::io::stderr().write_all(format!("skipped: {test}: {error}\n").as_bytes()).unwrap();
    }
    made.ok()
}

/// The group that a process is in.
fn group_of(pid: Pid) -> PathBuf {
    let groups = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap();
    groups.lines().find_map(|line| line.strip_prefix("0::")).unwrap().into()
}

/// A warden that starts programs into this group.
fn warden_in(group: &Cgroup) -> Driven {
    let mut warden = Driven::start();
    warden.warden.use_cgroup(group).unwrap();
    warden
}

#[test]
fn all_that_a_job_starts_is_in_the_group_from_its_first_moment() {
    let Some(group) = group("all_that_a_job_starts_is_in_the_group_from_its_first_moment") else { return };
    let mut warden = warden_in(&group);
    let tell = "grep ^0:: /proc/self/cgroup; echo $$";
    let script = format!("{tell}; setsid sh -c '{tell}; exec sleep 77' & wait");
    let (_, mut output) = warden.spawn_with_output(sh(&script));
    let mut told = || {
        assert_eq!(PathBuf::from(read_line(&mut output)).file_name(), group.path().file_name());
        Pid::from_raw(read_line(&mut output).parse().unwrap()).unwrap()
    };
    let (shell, escaped) = (told(), told());
    assert!(!cgroup::remove_abandoned(group.path()).unwrap(), "it is not abandoned");
    assert_eq!(group_of(warden.warden.pid()), group_of(Pid::this()), "the warden must outlive it");

    drop(warden);
    assert!(!is_alive(shell) && !is_alive(escaped));
    assert!(!group.path().exists());
}

#[test]
fn those_who_start_processes_without_an_end_are_killed_at_once() {
    let Some(group) = group("those_who_start_processes_without_an_end_are_killed_at_once") else { return };
    let mut warden = warden_in(&group);
    // Each starts the next one in a session of its own, and ends.
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("hop"), "setsid sh hop &\n").unwrap();
    let hop = Spawn { cwd: Some(dir.path().into()), ..sh("sh hop; echo ready; exec sleep 77") };
    let (_, mut output) = warden.spawn_with_output(hop);
    assert_eq!(read_line(&mut output), "ready");
    drop(warden);
    assert!(!group.path().exists(), "a group with a process in it cannot be removed");
}

#[test]
fn a_program_that_cannot_be_started_is_told_of_as_without_a_group() {
    let Some(group) = group("a_program_that_cannot_be_started_is_told_of_as_without_a_group") else { return };
    let mut warden = warden_in(&group);
    let token = warden.spawn(program("/nowhere/at/all", &[]));
    assert_eq!(warden.failure(token).to_string(), "/nowhere/at/all does not exist");
}

#[test]
fn without_its_group_a_program_is_started_all_the_same() {
    let Some(group) = group("without_its_group_a_program_is_started_all_the_same") else { return };
    let mut warden = warden_in(&group);
    fs::remove_dir(group.path()).unwrap();
    let token = warden.spawn(sh("exit 7"));
    assert_eq!(warden.exit(token), Exit::Code(7));
}
