//! The terminal goes away: the run ends in order, unless it was started not to care.

use std::fs;
use std::time::Duration;

use pipeloom_e2e::events::{Event, JobEnd, StopReason};
use pipeloom_e2e::{Run, Running, Signal, Test, is_halted, network, until};
use pipeloom_os::process::children;

use crate::paced::{endless, numbers};

/// Long enough for what takes no time, on a loaded machine.
const SOON: Duration = Duration::from_secs(20);

/// A terminal with a shell on it, which runs the arguments as its job in the foreground. When somebody writes to `keys`, what
/// is written is typed; when somebody writes to `close`, the terminal is closed: the shell dies of it, as shells do, and the
/// kernel tells its job. The job's standard output stays what it was, and its exit code becomes this program's.
const TERMINAL: &str = r#"
import ctypes, os, select, signal, sys
# The shell dies before its job, which then becomes a child of this process.
PR_SET_CHILD_SUBREAPER = 36
ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
output = os.dup(1)
shell, terminal = os.forkpty()
if not shell:
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    job = os.fork()
    if not job:
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        os.dup2(output, 1)
        os.execvp(sys.argv[1], sys.argv[1:])
    while True:
        signal.pause()
os.close(output)
keys, close = os.open("keys", os.O_RDWR), os.open("close", os.O_RDWR)
while True:
    ready, _, _ = select.select([terminal, keys, close], [], [])
    if close in ready:
        break
    if keys in ready:
        os.write(terminal, os.read(keys, 4096))
    if terminal in ready:
        os.read(terminal, 4096)
os.close(terminal)
code = None
while True:
    try:
        pid, status = os.wait()
    except ChildProcessError:
        break
    if pid != shell:
        code = os.waitstatus_to_exitcode(status)
sys.exit(code)
"#;

/// The network on a terminal, and through other commands there.
fn on_a_terminal(toml: impl AsRef<str>, through: &[&str]) -> Test {
    let shell = network(toml).file("terminal.py", TERMINAL).fifo("keys").fifo("close");
    shell.through(&["python3", "terminal.py"]).through(through)
}

fn close(run: &Running) {
    fs::write(run.path("close"), "now").unwrap();
}

/// Expects that all that was sent has arrived.
#[track_caller]
fn all_has_arrived(run: Run) {
    let sent = run.tally("numbers", "pass").written;
    run.delivered("same", "save", sent);
}

#[test]
fn a_terminal_that_is_closed_stops_the_run_in_order() {
    // Fault 15.
    let run = on_a_terminal(endless(), &[]).start();
    run.ready("pass");
    close(&run);
    run.until("that it stops", |event| {
        matches!(event, Event::Stopping { reason: StopReason::Interrupted }).then_some(())
    });
    all_has_arrived(run.end().exits(130).job_ended("count", JobEnd::Stopped));
}

#[test]
fn under_nohup_a_run_goes_on_without_its_terminal() {
    // Fault 15. It ended with the terminal, because the watch for signals took SIGHUP though it was ignored.
    let run = on_a_terminal(numbers(299), &["nohup"]).start();
    run.ready("pass");
    close(&run);
    let all: String = (0..300).map(|number| format!("{number}\n")).collect();
    run.end().exits(0).file("run/numbers.txt", all).delivered("same", "save", 300);
}

#[test]
fn a_run_that_is_paused_when_its_terminal_is_closed_ends_too() {
    // Faults 14 and 15.
    let run = on_a_terminal(endless(), &[]).start();
    let pass = run.ready("pass");
    fs::write(run.path("keys"), b"\x1a").unwrap();
    run.until("the pause", |event| matches!(event, Event::Paused).then_some(()));
    let runtime = children(children(run.pid())[0])[0];
    until("that the runtime is halted", SOON, || is_halted(runtime) && is_halted(pass));
    close(&run);
    all_has_arrived(run.end().exits(130).job_ended("count", JobEnd::Stopped));
}

#[test]
fn a_run_whose_jobs_use_the_terminal_ends_with_it() {
    // Fault 15. One job waits for what is typed, another one writes to the terminal that is gone.
    let run = on_a_terminal(
        r#"
        [jobs.ask]
        use = "interactive"
        outputs = ["lines"]
        [jobs.pass]
        exec = ["sh", "-c", "read first; echo $first; echo '{\"ready\": true}' >&3; exec cat"]
        pass = "stdio"
        inputs = ["lines"]
        outputs = ["same"]
        [jobs.show]
        use = "lines-sink"
        args = { path = "/dev/stderr" }
        inputs = ["same"]
        [pipes]
        lines.codec = "lines"
        same.codec = "lines"
        "#,
        &[],
    )
    .start();
    fs::write(run.path("keys"), "one\n").unwrap();
    run.ready("pass");
    close(&run);
    let ended = run.end();
    // What is typed ends with the terminal too; whichever is first decides.
    let code = ended.code().unwrap();
    assert!([0, 1, 130].contains(&code), "{code}");
}

#[test]
fn a_run_started_to_ignore_ctrl_c_ignores_it() {
    // As a shell without job control does with what it starts in the background.
    let mut run = network(endless()).through(&["env", "--ignore-signal=INT"]).start();
    run.ready("pass");
    run.signal(Signal::INT);
    run.goes_on_for(Duration::from_millis(200));
    run.signal(Signal::TERM);
    all_has_arrived(run.end().exits(130));
}
