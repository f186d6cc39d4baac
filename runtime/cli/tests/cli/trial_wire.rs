//! `pipeloom try --pipe`: a value on its way.

use serde_json::{Value, json};

use crate::assert_seen;
use crate::command::{Call, with_network};

/// One pipe of each codec; `see` sees heads.
const PIPES: &str = r#"
[network]
head_size = 2
[jobs.write]
exec = ["not-there"]
outputs = ["j", "b", "l", "y", "f", "s", "n"]
[jobs.read]
use = "null-sink"
inputs = ["j", "b", "y", "f", "s", "n"]
[jobs.see]
exec = ["not-there"]
head = true
inputs = ["j", "l", "n"]
[pipes]
j.codec = "json"
b.codec = "bincode"
l.codec = "lines"
y = { codec = "bytes", block_size = 3 }
f.codec = "framed"
s.codec = "stream"
n.codec = "nul"
"#;

fn pipe(name: &str, more: &[&str]) -> Call {
    with_network(PIPES, &[&["try", "network.toml", "--pipe", name], more].concat())
}

#[test]
fn each_step_of_each_codec_is_shown() {
    let values: [(&str, &[&str]); 7] = [
        ("j", &["{\"a\": 1.50}", "0x0108 -7"]),
        ("b", &["-300", "[1.5]", "\"é\""]),
        ("l", &["a b", "é"]),
        ("y", &["00 ff 0a"]),
        ("f", &["4142", ""]),
        ("s", &["text"]),
        ("n", &["a b", "\"c\\nd\""]),
    ];
    let shown: Vec<String> = values
        .iter()
        .map(|(name, values)| pipe(name, values).done().exits(0).says_nothing_on_stderr().stdout)
        .collect();
    assert_seen!("try_pipes", shown.concat());
}

#[test]
fn programs_get_each_step_as_digits() {
    let done = pipe("j", &["0x0108 [1]", "--json"]).done().exits(0).says_nothing_on_stderr();
    let expected = json!({
        "v": 1, "pipe": "j", "codec": "json", "payload": "5b315d", "head": "0108", "before": "", "after": "0a",
        "wire": "01085b315d0a", "blocks": [{ "head": "0x0108", "payload": "5b315d", "value": [1] }],
    });
    assert_eq!(serde_json::from_str::<Value>(&done.stdout).unwrap(), expected);
}

#[test]
fn values_may_come_from_standard_input() {
    let call = pipe("f", &["--json"]).file("values", "00\n0102\n");
    let values = std::fs::File::open(call.path("values")).unwrap();
    let done = call.stdin(values).done().exits(0);
    let wires: Vec<Value> =
        done.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["wire"].take()).collect();
    assert_eq!(wires, ["0100000000", "020000000102"]);
}

#[test]
fn a_block_that_is_none_is_told() {
    let done = pipe("y", &["00"]).done().exits(2);
    let why = "error: `00` is no block of the pipe y: a block of 1 bytes on a pipe with block_size 3";
    assert!(done.stderr.contains(why), "{}", done.stderr);
    let done = pipe("jj", &["1"]).done().exits(2);
    assert!(done.stderr.contains("there is no pipe `jj`"), "{}", done.stderr);
    let done = with_network(PIPES, &["try", "network.toml", "read", "--pipe", "j", "1"]).done().exits(2);
    assert!(done.stderr.contains("cannot be used with"), "{}", done.stderr);
}
