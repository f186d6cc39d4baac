//! Ctrl-Z and `fg`: the run is paused, and goes on as if the time in between had not been.

use std::fs;
use std::time::{Duration, Instant};

use pipeloom_e2e::events::{Event, JobEnd};
use pipeloom_e2e::{Pid, Run, Running, Signal, is_halted, network, until, written};
use pipeloom_os::process::children;

use crate::paced::{endless, numbers};

/// Long enough for what takes no time, on a loaded machine.
const SOON: Duration = Duration::from_secs(20);

/// Waits until the run is paused and its runtime halted.
#[track_caller]
fn halted(run: &Running, runtime: Pid) {
    run.until("the pause", |event| matches!(event, Event::Paused).then_some(()));
    until("that the runtime is halted", SOON, || is_halted(runtime));
}

/// Pauses a run that has no terminal.
#[track_caller]
fn pause(run: &mut Running) {
    run.signal(Signal::TSTP);
    halted(run, run.pid());
}

/// How long it was paused, and how long it took beside that.
fn times(run: &Run) -> (Duration, Duration) {
    let seconds = |wanted: fn(&Event) -> Option<f64>| run.events().iter().find_map(wanted).unwrap();
    let paused = seconds(|event| if let Event::Resumed { seconds } = event { Some(*seconds) } else { None });
    let took = seconds(|event| if let Event::RunEnded { seconds, .. } = event { Some(*seconds) } else { None });
    (Duration::from_secs_f64(paused), Duration::from_secs_f64(took))
}

/// What a shell with job control does for one job: it runs its arguments in the foreground of a terminal, on which Ctrl-Z is
/// typed when somebody writes to `keys`. The job's standard output stays what it was. The job must halt; when somebody writes
/// to `fg`, it goes on.
const SHELL: &str = r#"
import os, signal, sys
output = os.dup(1)
shell, terminal = os.forkpty()
if shell:
    open("keys").read()
    os.write(terminal, b"\x1a")
    _, status = os.waitpid(shell, 0)
    sys.exit(os.waitstatus_to_exitcode(status))
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
job = os.fork()
if not job:
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpid())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    os.dup2(output, 1)
    os.execvp(sys.argv[1], sys.argv[1:])
_, status = os.waitpid(job, os.WUNTRACED)
assert os.WIFSTOPPED(status), status
assert os.WSTOPSIG(status) == signal.SIGTSTP, status
os.tcsetpgrp(0, os.getpgrp())
open("fg").read()
os.tcsetpgrp(0, job)
os.killpg(job, signal.SIGCONT)
_, status = os.waitpid(job, 0)
sys.exit(os.waitstatus_to_exitcode(status))
"#;

#[test]
fn ctrl_z_halts_all_jobs_and_fg_lets_them_go_on() {
    // Fault 14.
    let shell = network(numbers(499)).file("shell.py", SHELL).fifo("keys").fifo("fg").through(&["python3", "shell.py"]);
    let run = shell.start();
    let pass = run.ready("pass");
    let runtime = children(children(run.pid())[0])[0];
    fs::write(run.path("keys"), "z").unwrap();
    halted(&run, runtime);
    until("that the program is halted", SOON, || is_halted(pass));
    let before = (written(pass), fs::read(run.path("run/numbers.txt")).unwrap_or_default());
    run.goes_on_for(Duration::from_millis(100));
    assert_eq!(before, (written(pass), fs::read(run.path("run/numbers.txt")).unwrap_or_default()));
    fs::write(run.path("fg"), "fg").unwrap();
    let all: String = (0..500).map(|number| format!("{number}\n")).collect();
    let run = run.end().exits(0).file("run/numbers.txt", all).delivered("numbers", "pass", 500);
    let (paused, _) = times(&run.delivered("same", "save", 500));
    assert!(paused >= Duration::from_millis(100), "{paused:?}");
}

#[test]
fn a_pause_counts_neither_for_the_time_limit_nor_for_a_source_that_keeps_time() {
    // Fault 14.
    let start = Instant::now();
    let mut run = network(endless()).arg("--time-limit").arg("1").start();
    run.ready("pass");
    pause(&mut run);
    let halted = Instant::now();
    // Without the pause this is the end.
    run.goes_on_for(Duration::from_millis(1200));
    let least = halted.elapsed();
    run.signal(Signal::CONT);
    let run = run.end().stderr_has("").exits(124);
    let (paused, took) = times(&run);
    assert!(paused >= least, "{paused:?}");
    assert!(took >= Duration::from_secs(1), "{took:?}");
    assert!(took + paused <= start.elapsed());
    let most = took.as_secs_f64() / 0.002 + 1.0;
    let sent = run.tally("numbers", "pass").written;
    assert!(sent as f64 <= most, "{sent} numbers in {took:?}");
}

#[test]
fn a_pause_while_the_run_is_stopped_counts_for_no_grace_time() {
    // Fault 14.
    let mut run = network(
        r#"
        [jobs.deaf]
        exec = ["villain", "deaf"]
        outputs = ["nothing"]
        stop = { grace_seconds = 0.5, drain_seconds = 0.5 }
        [jobs.sink]
        use = "null-sink"
        inputs = ["nothing"]
        [pipes.nothing]
        codec = "lines"
        "#,
    )
    .start();
    let deaf = run.ready("deaf");
    let asked = Instant::now();
    run.signal(Signal::TERM);
    run.until("that it stops", |event| matches!(event, Event::Stopping { .. }).then_some(()));
    pause(&mut run);
    let halted = Instant::now();
    run.goes_on_for(Duration::from_millis(1200));
    assert!(is_halted(deaf), "it was killed in the pause");
    let paused = halted.elapsed();
    run.signal(Signal::CONT);
    run.end().exits(130).job_ended("deaf", JobEnd::Stopped);
    let patience = asked.elapsed() - paused;
    assert!(patience >= Duration::from_secs(1), "killed after {patience:?}");
}

#[test]
fn a_killed_runtime_that_was_paused_leaves_nothing() {
    // Faults 10 and 14.
    let mut run = network(endless()).start();
    run.ready("pass");
    pause(&mut run);
    run.signal(Signal::KILL);
    run.end().dies_by(Signal::KILL);
}

#[test]
fn a_stop_waits_for_the_end_of_the_pause() {
    let mut run = network(endless()).start();
    let pass = run.ready("pass");
    pause(&mut run);
    run.signal(Signal::TERM);
    run.goes_on_for(Duration::from_millis(100));
    until("that the program is halted", SOON, || is_halted(pass));
    run.signal(Signal::CONT);
    let run = run.end().exits(130).job_ended("count", JobEnd::Stopped);
    let sent = run.tally("numbers", "pass").written;
    run.delivered("same", "save", sent);
}
