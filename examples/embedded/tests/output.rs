//! The example does what its page says.

use std::fs;
use std::process::Command;

#[test]
#[expect(clippy::disallowed_methods, reason = "it is the program that is tested")]
fn what_is_printed_is_expected() {
    let state = tempfile::tempdir().expect("a folder");
    let run = Command::new(env!("CARGO_BIN_EXE_embedded")).env("XDG_STATE_HOME", state.path()).output();
    let run = run.expect("the example starts");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let expected = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/expected/stdout.txt"));
    assert_eq!(String::from_utf8_lossy(&run.stdout), expected.expect("a file"));
    let runs = fs::read_dir(state.path().join("pipeloom/runs")).expect("the runs' folder");
    let left: Vec<_> = runs.map(|run| run.expect("a run").path().join("network.toml").is_file()).collect();
    assert_eq!(left, [true], "the run leaves its record");
}
