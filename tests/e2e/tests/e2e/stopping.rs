//! Runs that are stopped.

use std::time::{Duration, Instant};

use pipeloom_e2e::events::{Event, JobEnd, StopReason};
use pipeloom_e2e::{Running, Signal, Test, network};
use serde_json::json;

/// A source that never ends by itself and what comes of it.
const ENDLESS: &str = r#"
    [jobs.count]
    use = "count"
    args = { interval_seconds = 0.0001 }
    outputs = ["numbers"]
    [jobs.pass]
    exec = ["cat"]
    pass = "stdio"
    inputs = ["numbers"]
    outputs = ["same"]
    [jobs.save]
    use = "lines-sink"
    args = { path = "${run}/numbers.txt" }
    inputs = ["same"]
    [pipes]
    numbers.codec = "lines"
    same.codec = "lines"
"#;

/// Something that does not end when it is asked to, killed after a third of a second.
const DEAF: &str = r#"
    [jobs.deaf]
    exec = ["villain", "deaf"]
    outputs = ["nothing"]
    stop = { grace_seconds = 0.3, drain_seconds = 0.1 }
    [jobs.sink]
    use = "null-sink"
    inputs = ["nothing"]
    [pipes.nothing]
    codec = "lines"
"#;

/// Waits until the run is being stopped.
#[track_caller]
fn stopping(run: &Running) -> StopReason {
    run.until("that it stops", |event| match event {
        Event::Stopping { reason } => Some(reason.clone()),
        _ => None,
    })
}

#[test]
fn a_stop_lets_all_that_is_on_its_way_arrive() {
    // Fault 12.
    for signal in [Signal::TERM, Signal::INT] {
        let mut run = network(ENDLESS).start();
        run.started("pass");
        run.signal(signal);
        let run = run.end().exits(130).job_ended("count", JobEnd::Stopped);
        let lines = run.text("run/numbers.txt").lines().count() as u64;
        let sent = run.tally("numbers", "pass").written;
        assert_eq!(lines, sent);
        run.delivered("numbers", "pass", sent).delivered("same", "save", sent);
    }
}

#[test]
fn an_executable_source_is_asked_to_end_by_its_signal() {
    let mut run = network(
        r#"
        [jobs.source]
        exec = ["sh", "-c", "exec > \"$2\"; trap 'echo last; exit 0' USR1; echo '{\"ready\": true}' >&3; while :; do sleep 0.01; done", "sh"]
        outputs = ["lines"]
        stop.signal = "USR1"
        [jobs.show]
        use = "lines-sink"
        args = { path = "${run}/out.txt" }
        inputs = ["lines"]
        [pipes.lines]
        codec = "lines"
        "#,
    )
    .start();
    run.ready("source");
    run.signal(Signal::TERM);
    run.end().exits(130).job_ended("source", JobEnd::Stopped).file("run/out.txt", "last\n");
}

#[test]
fn asked_twice_all_are_dead_within_a_second() {
    // Fault 13. Nothing less than a minute would end this one.
    let patient = DEAF.replace("0.3", "60").replace("0.1", "60");
    let mut run = network(patient).start();
    run.ready("deaf");
    run.signal(Signal::INT);
    assert_eq!(stopping(&run), StopReason::Interrupted);
    run.signal(Signal::INT);
    let asked = Instant::now();
    run.end().exits(130).job_ended("deaf", JobEnd::Stopped);
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
}

/// Runs its arguments on a terminal of their own, and closes that as soon as there is a file `close`.
const TERMINAL: &str = r#"
import os, sys, time
pid, terminal = os.forkpty()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
while not os.path.exists("close"):
    os.read(terminal, 1000)
os.close(terminal)
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status))
"#;

#[test]
fn a_closed_terminal_ends_the_run() {
    // Fault 15. The deaf job writes the file, and something for the terminal.
    network(
        r#"
        [jobs.deaf]
        exec = ["sh", "-c", "touch close; echo '{\"status\": \"about to close\"}' >&3; exec villain deaf"]
        outputs = ["nothing"]
        stop = { grace_seconds = 0.3, drain_seconds = 0.1 }
        [jobs.sink]
        use = "null-sink"
        inputs = ["nothing"]
        [pipes.nothing]
        codec = "lines"
        "#,
    )
    .file("terminal.py", TERMINAL)
    .through(&["python3", "terminal.py"])
    .run_with(&["--verbose"])
    .stderr_has("")
    .exits(130)
    .job_ended("deaf", JobEnd::Stopped);
}

