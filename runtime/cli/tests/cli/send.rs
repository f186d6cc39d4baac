//! `pipeloom send`: lines for a run from other processes.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Stdio};
use std::thread;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::command::{Call, Done, pipeloom, with_network};

/// Prints what is said to it.
const ASKS: &str = r#"
[jobs.ask]
use = "interactive"
outputs = ["words"]
[jobs.show]
exec = ["cat"]
pass = "stdio"
inputs = ["words"]
[pipes.words]
codec = "lines"
"#;

/// A network that runs and waits for lines.
struct Run {
    child: Child,
    said: BufReader<ChildStderr>,
    /// What it says that it is called.
    name: String,
    home: TempDir,
}

impl Run {
    fn of(network: &str, args: &[&str]) -> Run {
        let args = [&["run", "-v"], args].concat();
        let (mut child, home) = with_network(network, &args).start();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let line = read_until(&mut said, "ask takes lines: pipeloom send ");
        let name = line.trim().rsplit(' ').nth(1).unwrap().to_owned();
        Run { child, said, name, home }
    }

    /// The same command from another process, with the same folder for runs.
    fn call(&self, args: &[&str]) -> Call {
        let state = self.home.path().join("state");
        pipeloom(args).env("XDG_STATE_HOME", state.to_str().unwrap())
    }

    fn send(&self, args: &[&str]) -> Done {
        self.call(&[&["send"], args].concat()).done()
    }

    fn dir(&self) -> PathBuf {
        self.home.path().join("state/pipeloom/runs").join(&self.name)
    }

    #[track_caller]
    fn shows(&mut self, wanted: &str) {
        assert_eq!(shown_in(&read_until(&mut self.said, SHOWN)), [wanted]);
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
    }

    /// The process and its folder, for what is looked at after the end.
    fn split(self) -> (Child, TempDir) {
        (self.child, self.home)
    }

    /// Waits for its end and returns what else it said.
    #[track_caller]
    fn ends(mut self, code: i32) -> String {
        let mut said = String::new();
        self.said.read_to_string(&mut said).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(code), "{said}");
        said
    }
}

/// What stands before a line that the network shows.
const SHOWN: &str = "show | ";

/// The lines that the network shows, among all that is said.
fn shown_in(said: &str) -> Vec<&str> {
    said.lines().filter_map(|line| line.strip_prefix(SHOWN)).collect()
}

fn read_until(lines: &mut BufReader<ChildStderr>, text: &str) -> String {
    let mut line = String::new();
    while !line.contains(text) {
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0, "ended before {text:?}");
    }
    line
}

#[test]
fn a_run_is_reached_by_its_id_the_beginning_of_it_or_its_directory() {
    let mut run = Run::of(ASKS, &[]);
    let (id, dir) = (run.name.clone(), run.dir());
    let upper = id[..20].to_ascii_uppercase();
    for (place, name) in [&id, &id[..4], &upper, dir.to_str().unwrap()].into_iter().enumerate() {
        let line = format!("line {place}");
        let done = run.send(&[name, "ask", &line]).exits(0).says_nothing_on_stderr();
        assert_eq!(done.stdout, "");
        run.shows(&line);
    }
    let done = run.call(&["send", ".", "ask", "-", "-1", " "]).inside(&dir).done();
    done.exits(0).says_nothing_on_stderr();
    for line in ["-", "-1", " "] {
        run.shows(line);
    }
    run.send(&[&id, "ask", "last", ""]).exits(0);
    assert_eq!(shown_in(&run.ends(0)), ["last"]);
    assert!(!dir.join("socket").exists());
}

#[test]
fn without_lines_those_of_standard_input_are_sent_and_the_end_is_said_apart() {
    let mut run = Run::of(ASKS, &[]);
    let (mut sending, _home) = run.call(&["send", &run.name, "ask"]).stdin(Stdio::piped()).start();
    let mut input = sending.stdin.take().unwrap();
    // Each is sent as it comes, not when all are there.
    for line in ["one", "two"] {
        writeln!(input, "{line}").unwrap();
        run.shows(line);
    }
    write!(input, "three").unwrap();
    drop(input);
    run.shows("three");
    assert_eq!(sending.wait().unwrap().code(), Some(0));
    run.send(&[&run.name, "ask", "--end"]).exits(0).says_nothing_on_stderr();
    assert!(run.ends(0).contains("ask: ended\n"));
}

#[test]
fn lines_and_the_end_together_finish_the_stream() {
    let run = Run::of(ASKS, &[]);
    run.send(&[&run.name, "ask", "a", "b", "--end"]).exits(0);
    let said = run.ends(0);
    assert_eq!(shown_in(&said), ["a", "b"]);
    assert!(said.contains("ask: finished\n"), "{said}");
}

