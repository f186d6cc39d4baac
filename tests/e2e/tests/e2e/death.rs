//! Jobs, the runtime and the warden die.

use std::time::Duration;

use pipeloom_e2e::events::{CauseKind, Event, JobEnd, PipeEnding};
use pipeloom_e2e::{Running, Signal, Test, cpu_time, is_halted, network, send, until, written};
use serde_json::json;

/// A source and a witness, both executables, with nobody in between, and these keys in the source's table.
fn source_and_witness(source: &str, witness: &str, size: usize) -> Test {
    network(format!(
        r#"
        [jobs.source]
        exec = {source}
        outputs = ["blocks"]
        stop.drain_seconds = 30
        [jobs.witness]
        exec = {witness}
        inputs = ["blocks"]
        [pipes.blocks]
        codec = "bytes"
        block_size = {size}
        "#
    ))
}

/// Kills a process as `kill -9` does.
#[track_caller]
fn kill(run: &Running, job: &str) {
    send(run.started(job), Signal::KILL);
}

#[test]
fn a_killed_source_fails_the_run_and_its_whole_blocks_arrive() {
    // Fault 1, at three times.
    for bytes in [1, 100_000, 3_000_000] {
        let test = network(
            r#"
            [jobs.source]
            exec = ["villain", "source", "100000000", "1000"]
            outputs = ["blocks"]
            stop.drain_seconds = 30
            [jobs.pass]
            use = "forward"
            inputs = ["blocks"]
            outputs = ["same"]
            [jobs.witness]
            exec = ["villain", "witness", "1000"]
            inputs = ["same"]
            [pipes]
            blocks = { codec = "bytes", block_size = 1000 }
            same = { codec = "bytes", block_size = 1000 }
            "#,
        );
        let run = test.start();
        let source = run.started("source");
        until("that the source has written", Duration::from_secs(20), || written(source) >= bytes);
        send(source, Signal::KILL);
        let run = run.end().exits(1).job_failed("source", CauseKind::Exit, "SIGKILL");
        let tally = run.tally("blocks", "pass");
        assert_eq!((tally.written, tally.unused), (tally.delivered, 0));
        assert!(matches!(tally.ending, Some(PipeEnding::Torn { .. } | PipeEnding::Ended)), "{tally:?}");
        run.job_ended("witness", JobEnd::Ended).has_result("witness", json!({ "whole": tally.written, "rest": 0 }));
    }
}

