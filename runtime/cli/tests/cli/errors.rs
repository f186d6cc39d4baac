//! What is wrong before anything starts: always said, always 2.

use std::fs::File;

use crate::assert_seen;
use crate::command::{pipeloom, with_network};

const ONE_JOB: &str = "[jobs.one]\nexec = [\"true\"]\n";

#[test]
fn wrong_flags_files_and_values_are_explained() {
    let folder = pipeloom(&["run", "."]).file("network.toml", ONE_JOB);
    assert_seen!("error_folder", folder.done().exits(2).seen());
    assert_seen!("error_missing_file", pipeloom(&["run", "absent.toml"]).done().exits(2).seen());
    assert_seen!("error_no_network_here", pipeloom(&["check"]).done().exits(2).seen());
    assert_seen!("error_wrong_flag", pipeloom(&["run", "--verbos"]).done().exits(2).seen());
    assert_seen!("error_wrong_time", pipeloom(&["run", "--time-limit", "5 parsecs"]).done().exits(2).seen());
    assert_seen!("error_wrong_pair", pipeloom(&["run", "--param", "rate"]).done().exits(2).seen());
    assert_seen!("error_loud_and_quiet", pipeloom(&["run", "-q", "-v"]).done().exits(2).seen());
    let unknown = with_network(ONE_JOB, &["run", "--param", "rate=5"]);
    assert_seen!("error_unknown_param", unknown.done().exits(2).seen());
}

#[test]
fn a_run_directory_with_something_in_it_is_left_alone() {
    let call = with_network(ONE_JOB, &["run", "--run-dir", "."]);
    let done = call.done().exits(2);
    assert!(done.stderr.contains("is not empty"), "{}", done.stderr);
    assert!(!done.home().join("events.jsonl").exists());
}

#[test]
fn without_a_home_there_is_no_place_for_the_run() {
    let call = with_network(ONE_JOB, &["run"]).without_env("XDG_STATE_HOME").without_env("HOME");
    assert_seen!("error_no_home", call.done().exits(2).seen());
    // A relative path in either is no place: where it leads depends on where one stands.
    with_network(ONE_JOB, &["run"]).env("XDG_STATE_HOME", "state").without_env("HOME").done().exits(2);
}

#[test]
fn no_colours_where_there_is_no_terminal_unless_they_are_asked_for() {
    let colours = |call: crate::command::Call| call.done().exits(2).stderr.contains('\u{1b}');
    assert!(!colours(pipeloom(&["check"])));
    assert!(colours(pipeloom(&["check", "--color", "always"])));
    assert!(!colours(pipeloom(&["check", "--color", "never"]).env("CLICOLOR_FORCE", "1")));
}

#[test]
fn a_full_disk_under_standard_output_is_an_error() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let done = pipeloom(&["jobs"]).stdout(full).done().exits(2);
    assert!(done.stderr.starts_with("error: standard output:"), "{}", done.stderr);
}
