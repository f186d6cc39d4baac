//! Jobs of plugins in processes of their own.

use pipeloom_e2e::events::{CauseKind, JobEnd};
use pipeloom_e2e::{Test, network, plugin};

/// A test of a network in which `PLUGIN` stands for the plugin for tests, its jobs isolated like this.
#[track_caller]
fn plugged(toml: &str, isolation: &str) -> Test {
    network(toml.replace("PLUGIN", &format!("plugin = '{}'\nisolation = '{isolation}'", plugin().display())))
}

#[test]
fn the_same_file_gives_the_same_results() {
    for isolation in ["thread", "process"] {
        let run = plugged(
            r#"
            [jobs.numbers]
            PLUGIN
            job = "upwards"
            args = { to = 40 }
            outputs = ["numbers"]
            [jobs.parse]
            use = "forward"
            inputs = ["numbers"]
            outputs = ["json"]
            [jobs.echo]
            PLUGIN
            job = "echo"
            inputs = ["json"]
            outputs = ["again"]
            [jobs.save]
            use = "lines-sink"
            args = { path = "numbers.txt" }
            inputs = ["again"]
            [pipes]
            numbers.codec = "lines"
            json = { codec = "lines", block_count = 1 }
            again.codec = "lines"
            "#,
            isolation,
        )
        .run()
        .exits(0)
        .delivered("again", "save", 40);
        let expected: String = (1..=40).map(|number| format!("{number}\n")).collect();
        assert_eq!(run.text("numbers.txt"), expected, "{isolation}");
        run.job_ended("save", JobEnd::Finished);
    }
}

#[test]
fn values_are_bincode_where_the_file_says_nothing() {
    plugged(
        r#"
        [jobs.count]
        use = "count"
        args = { from = 1, to = 3 }
        outputs = ["numbers"]
        [jobs.echo]
        PLUGIN
        job = "echo"
        inputs = ["numbers"]
        outputs = ["again"]
        [jobs.sum]
        use = "null-sink"
        inputs = ["again"]
        "#,
        "process",
    )
    .run()
    .exits(0)
    .delivered("again", "sum", 3);
}

/// Five numbers through the villain in a process of its own.
#[track_caller]
fn villain(deed: &str) -> Test {
    let toml = r#"
        [jobs.count]
        use = "count"
        args = { from = 1, to = 5 }
        outputs = ["numbers"]
        [jobs.villain]
        PLUGIN
        job = "villain"
        args = { deed = "DEED" }
        inputs = ["numbers"]
        outputs = ["same"]
        [jobs.save]
        use = "lines-sink"
        args = { path = "same.txt" }
        inputs = ["same"]
        [pipes]
        numbers.codec = "lines"
        same.codec = "lines"
        "#;
    plugged(&toml.replace("DEED", deed), "process")
}

#[test]
fn a_crash_ends_that_job_only() {
    // Fault 63.
    for (deed, how) in [
        ("abort", "SIGABRT"),
        ("overflow", "SIGABRT"),
        ("exit", "exit status 3"),
        ("panic-in-step", "exit status 1"),
        ("fail", "exit status 1"),
    ] {
        let run = villain(deed).run().exits(1).job_failed("villain", CauseKind::Exit, how);
        run.job_ended("save", JobEnd::Ended);
    }
}

#[test]
fn what_a_panic_says_is_told() {
    let run = villain("panic-in-step").run().exits(1);
    let said = run.failure("villain").last_lines;
    assert_eq!(said.last().map(String::as_str), Some("villain: panicked: in step"), "{said:?}");
}

#[test]
fn what_the_job_prints_goes_to_its_log() {
    // Fault 65.
    let run = villain("print").run().exits(0);
    assert_eq!(run.text("same.txt"), "1\n2\n3\n4\n5\n");
}

#[test]
fn a_job_that_takes_lines_stays_on_a_thread() {
    plugged("[jobs.ask]\nPLUGIN\njob = 'upwards'\noutputs = ['x']\n[jobs.show]\nuse = 'null-sink'\ninputs = ['x']\n[pipes]\nx.codec = 'lines'\n", "process")
        .run()
        .stderr_has("`upwards` takes what people type, which a process of its own is not given")
        .exits(2);
}
