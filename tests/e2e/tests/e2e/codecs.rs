//! Codecs that are not built in, on the wire: `nul`, as other programs read and write it.

use pipeloom_e2e::events::{CauseKind, JobEnd};
use pipeloom_e2e::{Test, network};
use serde_json::json;

use crate::heads::{DUMP, dumped};

/// Texts with line breaks in them, from the network to a program and back.
fn through(program: &str, values: &str) -> Test {
    network(format!(
        r#"
        [jobs.say]
        use = "data"
        args = {{ values = {values} }}
        outputs = ["texts"]
        [jobs.program]
        {program}
        inputs = ["texts"]
        outputs = ["sorted"]
        [jobs.save]
        use = "csv-sink"
        args = {{ path = "${{run}}/table.csv" }}
        inputs = ["sorted"]
        [pipes]
        texts.codec = "nul"
        sorted.codec = "nul"
        "#
    ))
}

const TEXTS: &str = r#"["pear", "apple\ntree", "fig", 10]"#;
const SORTED: &str = "sorted\r\n10\r\n\"apple\ntree\"\r\nfig\r\npear\r\n";

#[test]
fn a_program_gets_values_of_native_jobs_and_gives_them_back() {
    let filter = "exec = [\"sort\", \"-z\"]\npass = \"stdio\"";
    through(filter, TEXTS).run().exits(0).file("run/table.csv", SORTED);
    let by_path = r#"exec = ["sh", "-c", "sort -z \"$2\" > \"$4\"", "sh"]
        steps = "free""#;
    through(by_path, TEXTS).run().exits(0).file("run/table.csv", SORTED);
}

#[test]
fn a_last_text_without_its_nul_is_whole() {
    network(
        r#"
        [jobs.print]
        exec = ["printf", "one\\0two\nlines\\0\\0last"]
        pass = "stdio"
        outputs = ["texts"]
        [jobs.show]
        use = "lines-sink"
        inputs = ["texts"]
        [pipes.texts]
        codec = "nul"
        "#,
    )
    .run()
    .stdout("one\ntwo\nlines\n\nlast\n")
    .exits(0)
    .delivered("texts", "show", 4);
}

#[test]
fn a_relay_gives_each_of_two_readers_all_texts() {
    let run = network(
        r#"
        [jobs.print]
        exec = ["sh", "-c", "i=0; while [ $i -lt 20000 ]; do printf 'text\n%d\\0' $i; i=$((i+1)); done"]
        pass = "stdio"
        outputs = ["texts"]
        [jobs.count]
        exec = ["sh", "-c", "tr -cd '\\0' | wc -c > \"$1\"", "sh", "${run}/count"]
        pass = "stdio"
        inputs = ["texts"]
        [jobs.last]
        exec = ["sh", "-c", "grep -zc 9 \"$3\" > \"$1\"", "sh", "${run}/nines"]
        inputs = ["texts"]
        [jobs.native]
        use = "null-sink"
        inputs = ["texts"]
        [pipes.texts]
        codec = "nul"
        "#,
    )
    .run()
    .exits(0);
    let nines = (0..20_000).filter(|number| number.to_string().contains('9')).count();
    let run = run.file("run/count", "20000\n").file("run/nines", format!("{nines}\n"));
    let bytes: usize = (0..20_000).map(|number| "text\n".len() + number.to_string().len()).sum();
    run.has_result("native", json!({ "blocks": 20_000, "bytes": bytes })).delivered("texts", "last", 20_000);
}

#[test]
fn heads_stand_before_texts_as_before_all_blocks() {
    // Adds bit 4 to each head, and reverses each text.
    const JOB: &str = r#"
import sys
with open(sys.argv[2], "rb") as inp, open(sys.argv[4], "wb") as out:
    data, at = inp.read(), 0
    while at < len(data):
        end = data.index(b"\0", at + 1)
        out.write(bytes([data[at] | 0x08]) + data[at + 1 : end][::-1] + b"\0")
        at = end + 1
"#;
    let run = network(format!(
        r#"
        [jobs.say]
        use = "data"
        args = {{ values = ["ab\ncd", "", "xyz"] }}
        outputs = ["texts"]
        [jobs.turn]
        exec = ["python3", "turn.py"]
        head = true
        inputs = ["texts"]
        outputs = ["turned"]
        [jobs.dump]
        {DUMP}
        inputs = ["turned"]
        [jobs.show]
        use = "lines-sink"
        inputs = ["turned"]
        [pipes]
        texts.codec = "nul"
        turned.codec = "nul"
        "#
    ))
    .file("turn.py", JOB)
    .run()
    .stdout("dc\nba\n\nzyx\n")
    .exits(0)
    .job_ended("show", JobEnd::Finished);
    assert_eq!(dumped(&run), b"\x48dc\nba\0\x08\0\x28zyx\0");
}

#[test]
fn a_missing_text_is_an_empty_one() {
    // The second input has nothing for the second block, so that its place is taken by a dummy.
    network(
        r#"
        [jobs.left]
        use = "data"
        args = { values = ["a", "b"] }
        outputs = ["left"]
        [jobs.never]
        exec = ["true"]
        pass = "stdio"
        outputs = ["right"]
        [jobs.both]
        use = "gather"
        inputs = ["left", "right"]
        outputs = ["lists"]
        [jobs.show]
        use = "lines-sink"
        inputs = ["lists"]
        [pipes]
        left.codec = "nul"
        right = { codec = "nul", optional = {} }
        lists.codec = "json"
        "#,
    )
    .run()
    .stdout("[\"a\",\"\"]\n[\"b\",\"\"]\n")
    .exits(0);
}

#[test]
fn a_text_that_cannot_stand_on_the_pipe_fails_the_job_that_sends_it() {
    through("exec = [\"sort\", \"-z\"]\npass = \"stdio\"", r#"["fine", "a\u0000b"]"#)
        .run()
        .stderr_has("codec nul refuses this: a NUL byte inside, at byte 1")
        .exits(1)
        .job_failed("say", CauseKind::Error, "pipe texts");
}
