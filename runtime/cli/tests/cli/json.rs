//! `pipeloom run --json`.

use std::io::{BufRead, BufReader};

use serde_json::Value;

use crate::assert_seen;
use crate::command::with_network;

const ONE_JOB: &str = "[jobs.one]\nexec = [\"sh\", \"-c\", \"echo out; exit 4\"]\n";

#[test]
fn each_event_is_one_object_on_a_line() {
    let done = with_network(ONE_JOB, &["run", "--json"]).done().exits(1);
    for line in done.stdout.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        assert!(event["v"] == 1 && event["run"].is_string() && event["event"].is_string(), "{line}");
    }
    assert_seen!("run_json", done.seen());
}

#[test]
fn what_jobs_print_is_an_event_if_asked_for() {
    let printed = r#""event":"line","job":"one","stderr":false,"text":"out""#;
    assert!(with_network(ONE_JOB, &["run", "--json", "-v"]).done().exits(1).stdout.contains(printed));
    assert!(!with_network(ONE_JOB, &["run", "--json"]).done().exits(1).stdout.contains("\"line\""));
}

#[test]
fn what_is_printed_is_what_is_recorded() {
    let done = with_network(ONE_JOB, &["run", "--json", "--run-dir", "here"]).done().exits(1);
    assert_eq!(done.stdout, std::fs::read_to_string(done.home().join("here/events.jsonl")).unwrap());
}

#[test]
fn what_jobs_write_to_standard_output_does_not_mix_with_the_events() {
    // `pipeloom run --json | jq .event` failed at the first line of such a job.
    let network = "[jobs.a]\nuse = \"count\"\nargs.to = 2\noutputs = [\"n\"]\n\
                   [jobs.b]\nuse = \"lines-sink\"\ninputs = [\"n\"]\n[pipes.n]\ncodec = \"lines\"\n";
    let done = with_network(network, &["run", "--json"]).done().exits(0);
    assert!(done.stdout.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{}", done.stdout);
    assert_eq!(done.stderr, "0\n1\n2\n");
}

#[test]
fn a_reader_that_leaves_does_not_disturb_the_run() {
    let network = "[jobs.many]\nexec = [\"sh\", \"-c\", \"seq 100000; echo done > $0/done\", \"${run}\"]\n";
    let call = with_network(network, &["run", "--json", "-v", "--run-dir", "here"]);
    let (mut child, home) = call.start();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.contains("run-started"), "{first}");
    // The reader is gone now, as after `| head -1`.
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert!(home.path().join("here/done").exists());
}

#[test]
fn an_answer_that_nobody_reads_ends_quietly() {
    for args in [&["jobs"][..], &["schema"], &["completions", "bash"], &["jobs", "--json"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let done = crate::command::pipeloom(args).stdout(writer).done();
        done.exits(0).says_nothing_on_stderr();
    }
}
