//! The test kit of `pipeloom-job`, on jobs as they stand in network files.

use std::fs;
use std::path::{Path, PathBuf};

use pipeloom_e2e::{pipeloom, plugin};
use pipeloom_job::Codec;
use pipeloom_job::head::{CORRUPTED, FINISHED, RESET};
use pipeloom_job::testing::{JobTest, NetworkTest};
use serde_json::{Value, json};
use tempfile::TempDir;

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name).join("network.toml")
}

fn job(network: &Path, job: &str) -> NetworkTest {
    JobTest::in_network(network, job).program(pipeloom())
}

/// A network of jobs in a plugin, a shell script and a predefined one.
fn mixed() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let toml = r#"
        [params]
        factor = 3.0
        [jobs.numbers]
        use = "count"
        outputs = ["numbers"]
        [jobs.gain]
        plugin = 'PLUGIN'
        job = "gain"
        args = { factor = "${factor}" }
        inputs = ["numbers"]
        outputs = ["louder"]
        [jobs.pack]
        exec = ["sh", "-c", "tr -d '\n' < \"$2\" > \"$4\"", "sh"]
        steps = "free"
        inputs = ["louder"]
        outputs = ["packed"]
        [jobs.total]
        use = "null-sink"
        inputs = ["packed"]
        [pipes]
        numbers.codec = "json"
        louder.codec = "json"
        packed = { codec = "bytes", block_size = 2 }
        "#;
    let network = dir.path().join("network.toml");
    fs::write(&network, toml.replace("PLUGIN", &plugin().display().to_string())).unwrap();
    (dir, network)
}

#[test]
fn a_program_gets_heads_and_gives_values() {
    let done = job(&example("flags"), "judge").input("celsius", ["21.5", "0x08 -999"]).run();
    assert_eq!(done.values::<f64>("judged"), [21.5, -999.0]);
    assert_eq!(done.values::<String>("judged"), ["21.5", "-999"]);
    let heads = done.heads("judged");
    assert!(heads[0].bit(RESET) && heads[1].bit(FINISHED) && !heads[1].bit(CORRUPTED));
    assert_eq!(heads[1].to_number(), 0x38);
}

#[test]
fn jobs_of_all_kinds_are_tested_alike() {
    let (_dir, network) = mixed();
    let done = job(&network, "gain").param("factor", "2.5").input("numbers", [2, 4]).run();
    assert_eq!(done.values::<f64>("louder"), [5.0, 10.0]);
    let done = job(&network, "pack").input("louder", [1, 2, 34]).run();
    assert_eq!(done.payloads("packed"), [b"12", b"34"]);
    let numbers = done.payloads("packed").iter().map(|block| Codec::Lines.decode::<u8>(block).unwrap()).sum::<u8>();
    assert_eq!(numbers, 46);
    let done = job(&network, "numbers").set("jobs.numbers.args.from", "7").steps(2).run();
    assert_eq!(done.values::<u64>("numbers"), [7, 8]);
    let done = job(&network, "total").input("packed", ["3132", "33 34"]).run();
    assert_eq!(done.result(), Some(&json!({"blocks": 2, "bytes": 4})));
}

#[test]
fn what_a_native_job_prints_and_null_disturb_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let toml = r#"
        [jobs.values]
        use = "data"
        args = { values = [1] }
        outputs = ["values"]
        [jobs.pass]
        plugin = 'PLUGIN'
        job = "villain"
        args = { deed = "print" }
        inputs = ["values"]
        outputs = ["same"]
        [jobs.show]
        use = "lines-sink"
        inputs = ["same"]
        [pipes]
        values.codec = "json"
        same.codec = "json"
        "#;
    let network = dir.path().join("network.toml");
    fs::write(&network, toml.replace("PLUGIN", &plugin().display().to_string())).unwrap();
    let done = job(&network, "pass").input("values", ["1", "null", "[null]"]).run();
    assert_eq!(done.values::<Option<Value>>("same"), [Some(json!(1)), None, Some(json!([null]))]);
    assert_eq!(job(&network, "pass").input("values", [0; 0]).run().values::<Value>("same"), [0; 0]);
    let many = || 0..20_000;
    assert_eq!(job(&network, "pass").input("values", many()).run().values::<i32>("same"), many().collect::<Vec<_>>());
}

#[test]
#[should_panic(expected = "a block is written in one line, and one of values is not")]
fn a_block_of_several_lines_is_refused() {
    let _ = JobTest::in_network("network.toml", "pass").input("values", ["1\n2"]);
}

#[test]
fn a_failure_says_what_people_are_told() {
    let (_dir, network) = mixed();
    let done = job(&network, "pack").set("jobs.pack.exec", r#"["sh", "-c", "echo oh no >&2; exit 3"]"#);
    let done = done.input("louder", [1]).run();
    assert!(done.failure().contains("oh no"), "{}", done.failure());
}

#[test]
#[should_panic(expected = "there is no job `gane`")]
fn what_the_program_refuses_is_said() {
    let (_dir, network) = mixed();
    job(&network, "gane").run();
}

#[test]
#[should_panic(expected = "put pipeloom into PATH, or its path into PIPELOOM_BIN")]
fn a_program_that_is_not_there_is_named() {
    JobTest::in_network("network.toml", "sum").program("/not/there").run();
}
