//! Jobs out of plugins, good and bad ones.

use pipeloom_e2e::events::{CauseKind, Event, JobEnd};
use pipeloom_e2e::{Signal, Test, network, plugin};

/// A test of a network in which `PLUGIN` stands for the path of the plugin for tests.
#[track_caller]
fn plugged(toml: &str) -> Test {
    network(toml.replace("PLUGIN", &format!("plugin = '{}'", plugin().display())))
}

/// Five numbers through the villain.
#[track_caller]
fn villain(deed: &str) -> Test {
    plugged(&format!(
        r#"
        [jobs.count]
        use = "count"
        args = {{ from = 1, to = 5 }}
        outputs = ["numbers"]
        [jobs.villain]
        PLUGIN
        job = "villain"
        args = {{ deed = "{deed}" }}
        inputs = ["numbers"]
        outputs = ["same"]
        [jobs.save]
        use = "lines-sink"
        args = {{ path = "same.txt" }}
        inputs = ["same"]
        [pipes]
        numbers.codec = "lines"
        same.codec = "lines"
        "#
    ))
}

#[test]
fn jobs_of_plugins_are_like_all_others() {
    plugged(
        r#"
        [jobs.numbers]
        PLUGIN
        job = "upwards"
        args = { to = 4 }
        outputs = ["numbers"]
        [jobs.cat]
        exec = ["cat"]
        pass = "stdio"
        inputs = ["numbers"]
        outputs = ["json"]
        [jobs.halve]
        PLUGIN
        job = "gain"
        args = { factor = 0.5 }
        inputs = ["json"]
        outputs = ["halves"]
        [jobs.show]
        use = "lines-sink"
        inputs = ["halves"]
        [pipes]
        numbers.codec = "lines"
        json.codec = "json"
        halves.codec = "json"
        "#,
    )
    .run()
    .stdout("0.5\n1.0\n1.5\n2.0\n")
    .exits(0)
    .job_ended("numbers", JobEnd::Finished);
}

#[test]
fn blocks_of_all_sizes_and_their_heads_cross_the_border() {
    // Large ones are counted payloads, small ones are copied.
    let blocks: Vec<u8> = (0..40_u32).flat_map(|block| vec![block as u8; 12_000]).collect();
    let run = plugged(
        r#"
        [jobs.read]
        use = "bytes-source"
        args = { path = "blocks.bin" }
        outputs = ["large"]
        [jobs.lines]
        use = "lines-source"
        args = { path = "lines.txt" }
        outputs = ["small"]
        [jobs.one]
        PLUGIN
        job = "echo"
        inputs = ["large"]
        outputs = ["large-again"]
        [jobs.two]
        PLUGIN
        job = "echo"
        inputs = ["small"]
        outputs = ["small-again"]
        [jobs.large]
        use = "bytes-sink"
        args = { path = "large-again.bin" }
        inputs = ["large-again"]
        [jobs.small]
        use = "lines-sink"
        args = { path = "small-again.txt" }
        inputs = ["small-again"]
        [pipes]
        large = { codec = "bytes", block_size = 12000 }
        large-again = { codec = "bytes", block_size = 12000 }
        small.codec = "lines"
        small-again = { codec = "lines" }
        "#,
    )
    .file("blocks.bin", &blocks)
    .file("lines.txt", "a\n\nccc\n")
    .run()
    .exits(0)
    .job_ended("one", JobEnd::Finished)
    .job_ended("two", JobEnd::Finished);
    assert!(run.read("large-again.bin") == blocks);
    assert_eq!(run.text("small-again.txt"), "a\n\nccc\n");
}

#[test]
fn what_a_plugin_prints_does_no_harm_to_its_blocks() {
    // Fault 65. It shares standard output with the rest of the process.
    let run = villain("print").run().stdout("printed by a plugin\n").exits(0);
    assert_eq!(run.text("same.txt"), "1\n2\n3\n4\n5\n");
}

#[test]
fn a_panic_fails_the_job_and_not_the_runtime() {
    // Fault 62.
    for place in ["setup", "step", "end"] {
        villain(&format!("panic-in-{place}")).run().exits(1).job_failed(
            "villain",
            CauseKind::Panic,
            &format!("in {place}"),
        );
    }
}

#[test]
fn a_panic_while_a_job_is_dropped_changes_nothing() {
    // Fault 62.
    let run = villain("panic-in-drop").run().stderr_has("a job panicked while it was dropped: in drop").exits(0);
    assert_eq!(run.job_ended("villain", JobEnd::Finished).text("same.txt"), "1\n2\n3\n4\n5\n");
}

#[test]
fn a_panic_on_the_runtimes_side_of_a_call_is_the_jobs_too() {
    villain("emit-nowhere").run().exits(1).job_failed(
        "villain",
        CauseKind::Panic,
        "it sends to its output 7, and has 1",
    );
}

#[test]
fn an_error_crosses_the_border_with_its_sources() {
    villain("fail").run().exits(1).job_failed("villain", CauseKind::Error, "no number: invalid digit found in string");
}

#[test]
fn a_job_that_never_returns_is_named_and_left_behind() {
    // Fault 64. It is stopped while it is inside its step, and the runtime ends all the same.
    let toml = r#"
        [jobs.count]
        use = "count"
        outputs = ["numbers"]
        stop = { grace_seconds = 0.2, drain_seconds = 0.1 }
        [jobs.villain]
        PLUGIN
        job = "villain"
        args = { deed = "never-return" }
        inputs = ["numbers"]
        outputs = ["same"]
        stop = { grace_seconds = 0.2, drain_seconds = 0.1 }
        [jobs.end]
        use = "null-sink"
        inputs = ["same"]
        stop = { grace_seconds = 0.2, drain_seconds = 0.1 }
        [pipes]
        numbers.codec = "lines"
        same.codec = "lines"
        "#;
    let mut run = plugged(toml).start();
    run.until("that it is inside its step", |event| match event {
        Event::Ready { job } if job == "villain" => Some(()),
        _ => None,
    });
    run.signal(Signal::TERM);
    let run = run.end().exits(130);
    run.job_failed("villain", CauseKind::Stuck, "did not end when it was asked to, and was left behind");
}
