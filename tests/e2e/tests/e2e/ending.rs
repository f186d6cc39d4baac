//! Runs that end by themselves, and what ends them.

use pipeloom_e2e::events::{CauseKind, JobEnd, PipeEnding};
use pipeloom_e2e::{Test, network};
use serde_json::json;

#[test]
fn an_end_without_the_finished_bit_is_an_end_and_said_so() {
    // Fault 21.
    let run = network(
        r#"
        [jobs.count]
        use = "count"
        args = { to = 9 }
        outputs = ["numbers"]
        [jobs.echo]
        exec = ["villain", "source", "7", "64"]
        outputs = ["blocks"]
        [jobs.one]
        use = "null-sink"
        inputs = ["numbers"]
        [jobs.two]
        use = "null-sink"
        inputs = ["blocks"]
        [pipes]
        numbers.codec = "lines"
        blocks = { codec = "bytes", block_size = 64 }
        "#,
    )
    .run()
    .exits(0)
    .job_ended("count", JobEnd::Finished)
    .job_ended("one", JobEnd::Finished)
    .job_ended("echo", JobEnd::Ended)
    .job_ended("two", JobEnd::Ended);
    assert_eq!(run.tally("numbers", "one").ending, Some(PipeEnding::Finished));
    assert_eq!(run.tally("blocks", "two").ending, Some(PipeEnding::Ended));
}

#[test]
fn a_writer_that_breaks_because_its_reader_has_enough_is_no_failure() {
    // Fault 22. By a direct pipe, by SIGPIPE.
    network(
        r#"
        [jobs.seq]
        exec = ["seq", "1", "100000000"]
        pass = "stdio"
        outputs = ["numbers"]
        [jobs.first]
        exec = ["head", "-n", "1"]
        pass = "stdio"
        inputs = ["numbers"]
        outputs = ["one"]
        [jobs.show]
        use = "lines-sink"
        inputs = ["one"]
        [pipes]
        one.codec = "lines"
        "#,
    )
    .run()
    .stdout("1\n")
    .exits(0)
    .job_ended("seq", JobEnd::Unneeded);
}

#[test]
fn also_behind_a_native_connector() {
    // Fault 22.
    network(
        r#"
        [jobs.yes]
        exec = ["yes"]
        pass = "stdio"
        outputs = ["lines"]
        [jobs.pass]
        use = "forward"
        inputs = ["lines"]
        outputs = ["same"]
        [jobs.first]
        exec = ["head", "-n", "1"]
        pass = "stdio"
        inputs = ["same"]
        outputs = ["one"]
        [jobs.show]
        use = "lines-sink"
        inputs = ["one"]
        [pipes]
        lines.codec = "lines"
        same.codec = "lines"
        one.codec = "lines"
        "#,
    )
    .run()
    .stdout("y\n")
    .exits(0)
    .job_ended("yes", JobEnd::Unneeded)
    .job_ended("pass", JobEnd::Unneeded);
}

/// A writer with these words behind `exec =`, and a reader that takes one line.
fn writer_and_first(writer: &str) -> Test {
    network(format!(
        r#"
        [jobs.writer]
        exec = {writer}
        outputs = ["lines"]
        [jobs.first]
        exec = ["head", "-n", "1"]
        pass = "stdio"
        inputs = ["lines"]
        outputs = ["one"]
        [jobs.show]
        use = "lines-sink"
        inputs = ["one"]
        [pipes]
        lines.codec = "lines"
        one.codec = "lines"
        "#
    ))
}

