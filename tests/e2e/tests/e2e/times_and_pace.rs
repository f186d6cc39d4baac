//! Executables that log their times wait for those who read them, and for nobody else.

use std::time::Duration;

use pipeloom_e2e::events::JobEnd;
use pipeloom_e2e::{Signal, is_alive, is_halted, network, send, until};
use serde_json::json;

use crate::times::rows;
use crate::times_of_programs::COUNT;

/// Runs a source, a connector and a sink of which one, with these pipes, logs its times, while their reader takes nothing and then
/// all.
fn held_back(job: &str) {
    let times = |of: &str, outputs: &[&str]| {
        let logged = job == of;
        let outputs: Vec<&str> = outputs.iter().copied().chain(logged.then_some("times")).collect();
        format!("outputs = {outputs:?}\nlog_times = {logged}")
    };
    let run = network(format!(
        r#"
        [jobs.source]
        exec = ["villain", "source", "16384", "4096"]
        {}
        [jobs.pass]
        exec = ["villain", "forward"]
        inputs = ["a"]
        {}
        [jobs.sink]
        exec = ["villain", "witness", "4096"]
        inputs = ["b"]
        {}
        [jobs.slow]
        exec = ["villain", "halted", "forward"]
        inputs = ["times"]
        outputs = ["later"]
        [jobs.log]
        use = "logging-sink"
        args = {{ path = "${{run}}/times.csv" }}
        inputs = ["later"]
        [pipes]
        a = {{ codec = "bytes", block_size = 4096 }}
        b = {{ codec = "bytes", block_size = 4096 }}
        later = {{ codec = "json" }}
        times = {{ max_queue = 10 }}
        "#,
        times("source", &["a"]),
        times("pass", &["b"]),
        times("sink", &[]),
    ))
    .start();
    let (source, slow) = (run.started("source"), run.ready("slow"));
    until("that the reader is halted", Duration::from_secs(20), || is_halted(slow));
    run.stalls(source);
    assert!(is_alive(source), "it has written all, though nobody takes what is told of it");
    send(slow, Signal::CONT);
    let run =
        run.end().exits(0).has_result("sink", json!({ "whole": 16_384, "rest": 0 })).delivered("later", "log", 16_384);
    let rows = rows(&run, "run/times.csv");
    assert!(rows.iter().zip(1..).all(|(row, number)| row.block == number));
}

#[test]
fn a_slow_reader_of_its_times_holds_a_source_back_and_misses_nothing() {
    held_back("source");
}

#[test]
fn a_slow_reader_of_its_times_holds_a_connector_back_and_misses_nothing() {
    held_back("pass");
}

#[test]
fn a_slow_reader_of_its_times_holds_a_sink_back_and_misses_nothing() {
    held_back("sink");
}

#[test]
fn a_program_may_take_all_before_it_gives_anything_and_serve_its_outputs_one_after_another() {
    // Had it been held back for what is not told because it cannot be yet, it would have waited for ever.
    let run = network(
        r#"
        [jobs.count]
        use = "count"
        args = { from = 1, to = 30000 }
        outputs = ["numbers"]
        [jobs.sort]
        exec = ["sh", "-c", "tee /dev/null <\"$2\" >all; cat all >\"$4\"; cat all >\"$6\"", "sh"]
        inputs = ["numbers"]
        outputs = ["first", "second", "times"]
        log_times = true
        [jobs.a]
        use = "null-sink"
        inputs = ["first"]
        [jobs.b]
        use = "null-sink"
        inputs = ["second"]
        [jobs.log]
        use = "logging-sink"
        args = { path = "${run}/times.csv" }
        inputs = ["times"]
        [pipes]
        numbers = { codec = "lines" }
        first = { codec = "lines" }
        second = { codec = "lines" }
        times = { max_queue = 2 }
        "#,
    )
    .run()
    .exits(0)
    .delivered("times", "log", 30_000);
    let rows = rows(&run, "run/times.csv");
    assert!(rows[29_999].time_in < rows[0].time_out, "it has taken the last before it gave the first");
}

#[test]
fn a_program_goes_on_when_nobody_wants_its_times_any_more() {
    network(
        r#"
        [jobs.count]
        exec = ["python3", "count.py", "20000"]
        outputs = ["numbers", "times"]
        log_times = true
        [jobs.sink]
        use = "null-sink"
        inputs = ["numbers"]
        [jobs.first]
        exec = ["head", "-1"]
        pass = "stdio"
        inputs = ["times"]
        [pipes]
        numbers = { codec = "lines" }
        times = { max_queue = 2 }
        "#,
    )
    .file("count.py", COUNT)
    .run()
    .exits(0)
    .delivered("numbers", "sink", 20_000);
}

#[test]
fn a_program_whose_own_readers_have_ended_has_not_failed_though_its_times_are_still_read() {
    let run = network(
        r#"
        [jobs.count]
        exec = ["python3", "count.py", "10000000"]
        outputs = ["numbers", "times"]
        log_times = true
        [jobs.head]
        exec = ["head", "-3"]
        pass = "stdio"
        inputs = ["numbers"]
        [jobs.log]
        use = "logging-sink"
        args = { path = "${run}/times.csv" }
        inputs = ["times"]
        [pipes.numbers]
        codec = "lines"
        "#,
    )
    .file("count.py", COUNT)
    .run()
    .exits(0)
    .job_ended("count", JobEnd::Unneeded);
    let rows = rows(&run, "run/times.csv");
    assert!(rows.len() >= 3 && rows.iter().zip(1..).all(|(row, number)| row.block == number));
}
