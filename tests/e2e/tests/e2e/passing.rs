//! How executables are given their pipes.

use pipeloom_e2e::network;
use serde_json::{Value, json};

#[test]
fn lines_go_through_an_ordinary_program() {
    network(
        r#"
        [jobs.read]
        use = "lines-source"
        args = { path = "in.txt" }
        outputs = ["lines"]
        [jobs.pass]
        exec = ["cat"]
        pass = "stdio"
        inputs = ["lines"]
        outputs = ["passed"]
        [jobs.show]
        use = "lines-sink"
        inputs = ["passed"]
        [pipes.lines]
        codec = "lines"
        [pipes.passed]
        codec = "lines"
        "#,
    )
    .file("in.txt", "a\nb\n")
    .run()
    .stdout("a\nb\n")
    .exits(0)
    .delivered("lines", "pass", 2)
    .delivered("passed", "show", 2);
}

/// The keys of an executable that has its pipes in this way.
fn villain(deed: &str, pass: &str, ends: &[&str]) -> String {
    let mut exec = vec!["villain"];
    exec.extend(deed.split(' '));
    // By stdio nothing is added to the arguments.
    if pass == "stdio" {
        exec.extend(ends);
    }
    format!("exec = {exec:?}\npass = \"{pass}\"")
}

/// Blocks go from one executable through another to a third.
#[track_caller]
fn executables_in_a_row(writer: &str, middle: &str, reader: &str) {
    let source = villain("source 300 96", writer, &["-o", "1"]);
    let forward = villain("forward", middle, &["-i", "0", "-o", "1"]);
    let witness = villain("witness 96", reader, &["-i", "0"]);
    let run = network(format!(
        r#"
        [jobs.source]
        {source}
        outputs = ["blocks"]
        [jobs.forward]
        {forward}
        inputs = ["blocks"]
        outputs = ["same"]
        [jobs.witness]
        {witness}
        inputs = ["same"]
        [pipes]
        blocks = {{ codec = "bytes", block_size = 96 }}
        same = {{ codec = "bytes", block_size = 96 }}
        "#
    ))
    .run()
    .exits(0);
    assert_eq!(run.result("witness"), json!({ "whole": 300, "rest": 0 }), "{writer}, {middle}, {reader}");
}

#[test]
fn every_way_of_passing_goes_with_every_other() {
    const WAYS: [&str; 3] = ["path", "fd", "stdio"];
    for writer in WAYS {
        for middle in WAYS {
            for reader in WAYS {
                executables_in_a_row(writer, middle, reader);
            }
        }
    }
}

/// A program that notes its arguments and its pipes, and touches none of them.
const NOTE: &str = r#"#!/bin/sh
printf '%s\n' "$@" > arguments.txt
printf '%s' "$PIPELOOM_PIPES" > pipes.json
"#;

/// The arguments of a job with the inputs a, b and the outputs c, d and these keys, each pipe's path written as its name.
#[track_caller]
fn arguments(keys: &str) -> Vec<String> {
    let run = network(format!(
        r#"
        [jobs.sources]
        exec = ["true"]
        outputs = ["a", "b"]
        [jobs.note]
        {keys}
        inputs = ["a", "b"]
        outputs = ["c", "d"]
        [jobs.sinks]
        exec = ["true"]
        inputs = ["c", "d"]
        [pipes]
        a.codec = "lines"
        b.codec = "lines"
        c.codec = "lines"
        d.codec = "lines"
        "#
    ))
    .program("note.sh", NOTE)
    .run()
    .exits(0);
    let table: Value = serde_json::from_str(&run.text("pipes.json")).unwrap();
    let name = |argument: &str| {
        let mut arguments = argument.to_owned();
        for pipe in table["pipes"].as_array().unwrap() {
            if let Some(path) = pipe["path"].as_str() {
                arguments = arguments.replace(path, pipe["name"].as_str().unwrap());
            }
        }
        arguments
    };
    run.text("arguments.txt").lines().map(name).collect()
}

#[test]
fn pipes_stand_behind_the_given_arguments_inputs_first() {
    let arguments = arguments(r#"exec = ["./note.sh", "one", "two three"]"#);
    assert_eq!(arguments, ["one", "two three", "-i", "a", "-i", "b", "-o", "c", "-o", "d"]);
}

#[test]
fn flags_are_what_the_file_says_and_empty_ones_are_none() {
    let arguments = arguments("exec = [\"./note.sh\"]\ninput_flag = \"--in\"\noutput_flag = \"\"");
    assert_eq!(arguments, ["--in", "a", "--in", "b", "c", "d"]);
}

#[test]
fn a_pipe_named_in_the_arguments_stands_there_and_gets_no_flag() {
    let arguments = arguments(r#"exec = ["./note.sh", "--left=${pipe.b}", "${pipe.c}"]"#);
    assert_eq!(arguments, ["--left=b", "c", "-i", "a", "-o", "d"]);
}

#[test]
fn descriptors_are_numbered_from_4() {
    let arguments = arguments("exec = [\"./note.sh\", \"out=${pipe.d}\"]\npass = \"fd\"");
    assert_eq!(arguments, ["out=7", "-i", "4", "-i", "5", "-o", "6"]);
}

#[test]
fn a_program_has_no_descriptors_but_its_own() {
    // Others are started and wired at the same time, whose descriptors must not come along.
    let run = network(
        r#"
        [jobs.source]
        exec = ["villain", "source", "10", "64"]
        outputs = ["blocks"]
        [jobs.list]
        exec = ["sh", "-c", "villain descriptors; exec villain forward \"$@\"", "sh"]
        pass = "fd"
        inputs = ["blocks"]
        outputs = ["same"]
        [jobs.one]
        exec = ["villain", "witness", "64"]
        inputs = ["same"]
        [jobs.two]
        exec = ["villain", "witness", "64"]
        inputs = ["same"]
        [pipes]
        blocks = { codec = "bytes", block_size = 64 }
        same = { codec = "bytes", block_size = 64 }
        "#,
    )
    .run()
    .exits(0);
    assert_eq!(run.text("run/logs/list.stdout.log"), "[0, 1, 2, 3, 4, 5]\n");
}

#[test]
fn what_a_program_is_told_of_its_pipes() {
    let run = network(
        r#"
        [network]
        head_size = 2
        [jobs.source]
        exec = ["true"]
        outputs = ["frames"]
        [jobs.note]
        exec = ["./note.sh"]
        pass = "fd"
        head = true
        inputs = ["frames"]
        outputs = ["texts"]
        [jobs.sink]
        exec = ["true"]
        inputs = ["texts"]
        [pipes]
        frames = { codec = "bytes", block_size = 512, block_count = 3, max_block_bytes = 1024 }
        texts = { codec = "json" }
        "#,
    )
    .program("note.sh", NOTE)
    .run()
    .exits(0);
    let table: Value = serde_json::from_str(&run.text("pipes.json")).unwrap();
    let frames = json!({ "name": "frames", "direction": "input", "codec": "bytes", "block_size": 512, "block_count": 3,
                         "max_block_bytes": 1024, "head": true, "fd": 4 });
    let texts = json!({ "name": "texts", "direction": "output", "codec": "json", "block_count": 1,
                        "max_block_bytes": 256 << 20, "head": true, "fd": 5 });
    assert_eq!(table, json!({ "v": 1, "head_size": 2, "each": true, "pipes": [frames, texts] }));
}
