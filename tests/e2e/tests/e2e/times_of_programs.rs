//! What is told of executables that log their times.

use pipeloom_e2e::events::{CauseKind, JobEnd};
use pipeloom_e2e::network;

use crate::heads::{DUMP, lines};
use crate::times::{is_told, rows, since_1970};

/// Writes the numbers from 1 to its argument as lines, each by itself.
pub(crate) const COUNT: &str = r#"
import sys
with open(sys.argv[3], "w", buffering=1) as out:
    for number in range(1, int(sys.argv[1]) + 1):
        out.write("%d\n" % number)
"#;

/// Adds one to each line.
const ADD: &str = r#"
import os, sys
with open(sys.argv[2]) as lines, open(sys.argv[4], "w", buffering=1) as out:
    for line in lines:
        out.write("%d\n" % (int(line) + 1))
print(os.getpid(), sys.argv[1:], os.environ["PIPELOOM_PIPES"])
"#;

#[test]
fn each_compute_block_of_programs_has_a_row_and_they_do_not_see_that() {
    let from = since_1970();
    let run = network(
        r#"
        [jobs.count]
        exec = ["python3", "count.py", "1000"]
        outputs = ["numbers", "count-times"]
        log_times = true
        [jobs.add]
        exec = ["python3", "add.py"]
        inputs = ["numbers"]
        outputs = ["sums", "add-times"]
        log_times = true
        [jobs.sink]
        exec = ["python3", "-c", "import sys; print(sum(int(line) for line in open(sys.argv[2])), sys.argv[3:])"]
        inputs = ["sums"]
        outputs = ["sink-times"]
        log_times = true
        [jobs.a]
        use = "logging-sink"
        args = { path = "${run}/count.csv" }
        inputs = ["count-times"]
        [jobs.b]
        use = "logging-sink"
        args = { path = "${run}/add.csv" }
        inputs = ["add-times"]
        [jobs.c]
        use = "logging-sink"
        args = { path = "${run}/sink.csv" }
        inputs = ["sink-times"]
        [pipes]
        numbers = { codec = "lines" }
        sums = { codec = "lines" }
        "#,
    )
    .file("count.py", COUNT)
    .file("add.py", ADD)
    .run()
    .exits(0)
    .delivered("add-times", "b", 1000);
    let to = since_1970();
    for (job, table) in [("count", "run/count.csv"), ("add", "run/add.csv"), ("sink", "run/sink.csv")] {
        is_told(&rows(&run, table), job, 1000, from, to);
    }
    let counted = rows(&run, "run/count.csv");
    assert!(counted.windows(2).all(|two| two[1].time_in == two[0].time_out), "a source is always at it");
    assert_eq!(run.text("run/logs/sink.stdout.log"), "501500 []\n");
    let said = run.text("run/logs/add.stdout.log");
    assert!(said.starts_with(&format!("{} ", rows(&run, "run/add.csv")[0].pid)), "{said}");
    assert!(said.contains("sums") && !said.contains("times"), "{said}");
}

