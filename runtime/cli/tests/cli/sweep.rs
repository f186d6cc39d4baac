//! `pipeloom sweep`, as far as it goes without runs that have crashed: those are in tests/e2e.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use crate::command::pipeloom;

/// The record of a run without an end.
const RECORD: &str = r#"{"v":1,"time":"2026-01-02T03:04:05Z","run":"019b0000-0000-7000-8000-000000000001","event":"run-started","network":"n","dir":"d","jobs":["a"]}
"#;

#[test]
fn a_folder_that_is_no_runs_is_refused() {
    let done = pipeloom(&["sweep", "here"]).folder("here").done().exits(2);
    assert_eq!(done.stderr, "error: there is no run in here\n");
}

#[test]
fn a_dry_run_finds_the_runs_of_this_user_and_changes_nothing() {
    let call = pipeloom(&["sweep", "--dry-run"]);
    let dir = call.path("state").join("pipeloom/runs/019b0000-0000-7000-8000-000000000001");
    fs::create_dir_all(&dir).unwrap();
    fs::set_permissions(&dir, Permissions::from_mode(0o700)).unwrap();
    fs::write(dir.join("events.jsonl"), RECORD).unwrap();
    let done = call.done().exits(0);
    // What else this user has on this machine is found too.
    let found = done.stdout.lines().find(|line| line.contains("019b0000-0000-7000-8000-000000000001")).unwrap();
    let wanted = format!("would mark run 019b0000-0000-7000-8000-000000000001 as interrupted, in {}", dir.display());
    assert_eq!(found, wanted);
    assert_eq!(fs::read_to_string(dir.join("events.jsonl")).unwrap(), RECORD);
}
