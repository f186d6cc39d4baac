//! Help and version.

use crate::assert_seen;
use crate::command::pipeloom;

#[test]
fn each_command_explains_itself() {
    assert_seen!("help", pipeloom(&["--help"]).done().exits(0).says_nothing_on_stderr().stdout);
    for command in
        ["run", "send", "sweep", "try", "check", "graph", "jobs", "codecs", "import", "new", "schema", "completions"]
    {
        let done = pipeloom(&[command, "--help"]).done().exits(0).says_nothing_on_stderr();
        assert_seen!(format!("help_{command}"), done.stdout);
    }
    assert_seen!("help_new_job", pipeloom(&["new", "job", "--help"]).done().exits(0).stdout);
}

#[test]
fn the_version_is_the_packages() {
    let done = pipeloom(&["--version"]).done().exits(0);
    assert_eq!(done.stdout, format!("pipeloom {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn without_a_command_the_help_is_shown_and_nothing_else_happens() {
    let done = pipeloom(&[]).done().exits(2);
    assert!(done.stderr.contains("Usage: pipeloom"), "{}", done.stderr);
}