#[test]
fn one_that_ignores_the_signal_is_killed_after_its_time() {
    // Fault 16.
    let mut run = network(DEAF).start();
    run.ready("deaf");
    let asked = Instant::now();
    run.signal(Signal::TERM);
    run.end().exits(130).job_ended("deaf", JobEnd::Stopped);
    assert!(asked.elapsed() >= Duration::from_millis(300), "{:?}", asked.elapsed());
}

#[test]
fn who_is_still_there_is_said_while_it_is_stopped() {
    let slow = DEAF.replace("0.3", "3");
    let mut run = network(slow).start();
    run.ready("deaf");
    run.signal(Signal::TERM);
    let there = run.until("who is still there", |event| match event {
        Event::StillRunning { jobs } => Some(jobs.clone()),
        _ => None,
    });
    assert!(there.contains(&"deaf".to_owned()), "{there:?}");
    run.signal(Signal::TERM);
    run.end().exits(130);
}

#[test]
fn a_double_fork_with_a_session_of_its_own_is_gone_after_the_stop() {
    // Fault 17.
    let mut run = network(
        r#"
        [jobs.parent]
        exec = ["sh", "-c", "(setsid sh -c 'echo \"{\\\"status\\\": 1}\" >&3; exec sleep 77' &); exec villain blind"]
        outputs = ["nothing"]
        [jobs.sink]
        use = "null-sink"
        inputs = ["nothing"]
        [pipes.nothing]
        codec = "lines"
        "#,
    )
    .start();
    run.status("parent");
    run.signal(Signal::TERM);
    run.end().exits(130);
}

/// A job that is gone at once and leaves a process with its pipe.
fn heir(linger: &str, script: &str) -> Test {
    network(format!(
        r#"
        [jobs.parent]
        exec = ["sh", "-c", {script:?}, "sh"]
        outputs = ["lines"]
        stop.linger_seconds = {linger}
        [jobs.save]
        use = "lines-sink"
        args = {{ path = "${{run}}/lines.txt" }}
        inputs = ["lines"]
        [pipes.lines]
        codec = "lines"
        "#
    ))
}

