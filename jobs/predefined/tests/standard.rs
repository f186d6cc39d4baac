//! The path `-`: standard input and standard output, in processes of their own.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs::File;
use std::io::Write;
use std::process::{Command, Stdio};

use pipeloom_job::Codec;
use pipeloom_job::testing::JobTest;
use pipeloom_predefined::{lines_sink, lines_source};
use serde_json::json;

/// This test program again, to run only the test `name` with the standard streams that a test gives it.
fn child(name: &str) -> Command {
    #[expect(clippy::disallowed_methods, reason = "nothing is left over: the process ends when its input does")]
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", name, "--ignored", "--nocapture", "--quiet"]);
    command
}

#[test]
#[ignore = "run by the other tests"]
fn copies_lines() {
    let source = JobTest::of_kind(&lines_source::KIND, json!({"path": "-"})).unwrap();
    let read = source.writes("lines", Codec::Lines).run();
    let mark = if read.is_finished() { "finished" } else { "unfinished" };
    let lines = read.texts(0).into_iter().chain([mark]);
    let written = JobTest::of_kind(&lines_sink::KIND, json!({})).unwrap().reads("lines", Codec::Lines, lines).run();
    assert!(written.error.is_none());
}

#[test]
fn a_file_on_standard_input_ends_finished() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("in");
    std::fs::write(&path, "one\ntwo\n").unwrap();
    let output = child("copies_lines").stdin(File::open(path).unwrap()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && text.contains("one\ntwo\nfinished\n"), "{text}");
}

#[test]
fn a_pipe_on_standard_input_is_read_to_its_end() {
    let mut child = child("copies_lines").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"one\ntw").unwrap();
    stdin.write_all(b"o\nthree").unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    // Without a line break, the last line is only known to be one by the end of the input.
    assert!(output.status.success() && text.contains("one\ntwo\nthree\nfinished\n"), "{text}");
}
