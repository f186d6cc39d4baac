//! `pipeloom run` on a terminal: the live view, read from a pseudo-terminal.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::OwnedFd;
use std::process::Child;

use nix::errno::Errno;
use nix::pty::{OpenptyResult, Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::command::with_network;

/// A terminal of this size, and the side that programs are given.
pub(crate) fn terminal(columns: u16, rows: u16) -> (Screen, OwnedFd) {
    let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    let OpenptyResult { master, slave } = openpty(&size, None).unwrap();
    let parser = vt100::Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), 0);
    (Screen { master: File::from(master), parser }, slave)
}

/// What stands on a terminal.
pub(crate) struct Screen {
    master: File,
    parser: vt100::Parser,
}

impl Screen {
    /// Reads on until what stands there is as wanted.
    #[track_caller]
    pub(crate) fn until(&mut self, wanted: impl Fn(&str) -> bool) -> String {
        loop {
            let shown = self.shown();
            if wanted(&shown) {
                return shown;
            }
            assert!(self.read_some(), "the program ended; the terminal shows\n{shown}");
        }
    }

    /// Reads to the end and returns what then stands there.
    pub(crate) fn at_end(&mut self) -> String {
        while self.read_some() {}
        self.shown()
    }

    /// Reads to the end and returns all that was written, not only what is left of it.
    fn everything(mut self) -> String {
        let mut bytes = Vec::new();
        match self.master.read_to_end(&mut bytes) {
            Err(error) if error.raw_os_error() != Some(Errno::EIO as i32) => panic!("{error}"),
            _ => String::from_utf8(bytes).unwrap(),
        }
    }

    /// Types this.
    pub(crate) fn types(&mut self, text: &str) {
        self.master.write_all(text.as_bytes()).unwrap();
    }

    /// The rows with something in them.
    fn shown(&self) -> String {
        let screen = self.parser.screen();
        let (_, columns) = screen.size();
        let rows: Vec<String> = screen.rows(0, columns.get()).map(|row| row.trim_end().to_owned()).collect();
        rows.join("\n").trim_end().to_owned()
    }

    fn has_colours(&self) -> bool {
        let screen = self.parser.screen();
        let (rows, columns) = screen.size();
        let cells = (0..rows.get()).flat_map(|row| (0..columns.get()).map(move |column| (row, column)));
        cells.filter_map(|(row, column)| screen.cell(row, column)).any(|cell| cell.fgcolor() != vt100::Color::Default)
    }

    fn read_some(&mut self) -> bool {
        let mut bytes = [0; 4096];
        match self.master.read(&mut bytes) {
            Ok(0) => false,
            Ok(count) => {
                self.parser.process(&bytes[..count]);
                true
            }
            // All programs have closed their side.
            Err(error) if error.raw_os_error() == Some(Errno::EIO as i32) => false,
            Err(error) if error.kind() == ErrorKind::Interrupted => true,
            Err(error) => panic!("{error}"),
        }
    }
}

/// A network of `count` jobs that wait until they are stopped.
fn waiting(count: usize) -> String {
    let job = |n: usize| format!("[jobs.job-{n}]\nexec = [\"sleep\", \"1000\"]\n");
    format!("[network]\nname = \"waiting\"\n{}", (0..count).map(job).collect::<String>())
}

fn stop(mut child: Child, screen: &mut Screen) -> String {
    kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGINT).unwrap();
    let shown = screen.at_end();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    shown
}

fn count(shown: &str, text: &str) -> usize {
    shown.matches(text).count()
}

#[test]
fn each_job_has_a_line_until_the_summary_takes_their_place() {
    let (mut screen, side) = terminal(80, 24);
    let (child, _home) = with_network(&waiting(3), &["run"]).stderr(side).start();
    let shown = screen.until(|shown| count(shown, "  running ") == 3);
    let lines: Vec<&str> = shown.lines().collect();
    assert!(lines[0].starts_with("waiting: running, 3 jobs, "), "{shown}");
    for (n, line) in lines[1..].iter().enumerate() {
        assert!(line.starts_with(&format!("job-{n}  running")), "{shown}");
    }
    let shown = stop(child, &mut screen);
    assert!(shown.starts_with("stopping; Ctrl-C again kills\ninterrupted after "), "{shown}");
    assert!(!shown.contains("running"), "{shown}");
}

#[test]
fn on_a_narrow_terminal_lines_are_cut() {
    let (mut screen, side) = terminal(20, 10);
    let (child, _home) = with_network(&waiting(2), &["run"]).stderr(side).start();
    let shown = screen.until(|shown| count(shown, "job-0  running") + count(shown, "job-1  running") == 2);
    // Were they not cut, each would take several rows.
    assert_eq!(shown.lines().count(), 3, "{shown}");
    stop(child, &mut screen);
}

