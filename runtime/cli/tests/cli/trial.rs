//! `pipeloom try` with blocks that are given: one job alone.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde_json::Value;

use crate::command::{Call, Done, example, pipeloom, with_network};

#[test]
fn a_job_is_described_for_those_who_try_it_themselves() {
    let done = with_network(JOBS, &["try", "network.toml", "pass", "--describe"]).done().exits(0);
    let about: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!((&about["job"], &about["head_size"], &about["steps"]), (&"pass".into(), &1.into(), &"each".into()));
    assert_eq!(about["program"]["argv"], serde_json::json!(["sh", "-c", "cat \"$2\" > \"$4\"", "sh"]));
    let pipes = serde_json::json!([
        { "name": "words", "direction": "input", "codec": "lines", "block_count": 1, "head": true,
          "max_block_bytes": 256 << 20 },
        { "name": "passed", "direction": "output", "codec": "lines", "block_count": 1, "head": true,
          "max_block_bytes": 256 << 20 },
    ]);
    assert_eq!(about["pipes"], pipes);
    let done = with_network(JOBS, &["try", "network.toml", "join", "--describe"]).done().exits(0);
    let about: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(about["pipes"][1]["optional"], serde_json::json!({ "default_hex": "226e6f6e6522", "store": true }));
    assert!(about["program"].is_null());
    let done = with_network(JOBS, &["try", "network.toml", "jion", "--describe", "--json"]).done().exits(2);
    let problem: Value = serde_json::from_str(&done.stdout).unwrap();
    assert!(problem["message"].as_str().unwrap().contains("jion"), "{problem}");
}

/// Jobs of all kinds between programs that are not there.
pub(crate) const JOBS: &str = r#"
[jobs.before]
exec = ["not-there"]
cwd = "nowhere"
outputs = ["left", "right", "many", "words"]

[jobs.join]
use = "gather"
inputs = ["left", "right"]
outputs = ["pairs"]

[jobs.pass]
exec = ["sh", "-c", "cat \"$2\" > \"$4\"", "sh"]
head = true
inputs = ["words"]
outputs = ["passed"]

[jobs.five]
use = "gather"
inputs = ["many"]
outputs = ["lists"]

[jobs.ticks]
use = "clock"
args = { interval_seconds = 0.001 }
outputs = ["ticks"]

[jobs.fails]
exec = ["sh", "-c", "read -r line < \"$2\"; echo cannot use $line >&2; exit 3", "sh"]
inputs = ["passed"]
outputs = ["nothing"]

[jobs.garbled]
exec = ["sh", "-c", "printf '\\377\\377\\377\\377abc' > \"$2\"", "sh"]
outputs = ["frames"]

[jobs.keep]
use = "lines-sink"
args = { path = "${run}/kept.txt" }
inputs = ["passed"]

[jobs.after]
exec = ["not-there-either"]
inputs = ["pairs", "passed", "lists", "ticks", "nothing", "frames"]

[pipes]
left.codec = "json"
right = { codec = "json", optional = { default = "none" } }
pairs.codec = "json"
words.codec = "lines"
passed.codec = "lines"
many = { codec = "bytes", block_size = 2, block_count = 5 }
lists.codec = "framed"
ticks.codec = "json"
nothing.codec = "lines"
frames.codec = "framed"
"#;

/// Tries `job` of [`JOBS`].
fn tries(job: &str, more: &[&str]) -> Call {
    with_network(JOBS, &[&["try", "network.toml", job], more].concat()).with_own_temporary_files()
}

