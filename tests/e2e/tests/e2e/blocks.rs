//! Blocks as they stand on the wire: whole, cut off, empty, too long, and none at all.

use std::time::Duration;

use pipeloom_e2e::events::CauseKind;
use pipeloom_e2e::{Signal, Test, is_halted, network, peak_memory, send, until};
use serde_json::json;

use crate::flow::MEMORY;

/// A program that writes just these bytes to its output.
fn writes(bytes: &[u8]) -> String {
    let octal: String = bytes.iter().map(|byte| format!("\\\\{byte:03o}")).collect();
    format!(r#"exec = ["sh", "-c", "printf '{octal}' > \"$2\"", "sh"]"#)
}

/// A program that writes these bytes, and a native job, with these keys, that reads them by this codec.
fn read_by(bytes: &[u8], codec: &str, job: &str) -> Test {
    network(format!(
        r#"
        [jobs.writer]
        {}
        outputs = ["wire"]
        [jobs.reader]
        {job}
        inputs = ["wire"]
        [pipes.wire]
        {codec}
        "#,
        writes(bytes)
    ))
}

const NULL_SINK: &str = r#"use = "null-sink""#;
const CSV_SINK: &str = "use = \"csv-sink\"\nargs = { path = \"${run}/table.csv\" }";

#[test]
fn a_block_that_is_cut_off_is_counted_and_not_delivered() {
    // Fault 38.
    read_by(b"12345678abcdefghTORN", "codec = \"bytes\"\nblock_size = 8", NULL_SINK)
        .run()
        .exits(0)
        .has_result("reader", json!({ "blocks": 2, "bytes": 16 }))
        .torn("wire", "reader", 4);
    read_by(b"\x02\0\0\0ok\x10\0\0\0TORN", "codec = \"framed\"", NULL_SINK)
        .run()
        .exits(0)
        .has_result("reader", json!({ "blocks": 1, "bytes": 2 }))
        .torn("wire", "reader", 8);
    read_by(b"\x02\0\0\0ok\x10\0", "codec = \"framed\"", NULL_SINK).run().exits(0).torn("wire", "reader", 2);
}

#[test]
fn a_last_line_without_its_break_is_whole() {
    read_by(b"one\ntwo", "codec = \"lines\"", r#"use = "lines-sink""#).run().stdout("one\ntwo\n").exits(0);
}

#[test]
fn a_length_that_is_too_large_is_refused_before_memory_is_asked_for() {
    // Fault 39. With so little address space, asking for it would be the end of the runtime.
    for length in [0x8000_0000_u32, 0xffff_ffff] {
        let bytes = [&length.to_le_bytes()[..], b"and so on"].concat();
        read_by(&bytes, "codec = \"framed\"", NULL_SINK)
            .through(&["sh", "-c", "ulimit -v 1500000; exec \"$@\"", "sh"])
            .run()
            .stderr_has(&length.to_string())
            .exits(1)
            .job_failed("reader", CauseKind::Flow, "max_block_bytes");
    }
}

#[test]
fn an_empty_payload_is_a_block() {
    // Fault 40.
    read_by(b"\0\0\0\0\x01\0\0\0x\0\0\0\0", "codec = \"framed\"", NULL_SINK)
        .run()
        .exits(0)
        .has_result("reader", json!({ "blocks": 3, "bytes": 1 }));
    read_by(b"\n\na\n\n", "codec = \"lines\"", r#"use = "lines-sink""#).run().stdout("\n\na\n\n").exits(0);
    let run = network(format!(
        r#"
        [jobs.writer]
        {}
        outputs = ["a"]
        [jobs.pass]
        use = "forward"
        inputs = ["a"]
        outputs = ["b"]
        [jobs.dump]
        exec = ["sh", "-c", "cat \"$2\"", "sh"]
        head = true
        inputs = ["b"]
        [pipes]
        a.codec = "framed"
        b.codec = "framed"
        "#,
        writes(b"\0\0\0\0\0\0\0\0")
    ))
    .run()
    .exits(0);
    assert_eq!(run.read("run/logs/dump.stdout.log"), b"\x40\0\0\0\0\0\0\0\0\0");
}

#[test]
fn a_payload_may_be_as_long_as_allowed_and_no_longer() {
    // Fault 41. What a program writes, and what a native job does.
    let limit = |codec: &str| format!("codec = \"{codec}\"\nmax_block_bytes = 8");
    read_by(b"12345678\n", &limit("lines"), NULL_SINK).run().exits(0).delivered("wire", "reader", 1);
    read_by(b"1\n123456789\n", &limit("lines"), NULL_SINK).run().exits(1).job_failed(
        "reader",
        CauseKind::Flow,
        "max_block_bytes = 8",
    );
    read_by(b"\x08\0\0\x0012345678", &limit("framed"), NULL_SINK).run().exits(0).delivered("wire", "reader", 1);
    read_by(b"\x09\0\0\x00123456789", &limit("framed"), NULL_SINK).run().exits(1).job_failed(
        "reader",
        CauseKind::Flow,
        "max_block_bytes = 8",
    );
    let native = |line: &str| {
        network(
            r#"
            [jobs.writer]
            use = "lines-source"
            args = { path = "line.txt" }
            outputs = ["wire"]
            [jobs.reader]
            exec = ["villain", "forward"]
            inputs = ["wire"]
            outputs = ["same"]
            [jobs.sink]
            use = "null-sink"
            inputs = ["same"]
            [pipes]
            wire = { codec = "lines", max_block_bytes = 8 }
            same.codec = "lines"
            "#,
        )
        .file("line.txt", line)
        .run()
    };
    native("12345678\n").exits(0).delivered("wire", "reader", 1);
    let run = native("123456789\n").exits(1);
    assert_eq!(run.failures(), ["writer"]);
}

#[test]
fn random_bytes_are_no_harm() {
    // Fault 42, with 32 MiB for each codec. The program stays, so that the runtime's memory can be looked at.
    const WRITER: &str = r#"
import os, random, signal, sys
random.seed(int(sys.argv[1]))
try:
    with open(sys.argv[3], "wb") as out:
        for _ in range(512):
            out.write(random.randbytes(65536))
except BrokenPipeError:
    pass
os.write(3, b'{"ready": true}\n')
os.kill(os.getpid(), signal.SIGSTOP)
"#;
    let codecs = [
        ("\"stream\"", 0),
        ("\"lines\"", 0),
        ("\"bytes\"\nblock_size = 1000", 0),
        ("\"framed\"", 1),
        ("\"bincode\"", 1),
    ];
    for (seed, (codec, code)) in codecs.into_iter().enumerate() {
        let run = network(format!(
            r#"
            [jobs.writer]
            exec = ["python3", "writer.py", "{seed}"]
            outputs = ["noise"]
            on_failure = "isolate"
            [jobs.reader]
            use = "null-sink"
            inputs = ["noise"]
            on_failure = "isolate"
            [pipes.noise]
            max_block_bytes = 1000000
            codec = {codec}
            "#
        ))
        .file("writer.py", WRITER)
        .start();
        let writer = run.ready("writer");
        let peak = peak_memory(run.pid());
        assert!(peak < MEMORY, "{codec}: {peak} bytes");
        until("that the writer is halted", Duration::from_secs(20), || is_halted(writer));
        send(writer, Signal::CONT);
        run.end().exits(code);
    }
}

#[test]
fn one_byte_a_write_makes_the_same_blocks() {
    // Fault 43.
    let run = network(
        r#"
        [jobs.source]
        exec = ["villain", "source", "50", "300"]
        outputs = ["a"]
        [jobs.drip]
        exec = ["villain", "drip"]
        inputs = ["a"]
        outputs = ["b"]
        [jobs.pass]
        use = "forward"
        inputs = ["b"]
        outputs = ["c"]
        [jobs.witness]
        exec = ["villain", "witness", "300"]
        inputs = ["c"]
        [pipes]
        a = { codec = "bytes", block_size = 300 }
        b = { codec = "bytes", block_size = 300 }
        c = { codec = "bytes", block_size = 300 }
        "#,
    )
    .run()
    .exits(0);
    run.has_result("witness", json!({ "whole": 50, "rest": 0 })).delivered("b", "pass", 50);
}

#[test]
fn what_is_not_in_its_codec_fails_the_job_that_reads_it() {
    // Fault 46: no JSON, no UTF-8, no bincode.
    read_by(b"{\"a\": 1}\n{\"a\": \n", "codec = \"json\"", CSV_SINK)
        .run()
        .stderr_has("reader")
        .exits(1)
        .job_failed("reader", CauseKind::Error, "wire")
        .file("run/table.csv", "a\r\n1\r\n");
    read_by(b"fine\n\xff\xfe\n", "codec = \"lines\"", CSV_SINK)
        .run()
        .stderr_has("reader")
        .exits(1)
        .job_failed("reader", CauseKind::Error, "wire")
        .file("run/table.csv", "wire\r\nfine\r\n");
    let run = network(format!(
        r#"
        [jobs.writer]
        {}
        outputs = ["samples"]
        [jobs.level]
        use = "level"
        inputs = ["samples"]
        outputs = ["levels"]
        [jobs.sink]
        use = "null-sink"
        inputs = ["levels"]
        [pipes]
        samples.codec = "bincode"
        levels.codec = "json"
        "#,
        writes(b"\x03\0\0\0\xfd\xff\xff")
    ))
    .run()
    .stderr_has("level")
    .exits(1);
    run.job_failed("level", CauseKind::Error, "");
}
