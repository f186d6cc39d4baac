//! Heads on the wire, and heads of executables that see none.

use pipeloom_e2e::events::{CauseKind, JobEnd};
use pipeloom_e2e::{Run, Test, network};

/// What a sink with heads prints of its input: each byte as two digits.
pub(crate) const DUMP: &str = r#"exec = ["sh", "-c", "od -An -v -tx1 \"$2\"", "sh"]
        head = true"#;

/// The bytes that the sink `dump` was given.
pub(crate) fn dumped(run: &Run) -> Vec<u8> {
    let text = run.text("run/logs/dump.stdout.log");
    text.split_ascii_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

/// The heads of blocks that are lines, and the lines.
pub(crate) fn lines(run: &Run) -> Vec<(u8, String)> {
    let bytes = dumped(run);
    let block = |line: &[u8]| (line[0], String::from_utf8(line[1..].to_vec()).unwrap());
    bytes.split_inclusive(|byte| *byte == b'\n').map(|line| block(line.strip_suffix(b"\n").unwrap_or(line))).collect()
}

/// Numbers from 1 to `to`, as lines with heads.
fn numbers_with_heads(to: u32) -> Run {
    network(format!(
        r#"
        [jobs.count]
        use = "count"
        args = {{ from = 1, to = {to} }}
        outputs = ["numbers"]
        [jobs.dump]
        {DUMP}
        inputs = ["numbers"]
        [pipes.numbers]
        codec = "lines"
        "#
    ))
    .run()
    .exits(0)
}

#[test]
fn the_first_block_is_marked_reset_and_the_last_finished() {
    assert_eq!(dumped(&numbers_with_heads(3)), b"\x401\n\x002\n\x203\n");
}

#[test]
fn a_single_block_is_both() {
    // Fault 33.
    assert_eq!(dumped(&numbers_with_heads(1)), b"\x601\n");
}

#[test]
fn a_head_may_have_several_bytes() {
    let run = network(format!(
        r#"
        [network]
        head_size = 3
        [jobs.count]
        use = "count"
        args = {{ from = 1, to = 2 }}
        outputs = ["numbers"]
        [jobs.dump]
        {DUMP}
        inputs = ["numbers"]
        [pipes.numbers]
        codec = "bytes"
        block_size = 8
        "#
    ))
    .run()
    .exits(0);
    assert_eq!(dumped(&run), b"\x40\0\0\x01\0\0\0\0\0\0\0\x20\0\0\x02\0\0\0\0\0\0\0");
}

/// A source that sets bits of its own, a job with these keys, and a sink that prints heads and lines.
fn marked_lines_through(job: &str) -> Test {
    network(format!(
        r#"
        [jobs.source]
        exec = ["python3", "source.py"]
        head = true
        outputs = ["marked"]
        [jobs.job]
        {job}
        inputs = ["marked"]
        outputs = ["same"]
        [jobs.dump]
        {DUMP}
        inputs = ["same"]
        [pipes]
        marked.codec = "lines"
        same.codec = "lines"
        "#
    ))
    .file("source.py", MARKED)
}

/// Writes 5,000 lines with heads: every seventh block has bit 3, every eleventh bit 7, the last one is finished.
const MARKED: &str = r#"
import sys
with open(sys.argv[2], "wb") as out:
    for number in range(1, 5001):
        head = (0x10 if number % 7 == 0 else 0) | (0x01 if number % 11 == 0 else 0) | (0x20 if number == 5000 else 0)
        out.write(b"%c%d\n" % (head, number))
"#;

fn marked_lines() -> Vec<(u8, String)> {
    let head = |number: u32| {
        let bit = |mask, set| if set { mask } else { 0 };
        bit(0x40, number == 1)
            | bit(0x10, number.is_multiple_of(7))
            | bit(0x01, number.is_multiple_of(11))
            | bit(0x20, number == 5000)
    };
    (1..=5000).map(|number| (head(number), number.to_string())).collect()
}

#[test]
fn bits_of_a_programs_own_reach_the_next_one() {
    let run = marked_lines_through(r#"use = "forward""#).run().exits(0).job_ended("job", JobEnd::Finished);
    assert_eq!(lines(&run), marked_lines());
}

#[test]
fn heads_are_put_back_by_count_behind_a_program_that_sees_none() {
    // sed keeps back what it writes for thousands of lines, and a byte a write is no block.
    let buffering = "exec = [\"sed\", \"\"]\npass = \"stdio\"\nsteps = \"each\"";
    let dripping = "exec = [\"villain\", \"drip\"]";
    for job in [buffering, dripping] {
        let run = marked_lines_through(job).run().exits(0);
        assert_eq!(lines(&run), marked_lines(), "{job}");
    }
}

#[test]
fn a_program_with_heads_may_change_them_but_not_the_reset_bit() {
    // It adds bit 5 to all heads, and tries to set the reset bit on every block.
    const JOB: &str = r#"
import sys
with open(sys.argv[2], "rb") as inp, open(sys.argv[4], "wb") as out:
    for line in inp:
        out.write(bytes([line[0] | 0x44]) + line[1:])
"#;
    let run = marked_lines_through("exec = [\"python3\", \"job.py\"]\nhead = true").file("job.py", JOB).run().exits(0);
    let expected: Vec<_> = marked_lines().into_iter().map(|(head, line)| (head | 0x04, line)).collect();
    assert_eq!(lines(&run), expected);
}

#[test]
fn json_lines_with_heads_are_these_bytes() {
    let wire = |objects: &str| {
        let run = network(format!(
            r#"
            [jobs.read]
            use = "lines-source"
            args = {{ path = "objects.txt" }}
            outputs = ["objects"]
            [jobs.copy]
            exec = ["python3", "copy.py"]
            head = true
            inputs = ["objects"]
            outputs = ["copies"]
            [jobs.dump]
            {DUMP}
            inputs = ["copies"]
            [pipes]
            objects.codec = "json"
            copies.codec = "json"
            "#
        ))
        .file("copy.py", COPY)
        .file("objects.txt", objects)
        .run()
        .exits(0);
        let copies = run.tally("copies", "dump");
        assert_eq!(copies.false_resets, 0, "{copies:?}");
        dumped(&run)
    };
    let line = "{\"v\": 1}\n";
    // 40 7b2276223a20317d0a: reset, then the text.
    assert_eq!(wire(line), [b"\x60".as_slice(), line.as_bytes()].concat());
    let three = [b"\x40".as_slice(), line.as_bytes(), b"\0", line.as_bytes(), b"\x20", line.as_bytes()].concat();
    assert_eq!(wire(&line.repeat(3)), three);
}

/// Copies lines with their heads, the reset bit among them.
const COPY: &str = r#"
import sys
with open(sys.argv[2], "rb") as inp, open(sys.argv[4], "wb") as out:
    for line in inp:
        out.write(line)
"#;

/// Numbers through a program with heads, which says that every third block resets.
fn false_resets() -> Test {
    const JOB: &str = r#"
import sys
with open(sys.argv[2], "rb") as inp, open(sys.argv[4], "wb") as out:
    for place, line in enumerate(inp):
        out.write(bytes([line[0] | (0x40 if place % 3 == 2 else 0)]) + line[1:])
"#;
    network(format!(
        r#"
        [jobs.count]
        use = "count"
        args = {{ from = 1, to = 10 }}
        outputs = ["numbers"]
        [jobs.wrong]
        exec = ["python3", "wrong.py"]
        head = true
        inputs = ["numbers"]
        outputs = ["marked"]
        [jobs.dump]
        {DUMP}
        inputs = ["marked"]
        [pipes]
        numbers.codec = "lines"
        marked.codec = "lines"
        "#
    ))
    .file("wrong.py", JOB)
}

#[test]
fn a_reset_bit_without_cause_is_cleared_counted_and_named() {
    // Fault 37.
    let run = false_resets().run().exits(0);
    let head = |number| if number == 1 { 0x40 } else { 0 } | if number == 10 { 0x20 } else { 0 };
    assert_eq!(lines(&run), (1..=10).map(|number| (head(number), number.to_string())).collect::<Vec<_>>());
    assert_eq!(run.tally("marked", "dump").false_resets, 3);
    let said = "pipe marked to dump: 3 blocks with a reset bit that was not the writer's to set";
    false_resets().run_with(&["--color=never"]).stderr_has(said).exits(0);
}

/// A job that is given three numbers and runs this.
fn three_numbers_through(job: &str) -> Test {
    network(format!(
        r#"
        [jobs.count]
        use = "count"
        args = {{ from = 1, to = 3 }}
        outputs = ["numbers"]
        [jobs.double]
        {job}
        inputs = ["numbers"]
        outputs = ["twice"]
        [jobs.show]
        use = "lines-sink"
        inputs = ["twice"]
        [pipes]
        numbers.codec = "lines"
        twice.codec = "lines"
        "#
    ))
}

#[test]
fn a_program_that_writes_more_than_it_was_given_is_named() {
    const TWICE: &str = r#"exec = ["sh", "-c", "sed p \"$2\" > \"$4\"", "sh"]"#;
    three_numbers_through(TWICE)
        .run()
        .stderr_has("pipe twice: job double wrote a block for which it was given no compute block: it is block 4")
        .stderr_has("say `steps = \"free\"`")
        .exits(1)
        .job_failed("show", CauseKind::Flow, "steps = \"free\"");
    let free = format!("{TWICE}\nsteps = \"free\"");
    three_numbers_through(&free).run().stdout("1\n1\n2\n2\n3\n3\n").exits(0).delivered("twice", "show", 6);
}

#[test]
fn user_bits_set_in_one_job_are_read_two_jobs_later() {
    // The job in the middle sees no heads.
    const READ: &str = r#"
import sys
with open(sys.argv[2], "rb") as inp:
    print(*[int(line[1:]) for line in inp if line[0] & 0x10])
"#;
    let run = network(
        r#"
        [jobs.source]
        exec = ["python3", "source.py"]
        head = true
        outputs = ["marked"]
        [jobs.blind]
        exec = ["sed", "s/^/1/"]
        pass = "stdio"
        steps = "each"
        inputs = ["marked"]
        outputs = ["same"]
        [jobs.pass]
        use = "forward"
        inputs = ["same"]
        outputs = ["passed"]
        [jobs.read]
        exec = ["python3", "read.py"]
        head = true
        inputs = ["passed"]
        [pipes]
        marked.codec = "lines"
        same.codec = "lines"
        passed.codec = "lines"
        "#,
    )
    .file("source.py", MARKED)
    .file("read.py", READ)
    .run()
    .exits(0);
    let marked: Vec<String> = (1..=5000).filter(|number| number % 7 == 0).map(|number| format!("1{number}")).collect();
    run.file("run/logs/read.stdout.log", format!("{}\n", marked.join(" ")));
}
