//! `pipeloom try` at a terminal: it asks for the next compute block.

use std::process::Child;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::command::with_network;
use crate::interactive::{ends, on_terminal};
use crate::terminal::{Screen, terminal};
use crate::trial::{JOBS, session};

fn start(args: &[&str]) -> (Screen, Child, TempDir) {
    let (screen, side) = terminal(100, 40);
    let call = with_network(JOBS, &[&["try", "network.toml"], args].concat()).with_own_temporary_files();
    let (child, home) = on_terminal(call, side);
    (screen, child, home)
}

#[test]
fn it_asks_input_by_input_and_shows_what_comes() {
    let (mut screen, child, _home) = start(&["join"]);
    screen.until(|shown| shown.ends_with("compute block 1\nleft (json):"));
    screen.types("1\n");
    screen.until(|shown| shown.ends_with("right (json, empty for none):"));
    screen.types("0x10 \"a\"\n");
    screen.until(|shown| shown.contains("  pairs -> 0x50(reset) [1,\"a\"]\ncompute block 2\nleft (json):"));
    screen.types("2\n\n");
    screen.until(|shown| shown.contains("  pairs -> 0x00 [2,\"a\"]\ncompute block 3\nleft (json):"));
    screen.types("\u{4}");
    let shown = ends(child, &mut screen, 0);
    assert!(shown.ends_with("join: ended"), "{shown}");
}

#[test]
fn a_wrong_value_is_explained_and_asked_for_again() {
    let (mut screen, child, _home) = start(&["five"]);
    screen.until(|shown| shown.ends_with("many (bytes, 2 bytes in hex, 1 of 5):"));
    screen.types("0g\n");
    screen.until(|shown| shown.contains("`g` is no hexadecimal digit"));
    screen.types("00\n");
    screen.until(|shown| shown.contains("a block of 1 bytes on a pipe with block_size 2\nmany (bytes"));
    for number in 1..=5 {
        screen.until(|shown| shown.ends_with(&format!("{number} of 5):")));
        screen.types(&format!("000{number}\n"));
    }
    screen.until(|shown| shown.contains("lists -> 0x40(reset) 00 01 00 02 00 03 00 04 00 05\ncompute block 2\nmany"));
    screen.types("0006\n\u{4}");
    ends(child, &mut screen, 0);
}

#[test]
fn the_finished_bit_ends_the_inputs() {
    let (mut screen, child, _home) = start(&["pass"]);
    screen.until(|shown| shown.ends_with("words (lines):"));
    screen.types("0x20 last\n");
    let shown = ends(child, &mut screen, 0);
    assert!(shown.contains("passed -> 0x60(reset,finished) last") && shown.ends_with("pass: ended"), "{shown}");
}

#[test]
fn ctrl_c_ends_it() {
    let (mut screen, child, home) = start(&["pass"]);
    screen.until(|shown| shown.ends_with("words (lines):"));
    kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGINT).unwrap();
    ends(child, &mut screen, 130);
    let left = std::fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(left.collect::<Vec<_>>(), ["network.toml"]);
}

#[test]
fn a_job_that_ends_by_itself_ends_the_questions() {
    let (mut screen, child, _home) = start(&["fails"]);
    screen.until(|shown| shown.ends_with("passed (lines):"));
    screen.types("this\n");
    let shown = ends(child, &mut screen, 1);
    assert!(shown.contains("fails | cannot use this") && shown.contains("job fails failed: exit status 3"), "{shown}");
}

#[test]
fn a_value_for_a_pipe_is_asked_for_too() {
    let (mut screen, child, _home) = start(&["--pipe", "left"]);
    screen.until(|shown| shown.ends_with("left (json):"));
    screen.types("{\n");
    screen.until(|shown| shown.contains("not JSON") && shown.ends_with("left (json):"));
    screen.types("[1]\n");
    screen.until(|shown| shown.contains("  wire     5b 31 5d + 0a  (payload + line break)"));
    screen.types("\u{4}");
    ends(child, &mut screen, 0);
}

#[test]
fn the_session_in_the_documentation_is_as_it_is_shown() {
    let (mut screen, side) = terminal(100, 40);
    let (call, expected) = session("calculate.txt");
    let (child, _home) = on_terminal(call, side);
    let typed = [("left (lines)", "7"), ("operator (lines, empty for none)", ""), ("right (lines)", "5")];
    let again = [("left (lines)", "7"), ("operator (lines, empty for none)", "0x10 -"), ("right (lines)", "5")];
    for (prompt, line) in typed.into_iter().chain(again) {
        screen.until(|shown| shown.ends_with(&format!("{prompt}:")));
        screen.types(&format!("{line}\n"));
    }
    screen.until(|shown| shown.ends_with("compute block 3\nleft (lines):"));
    screen.types("\u{4}");
    assert_eq!(ends(child, &mut screen, 0), expected.trim_end());
}
