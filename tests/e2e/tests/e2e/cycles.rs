//! Pipes that lead back to a job before their writer.

use pipeloom_e2e::events::JobEnd;
use pipeloom_e2e::{Run, Test, network};

use crate::heads::{DUMP, lines};

/// Adds what comes back to each number, and sends the sum back and on: `add.py -i NUMBERS -i BACK -o BACK -o SUMS`.
const ADD: &str = r#"
import sys
numbers, totals = open(sys.argv[2]), open(sys.argv[4])
back, sums = (open(path, "w", buffering=1) for path in sys.argv[6::2])
for number, total in zip(numbers, totals):
    for out in (back, sums):
        print(int(number) + int(total), file=out)
"#;

/// The same with heads, which are copied from the numbers'.
const ADD_WITH_HEADS: &str = r#"
import sys
numbers, totals = open(sys.argv[2], "rb"), open(sys.argv[4], "rb")
back, sums = (open(path, "wb", buffering=0) for path in sys.argv[6::2])
for number, total in zip(numbers, totals):
    for out in (back, sums):
        out.write(b"%c%d\n" % (number[0] | total[0], int(number[1:]) + int(total[1:])))
"#;

/// A program that adds up the numbers to `to` by means of the pipe `back`, which has these keys.
fn adder(to: u64, job: &str, back: &str) -> Test {
    network(format!(
        r#"
        [jobs.count]
        use = "count"
        args = {{ from = 1, to = {to} }}
        outputs = ["numbers"]
        [jobs.add]
        {job}
        inputs = ["numbers", "back"]
        outputs = ["back", "sums"]
        [jobs.dump]
        {DUMP}
        inputs = ["sums"]
        [pipes]
        numbers.codec = "lines"
        back = {{ codec = "lines", cycle = true, {back} }}
        sums.codec = "lines"
        "#
    ))
    .file("add.py", ADD)
    .file("heads.py", ADD_WITH_HEADS)
}

const PROGRAMS: [&str; 2] = [r#"exec = ["python3", "add.py"]"#, "exec = [\"python3\", \"heads.py\"]\nhead = true"];

/// Heads and sums of the numbers to `to`.
fn sums(to: u64) -> Vec<(u8, String)> {
    let head = |number| if number == 1 { 0x40 } else { 0 } | if number == to { 0x20 } else { 0 };
    (1..=to).map(|number| (head(number), (number * (number + 1) / 2).to_string())).collect()
}

#[test]
fn an_asynchronous_back_edge_is_a_delay_by_one_block() {
    for job in PROGRAMS {
        let back = "async = true, dummy = { value = 0 }, when_full = \"fail\"";
        let run = adder(500, job, back).run().exits(0).job_ended("count", JobEnd::Finished);
        assert_eq!(lines(&run), sums(500), "{job}");
        let tally = run.tally("back", "add");
        // The first compute block is not waited for, and the last sum is for nobody.
        assert_eq!((tally.written, tally.delivered, tally.unused), (500, 499, 1), "{job}: {tally:?}");
    }
}

#[test]
fn an_optional_back_edge_brings_what_there_is() {
    for job in PROGRAMS {
        let back = "optional = { default = 0 }, when_full = \"drop-oldest\"";
        let run = adder(500, job, back).run().exits(0);
        let sums: Vec<u64> = lines(&run).into_iter().map(|(_, sum)| sum.parse().unwrap()).collect();
        // Each is its number and one of the sums before it.
        for (place, sum) in sums.iter().enumerate() {
            let back = sum - (place as u64 + 1);
            assert!(back == 0 || sums[..place].contains(&back), "{job}: {sum} at {place} of {sums:?}");
        }
        assert_eq!(sums.len(), 500, "{job}");
        let tally = run.tally("back", "add");
        let accounted = tally.delivered + tally.dropped + tally.unused;
        assert_eq!((tally.written, accounted), (500, 500), "{job}: {tally:?}");
    }
}

/// A native job that lists each number with what comes back, which is its last list.
fn lister(to: u64, back: &str) -> Test {
    network(format!(
        r#"
        [jobs.count]
        use = "count"
        args = {{ from = 1, to = {to} }}
        outputs = ["numbers"]
        [jobs.list]
        use = "gather"
        inputs = ["numbers", "back"]
        outputs = ["lists"]
        [jobs.share]
        use = "distribute"
        inputs = ["lists"]
        outputs = ["back", "shown"]
        [jobs.show]
        use = "lines-sink"
        inputs = ["shown"]
        [pipes]
        numbers.codec = "json"
        lists.codec = "json"
        back = {{ codec = "json", cycle = true, {back} }}
        shown.codec = "json"
        "#
    ))
}

#[test]
fn native_jobs_may_stand_on_a_cycle() {
    let run = lister(4, "async = true, dummy = { value = 0 }, when_full = \"fail\"").run();
    run.stdout("[1,0]\n[2,[1,0]]\n[3,[2,[1,0]]]\n[4,[3,[2,[1,0]]]]\n")
        .exits(0)
        .job_ended("show", JobEnd::Finished)
        .delivered("shown", "show", 4);
}

#[test]
fn a_native_cycle_through_an_optional_pipe_ends_with_its_other_input() {
    let run = lister(200, "optional = { default = 0 }, when_full = \"drop-newest\"").run().exits(0);
    let run = run.job_ended("show", JobEnd::Finished).delivered("shown", "show", 200);
    let tally = run.tally("back", "list");
    assert_eq!(tally.written, tally.delivered + tally.dropped + tally.unused, "{tally:?}");
}

#[test]
fn a_job_may_read_what_it_writes() {
    network(
        r#"
        [jobs.count]
        use = "count"
        args = { from = 1, to = 3 }
        outputs = ["numbers"]
        [jobs.list]
        use = "gather"
        inputs = ["numbers", "lists"]
        outputs = ["lists"]
        [jobs.show]
        use = "lines-sink"
        inputs = ["lists"]
        [pipes]
        numbers.codec = "json"
        lists = { codec = "json", cycle = true, async = true, dummy = { value = [] }, when_full = "fail" }
        "#,
    )
    .run()
    .stdout("[1,[]]\n[2,[1,[]]]\n[3,[2,[1,[]]]]\n")
    .exits(0);
}

/// The network is refused with this said about it.
#[track_caller]
fn refused(back: &str, said: &[&str]) -> Run {
    let network = adder(3, PROGRAMS[0], "KEYS");
    let text = std::fs::read_to_string(network.path("network.toml")).unwrap();
    let test = network.file("network.toml", text.replace("cycle = true, KEYS", back));
    said.iter().fold(test.run(), |ended, said| ended.stderr_has(said)).exits(2).nothing_was_started()
}

#[test]
fn a_cycle_that_nobody_has_declared_is_refused_with_its_path() {
    // Fault 50.
    refused("optional = {}", &["add", "back", "cycle = true"]);
}

#[test]
fn a_cycle_that_could_stand_still_is_refused() {
    // Fault 30.
    refused("cycle = true, optional = {}", &["the pipe `back` leads back", "drop-oldest"]);
    refused("cycle = true, async = true, when_full = \"block\"", &["the pipe `back` leads back", "drop-oldest"]);
    refused("cycle = true, when_full = \"fail\"", &["the pipe `back` leads back", "`optional` or `async`"]);
}
