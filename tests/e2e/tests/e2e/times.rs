//! Jobs that log their times.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pipeloom_e2e::events::JobEnd;
use pipeloom_e2e::{Run, network};

const HEADER: &str = "name,pid,block,cpu_percent,memory_percent,time_in_ns,time_out_ns";

/// A row of a table of times.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) pid: u32,
    pub(crate) block: u64,
    pub(crate) cpu: Option<f64>,
    pub(crate) memory: Option<f64>,
    pub(crate) time_in: u64,
    pub(crate) time_out: u64,
}

pub(crate) fn rows(run: &Run, name: &str) -> Vec<Row> {
    let text = run.text(name);
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some(HEADER));
    lines.map(row).collect()
}

fn row(line: &str) -> Row {
    let cells: Vec<&str> = line.split(',').collect();
    let [name, pid, block, cpu, memory, time_in, time_out] = cells[..] else { panic!("{line}") };
    Row {
        name: name.to_owned(),
        pid: pid.parse().unwrap(),
        block: block.parse().unwrap(),
        cpu: cpu.parse().ok(),
        memory: memory.parse().ok(),
        time_in: time_in.parse().unwrap(),
        time_out: time_out.parse().unwrap(),
    }
}

pub(crate) fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}

/// Each of `blocks` compute blocks of `job` has a row, in order, between these times.
#[track_caller]
pub(crate) fn is_told(rows: &[Row], job: &str, blocks: u64, from: Duration, to: Duration) {
    let numbers: Vec<u64> = rows.iter().map(|row| row.block).collect();
    assert_eq!(numbers, (1..=blocks).collect::<Vec<_>>(), "{job}");
    assert!(rows.iter().all(|row| row.name == job && row.pid == rows[0].pid && row.pid > 1), "{job}");
    assert!(rows.iter().all(|row| row.time_out >= row.time_in), "{job}");
    assert!(rows.windows(2).all(|two| two[1].time_out >= two[0].time_out), "{job}");
    let (first, last) = (rows[0].time_in, rows[rows.len() - 1].time_out);
    assert!(u128::from(first) >= from.as_nanos() && u128::from(last) <= to.as_nanos(), "{job}: {first} to {last}");
    assert!(rows.iter().all(|row| row.memory.is_none_or(|percent| percent > 0.0 && percent < 100.0)), "{job}");
    assert!(rows.iter().all(|row| row.cpu.is_none_or(|percent| percent >= 0.0)), "{job}");
}

/// A job on a thread takes one compute block after another, and what it uses is known at once.
#[track_caller]
fn is_one_thread(rows: &[Row], job: &str) {
    assert!(rows.windows(2).all(|two| two[1].time_in >= two[0].time_out), "{job}");
    assert!(rows.iter().all(|row| row.memory.is_some()), "{job}");
    assert!(rows.iter().all(|row| row.cpu.is_none_or(|percent| percent <= 101.0)), "{job}");
    assert!(rows[0].cpu.is_none(), "{job}: nothing is known of a thread that has just begun");
}

#[test]
fn each_compute_block_of_a_source_a_connector_and_a_sink_has_a_row() {
    let from = since_1970();
    let run = network(
        r#"
        [jobs.count]
        use = "count"
        args = { from = 1, to = 1000 }
        outputs = ["numbers", "count-times"]
        log_times = true
        [jobs.pass]
        use = "gather"
        inputs = ["numbers", "numbers-too"]
        outputs = ["pairs", "pass-times"]
        log_times = true
        [jobs.too]
        use = "count"
        args = { from = 1, to = 5000 }
        outputs = ["numbers-too"]
        [jobs.sink]
        use = "null-sink"
        inputs = ["pairs"]
        outputs = ["sink-times"]
        log_times = true
        [jobs.a]
        use = "logging-sink"
        args = { path = "${run}/count.csv" }
        inputs = ["count-times"]
        [jobs.b]
        use = "logging-sink"
        args = { path = "${run}/pass.csv" }
        inputs = ["pass-times"]
        [jobs.c]
        use = "logging-sink"
        args = { path = "${run}/sink.csv" }
        inputs = ["sink-times"]
        [pipes]
        numbers = { codec = "json" }
        numbers-too = { codec = "json", block_count = 5 }
        pairs = { codec = "json" }
        "#,
    )
    .run()
    .exits(0)
    .delivered("pass-times", "b", 1000);
    let to = since_1970();
    for (job, table) in [("count", "run/count.csv"), ("pass", "run/pass.csv"), ("sink", "run/sink.csv")] {
        let rows = rows(&run, table);
        is_told(&rows, job, 1000, from, to);
        is_one_thread(&rows, job);
    }
}

#[test]
fn the_processor_time_is_known_after_a_while() {
    let run = network(
        r#"
        [jobs.count]
        use = "count"
        args = { from = 1, to = 30, interval_seconds = 0.01 }
        outputs = ["numbers", "times"]
        log_times = true
        [jobs.sink]
        use = "null-sink"
        inputs = ["numbers"]
        [jobs.log]
        use = "logging-sink"
        args = { path = "${run}/times.csv" }
        inputs = ["times"]
        "#,
    )
    .run()
    .exits(0);
    let rows = rows(&run, "run/times.csv");
    assert_eq!(rows.len(), 30);
    assert!(rows[29].cpu.is_some_and(|percent| percent < 90.0), "a job that waits takes little");
}

#[test]
fn several_jobs_may_log_into_one_table() {
    let run = network(
        r#"
        [jobs.count]
        use = "count"
        args = { from = 1, to = 7 }
        outputs = ["numbers", "count-times"]
        log_times = true
        [jobs.sink]
        use = "null-sink"
        inputs = ["numbers"]
        outputs = ["sink-times"]
        log_times = true
        [jobs.log]
        use = "logging-sink"
        args = { path = "${run}/times.csv" }
        inputs = ["count-times", "sink-times"]
        "#,
    )
    .run()
    .exits(0);
    let rows = rows(&run, "run/times.csv");
    let told: Vec<(&str, u64)> = rows.iter().map(|row| (row.name.as_str(), row.block)).collect();
    let expected: Vec<(&str, u64)> = (1..=7).flat_map(|block| [("count", block), ("sink", block)]).collect();
    assert_eq!(told, expected);
}

#[test]
fn a_job_ends_with_its_own_readers_and_tells_of_all_its_blocks() {
    let run = network(
        r#"
        [jobs.endless]
        use = "count"
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
    .run()
    .exits(0)
    .job_ended("endless", JobEnd::Unneeded);
    let rows = rows(&run, "run/times.csv");
    assert!(rows.len() >= 3);
    assert!(rows.iter().zip(1..).all(|(row, number)| row.block == number));
}

#[test]
fn a_job_goes_on_when_nobody_wants_its_times_any_more() {
    network(
        r#"
        [jobs.count]
        use = "count"
        args = { from = 1, to = 5000 }
        outputs = ["numbers", "times"]
        log_times = true
        [jobs.sink]
        use = "null-sink"
        inputs = ["numbers"]
        [jobs.first]
        exec = ["head", "-1"]
        pass = "stdio"
        inputs = ["times"]
        "#,
    )
    .run()
    .exits(0)
    .delivered("numbers", "sink", 5000);
}
