//! The job `interactive` at a terminal.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::process::{Child, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::command::{Call, pipeloom, with_network};
use crate::terminal::{Screen, terminal};

/// Shows, in brackets, what is said to it.
const ASKS: &str = r#"
[jobs.ask]
use = "interactive"
args = { prompt = "operator? " }
outputs = ["words"]
[jobs.up]
exec = ["sed", "-u", "s/.*/<&>/"]
pass = "stdio"
inputs = ["words"]
outputs = ["loud"]
[jobs.show]
use = "lines-sink"
inputs = ["loud"]
[pipes.words]
codec = "lines"
[pipes.loud]
codec = "lines"
"#;

pub(crate) fn on_terminal(call: Call, side: OwnedFd) -> (Child, TempDir) {
    call.stdin(side.try_clone().unwrap()).stdout(side.try_clone().unwrap()).stderr(side).start()
}

fn start(network: &str, args: &[&str]) -> (Screen, Child, TempDir) {
    let (screen, side) = terminal(100, 30);
    let (child, home) = on_terminal(with_network(network, args), side);
    (screen, child, home)
}

#[track_caller]
pub(crate) fn ends(mut child: Child, screen: &mut Screen, code: i32) -> String {
    let shown = screen.at_end();
    assert_eq!(child.wait().unwrap().code(), Some(code), "{shown}");
    shown
}

#[test]
fn what_is_typed_goes_out_line_by_line_and_an_empty_line_ends_it() {
    let (mut screen, child, _home) = start(ASKS, &["run", "--quiet"]);
    screen.until(|shown| shown == "operator?");
    screen.types("plus\n");
    screen.until(|shown| shown.contains("operator? plus\n") && shown.contains("<plus>"));
    screen.until(|shown| shown.matches("operator?").count() == 2);
    screen.types("minus\nand");
    screen.until(|shown| shown.contains("<minus>"));
    screen.types(" more\n\n");
    let shown = ends(child, &mut screen, 0);
    assert!(shown.contains("<and more>") && !shown.contains("<>"), "{shown}");
}

#[test]
fn the_end_of_the_input_ends_it_too() {
    let (mut screen, child, _home) = start(ASKS, &["run"]);
    screen.until(|shown| shown.contains("operator?"));
    screen.types("x\n");
    screen.until(|shown| shown.contains("<x>"));
    screen.types("\u{4}");
    let shown = ends(child, &mut screen, 0);
    assert!(shown.contains("ask: ended\n") && shown.contains("finished in "), "{shown}");
}

#[test]
fn lines_come_from_the_terminal_and_from_a_second_one() {
    let (mut screen, child, home) = start(ASKS, &["run", "--run-dir", "run"]);
    screen.until(|shown| shown.contains("operator?"));
    screen.types("typed\n");
    screen.until(|shown| shown.contains("<typed>"));

    let (mut second, side) = terminal(80, 10);
    let dir = home.path().join("run");
    let (sending, _home) = on_terminal(pipeloom(&["send", dir.to_str().unwrap(), "ask"]), side);
    second.types("from afar\n");
    screen.until(|shown| shown.contains("<from afar>"));
    screen.types("typed again\n");
    screen.until(|shown| shown.contains("<typed again>"));
    second.types("\u{4}");
    ends(sending, &mut second, 0);

    pipeloom(&["send", dir.to_str().unwrap(), "ask", ""]).done().exits(0);
    ends(child, &mut screen, 0);
}

#[test]
fn a_signal_ends_it_while_it_waits() {
    let (mut screen, child, _home) = start(ASKS, &["run"]);
    screen.until(|shown| shown.contains("operator?"));
    screen.types("half a li");
    screen.until(|shown| shown.contains("half a li"));
    kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGINT).unwrap();
    let shown = ends(child, &mut screen, 130);
    assert!(shown.contains("ask: stopped"), "{shown}");
}

#[test]
fn nothing_is_drawn_where_somebody_types() {
    let (mut screen, child, _home) = start(ASKS, &["run"]);
    screen.until(|shown| shown.contains("up: started, process ") && shown.contains("operator?"));
    screen.types("\n");
    ends(child, &mut screen, 0);
}

