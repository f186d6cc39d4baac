//! `data`, on values and real files.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;

use pipeloom_job::Codec;
use pipeloom_job::testing::{JobTest, Outcome};
use pipeloom_predefined::data::KIND;
use serde_json::{Value, json};

fn given(args: Value, codec: Codec) -> Outcome {
    JobTest::of_kind(&KIND, args).unwrap().writes("values", codec).run()
}

/// Sends what is in a file of this name.
fn file(name: &str, text: &str, codec: Codec) -> Outcome {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(name), text).unwrap();
    JobTest::of_kind(&KIND, json!({"path": name})).unwrap().dir(dir.path()).writes("values", codec).run()
}

#[test]
fn given_values_are_sent_in_order_and_the_last_is_marked() {
    let outcome = given(json!({"values": [1, 2.5, "three", {"four": [null]}]}), Codec::Json);
    assert_eq!(outcome.texts(0), ["1", "2.5", "\"three\"", r#"{"four":[null]}"#]);
    assert!(outcome.is_finished());
}

#[test]
fn values_are_repeated() {
    let outcome = given(json!({"values": [1, 2], "repeat": 3}), Codec::Lines);
    assert_eq!(outcome.texts(0), ["1", "2", "1", "2", "1", "2"]);
    assert!(outcome.is_finished());
}

#[test]
fn no_values_are_an_end_however_often_they_are_repeated() {
    let outcome = given(json!({"values": [], "repeat": u64::MAX}), Codec::Json);
    assert!(outcome.texts(0).is_empty());
}

#[test]
fn under_lines_texts_have_no_quotes_and_numbers_all_their_digits() {
    assert_eq!(given(json!({"values": ["a \"b\"", true, -3]}), Codec::Lines).texts(0), ["a \"b\"", "true", "-3"]);
    assert_eq!(
        file("x.jsonl", "1.500\n12345678901234567890123\n", Codec::Lines).texts(0),
        ["1.500", "12345678901234567890123"]
    );
    let outcome = given(json!({"values": [1, [2]]}), Codec::Lines);
    assert_eq!(outcome.failure(), "a value for output 0 (pipe values): codec lines cannot hold a sequence");
    assert_eq!(outcome.outputs[0].len(), 1);
}

#[test]
fn json_lines_are_values_as_they_stand() {
    let outcome = file("x.ndjson", "{\"a\": 1.0}\r\n\n  [2]  \n\"end\"", Codec::Json);
    assert_eq!(outcome.texts(0), ["{\"a\": 1.0}", "[2]", "\"end\""]);
    assert!(outcome.is_finished());
}

#[test]
fn rows_of_a_csv_file_become_objects() {
    let text = "n,text,more\n1.50,\"say \"\"yes\"\"\",true\n-2e3,007,\n1 ,x y,null\n";
    assert_eq!(
        file("x.csv", text, Codec::Json).texts(0),
        [
            r#"{"n":1.50,"text":"say \"yes\"","more":true}"#,
            r#"{"n":-2e3,"text":"007","more":null}"#,
            r#"{"n":"1 ","text":"x y","more":"null"}"#,
        ]
    );
}

#[test]
fn a_file_is_read_anew_each_time() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("values.txt"), "1\n2\n").unwrap();
    let args = json!({"path": "values.txt", "format": "json-lines", "repeat": 2});
    let outcome = JobTest::of_kind(&KIND, args).unwrap().dir(dir.path()).writes("values", Codec::Json).run();
    assert_eq!(outcome.texts(0), ["1", "2", "1", "2"]);
    assert!(outcome.is_finished());
}

#[test]
fn a_wrong_place_in_a_file_is_named() {
    let fails = |name, text, expected: &str| {
        let outcome = file(name, text, Codec::Json);
        assert!(outcome.failure().contains(expected), "{}", outcome.failure());
        assert!(!outcome.is_finished());
    };
    fails("x.jsonl", "1\n\n{\n", "line 3 of ");
    fails("x.csv", "a,b\n1,2\n3\n", "line: 3");
    fails("x.csv", "a,b,a\n1,2,3\n", "two columns of the name \"a\"");
    let values = file("x.jsonl", "1\n2\nx\n", Codec::Json);
    assert_eq!(values.outputs[0].len(), 2);
}

#[test]
fn only_files_are_read() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("x.csv")).unwrap();
    let open = |path| {
        JobTest::of_kind(&KIND, json!({"path": path})).unwrap().dir(dir.path()).writes("values", Codec::Json).run()
    };
    assert!(open("x.csv").failure().ends_with("x.csv is not a file; lines-source reads from FIFOs and devices"));
    assert!(open("y.csv").failure().starts_with("cannot open "));
}

#[test]
fn wrong_arguments_are_named() {
    let wrong = |args| JobTest::of_kind(&KIND, args).unwrap_err().path.join(".");
    assert_eq!(wrong(json!({})), "");
    assert_eq!(wrong(json!({"values": [], "path": "x.csv"})), "path");
    assert_eq!(wrong(json!({"values": [], "format": "csv"})), "format");
    assert_eq!(wrong(json!({"path": "x.txt"})), "path");
    assert_eq!(wrong(json!({"values": [], "repeat": 0})), "repeat");
}
