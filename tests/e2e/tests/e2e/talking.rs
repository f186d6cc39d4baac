//! What executables say beside their blocks: logs and the control channel.

use pipeloom_e2e::events::Event;
use pipeloom_e2e::network;
use serde_json::json;

use crate::lives::scripts;

/// A network of one source, which is this shell script.
fn script(text: &str) -> pipeloom_e2e::Test {
    network(
        r#"
        [jobs.it]
        exec = ["sh", "it.sh"]
        outputs = ["nothing"]
        [jobs.sink]
        use = "null-sink"
        inputs = ["nothing"]
        [pipes.nothing]
        codec = "lines"
        "#,
    )
    .file("it.sh", text)
}

#[test]
fn what_a_job_prints_stands_in_its_logs() {
    script("echo out; echo err >&2; printf 'no line break'")
        .run()
        .stdout("")
        .exits(0)
        .file("run/logs/it.stdout.log", "out\nno line break")
        .file("run/logs/it.stderr.log", "err\n");
}

#[test]
fn a_megabyte_of_output_stops_nobody() {
    // A pipe that nobody empties is full after 64 KiB.
    let run = network(
        r#"
        [jobs.chatty]
        exec = ["villain", "chatty", "1000000"]
        inputs = ["in"]
        outputs = ["out"]
        [jobs.loud]
        exec = ["villain", "loud", "1000000"]
        inputs = ["out"]
        outputs = ["same"]
        [jobs.source]
        use = "count"
        args = { to = 99 }
        outputs = ["in"]
        [jobs.sink]
        use = "null-sink"
        inputs = ["same"]
        [pipes]
        in.codec = "lines"
        out.codec = "lines"
        same.codec = "lines"
        "#,
    )
    .run()
    .exits(0)
    .delivered("same", "sink", 100);
    assert!(run.read("run/logs/chatty.stdout.log").len() >= 1_000_000);
    assert!(run.read("run/logs/loud.stderr.log").len() >= 1_000_000);
}

#[test]
fn reports_of_a_job_are_recorded() {
    let run = script(
        r#"
        echo '{"progress": 0.25, "message": "a quarter"}' >&3
        echo '{"status": {"tuned": [1, 2]}}' >&3
        echo '{"metrics": {"snr": 12.5}, "ready": true}' >&3
        echo '{"result": "first"}' >&3
        echo '{"result": {"last": true}}' >&3
        "#,
    )
    .run()
    .exits(0);
    let said: Vec<Event> = run
        .events()
        .into_iter()
        .filter(|event| {
            matches!(event, Event::Progress { .. } | Event::Status { .. } | Event::Metrics { .. } | Event::Ready { .. })
        })
        .collect();
    let job = || "it".to_owned();
    let expected = [
        Event::Progress { job: job(), fraction: 0.25, message: Some("a quarter".to_owned()) },
        Event::Status { job: job(), status: json!({ "tuned": [1, 2] }) },
        Event::Metrics { job: job(), metrics: [("snr".to_owned(), 12.5)].into() },
        Event::Ready { job: job() },
    ];
    assert_eq!(said, expected);
    assert_eq!(run.result("it"), json!({ "last": true }));
}

#[test]
fn what_is_no_report_is_warned_of_and_harms_nothing() {
    script(
        r#"
        echo 'hello' >&3
        echo '{"progress": 7}' >&3
        head -c 3000000 /dev/zero | tr '\0' x >&3
        echo >&3
        echo '{"result": 1}' >&3
        "#,
    )
    .run()
    .stderr_has("")
    .exits(0)
    .warned("it", "not a control message")
    .warned("it", "outside 0 to 1")
    .warned("it", "longer than")
    .has_result("it", json!(1));
}

#[test]
fn native_jobs_report_in_the_same_way() {
    network(
        r#"
        [jobs.source]
        use = "count"
        args = { from = 1, to = 10 }
        outputs = ["numbers"]
        [jobs.sink]
        use = "null-sink"
        inputs = ["numbers"]
        [pipes.numbers]
        codec = "lines"
        "#,
    )
    .run()
    .exits(0)
    .has_result("sink", json!({ "blocks": 10, "bytes": 11 }));
}

#[test]
fn a_runs_directory_holds_the_file_as_run_and_is_nobody_elses() {
    use std::os::unix::fs::PermissionsExt;
    let run = script("true").run().exits(0);
    let mode = |name: &str| std::fs::metadata(run.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("run"), 0o700);
    assert_eq!(run.read("run/network.toml"), run.read("network.toml"));
}

#[test]
fn what_is_no_message_is_told_a_few_times_and_then_counted() {
    // Each of them was a warning of its own, with the whole line in it.
    let toml = "[jobs.it]\nexec = ['./it']\n";
    let it = "line=$(head -c 100000 /dev/zero | tr '\\0' x); for i in $(seq 200); do echo '{\"done\": -5}'; echo \"$line\"; done >&3";
    let run = scripts(toml, &[("it", it)]).run().stderr_has("397 more of its control messages were wrong").exits(0);
    let warnings: Vec<String> = run.events().into_iter().filter_map(warning).collect();
    assert_eq!(warnings.len(), 4, "{warnings:?}");
    assert!(warnings[0].contains("expected u64, in `{\"done\": -5}`"), "{warnings:?}");
    assert!(warnings.iter().all(|warning| warning.len() < 400), "{warnings:?}");
}

fn warning(event: Event) -> Option<String> {
    match event {
        Event::Warning { message, .. } => Some(message),
        _ => None,
    }
}