#[test]
fn readers_of_a_failed_job_get_the_whole_blocks_that_it_had_written() {
    let run =
        source_and_witness(r#"["villain", "torn", "100", "64"]"#, r#"["villain", "halted", "witness", "64"]"#, 64)
            .start();
    let witness = run.ready("witness");
    run.until("the failure of the source", |event| matches!(event, Event::JobFailed { .. }).then_some(()));
    until("that the witness is halted", Duration::from_secs(20), || is_halted(witness));
    send(witness, Signal::CONT);
    run.end().exits(1).has_result("witness", json!({ "whole": 100, "rest": 32 })).job_ended("witness", JobEnd::Ended);
}

#[test]
fn a_killed_sink_ends_those_before_it() {
    // Fault 6. The sink has halted itself, so that all before it are stuck in their writes.
    let run = network(
        r#"
        [jobs.count]
        use = "count"
        outputs = ["numbers"]
        [jobs.pass]
        exec = ["cat"]
        pass = "stdio"
        inputs = ["numbers"]
        outputs = ["same"]
        [jobs.sink]
        exec = ["villain", "halted", "witness", "64"]
        inputs = ["same"]
        [pipes]
        numbers.codec = "lines"
        same.codec = "lines"
        "#,
    )
    .start();
    run.ready("sink");
    kill(&run, "sink");
    let run = run.end().exits(1).job_failed("sink", CauseKind::Exit, "SIGKILL");
    assert_eq!(run.failures(), ["sink"]);
}

#[test]
fn a_writer_killed_inside_a_block_leaves_no_part_of_it_behind_a_relay() {
    // Fault 7, where the file asks for whole blocks.
    let run = network(
        r#"
        [jobs.source]
        exec = ["villain", "torn", "3", "1048576"]
        outputs = ["blocks"]
        stop.drain_seconds = 30
        [jobs.one]
        exec = ["villain", "witness", "1048576"]
        inputs = ["blocks"]
        [jobs.two]
        exec = ["villain", "witness", "1048576"]
        inputs = ["blocks"]
        [pipes.blocks]
        codec = "bytes"
        block_size = 1048576
        conduit = "relay"
        "#,
    )
    .run()
    .exits(1)
    .job_failed("source", CauseKind::Exit, "SIGKILL");
    for witness in ["one", "two"] {
        assert_eq!(run.result(witness), json!({ "whole": 3, "rest": 0 }));
        let tally = run.tally("blocks", witness);
        assert_eq!((tally.written, tally.delivered), (3, 3));
        assert_eq!(tally.ending, Some(PipeEnding::Torn { bytes: 524_288 }));
    }
}

#[test]
fn a_writer_killed_inside_a_block_is_told_where_the_runtime_reads() {
    // Fault 7. A native reader is not given the part; one without anybody in between sees the end inside the block.
    network(
        r#"
        [jobs.source]
        exec = ["villain", "torn", "3", "1048576"]
        outputs = ["blocks"]
        stop.drain_seconds = 30
        [jobs.sink]
        use = "null-sink"
        inputs = ["blocks"]
        [pipes.blocks]
        codec = "bytes"
        block_size = 1048576
        "#,
    )
    .run()
    .exits(1)
    .has_result("sink", json!({ "blocks": 3, "bytes": 3 * 1_048_576 }))
    .torn("blocks", "sink", 524_288);
    source_and_witness(r#"["villain", "torn", "3", "1048576"]"#, r#"["villain", "witness", "1048576"]"#, 1_048_576)
        .run()
        .exits(1)
        .has_result("witness", json!({ "whole": 3, "rest": 524_288 }));
}

#[test]
fn a_writer_killed_inside_a_block_that_goes_on_as_it_comes_is_the_cause_and_its_reader_sees_where() {
    // Fault 7. The runtime adds heads and looks at no payload, unless it is asked for whole blocks.
    for (conduit, part) in [("", 524_289), ("conduit = \"relay\"", 0)] {
        network(format!(
            r#"
            [jobs.source]
            exec = ["villain", "torn", "3", "1048576"]
            outputs = ["blocks"]
            stop.drain_seconds = 30
            [jobs.witness]
            exec = ["villain", "witness", "1048576", "head=1"]
            head = true
            inputs = ["blocks"]
            [pipes.blocks]
            codec = "bytes"
            block_size = 1048576
            {conduit}
            "#
        ))
        .run()
        .exits(1)
        .job_failed("source", CauseKind::Exit, "SIGKILL")
        .has_result("witness", json!({ "whole": 3, "rest": part }))
        .torn("blocks", "witness", 524_288);
    }
}

#[test]
fn all_jobs_killed_at_once_are_reported_once_each() {
    // Fault 9.
    let run = network(
        r#"
        [jobs.source]
        exec = ["villain", "source", "100000000", "64"]
        outputs = ["a"]
        [jobs.pass]
        exec = ["villain", "forward"]
        inputs = ["a"]
        outputs = ["b"]
        [jobs.witness]
        exec = ["villain", "witness", "64"]
        inputs = ["b"]
        [pipes]
        a = { codec = "bytes", block_size = 64 }
        b = { codec = "bytes", block_size = 64 }
        "#,
    )
    .start();
    let pids = ["source", "pass", "witness"].map(|job| run.started(job));
    // Halted first, so that none ends because of another one before it is its turn.
    pids.iter().for_each(|pid| send(*pid, Signal::STOP));
    pids.iter().for_each(|pid| send(*pid, Signal::KILL));
    let run = run.end().exits(1);
    for name in ["source", "pass", "witness"] {
        let ends = run.events().into_iter().filter(|event| match event {
            Event::JobEnded { job, .. } | Event::JobFailed { job, .. } => job == name,
            _ => false,
        });
        assert_eq!(ends.count(), 1, "{name}");
    }
}

/// Jobs that are hard to end, and children of theirs.
const HARD_TO_END: &str = r#"
    [jobs.deaf]
    exec = ["villain", "deaf"]
    outputs = ["a"]
    [jobs.parent]
    exec = ["sh", "-c", "sleep 77 & setsid sh -c 'sleep 78; true' & exec villain deaf"]
    outputs = ["b"]
    [jobs.gone]
    exec = ["sh", "-c", "exec > \"$2\"; (setsid sh -c 'trap \"\" TERM; echo \"{\\\"ready\\\": true}\" >&3; sleep 79; sleep 79' &)", "sh"]
    outputs = ["c"]
    stop.linger_seconds = "eof"
    [jobs.halted]
    exec = ["villain", "halted", "forward"]
    outputs = ["d"]
    [jobs.spinning]
    exec = ["villain", "spin"]
    outputs = ["e"]
    [jobs.sink]
    use = "null-sink"
    inputs = ["a", "b", "c", "d", "e"]
    [pipes]
    a.codec = "lines"
    b.codec = "lines"
    c.codec = "lines"
    d.codec = "lines"
    e.codec = "lines"
"#;

/// The jobs of that network that say when they are what they are.
const HARD_JOBS: [&str; 5] = ["deaf", "parent", "gone", "halted", "spinning"];

#[test]
fn a_killed_runtime_leaves_nothing() {
    // Fault 10.
    let mut run = network(HARD_TO_END).start();
    run.all_ready(&HARD_JOBS);
    run.signal(Signal::KILL);
    run.end().dies_by(Signal::KILL);
}

#[test]
fn a_killed_warden_leaves_nothing_and_is_named() {
    let run = network(HARD_TO_END).start();
    run.all_ready(&HARD_JOBS);
    send(run.warden(), Signal::KILL);
    run.end().stderr_has("warden").exits(70);
}

#[test]
fn a_runtime_killed_together_with_its_warden_leaves_only_what_the_next_start_removes() {
    // Nobody is left who could end the jobs; these end by themselves, as their pipes break.
    let mut run = network(
        r#"
        [jobs.source]
        exec = ["villain", "source", "100000000", "64"]
        outputs = ["blocks"]
        [jobs.sink]
        use = "null-sink"
        inputs = ["blocks"]
        [pipes.blocks]
        codec = "bytes"
        block_size = 64
        "#,
    )
    .start();
    // One that has not opened its pipe yet would wait for ever.
    let source = run.started("source");
    until("that the source has written", Duration::from_secs(20), || written(source) > 0);
    let warden = run.warden();
    send(run.pid(), Signal::STOP);
    send(warden, Signal::KILL);
    run.signal(Signal::KILL);
    let test = run.end_leaving_fifos();
    assert_eq!(std::fs::read_dir(test.path("runtime")).unwrap().count(), 1, "the FIFOs of the killed run");
    let next = "[jobs.one]\nexec = [\"true\"]\noutputs = [\"a\"]\n[jobs.two]\nexec = [\"true\"]\ninputs = [\"a\"]";
    test.file("network.toml", format!("{next}\n[pipes]\na.codec = \"lines\"")).run().exits(0);
}

#[test]
fn a_halted_sink_makes_the_source_wait_without_work_and_without_loss() {
    // Fault 11.
    let run = network(
        r#"
        [jobs.source]
        exec = ["villain", "source", "20000", "1024"]
        outputs = ["a"]
        [jobs.pass]
        use = "forward"
        inputs = ["a"]
        outputs = ["b"]
        [jobs.witness]
        exec = ["villain", "halted", "witness", "1024"]
        inputs = ["b"]
        [pipes]
        a = { codec = "bytes", block_size = 1024 }
        b = { codec = "bytes", block_size = 1024 }
        "#,
    )
    .start();
    let (source, witness) = (run.started("source"), run.ready("witness"));
    until("that the witness is halted", Duration::from_secs(20), || is_halted(witness));
    run.stalls(source);
    let worked = |run: &Running| cpu_time(run.pid()) + cpu_time(source);
    let (before, so_far) = (worked(&run), written(source));
    run.goes_on_for(Duration::from_secs(1));
    assert_eq!(written(source), so_far, "the source goes on");
    assert!(worked(&run) - before <= Duration::from_millis(50), "somebody works in vain");
    send(witness, Signal::CONT);
    run.end().exits(0).has_result("witness", json!({ "whole": 20_000, "rest": 0 }));
}