#[test]
fn several_may_send_at_once_and_each_ones_lines_stay_in_order() {
    let run = Run::of(ASKS, &[]);
    thread::scope(|threads| {
        for sender in 0..4 {
            let run = &run;
            threads.spawn(move || {
                let lines: Vec<String> = (0..500).map(|n| format!("{sender} {n}")).collect();
                let args: Vec<&str> = [&run.name, "ask"].into_iter().chain(lines.iter().map(String::as_str)).collect();
                run.send(&args).exits(0).says_nothing_on_stderr();
            });
        }
    });
    run.send(&[&run.name, "ask", "--end"]).exits(0);
    let said = run.ends(0);
    let shown = shown_in(&said);
    assert_eq!(shown.len(), 2000);
    for sender in 0..4 {
        let of_sender = shown.iter().filter_map(|line| line.strip_prefix(&format!("{sender} ")));
        assert!(of_sender.eq((0..500).map(|n| n.to_string())), "sender {sender}");
    }
}

#[test]
fn a_job_that_takes_no_lines_now_makes_its_senders_wait_and_loses_none() {
    let network = r#"
[jobs.ask]
use = "interactive"
outputs = ["words"]
[jobs.show]
exec = ["sh", "-c", "mkfifo go; echo ready >&2; read line < go; wc -l"]
pass = "stdio"
inputs = ["words"]
[pipes.words]
codec = "lines"
"#;
    let mut run = Run::of(network, &[]);
    read_until(&mut run.said, "ready");
    let (mut sending, _home) = run.call(&["send", &run.name, "ask"]).stdin(Stdio::piped()).start();
    let mut input = sending.stdin.take().unwrap();
    let line = format!("{}\n", "x".repeat(10_000));
    let writing = thread::spawn(move || (0..2000).for_each(|_| input.write_all(line.as_bytes()).unwrap()));
    // All queues together hold far less than 20 MB: somebody waits until the reader goes on.
    fs::write(run.home.path().join("go"), "now\n").unwrap();
    writing.join().unwrap();
    assert_eq!(sending.wait().unwrap().code(), Some(0));
    run.send(&[&run.name, "ask", "--end"]).exits(0);
    assert_eq!(shown_in(&run.ends(0)), ["2000"]);
}

#[test]
fn long_lines_have_their_bounds() {
    let network = ASKS.replace("exec = [\"cat\"]\npass = \"stdio\"", "use = \"lines-sink\"\nargs.path = \"kept\"");
    let run = Run::of(&network, &[]);
    let input = |len: usize| {
        let path = run.home.path().join("input");
        fs::write(&path, "x".repeat(len)).unwrap();
        fs::File::open(path).unwrap()
    };
    let send = |len: usize| run.call(&["send", &run.name, "ask"]).stdin(input(len)).done();
    send(1_000_000).exits(0).says_nothing_on_stderr();
    let done = send((1 << 20) - 10).exits(2);
    assert_eq!(done.stderr, "error: the line is too long: it is longer than 1048576 bytes\n");
    let done = send(3 << 20).exits(2);
    assert_eq!(done.stderr, "error: line 1 of standard input is longer than 1048576 bytes\n");
    let done = run.send(&[&run.name, "ask", "a\nb"]).exits(2);
    assert!(done.stderr.contains("must not have a line break"), "{}", done.stderr);
    run.send(&[&run.name, "ask", ""]).exits(0);
    let (mut run, home) = run.split();
    assert_eq!(run.wait().unwrap().code(), Some(0));
    assert_eq!(fs::read_to_string(home.path().join("kept")).unwrap(), "x".repeat(1_000_000) + "\n");
}

#[test]
fn what_stands_in_the_way_is_said() {
    let network = ASKS.to_owned() + &ASKS.replace("ask", "other").replace("show", "more").replace("words", "others");
    let mut run = Run::of(&network, &[]);
    let refused = |args: &[&str]| run.send(args).exits(2).stderr;
    assert_eq!(refused(&[&run.name, "aks", "x"]), "error: there is no job `aks`; `ask` and `other` take lines\n");
    assert_eq!(refused(&[&run.name, "show", "x"]), "error: job `show` takes no lines; `ask` and `other` take lines\n");
    run.send(&[&run.name, "ask", "x", "--end"]).exits(0);
    read_until(&mut run.said, "ask: finished");
    let runs = run.home.path().join("state/pipeloom/runs").display().to_string();
    let refused = |args: &[&str]| run.send(args).exits(2).stderr.replace(&runs, "[RUNS]");
    assert_eq!(refused(&[&run.name, "ask", "x"]), "error: job `ask` has ended\n");
    let missing = "error: there is no run `nope`: it is no folder, and no id in [RUNS] begins so\n";
    assert_eq!(refused(&["nope", "ask", "x"]), missing);
    assert_eq!(refused(&["./nope", "ask", "x"]), "error: there is no run in ./nope\n");
    assert_eq!(refused(&["/", "ask", "x"]), "error: there is no run in /\n");
    run.send(&[&run.name, "other", "--end"]).exits(0);
    run.ends(0);
}