#[track_caller]
fn assert_nothing_is_left(done: &Done) {
    let names = fs::read_dir(done.home()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let left: Vec<String> = names.filter(|name| name.starts_with("pipeloom-try")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_program_is_shown_compute_block_by_compute_block() {
    let done = tries("pass", &["--block", "words=one", "--block", "words=0x08 two"]).done().exits(0);
    let expected = "\
compute block 1
  words  <- 0x40(reset) one
  passed -> 0x40(reset) one
compute block 2
  words  <- 0x28(finished) two
  passed -> 0x28(finished) two
";
    assert_eq!(done.stdout, expected);
    assert_eq!(done.stderr, "pass: ended\n");
    assert_nothing_is_left(&done);
}

#[test]
fn the_network_may_be_left_out_where_it_is_the_usual_one() {
    let words = ["--block", "words=one"];
    let done = with_network(JOBS, &[&["try", "pass"][..], &words].concat()).with_own_temporary_files();
    let done = done.done().exits(0);
    assert!(done.stdout.contains("  passed -> 0x60(reset,finished) one\n"), "{}", done.stdout);
    let unsure = |args: &[&str]| with_network(JOBS, args).done().exits(2).stderr;
    assert_eq!(unsure(&["try"]), "error: which job? `pipeloom try network.toml JOB`, or `--pipe PIPE`\n");
    assert_eq!(unsure(&["try", "network.toml"]), unsure(&["try"]));
    assert!(unsure(&["try", "pas"]).contains("there is no job `pas`"));
}

#[test]
fn an_optional_input_repeats_its_last_block() {
    let given = ["--block", "left=1", "--block", "left=2.50"];
    let done = tries("join", &given).done().exits(0);
    let pairs = |done: &Done| -> Vec<String> {
        let lines = done.stdout.lines().filter(|line| line.starts_with("  pairs"));
        lines.filter_map(|line| line.rsplit_once(' ').map(|(_, value)| value.to_owned())).collect()
    };
    assert_eq!(pairs(&done), [r#"[1,"none"]"#, r#"[2.50,"none"]"#]);
    let done = tries("join", &[&given[..], &["--block", "right=7"]].concat()).done().exits(0);
    assert_eq!(pairs(&done), ["[1,7]", "[2.50,7]"]);
}

#[test]
fn several_blocks_make_a_compute_block_of_a_native_job() {
    let lines = "0001\n00 02\n0x10 0003\n0004\n0005\n0006\n";
    let done = tries("five", &["--input", "many=many.hex"]).file("many.hex", lines).done().exits(0);
    let shown: Vec<&str> = done.stdout.lines().collect();
    assert_eq!(shown[1..4], ["  many  <- 0x40(reset) 00 01", "  many  <- 0x00 00 02", "  many  <- 0x10 00 03"]);
    assert_eq!(shown[6], "  lists -> 0x50(reset) 00 01 00 02 00 03 00 04 00 05");
    assert_eq!(shown.len(), 7, "{}", done.stdout);
    assert!(
        done.stderr.contains("warning: 1 block of many left over, which is no whole compute block\n"),
        "{}",
        done.stderr
    );
}

#[test]
fn a_source_is_shown_as_long_as_is_wanted() {
    let done = tries("ticks", &["--steps", "2", "--json"]).done().exits(0);
    let objects: Vec<Value> = done.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let blocks: Vec<&Value> = objects.iter().filter(|object| object["event"] == "block").collect();
    assert_eq!(blocks.len(), 2, "{}", done.stdout);
    for (number, block) in (1..).zip(blocks) {
        assert_eq!((&block["v"], &block["side"], &block["number"]), (&1.into(), &"output".into(), &number.into()));
        assert_eq!(block["head"], if number == 1 { "0x40" } else { "0x00" });
        assert!(block["pipe"] == "ticks" && !block["value"].is_null(), "{block}");
    }
}

#[test]
fn a_sink_says_that_it_has_taken_each() {
    let given = ["--block", "passed=a", "--block", "passed=b"];
    let done = tries("keep", &given).done().exits(0);
    let taken = "  passed <- 0x20(finished) b\n  taken by keep\n";
    assert!(done.stdout.ends_with(taken), "{}", done.stdout);
    assert!(done.stderr.contains("not kept: kept.txt; --run-dir DIR keeps what it leaves"), "{}", done.stderr);
    assert_nothing_is_left(&done);

    let done = tries("keep", &[&given[..], &["--run-dir", "here"]].concat()).done().exits(0);
    assert_eq!(fs::read_to_string(done.home().join("here/kept.txt")).unwrap(), "a\nb\n");
    assert!(!done.stderr.contains("not kept"), "{}", done.stderr);
}

#[test]
fn a_job_that_fails_is_heard() {
    let done = tries("fails", &["--block", "passed=this"]).done().exits(1);
    assert!(
        done.stderr.starts_with("fails | cannot use this\nerror: job fails failed: exit status 3\n"),
        "{}",
        done.stderr
    );
    assert_eq!(done.stdout, "compute block 1\n  passed  <- 0x60(reset,finished) this\n");
    assert_nothing_is_left(&done);
}

#[test]
fn what_a_job_writes_must_be_blocks() {
    let done = tries("garbled", &[]).done().exits(1);
    let expected = "error: pipe frames: a block of 4294967295 bytes, more than max_block_bytes = 268435456\n";
    assert!(done.stderr.contains(expected), "{}", done.stderr);
}

#[test]
fn events_of_the_job_stand_between_its_blocks() {
    let done = tries("fails", &["--block", "passed=this", "--json"]).done().exits(1);
    let objects: Vec<Value> = done.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let events: Vec<&str> = objects.iter().map(|object| object["event"].as_str().unwrap()).collect();
    // What it says may be read before the news that it runs.
    assert!(events[..2].contains(&"job-started") && events[..2].contains(&"line"), "{}", done.stdout);
    assert_eq!(events[2..], ["job-failed", "block"], "{}", done.stdout);
    assert_eq!(objects[3]["value"], "this");
    assert!(objects.iter().all(|object| object["v"] == 1));
}

#[test]
fn lines_of_standard_input_are_taken_input_by_input() {
    let lines = |content: &str, job: &str| {
        let call = tries(job, &[]).file("lines", content);
        let path = call.path("lines");
        call.stdin(fs::File::open(path).unwrap()).done()
    };
    let done = lines("1\n\n2\n\"x\"\n3\n", "join").exits(0);
    assert!(done.stdout.contains("[1,\"none\"]") && done.stdout.contains("[2,\"x\"]"), "{}", done.stdout);
    assert!(!done.stdout.contains("[3"), "{}", done.stdout);
    let done = lines("1\n2\nno\n", "join").exits(2);
    let why = "error: line 3 of standard input is no block of the pipe left: not JSON";
    assert!(done.stderr.contains(why), "{}", done.stderr);
}

#[test]
fn whoever_stops_reading_has_seen_enough() {
    let (mut child, _home) = tries("ticks", &[]).start();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "compute block 1");
    drop(lines);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn what_is_wrong_is_told_before_anything_starts() {
    let cases: &[(&str, &[&str], &str)] = &[
        ("jion", &[], "there is no job `jion`"),
        ("jion", &[], "did you mean `join`?"),
        ("join", &["--block", "lift=1"], "job join has no input `lift`: it has left, right"),
        ("ticks", &["--block", "a=1"], "job ticks has no input `a`: it has none"),
        ("join", &["--block", "right=1"], "nothing is given for the input left: --block left=VALUE"),
        ("join", &["--block", "left={"], "`{` is no block of the pipe left: not JSON"),
        ("join", &["--block", "left=0x40 1"], "the reset bit"),
        ("join", &["--input", "left=wrong"], "line 2 of wrong is no block of the pipe left"),
        ("join", &["--input", "left=missing"], "missing: No such file"),
        ("five", &["--block", "many=0"], "a byte has two hexadecimal digits"),
        ("after", &[], "there is no program `not-there-either` in PATH"),
    ];
    for (job, args, why) in cases {
        let done = tries(job, args).file("wrong", "1\nx\n").done().exits(2);
        assert!(done.stderr.contains(why), "{why}:\n{}", done.stderr);
        assert_eq!(done.stdout, "");
    }
    let done = tries("jion", &["--json"]).done().exits(2);
    assert!(done.stdout.contains("\"there is no job `jion`\""), "{}", done.stdout);
}

/// A session that the documentation shows: the command, and what stands below it.
pub(crate) fn session(name: &str) -> (Call, String) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/sessions").join(name);
    let session = fs::read_to_string(file).unwrap();
    let (command, shown) = session.split_once('\n').unwrap();
    let parts = command.strip_prefix("$ pipeloom ").unwrap().split('\'').enumerate();
    // Every second part stands in quotes.
    let words = parts.flat_map(|(place, part)| match place % 2 {
        0 => part.split_whitespace().collect(),
        _ => vec![part],
    });
    let root = example("..").canonicalize().unwrap();
    let call = pipeloom(&words.collect::<Vec<_>>()).with_own_temporary_files().inside(&root);
    (call, shown.to_owned())
}

#[test]
fn sessions_in_the_documentation_are_as_they_are_shown() {
    for name in ["judge.txt", "celsius.txt"] {
        let (call, shown) = session(name);
        assert_eq!(call.done().exits(0).stdout, shown, "{name}");
    }
}