#[test]
fn one_that_is_left_with_the_pipe_is_stopped_and_reported() {
    // Fault 18. What came until then counts.
    heir("0.1", r#"exec > "$2"; echo early; sleep 77 &"#)
        .run()
        .stderr_has("")
        .exits(0)
        .warned("parent", "left processes behind")
        .file("run/lines.txt", "early\n");
}

#[test]
fn one_that_is_left_without_any_pipe_is_stopped_and_reported() {
    heir("0.1", r#"setsid sleep 77 < /dev/null > /dev/null 2>&1 3>&- &"#)
        .run()
        .stderr_has("")
        .exits(0)
        .warned("parent", "left processes behind")
        .job_ended("save", JobEnd::Ended);
}

#[test]
fn one_that_is_left_without_any_pipe_is_not_waited_for() {
    heir("\"eof\"", r#"setsid sleep 77 < /dev/null > /dev/null 2>&1 3>&- &"#)
        .run()
        .stderr_has("")
        .exits(0)
        .warned("parent", "left processes behind");
}

#[test]
fn one_that_signals_its_parent_harms_nobody() {
    heir("0.1", r#"kill -TERM $PPID; kill -INT $PPID; echo still there > "$2""#)
        .run()
        .exits(0)
        .file("run/lines.txt", "still there\n");
}

#[test]
fn one_that_is_left_with_the_pipe_may_be_waited_for() {
    // Fault 18. It writes only when its parent is gone, which is not too late.
    let script = r#"exec > "$2"; echo early; parent=$$; (while [ -e /proc/$parent/cwd ]; do :; done; echo late) &"#;
    heir("\"eof\"", script).run().exits(0).file("run/lines.txt", "early\nlate\n");
    // Nor is it for those who do not wait long.
    heir("20", script).run().exits(0).file("run/lines.txt", "early\nlate\n");
}

#[test]
fn the_time_limit_stops_the_run() {
    let run = network(ENDLESS).arg("--time-limit").arg("0.3").run().stderr_has("").exits(124);
    run.job_ended("count", JobEnd::Stopped).job_ended("save", JobEnd::Ended);
    // Also those who do not hear.
    network(DEAF).arg("--time-limit").arg("0.3").run().stderr_has("").exits(124);
}

#[test]
fn a_job_that_ends_the_run_ends_it_well() {
    let run = network(
        r#"
        [jobs.count]
        use = "count"
        outputs = ["numbers"]
        [jobs.all]
        use = "null-sink"
        inputs = ["numbers"]
        [jobs.first]
        exec = ["head", "-n", "3"]
        pass = "stdio"
        inputs = ["numbers"]
        outputs = ["three"]
        ends_run = true
        [jobs.show]
        use = "lines-sink"
        inputs = ["three"]
        [pipes]
        numbers.codec = "lines"
        three.codec = "lines"
        "#,
    )
    .run()
    .stdout("0\n1\n2\n")
    .exits(0);
    let reasons = run.events().into_iter().filter_map(|event| match event {
        Event::Stopping { reason } => Some(reason),
        _ => None,
    });
    assert_eq!(reasons.collect::<Vec<_>>(), [StopReason::JobEnded("first".to_owned())]);
    run.job_ended("count", JobEnd::Stopped);
}

#[test]
fn a_failure_that_is_isolated_stops_nobody_else() {
    network(
        r#"
        [jobs.good]
        exec = ["villain", "source", "1000", "64"]
        outputs = ["good"]
        [jobs.bad]
        exec = ["villain", "torn", "5", "64"]
        outputs = ["bad"]
        on_failure = "isolate"
        [jobs.one]
        exec = ["villain", "witness", "64"]
        inputs = ["good"]
        [jobs.two]
        use = "null-sink"
        inputs = ["bad"]
        [pipes]
        good = { codec = "bytes", block_size = 64 }
        bad = { codec = "bytes", block_size = 64 }
        "#,
    )
    .run()
    .exits(1)
    .has_result("one", json!({ "whole": 1000, "rest": 0 }))
    .has_result("two", json!({ "blocks": 5, "bytes": 320 }))
    .job_ended("good", JobEnd::Ended)
    .job_ended("two", JobEnd::Ended);
}

#[test]
fn the_first_cause_is_named_with_what_the_job_said_last() {
    let run = network(
        r#"
        [jobs.count]
        use = "count"
        outputs = ["numbers"]
        [jobs.bad]
        exec = ["sh", "-c", "head -n 5 > /dev/null; for i in $(seq 30); do echo word $i >&2; done; exit 42"]
        pass = "stdio"
        inputs = ["numbers"]
        [pipes]
        numbers.codec = "lines"
        "#,
    )
    .run()
    .stderr_has("bad")
    .stderr_has("42")
    .stderr_has("word 30")
    .exits(1);
    assert_eq!(run.failures(), ["bad"]);
    let last: Vec<String> = (21..=30).map(|number| format!("word {number}")).collect();
    assert_eq!(run.failure("bad").last_lines, last);
}

#[test]
fn a_job_that_fails_because_its_writer_has_is_not_the_first_cause() {
    for _ in 0..10 {
        let run = network(
            r#"
            [jobs.bad]
            exec = ["sh", "-c", "echo line; exit 42"]
            pass = "stdio"
            outputs = ["lines"]
            [jobs.pass]
            exec = ["sh", "-c", "cat; exit 9"]
            pass = "stdio"
            inputs = ["lines"]
            outputs = ["again"]
            [jobs.sink]
            use = "null-sink"
            inputs = ["again"]
            "#,
        )
        .run()
        .stderr_has("bad")
        .exits(1);
        assert_eq!(run.failures()[0], "bad");
    }
}

#[test]
fn a_reader_of_standard_output_that_goes_ends_the_run_well() {
    network(
        r#"
        [jobs.count]
        use = "count"
        outputs = ["numbers"]
        [jobs.show]
        use = "lines-sink"
        inputs = ["numbers"]
        [pipes.numbers]
        codec = "lines"
        "#,
    )
    .through(&["sh", "-c", "{ \"$@\"; echo $? > code; } | head -n 1", "sh"])
    .run()
    .stdout("0\n")
    .exits(0)
    .file("code", "0\n")
    .job_ended("count", JobEnd::Unneeded);
}