#[test]
fn a_filter_has_its_times_beside_its_standard_output_for_several_readers() {
    let run = network(format!(
        r#"
        [jobs.count]
        use = "count"
        args = {{ from = 1, to = 5000 }}
        outputs = ["numbers"]
        [jobs.filter]
        exec = ["sed", "s/$/!/"]
        pass = "stdio"
        steps = "each"
        inputs = ["numbers"]
        outputs = ["loud", "times"]
        log_times = true
        [jobs.sink]
        use = "null-sink"
        inputs = ["loud"]
        [jobs.log]
        use = "logging-sink"
        args = {{ path = "${{run}}/times.csv" }}
        inputs = ["times"]
        [jobs.dump]
        {DUMP}
        inputs = ["times"]
        [pipes]
        numbers = {{ codec = "lines" }}
        loud = {{ codec = "lines" }}
        times = {{ max_queue = 2 }}
        "#
    ))
    .run()
    .exits(0)
    .delivered("loud", "sink", 5000)
    .delivered("times", "log", 5000)
    .delivered("times", "dump", 5000);
    let rows = rows(&run, "run/times.csv");
    assert!(rows.iter().zip(1..).all(|(row, number)| row.block == number && row.time_out >= row.time_in));
    let told = lines(&run);
    let heads: Vec<u8> = told.iter().map(|(head, _)| *head).collect();
    let expected: Vec<u8> =
        (1..=5000).map(|block| if block == 1 { 0x40 } else { 0x20 * u8::from(block == 5000) }).collect();
    assert_eq!(heads, expected, "the first is marked reset and the last finished, as the blocks that they tell of");
    assert!(told[0].1.starts_with(r#"{"name":"filter","pid":"#), "{}", told[0].1);
}

#[test]
fn inputs_that_are_put_in_step_are_timed_too() {
    let run = network(
        r#"
        [jobs.count]
        use = "count"
        args = { from = 1, to = 300 }
        outputs = ["numbers"]
        [jobs.set]
        use = "count"
        args = { from = 7, to = 9 }
        outputs = ["settings"]
        [jobs.add]
        exec = ["paste", "-d", "+", "${pipe.numbers}", "${pipe.settings}"]
        inputs = ["numbers", "settings"]
        outputs = ["times"]
        log_times = true
        [jobs.log]
        use = "logging-sink"
        args = { path = "${run}/times.csv" }
        inputs = ["times"]
        [pipes]
        numbers = { codec = "lines", block_count = 3 }
        settings = { codec = "lines", optional = { default = 0 } }
        "#,
    )
    .run()
    .exits(0);
    let rows = rows(&run, "run/times.csv");
    let numbers: Vec<u64> = rows.iter().map(|row| row.block).collect();
    assert_eq!(numbers, (1..=100).collect::<Vec<_>>());
    assert!(rows.windows(2).all(|two| two[1].time_in >= two[0].time_out), "a sink is given one after another");
}

#[test]
fn what_a_program_had_done_before_it_failed_is_told() {
    let run = network(
        r#"
        [jobs.part]
        exec = ["sh", "-c", "head -n 3 \"$2\" >\"$4\"; exit 5", "sh"]
        on_failure = "isolate"
        inputs = ["numbers"]
        outputs = ["same", "times"]
        log_times = true
        [jobs.count]
        use = "count"
        args = { from = 1, to = 100 }
        outputs = ["numbers"]
        [jobs.sink]
        use = "null-sink"
        inputs = ["same"]
        [jobs.log]
        use = "logging-sink"
        args = { path = "${run}/times.csv" }
        inputs = ["times"]
        [pipes]
        numbers = { codec = "lines" }
        same = { codec = "lines" }
        "#,
    )
    .run()
    .exits(1)
    .job_failed("part", CauseKind::Exit, "5");
    let blocks: Vec<u64> = rows(&run, "run/times.csv").iter().map(|row| row.block).collect();
    assert_eq!(blocks, [1, 2, 3]);
}

#[test]
fn the_load_of_a_program_is_known_after_a_while() {
    let run = network(
        r#"
        [jobs.clock]
        use = "count"
        args = { from = 1, to = 40, interval_seconds = 0.02 }
        outputs = ["numbers"]
        [jobs.filter]
        exec = ["sed", "-u", "s/$/!/"]
        pass = "stdio"
        steps = "each"
        inputs = ["numbers"]
        outputs = ["loud", "times"]
        log_times = true
        [jobs.sink]
        use = "null-sink"
        inputs = ["loud"]
        [jobs.log]
        use = "logging-sink"
        args = { path = "${run}/times.csv" }
        inputs = ["times"]
        [pipes]
        numbers = { codec = "lines" }
        loud = { codec = "lines" }
        "#,
    )
    .run()
    .exits(0);
    let rows = rows(&run, "run/times.csv");
    let (first, last) = (&rows[0], &rows[39]);
    assert!(first.cpu.is_none(), "nothing is known of a process that has just begun");
    assert!(last.cpu.is_some_and(|percent| percent < 90.0), "a program that waits takes little");
    assert!(last.memory.is_some_and(|percent| percent > 0.0 && percent < 50.0));
}

#[test]
fn a_program_that_cannot_be_started_has_no_records() {
    let run = network(
        r#"
        [jobs.broken]
        exec = ["./broken"]
        on_failure = "isolate"
        inputs = ["numbers"]
        outputs = ["times"]
        log_times = true
        [jobs.count]
        use = "count"
        args = { from = 1, to = 100 }
        outputs = ["numbers"]
        [jobs.log]
        use = "logging-sink"
        args = { path = "${run}/times.csv" }
        inputs = ["times"]
        [pipes.numbers]
        codec = "lines"
        "#,
    )
    .program("broken", "\x7fELF")
    .run()
    .exits(1)
    .job_failed("broken", CauseKind::Start, "ENOEXEC")
    .job_ended("log", JobEnd::Ended);
    assert!(rows(&run, "run/times.csv").is_empty());
}
