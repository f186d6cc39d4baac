//! The harness and its bare programs, with a few blocks: that they run and agree, not how fast.

use std::{
    fs,
    io::Write,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

#[test]
fn every_row_gives_bare_figures_and_nothing_fails() {
    let done = run(
        env!("CARGO_BIN_EXE_compare"),
        &["--quick", "--bare", "--json", "--peers", "/nowhere", "--rows", "W1,W2,W3,W5,W6.fan4,W8,W9,W10.recovery"],
        &[],
    );
    assert!(done.status.success(), "{}", words(&done.stderr));
    let rows: Vec<Value> = words(&done.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(rows.len() > 30, "only {} rows", rows.len());
    for row in rows {
        for cores in ["all_cores", "one_core"] {
            let bare = row[cores]["bare"][0].as_f64();
            assert!(bare.is_some_and(|seconds| seconds > 0.0), "{cores} of {row}");
        }
    }
}

#[test]
fn rows_are_chosen_by_workload_or_by_id() {
    let flags = ["--quick", "--bare", "--json", "--peers", "/nowhere", "--rows", "W8.first,W5.64"];
    let done = run(env!("CARGO_BIN_EXE_compare"), &flags, &[]);
    let ids: Vec<Value> =
        words(&done.stdout).lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["row"].take()).collect();
    assert_eq!(ids, ["W5.64", "W8.first"]);
}

#[test]
fn tables_pictures_and_documents_are_written_where_it_was_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let (out, page) = (dir.path().join("out"), dir.path().join("page.md"));
    fs::write(&page, "before\n<!-- goals -->\nold\n<!-- end -->\nafter\n").unwrap();
    let flags = ["--quick", "--bare", "--runs", "2", "--peers", "/nowhere", "--rows", "W1.pair,W1.chain,W5.idle,W7.1"];
    let places = ["--out", out.to_str().unwrap(), "--fill", page.to_str().unwrap()];
    let done = run(env!("CARGO_BIN_EXE_compare"), &[flags.as_slice(), &places].concat(), &[]);
    assert!(done.status.success(), "{}", words(&done.stderr));

    let table = fs::read_to_string(out.join("table.md")).unwrap();
    let (goals, rows) = (table.find("### Goals").unwrap(), table.find("| W1.chain | 3 executables |").unwrap());
    assert!(goals < rows, "{table}");
    assert!(table.contains("| W1.chain | 3 executables | 64 B | ZeroMQ | – |"), "a missing peer is a dash: {table}");
    let data: Value = serde_json::from_str(&fs::read_to_string(out.join("table.json")).unwrap()).unwrap();
    assert_eq!(data["goals"].as_array().unwrap().len(), 13);
    assert_eq!(data["rows"][0]["all_cores"]["bare"].as_array().unwrap().len(), 2, "one round in each of two runs");
    for picture in ["throughput.svg", "latency.svg", "stages.svg"] {
        assert!(fs::read_to_string(out.join(picture)).unwrap().starts_with("<svg"), "{picture}");
    }
    let page = fs::read_to_string(page).unwrap();
    assert!(page.starts_with("before\n<!-- goals -->\nTaken on ") && page.ends_with("<!-- end -->\nafter\n"), "{page}");
    assert_eq!(page.matches("| not measured |").count(), 13, "{page}");
}

#[test]
fn a_tool_that_a_row_needs_and_does_not_find_is_named() {
    for (row, tool) in [("W9.c", "cc"), ("W9.python", "python3")] {
        let nowhere =
            ["PATH=/nowhere", env!("CARGO_BIN_EXE_compare"), "--quick", "--rows", row, "--pipeloom", "/bin/true"];
        let done = run("/usr/bin/env", &nowhere, &[]);
        assert!(!done.status.success());
        assert!(
            words(&done.stderr).contains(&format!("failed to run {tool}, which the rows")),
            "{}",
            words(&done.stderr)
        );
    }
}

#[test]
fn a_sink_prints_sum_and_count_of_what_a_source_wrote() {
    let blocks = run(env!("CARGO_BIN_EXE_bare-source"), &["--size", "16", "--count", "3"], &[]);
    assert_eq!(blocks.stdout.len(), 48);
    let done = run(env!("CARGO_BIN_EXE_bare-sink"), &["--size", "16"], &blocks.stdout);
    assert_eq!(words(&done.stdout), "12 3\n");
}

#[test]
fn the_finished_bit_ends_a_forwarder_whatever_follows() {
    let wire = [0, b'a', 0b0010_0000, b'b', 0, b'c'];
    for mode in ["copy", "batch", "splice"] {
        let flags = ["--size", "1", "--head", "--mode", mode];
        let forwarded = run(env!("CARGO_BIN_EXE_bare-forward"), &flags, &wire);
        assert_eq!(forwarded.stdout, wire[..4], "{mode}");
    }
}

#[test]
fn a_sink_refuses_a_torn_block() {
    let done = run(env!("CARGO_BIN_EXE_bare-sink"), &["--size", "16"], &[0; 20]);
    assert!(!done.status.success());
    assert_eq!(words(&done.stdout), "");
}

#[expect(clippy::disallowed_methods, reason = "programs are tested as a shell would start them")]
fn run(program: &str, flags: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(program)
        .args(flags)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("stdin is a pipe");
    stdin.write_all(input).expect("the program reads its input");
    drop(stdin);
    child.wait_with_output().expect("the program ends")
}

fn words(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("programs print text")
}
