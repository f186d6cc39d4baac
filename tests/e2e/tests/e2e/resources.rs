//! Little of what a run needs, and stops while it is being made.

use std::time::{Duration, Instant};

use pipeloom_e2e::{Running, Signal, Test, network};

/// A network with all kinds of pipes.
const ALL_KINDS: &str = r#"
    [jobs.count]
    use = "count"
    args = { from = 1, to = 20 }
    outputs = ["a"]
    [jobs.path]
    exec = ["villain", "forward"]
    inputs = ["a"]
    outputs = ["b"]
    [jobs.fd]
    exec = ["villain", "forward"]
    pass = "fd"
    inputs = ["b"]
    outputs = ["c"]
    [jobs.stdio]
    exec = ["cat"]
    pass = "stdio"
    inputs = ["c"]
    outputs = ["d"]
    [jobs.one]
    use = "null-sink"
    inputs = ["d"]
    [jobs.two]
    exec = ["villain", "forward"]
    inputs = ["d"]
    [pipes]
    a.codec = "lines"
    b.codec = "lines"
    c.codec = "lines"
    d.codec = "lines"
"#;

#[test]
fn with_any_number_of_descriptors_it_runs_or_says_why_not() {
    // Fault 67.
    let mut well = 0;
    for limit in (8..80).step_by(2) {
        let limit = format!("ulimit -n {limit}; exec \"$@\"");
        let ended = network(ALL_KINDS).through(&["sh", "-c", &limit, "sh"]).run();
        if ended.code() == Some(0) {
            well += 1;
            let _ = ended.exits(0).delivered("d", "one", 20);
        } else {
            assert!(matches!(ended.code(), Some(1 | 2 | 70)), "{limit}: {ended:?}");
            assert!(!ended.stderr().is_empty(), "{limit}: nothing is said about it");
        }
    }
    assert!((1..25).contains(&well), "{well} went well");
}

/// Jobs that do not end when they are asked to, but do not have much time for it.
fn stubborn() -> Test {
    network(
        r#"
        [jobs.deaf]
        exec = ["sh", "-c", "sleep 77 & exec villain deaf"]
        outputs = ["a"]
        stop = { grace_seconds = 0.1, drain_seconds = 0.1 }
        [jobs.sink]
        exec = ["villain", "forward"]
        inputs = ["a"]
        stop = { grace_seconds = 0.1, drain_seconds = 0.1 }
        [pipes.a]
        codec = "lines"
        "#,
    )
}

/// Starts a run and sends a signal after so many steps of time.
#[track_caller]
fn signal_after(steps: u32, signal: Signal) -> Running {
    let mut run = stubborn().start();
    let at = Instant::now() + Duration::from_millis(2) * steps;
    while Instant::now() < at {
        std::thread::yield_now();
    }
    run.signal(signal);
    run
}

#[test]
fn a_run_can_be_stopped_at_any_time() {
    for steps in 0..15 {
        let ended = signal_after(steps, Signal::TERM).end();
        // Before it has taken charge of the signal, it dies by it.
        assert!(ended.code() == Some(130) || ended.signal() == Some(Signal::TERM), "{ended:?}");
    }
}

#[test]
fn a_runtime_can_be_killed_at_any_time() {
    // Fault 10. Before there is a warden, nothing has been started, but FIFOs may have been made.
    for steps in 0..15 {
        let next = signal_after(steps, Signal::KILL).end_leaving_fifos();
        next.file("network.toml", ALL_KINDS).run().exits(0);
    }
}