#[test]
fn an_exception_about_a_broken_pipe_is_no_failure() {
    // Fault 22. Python does not die by SIGPIPE.
    const WRITER: &str =
        "import sys\nwith open(sys.argv[2], 'w') as out:\n    while True:\n        print('line', file=out)\n";
    let run = writer_and_first(r#"["python3", "writer.py"]"#).file("writer.py", WRITER).run().stdout("line\n").exits(0);
    let run = run.job_ended("writer", JobEnd::Unneeded);
    assert!(run.text("run/logs/writer.stderr.log").contains("BrokenPipeError"));
}

#[test]
fn nor_is_any_other_code_after_the_reader_has_ended() {
    // Fault 22.
    writer_and_first(r#"["villain", "sore", "3"]"#)
        .run()
        .stdout("line\n")
        .exits(0)
        .job_ended("writer", JobEnd::Unneeded);
}

#[test]
fn who_is_killed_after_the_reader_has_ended_has_failed_all_the_same() {
    // The kernel does so where memory is short.
    let killed = r#"["sh", "-c", "exec > $1; trap '' PIPE; while echo line; do :; done 2> /dev/null; kill -9 $$"]"#;
    let run = writer_and_first(killed).run().stderr_has("writer").exits(1);
    run.job_failed("writer", CauseKind::Exit, "killed by SIGKILL");
}

#[test]
fn a_failure_while_the_reader_is_there_is_one() {
    network(
        r#"
        [jobs.writer]
        exec = ["sh", "-c", "echo line > \"$2\"; exit 3", "sh"]
        outputs = ["lines"]
        [jobs.show]
        use = "lines-sink"
        args = { path = "${run}/lines.txt" }
        inputs = ["lines"]
        [pipes.lines]
        codec = "lines"
        "#,
    )
    .run()
    .exits(1)
    .job_failed("writer", CauseKind::Exit, "exit status 3")
    .file("run/lines.txt", "line\n");
}

#[test]
fn a_failure_is_not_excused_by_a_native_reader_that_saw_its_end() {
    for _ in 0..5 {
        network(
            r#"
            [jobs.bad]
            exec = ["sh", "-c", "exit 42"]
            pass = "stdio"
            outputs = ["lines"]
            [jobs.reader]
            use = "null-sink"
            inputs = ["lines"]
            "#,
        )
        .run()
        .stderr_has("bad")
        .exits(1);
    }
}

#[test]
fn a_writer_that_dies_of_a_broken_pipe_of_its_own_has_failed() {
    // Its reader ends because of that, and does not excuse it.
    for reader in ["use = \"lines-sink\"\nargs = { path = \"${run}/out\" }", "exec = [\"cat\"]\npass = \"stdio\""] {
        let writer = "[jobs.writer]\nexec = [\"sh\", \"-c\", \"echo line > $1; kill -PIPE $$\"]\noutputs = [\"lines\"]";
        network(format!("{writer}\n[jobs.reader]\n{reader}\ninputs = [\"lines\"]\n[pipes]\nlines.codec = \"lines\"\n"))
            .run()
            .stderr_has("killed by SIGPIPE")
            .exits(1)
            .job_failed("writer", CauseKind::Exit, "killed by SIGPIPE");
    }
}

#[test]
fn a_run_that_waits_for_programs_outside_can_be_stopped_after_a_broken_pipe() {
    // Once two signals did not end it: the writer's end was never judged.
    network(
        r#"
        [jobs.writer]
        exec = ["sh", "-c", "kill -PIPE $$"]
        outputs = ["lines"]
        [pipes.lines]
        codec = "lines"
        external = "reader"
        path = "lines"
        "#,
    )
    .run()
    .stderr_has("killed by SIGPIPE")
    .exits(1);
}

#[test]
fn only_a_finished_block_ends_the_sinks() {
    // Fault 33. First, last and only: 0x60.
    network(
        r#"
        [jobs.source]
        exec = ["sh", "-c", "printf '`only\\n' > \"$2\"", "sh"]
        head = true
        outputs = ["lines"]
        [jobs.show]
        use = "lines-sink"
        inputs = ["lines"]
        [jobs.count]
        use = "null-sink"
        inputs = ["lines"]
        [pipes.lines]
        codec = "lines"
        "#,
    )
    .run()
    .stdout("only\n")
    .exits(0)
    .job_ended("show", JobEnd::Finished)
    .has_result("count", json!({ "blocks": 1, "bytes": 4 }));
}

#[test]
fn nothing_at_all_ends_the_sinks_too() {
    network(
        r#"
        [jobs.none]
        use = "count"
        args = { from = 1, to = 0 }
        outputs = ["numbers"]
        [jobs.true]
        exec = ["true"]
        outputs = ["nothing"]
        [jobs.pass]
        exec = ["villain", "forward"]
        inputs = ["numbers", "nothing"]
        outputs = ["a", "b"]
        [jobs.one]
        use = "null-sink"
        inputs = ["a"]
        [jobs.two]
        exec = ["villain", "witness", "64"]
        inputs = ["b"]
        [pipes]
        numbers.codec = "lines"
        nothing.codec = "lines"
        a.codec = "lines"
        b.codec = "lines"
        "#,
    )
    .run()
    .exits(0)
    .has_result("one", json!({ "blocks": 0, "bytes": 0 }))
    .has_result("two", json!({ "whole": 0, "rest": 0 }));
}

/// Two sources of numbers, up to here each, and a table with a column for each.
fn two_columns(left: u32, right: u32) -> Test {
    network(format!(
        r#"
        [jobs.one]
        use = "count"
        args = {{ from = 1, to = {left} }}
        outputs = ["left"]
        [jobs.two]
        use = "count"
        args = {{ from = 101, to = {} }}
        outputs = ["right"]
        [jobs.slow]
        exec = ["villain", "drip"]
        inputs = ["right"]
        outputs = ["dripped"]
        [jobs.save]
        use = "csv-sink"
        args = {{ path = "${{run}}/table.csv" }}
        inputs = ["left", "dripped"]
        [pipes]
        left.codec = "json"
        right.codec = "json"
        dripped.codec = "json"
        "#,
        100 + right
    ))
}

#[test]
fn several_inputs_go_in_step() {
    let rows = (1..=1000).map(|row| format!("{row},{}\r\n", row + 100));
    let table = format!("left,dripped\r\n{}", rows.collect::<String>());
    two_columns(1000, 1000).run().exits(0).file("run/table.csv", table);
}

#[test]
fn the_shortest_input_decides() {
    let run = two_columns(3, 5).run().exits(0).file("run/table.csv", "left,dripped\r\n1,101\r\n2,102\r\n3,103\r\n");
    assert_eq!(run.tally("dripped", "save").delivered, 3);
    let run = two_columns(5, 3).run().exits(0).file("run/table.csv", "left,dripped\r\n1,101\r\n2,102\r\n3,103\r\n");
    let tally = run.tally("left", "save");
    assert_eq!((tally.written, tally.delivered, tally.unused), (5, 3, 2));
}

#[test]
fn pipes_may_be_opened_in_any_order() {
    // Both wait in open for each other unless somebody else has each pipe open.
    network(
        r#"
        [jobs.one]
        exec = ["villain", "forward"]
        steps = "free"
        inputs = ["a", "b"]
        outputs = ["c", "d"]
        [jobs.two]
        exec = ["villain", "reverse"]
        steps = "free"
        inputs = ["c", "d"]
        outputs = ["e", "f"]
        [jobs.left]
        exec = ["villain", "source", "100", "64"]
        outputs = ["a"]
        [jobs.right]
        exec = ["villain", "source", "200", "64"]
        outputs = ["b"]
        [jobs.witness]
        exec = ["villain", "witness", "64"]
        inputs = ["e", "f"]
        [pipes]
        a = { codec = "bytes", block_size = 64 }
        b = { codec = "bytes", block_size = 64 }
        c = { codec = "bytes", block_size = 64 }
        d = { codec = "bytes", block_size = 64 }
        e = { codec = "bytes", block_size = 64 }
        f = { codec = "bytes", block_size = 64 }
        "#,
    )
    .run()
    .exits(0)
    .has_result("witness", json!({ "whole": 300, "rest": 0 }));
}

#[test]
fn an_output_that_is_opened_twice_does_not_end_in_between() {
    let native = "use = \"lines-sink\"\nargs = { path = \"out.txt\" }";
    let program = r#"exec = ["sh", "-c", "cat \"$2\" > out.txt", "sh"]"#;
    for sink in [native, program] {
        network(format!(
            r#"
            [jobs.twice]
            exec = ["sh", "-c", "echo a > \"$2\"; echo b > \"$2\"", "sh"]
            outputs = ["lines"]
            [jobs.sink]
            {sink}
            inputs = ["lines"]
            [pipes.lines]
            codec = "lines"
            "#
        ))
        .run()
        .exits(0)
        .file("out.txt", "a\nb\n");
    }
}

#[test]
fn a_reader_that_closes_early_and_lives_on_stops_nobody() {
    let mut run = network(
        r#"
        [jobs.source]
        exec = ["yes"]
        pass = "stdio"
        outputs = ["lines"]
        [jobs.early]
        exec = ["villain", "early", "10"]
        inputs = ["lines"]
        [pipes.lines]
        codec = "lines"
        "#,
    )
    .start();
    run.ready("early");
    run.signal(pipeloom_e2e::Signal::TERM);
    run.end().exits(130);
}

#[test]
fn a_job_that_crashes_at_once_is_a_failure_of_the_run() {
    network(
        r#"
        [jobs.crash]
        exec = ["villain", "crash"]
        outputs = ["nothing"]
        [jobs.pass]
        exec = ["villain", "forward"]
        inputs = ["nothing"]
        outputs = ["same"]
        [jobs.sink]
        use = "null-sink"
        inputs = ["same"]
        [pipes]
        nothing.codec = "lines"
        same.codec = "lines"
        "#,
    )
    .run()
    .stderr_has("crash")
    .exits(1)
    .job_failed("crash", CauseKind::Exit, "SIGABRT")
    .has_result("sink", json!({ "blocks": 0, "bytes": 0 }));
}

#[test]
fn what_is_delivered_was_written() {
    let run = network(
        r#"
        [jobs.count]
        use = "count"
        outputs = ["numbers"]
        [jobs.first]
        exec = ["sh", "-c", "head -n 5 > /dev/null"]
        pass = "stdio"
        inputs = ["numbers"]
        [pipes.numbers]
        codec = "lines"
        "#,
    )
    .run()
    .exits(0);
    let tally = run.tally("numbers", "first");
    assert_eq!(tally.written, tally.delivered + tally.unused, "{tally:?}");
}