#[test]
fn a_beginning_of_several_ids_means_the_one_that_runs_or_none() {
    let mut run = Run::of(ASKS, &[]);
    let ids: Vec<String> = (0..6).map(|n| format!("{}-{n}", &run.name[..30])).collect();
    for id in &ids {
        fs::create_dir(run.dir().with_file_name(id)).unwrap();
    }
    run.send(&[&run.name[..30], "ask", "x"]).exits(0);
    run.shows("x");
    for id in &ids {
        fs::write(run.dir().with_file_name(id).join("socket"), "").unwrap();
    }
    let done = run.send(&[&run.name[..30], "ask", "x"]).exits(2);
    assert!(done.stderr.starts_with(&format!("error: 7 runs begin with `{}`: ..., ", &run.name[..30])));
    assert!(done.stderr.ends_with("; give more of the id\n"), "{}", done.stderr);
    run.send(&[&run.name, "ask", "--end"]).exits(0);
    run.ends(0);
}

#[test]
fn a_run_that_has_ended_is_not_running_however_it_ended() {
    let not_running = |run: &str, of: &Run| {
        let done = of.send(&[run, "ask", "x"]).exits(2);
        assert!(done.stderr.starts_with("error: the run in ") && done.stderr.ends_with(" is not running\n"));
    };
    let mut run = Run::of(ASKS, &[]);
    run.send(&[&run.name, "ask", "--end"]).exits(0);
    run.child.wait().unwrap();
    not_running(&run.name, &run);
    // One that is killed leaves its socket behind.
    let mut run = Run::of(ASKS, &[]);
    run.signal(Signal::SIGKILL);
    run.child.wait().unwrap();
    assert!(run.dir().join("socket").exists());
    not_running(&run.name, &run);
}

#[test]
fn a_directory_may_have_a_longer_path_than_a_socket() {
    let deep = format!("{0}/{0}/run", "d".repeat(120));
    let mut run = Run::of(ASKS, &["--run-dir", &deep]);
    assert!(run.name.ends_with(&deep), "{}", run.name);
    run.send(&[&run.name, "ask", "x"]).exits(0);
    run.shows("x");
    let home = run.home.path().to_owned();
    run.call(&["send", &deep, "ask", "y", "--end"]).inside(&home).done().exits(0);
    assert_eq!(shown_in(&run.ends(0)), ["y"]);
}

#[test]
fn a_job_that_waits_for_a_line_is_stopped_at_once() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let mut run = Run::of(ASKS, &[]);
        run.send(&[&run.name, "ask", "x"]).exits(0);
        run.shows("x");
        run.signal(signal);
        let said = run.ends(130);
        assert!(said.contains("ask: stopped\n"), "{said}");
    }
}

#[test]
fn a_run_without_such_jobs_has_a_socket_too_and_goes_on_whatever_is_said_to_it() {
    let network = "[jobs.wait]\nexec = [\"sh\", \"-c\", \"echo here; exec sleep 1000\"]\n";
    let (mut child, home) = with_network(network, &["run", "-v", "--run-dir", "run"]).start();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    read_until(&mut said, "wait | here");
    let dir = home.path().join("run");
    let answer = |request: &[u8]| ask(&dir, request);
    assert!(answer(b"\0\xff{{{\n").starts_with("{\"v\":1,\"error\":\"this is no request: "));
    let line = answer(b"{\"v\":1,\"send\":{\"job\":\"wait\",\"line\":\"x\"}}\n");
    assert_eq!(line, "{\"v\":1,\"error\":\"job `wait` takes no lines; none of this run takes lines\"}\n");
    kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGTERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

/// Says this to a run and returns the first line of its answer.
fn ask(dir: &Path, request: &[u8]) -> String {
    let mut stream = UnixStream::connect(dir.join("socket")).unwrap();
    stream.write_all(request).unwrap();
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).unwrap();
    answer
}