#[test]
fn more_jobs_than_rows_are_summed_up() {
    let (mut screen, side) = terminal(80, 6);
    let (child, _home) = with_network(&waiting(9), &["run"]).stderr(side).start();
    let shown = screen.until(|shown| shown.contains("and 6 more: 6 running") && count(shown, "  running ") == 3);
    assert_eq!(shown.lines().count(), 5, "{shown}");
    stop(child, &mut screen);
}

#[test]
fn what_jobs_print_goes_above_the_lines() {
    let network = "[jobs.talk]\nexec = [\"sh\", \"-c\", \"echo 'a \\u001b[2J b'; exec sleep 1000\"]\n";
    let (mut screen, side) = terminal(80, 24);
    let (child, _home) = with_network(network, &["run", "-v"]).stderr(side).start();
    let shown = screen.until(|shown| shown.contains("talk | a") && shown.contains("talk  running"));
    assert!(shown.starts_with("talk | a \\u{1b}[2J b\n"), "{shown}");
    stop(child, &mut screen);
}

#[test]
fn without_colours_the_lines_are_still_live() {
    let (mut screen, side) = terminal(80, 24);
    let (child, _home) = with_network(&waiting(1), &["run"]).env("NO_COLOR", "1").stderr(side).start();
    screen.until(|shown| shown.contains("job-0  running"));
    assert!(!screen.has_colours());
    stop(child, &mut screen);

    let (mut screen, side) = terminal(80, 24);
    let (child, _home) = with_network(&waiting(1), &["run"]).stderr(side).start();
    screen.until(|shown| shown.contains("job-0  running"));
    assert!(screen.has_colours());
    stop(child, &mut screen);
}

#[test]
fn a_terminal_that_cannot_be_drawn_on_gets_lines() {
    let (mut screen, side) = terminal(80, 24);
    let network = "[jobs.one]\nexec = [\"true\"]\n";
    let (mut child, _home) = with_network(network, &["run"]).env("TERM", "dumb").stderr(side).start();
    let shown = screen.at_end();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(shown.contains("one: started, process "), "{shown}");
}

#[test]
fn nothing_is_drawn_over_what_a_job_writes_to_the_same_terminal() {
    let network = r#"
[jobs.count]
use = "count"
args = { to = 2 }
outputs = ["numbers"]
[jobs.show]
use = "lines-sink"
inputs = ["numbers"]
[pipes.numbers]
codec = "json"
"#;
    let (mut screen, side) = terminal(80, 24);
    let call = with_network(network, &["run"]).stdout(side.try_clone().unwrap()).stderr(side);
    let (mut child, _home) = call.start();
    let shown = screen.at_end();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let whole = |wanted: &str| shown.lines().any(|line| line == wanted);
    assert!(["0", "1", "2", "count: finished"].into_iter().all(whole), "{shown}");
}

#[test]
fn while_the_run_is_paused_its_lines_are_off_the_terminal() {
    let (mut screen, side) = terminal(80, 24);
    let (child, _home) = with_network(&waiting(2), &["run"]).stderr(side).in_own_group().start();
    screen.until(|shown| count(shown, "  running ") == 2);
    for pauses in 1..=2 {
        let pid = Pid::from_raw(child.id().try_into().unwrap());
        kill(pid, Signal::SIGTSTP).unwrap();
        let halted = waitpid(pid, Some(WaitPidFlag::WUNTRACED)).unwrap();
        assert_eq!(halted, WaitStatus::Stopped(pid, Signal::SIGTSTP));
        let shown = screen.until(|shown| shown.ends_with("paused"));
        assert_eq!((count(&shown, "paused"), count(&shown, "running")), (pauses, 0), "{shown}");
        kill(pid, Signal::SIGCONT).unwrap();
        screen.until(|shown| count(shown, "resumed after ") == pauses && count(shown, "  running ") == 2);
    }
    stop(child, &mut screen);
}

#[test]
fn in_the_background_nothing_is_drawn_over_the_shells_prompt() {
    // After `bg` the live lines went on over what people typed.
    let network = "[jobs.one]\nexec = [\"sh\", \"-c\", \"echo hello >&3\"]\n";
    let (screen, side) = terminal(80, 24);
    let (mut child, _home) = with_network(network, &["run"]).in_background().stderr(side).start();
    let shown = screen.everything();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(shown.contains("not a control message") && shown.contains("finished"), "{shown}");
    assert!(!shown.contains("running"), "{shown}");
}

#[test]
fn a_terminal_that_is_closed_neither_stops_nor_breaks_the_drawing() {
    let (mut screen, side) = terminal(80, 24);
    let (mut child, _home) = with_network(&waiting(2), &["run", "-v"]).stderr(side).start();
    screen.until(|shown| count(shown, "  running ") == 2);
    drop(screen);
    kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGHUP).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
}
