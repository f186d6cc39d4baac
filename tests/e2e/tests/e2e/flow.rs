//! Many blocks, many readers, and readers that do not come after.

use std::time::Duration;

use pipeloom_e2e::events::JobEnd;
use pipeloom_e2e::{Signal, cpu_time, is_halted, network, peak_memory, send, until};
use serde_json::json;

/// What the runtime itself may have in memory in these tests, in bytes: a program with symbols, a few threads, and two queues of
/// 4 MiB.
pub(crate) const MEMORY: u64 = 48 << 20;

#[test]
fn a_consumer_that_stands_still_costs_no_memory() {
    // Fault 25. 64 MiB through a native job, and through a relay to two readers, of which one stands still.
    let run = network(
        r#"
        [jobs.source]
        exec = ["villain", "source", "16384", "4096"]
        outputs = ["a"]
        [jobs.pass]
        use = "forward"
        inputs = ["a"]
        outputs = ["b"]
        [jobs.again]
        exec = ["villain", "forward"]
        inputs = ["b"]
        outputs = ["c"]
        [jobs.slow]
        exec = ["villain", "halted", "witness", "4096"]
        inputs = ["c"]
        [jobs.fast]
        exec = ["villain", "witness", "4096"]
        inputs = ["c"]
        [pipes]
        a = { codec = "bytes", block_size = 4096 }
        b = { codec = "bytes", block_size = 4096 }
        c = { codec = "bytes", block_size = 4096 }
        "#,
    )
    .start();
    let (source, slow) = (run.started("source"), run.ready("slow"));
    until("that the reader is halted", Duration::from_secs(20), || is_halted(slow));
    run.stalls(source);
    assert!(peak_memory(run.pid()) < MEMORY, "{} bytes", peak_memory(run.pid()));
    send(slow, Signal::CONT);
    let all = json!({ "whole": 16_384, "rest": 0 });
    run.end().exits(0).has_result("fast", all.clone()).has_result("slow", all);
}

/// A pipe from this source to a hundred readers, of which one takes a single line.
#[track_caller]
fn one_of_a_hundred_ends(source: &str, lines: u64) {
    let names: Vec<String> = (1..100).map(|number| format!("reader-{number}")).collect();
    let readers: String =
        names.iter().map(|name| format!("[jobs.{name}]\nuse = \"null-sink\"\ninputs = [\"lines\"]\n")).collect();
    let mut run = network(format!(
        r#"
        [jobs.source]
        {source}
        outputs = ["lines"]
        [jobs.first]
        exec = ["head", "-n", "1"]
        pass = "stdio"
        inputs = ["lines"]
        outputs = ["one"]
        [jobs.show]
        use = "lines-sink"
        inputs = ["one"]
        {readers}
        [pipes]
        lines.codec = "lines"
        one.codec = "lines"
        "#
    ))
    .run()
    .stdout("1\n")
    .exits(0)
    .job_ended("show", JobEnd::Ended);
    for name in names {
        run = run.delivered("lines", &name, lines);
    }
}

#[test]
fn one_of_a_hundred_readers_of_a_program_ends_and_the_others_go_on() {
    // Fault 31.
    one_of_a_hundred_ends("exec = [\"seq\", \"1\", \"50000\"]\npass = \"stdio\"", 50_000);
}

#[test]
fn one_of_a_hundred_readers_of_a_native_job_ends_and_the_others_go_on() {
    // Fault 31.
    one_of_a_hundred_ends("use = \"count\"\nargs = { from = 1, to = 50000 }", 50_000);
}

#[test]
fn a_hundred_writers_do_not_get_mixed() {
    // Fault 32. Blocks longer than what the kernel writes at once.
    let sources: String = (0..100)
        .map(|number| {
            format!("[jobs.source-{number}]\nexec = [\"villain\", \"source\", \"20\", \"5000\"]\noutputs = [\"p{number}\"]\n")
        })
        .collect();
    let pipes: Vec<String> = (0..100).map(|number| format!("p{number}")).collect();
    let tables: String =
        pipes.iter().map(|pipe| format!("[pipes.{pipe}]\ncodec = \"bytes\"\nblock_size = 5000\n")).collect();
    network(format!(
        "{sources}\n[jobs.witness]\nexec = [\"villain\", \"witness\", \"5000\"]\ninputs = {pipes:?}\n{tables}"
    ))
    .run()
    .exits(0)
    .has_result("witness", json!({ "whole": 2000, "rest": 0 }));
}

#[test]
fn branches_that_meet_again_do_not_stop_each_other() {
    // One branch keeps back all that it reads until the end, so the other one is ahead by more than pipes hold.
    let rows: String = (1..=3000).map(|number| format!("{number},{number}\r\n")).collect();
    network(
        r#"
        [jobs.count]
        use = "count"
        args = { from = 1, to = 3000 }
        outputs = ["numbers"]
        [jobs.now]
        exec = ["villain", "forward"]
        inputs = ["numbers"]
        outputs = ["left"]
        [jobs.late]
        exec = ["sh", "-c", "all=$(cat \"$2\"); echo \"$all\" > \"$4\"", "sh"]
        inputs = ["numbers"]
        outputs = ["right"]
        [jobs.save]
        use = "csv-sink"
        args = { path = "${run}/table.csv" }
        inputs = ["left", "right"]
        [pipes]
        numbers = { codec = "json", max_queue = 4000 }
        left = { codec = "json", max_queue = 4000 }
        right.codec = "json"
        "#,
    )
    .run()
    .exits(0)
    .file("run/table.csv", format!("left,right\r\n{rows}"));
}

#[test]
fn pipes_of_one_page_are_enough() {
    // Who has many pipes is not given more by the kernel; nothing may depend on how much one holds.
    let mut run = network(
        r#"
        [jobs.source]
        exec = ["villain", "source", "300", "10000"]
        outputs = ["a"]
        [jobs.pass]
        use = "forward"
        inputs = ["a"]
        outputs = ["b"]
        [jobs.drip]
        exec = ["villain", "reverse"]
        inputs = ["b"]
        outputs = ["c"]
        [jobs.one]
        exec = ["villain", "witness", "10000"]
        inputs = ["c"]
        [jobs.two]
        exec = ["villain", "witness", "10000"]
        inputs = ["c"]
        [pipes]
        a = { codec = "bytes", block_size = 10000, capacity_bytes = 4096 }
        b = { codec = "bytes", block_size = 10000, capacity_bytes = 4096 }
        c = { codec = "bytes", block_size = 10000, capacity_bytes = 4096 }
        "#,
    )
    .run()
    .exits(0);
    for witness in ["one", "two"] {
        run = run.has_result(witness, json!({ "whole": 300, "rest": 0 }));
    }
}

#[test]
fn a_network_that_waits_does_no_work() {
    let mut run = network(
        r#"
        [jobs.blank]
        exec = ["villain", "blank"]
        outputs = ["a"]
        [jobs.pass]
        use = "forward"
        inputs = ["a"]
        outputs = ["b"]
        [jobs.sink]
        exec = ["villain", "forward"]
        inputs = ["b"]
        [pipes]
        a.codec = "lines"
        b.codec = "lines"
        "#,
    )
    .start();
    run.ready("blank");
    run.started("sink");
    let before = cpu_time(run.pid());
    run.goes_on_for(Duration::from_secs(1));
    let worked = cpu_time(run.pid()) - before;
    assert!(worked <= Duration::from_millis(20), "{worked:?}");
    run.signal(Signal::TERM);
    run.end().exits(130);
}