#[test]
fn a_job_that_leaves_the_terminal_alone_only_takes_what_is_sent() {
    let network =
        ASKS.replace("args = {", "args = { stdin = false,").replace("[jobs.show]", "[jobs.show]\nargs.path = \"out\"");
    let (mut screen, child, home) = start(&network, &["run", "--run-dir", "run"]);
    // The view is live, as nobody types.
    screen.until(|shown| shown.contains("ask   running"));
    screen.types("typed\n");
    let dir = home.path().join("run");
    pipeloom(&["send", dir.to_str().unwrap(), "ask", "sent", "--end"]).done().exits(0);
    let shown = ends(child, &mut screen, 0);
    assert!(!shown.contains("operator?"), "{shown}");
    assert_eq!(std::fs::read_to_string(home.path().join("out")).unwrap(), "<sent>\n");
}

#[test]
fn of_two_jobs_the_first_reads_the_terminal() {
    let second = r#"
[jobs.also]
use = "interactive"
args = { prompt = "never? " }
outputs = ["others"]
[jobs.drop]
use = "null-sink"
inputs = ["others"]
[pipes.others]
codec = "lines"
"#;
    let (mut screen, child, home) = start(&(ASKS.to_owned() + second), &["run", "--run-dir", "run"]);
    screen.until(|shown| shown.contains("operator?"));
    screen.types("x\n");
    screen.until(|shown| shown.contains("<x>"));
    let dir = home.path().join("run");
    pipeloom(&["send", dir.to_str().unwrap(), "also", ""]).done().exits(0);
    screen.types("\n");
    let shown = ends(child, &mut screen, 0);
    assert!(!shown.contains("never?"), "{shown}");
}

#[test]
fn a_job_that_needs_standard_input_gets_it() {
    let source = r#"
[jobs.read]
use = "lines-source"
args = { path = "-" }
outputs = ["lines"]
[jobs.keep]
use = "lines-sink"
args = { path = "kept" }
inputs = ["lines"]
[pipes.lines]
codec = "lines"
"#;
    let (mut screen, child, home) = start(&(ASKS.to_owned() + source), &["run", "--run-dir", "run"]);
    screen.until(|shown| shown.contains("show: started"));
    screen.types("for the other\n\u{4}");
    screen.until(|shown| shown.contains("keep: finished") || shown.contains("keep: ended"));
    let dir = home.path().join("run");
    pipeloom(&["send", dir.to_str().unwrap(), "ask", ""]).done().exits(0);
    let shown = ends(child, &mut screen, 0);
    assert!(!shown.contains("operator?"), "{shown}");
    assert_eq!(std::fs::read_to_string(home.path().join("kept")).unwrap(), "for the other\n");
}

#[test]
fn a_file_may_stand_in_for_somebody_who_types() {
    let network = ASKS.replace("args = {", "args = { stdin = true,");
    let with_input = |input: &[u8]| {
        let call = with_network(&network, &["run", "--quiet"]);
        let dir = TempDir::new().unwrap();
        std::fs::write(dir.path().join("input"), input).unwrap();
        call.stdin(File::open(dir.path().join("input")).unwrap()).done()
    };
    // No prompt, as nobody sits there.
    let done = with_input(b"a\nb\n\nc\n").exits(0).says_nothing_on_stderr();
    assert_eq!(done.stdout, "<a>\n<b>\n");
    let done = with_input("é".as_bytes()).exits(0).says_nothing_on_stderr();
    assert_eq!(done.stdout, "<é>\n");
    let done = with_input(b"a\n\xff\n").exits(1);
    assert!(done.stderr.contains("line 2 of standard input is no text in UTF-8"), "{}", done.stderr);
    let done = with_input(&vec![b'x'; 3 << 20]).exits(1);
    assert!(done.stderr.contains("line 1 of standard input is longer than 1048576 bytes"), "{}", done.stderr);

    let done = with_network(&network, &["run", "--quiet"]).stdin(Stdio::null()).done().exits(0);
    assert_eq!(done.stdout, "");
}
