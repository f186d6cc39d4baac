//! `csv-sink`, on real files.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;

use pipeloom_job::Codec;
use pipeloom_job::testing::{JobTest, Outcome};
use pipeloom_predefined::csv_sink::KIND;
use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Runs a sink over inputs of (pipe, codec, blocks); gives what it wrote.
struct Sink {
    dir: TempDir,
    test: JobTest,
}

fn sink(mut args: Value) -> Sink {
    args["path"] = "out/table.csv".into();
    let dir = tempfile::tempdir().unwrap();
    let test = JobTest::of_kind(&KIND, args).unwrap().dir(dir.path());
    Sink { dir, test }
}

impl Sink {
    fn json<const N: usize>(self, pipe: &str, blocks: [&str; N]) -> Sink {
        Sink { test: self.test.reads(pipe, Codec::Json, blocks), ..self }
    }

    fn with(self, pipe: &str, codec: Codec, blocks: Vec<Vec<u8>>) -> Sink {
        Sink { test: self.test.reads(pipe, codec, blocks), ..self }
    }

    fn run(self) -> (String, Outcome) {
        let outcome = self.test.run();
        (fs::read_to_string(self.dir.path().join("out/table.csv")).unwrap(), outcome)
    }

    #[track_caller]
    fn writes(self, expected: &str) {
        let (text, outcome) = self.run();
        assert!(outcome.error.is_none(), "{:?}", outcome.error);
        assert_eq!(text.replace("\r\n", "\n"), expected);
        assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "rows end with CR LF: {text:?}");
    }

    #[track_caller]
    fn fails(self, expected: &str) {
        assert_eq!(self.run().1.failure(), expected);
    }
}

#[test]
fn a_scalar_has_a_column_of_the_pipes_name() {
    sink(json!({})).json("n", ["1", "2.50", r#""a b""#, "null", "true"]).writes("n\n1\n2.50\na b\n\"\"\ntrue\n");
}

#[test]
fn several_inputs_make_one_row_for_each_compute_block() {
    sink(json!({}))
        .json("n", ["1", "2", "3"])
        .with("word", Codec::Lines, vec![b"one".into(), b"two, or so".into(), b"say \"three\"".into()])
        .writes("n,word\n1,one\n2,\"two, or so\"\n3,\"say \"\"three\"\"\"\n");
}

#[test]
fn an_object_has_a_column_for_each_key_in_its_own_order() {
    sink(json!({}))
        .json("levels", [r#"{"rms": 0.5, "db": -6.02}"#, r#"{"db": -120.0, "rms": 0.0}"#])
        .writes("rms,db\n0.5,-6.02\n0.0,-120.0\n");
}

#[test]
fn with_several_inputs_keys_have_the_pipes_name_before_them() {
    sink(json!({}))
        .json("a", [r#"{"x": 1, "y": 2}"#])
        .json("b", [r#"{"x": 3}"#])
        .json("c", ["[4, 5]"])
        .writes("a.x,a.y,b.x,c.0,c.1\n1,2,3,4,5\n");
}

#[test]
fn numbers_keep_their_digits_and_inner_values_their_text() {
    sink(json!({}))
        .json("v", [r#"{"big": 123456789012345678901234567890, "inner": {"a": [1, 2]}, "text": "\u00e9"}"#])
        .writes("big,inner,text\n123456789012345678901234567890,\"{\"\"a\"\": [1, 2]}\",é\n");
    let (text, _) = sink(json!({})).json("v", [r#""two\nlines""#]).run();
    assert_eq!(text, "v\r\n\"two\nlines\"\r\n");
}

#[test]
fn missing_keys_and_places_are_empty_cells() {
    sink(json!({})).json("v", [r#"{"a": 1, "b": 2}"#, r#"{"b": 3}"#, "{}"]).writes("a,b\n1,2\n,3\n,\n");
    sink(json!({})).json("v", ["[1, 2]", "[3]", "[]"]).writes("v.0,v.1\n1,2\n3,\n,\n");
}

#[test]
fn what_the_first_block_did_not_have_is_refused_after_the_rows_before_it_are_written() {
    let (text, outcome) = sink(json!({})).json("v", [r#"{"a": 1}"#, r#"{"a": 2}"#, r#"{"a": 3, "new": 1}"#]).run();
    assert_eq!(
        outcome.failure(),
        r#"block 3 of input 0 (pipe v): "new" is not among the columns that the first block gave"#
    );
    assert_eq!(text, "a\r\n1\r\n2\r\n");
    sink(json!({}))
        .json("v", ["[1]", "[1, 2]"])
        .fails("block 2 of input 0 (pipe v): a list of 2, where the first block had 1");
    sink(json!({}))
        .json("v", ["1", "{}"])
        .fails("block 2 of input 0 (pipe v): an object, where the first block was a single value");
}

#[test]
fn what_is_not_json_is_named() {
    for (block, wrong) in [("{\"a\": }", "expected value"), ("[1,", "EOF"), ("", "EOF"), ("1 2", "trailing")] {
        let failure = sink(json!({})).json("v", ["[1]", block]).run().1.failure();
        assert!(failure.starts_with("block 2 of input 0 (pipe v): not the JSON that is wanted: "), "{failure}");
        assert!(failure.contains(wrong), "{failure}");
    }
    sink(json!({}))
        .json("v", [r#"{"a": 1, "a": 2}"#])
        .fails("block 1 of input 0 (pipe v): not the JSON that is wanted: the key \"a\" stands there twice at line 1 column 16");
    sink(json!({}))
        .with("v", Codec::Lines, vec![b"caf\xE9".into()])
        .fails("block 1 of input 0 (pipe v): invalid UTF-8 at byte 3");
}

#[test]
fn bytes_are_numbers_of_the_given_type() {
    let one = Codec::Bytes { block_size: 2 };
    sink(json!({"type": "i16"})).with("v", one, vec![vec![0xFF, 0xFF], vec![2, 1]]).writes("v\n-1\n258\n");
    let two = Codec::Bytes { block_size: 8 };
    let floats = [0.1f32, 1e-9].map(f32::to_le_bytes).concat();
    sink(json!({"type": "f32"})).with("v", two, vec![floats]).writes("v.0,v.1\n0.1,0.000000001\n");
    sink(json!({"type": "u8"})).with("v", Codec::Framed, vec![vec![7]]).writes("v.0\n7\n");
    sink(json!({"type": "u32"}))
        .with("v", Codec::Framed, vec![vec![0; 4], vec![0; 3]])
        .fails("block 2 of input 0 (pipe v): it ends after 3 bytes, inside a value of 4 that begins at byte 0");
}

#[test]
fn bytes_are_taken_only_with_a_type() {
    let takes = |args: Value| {
        let args = pipeloom_job::Args::new(args.as_object().unwrap().clone());
        let ports = (KIND.ports)(&args).unwrap();
        ports.inputs.get(0).unwrap().codecs.contains(&pipeloom_job::CodecName::Bytes)
    };
    assert!(!takes(json!({"path": "x"})));
    assert!(takes(json!({"path": "x", "type": "f64"})));
}

#[test]
fn columns_may_be_named() {
    sink(json!({"columns": ["level", "decibels"]}))
        .json("v", [r#"{"rms": 1, "db": 0}"#])
        .writes("level,decibels\n1,0\n");
    sink(json!({"columns": ["only"]}))
        .json("v", [r#"{"rms": 1, "db": 0}"#])
        .fails("1 columns are given, where the first block makes 2: rms, db");
}

#[test]
fn without_a_block_there_is_a_file_all_the_same() {
    sink(json!({})).json("v", []).writes("");
    sink(json!({"columns": ["a", "b"]})).json("v", []).writes("a,b\n");
    sink(json!({})).json("v", ["{}"]).fails("the first block has no value to make a column of");
}

#[test]
fn a_file_that_cannot_be_made_is_named() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("file"), "").unwrap();
    let args = json!({"path": "file/table.csv"});
    let outcome = JobTest::of_kind(&KIND, args).unwrap().dir(dir.path()).reads("v", Codec::Json, ["1"]).run();
    let failure = outcome.failure();
    assert!(
        failure.starts_with("cannot create /") && failure.ends_with("file/table.csv: Not a directory (os error 20)")
    );
}

fn rows(width: usize) -> impl Strategy<Value = Vec<Vec<String>>> {
    prop::collection::vec(prop::collection::vec(any::<String>(), width), 1..20)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_texts_can_be_read_back(rows in (1usize..6).prop_flat_map(rows)) {
        let dir = tempfile::tempdir().unwrap();
        let blocks: Vec<Vec<u8>> = rows.iter().map(|row| serde_json::to_vec(row).unwrap()).collect();
        let test = JobTest::of_kind(&KIND, json!({"path": "table.csv"})).unwrap().dir(dir.path());
        prop_assert!(test.reads("v", Codec::Json, blocks).run().error.is_none());
        let mut csv = csv::Reader::from_path(dir.path().join("table.csv")).unwrap();
        let back: Vec<Vec<String>> = csv.deserialize().map(Result::unwrap).collect();
        prop_assert_eq!(back, rows);
    }

    #[test]
    fn any_bytes_become_cells_or_an_error(blocks in prop::collection::vec("[\\[\\]{}\",:0-9a ]{0,12}", 1..6)) {
        let dir = tempfile::tempdir().unwrap();
        let test = JobTest::of_kind(&KIND, json!({"path": "table.csv"})).unwrap().dir(dir.path());
        let outcome = test.reads("v", Codec::Json, blocks.iter().map(String::as_str)).run();
        let readable = blocks.iter().all(|block| serde_json::from_str::<Value>(block).is_ok());
        prop_assert!(readable || outcome.error.is_some());
    }
}

#[test]
fn a_pattern_names_columns_by_pipe_and_key() {
    let pattern = |pattern| sink(json!({"pattern": pattern}));
    pattern("pipe_{pipe}").json("a", ["1"]).json("b", ["2"]).writes("pipe_a,pipe_b\n1,2\n");
    pattern("{key} of {pipe}").json("a", [r#"{"{pipe}": 1, "y": 2}"#]).writes("{pipe} of a,y of a\n1,2\n");
    pattern("{pipe}[{key}]").json("a", ["[1, 2]"]).json("b", ["3"]).writes("a[0],a[1],b[]\n1,2,3\n");
}

#[test]
fn a_pattern_must_tell_columns_apart() {
    sink(json!({"pattern": "{key}"}))
        .json("a", [r#"{"x": 1}"#])
        .json("b", [r#"{"x": 1}"#])
        .fails("pattern gives two columns the name \"x\"; with both {pipe} and {key} it tells them apart");
    let wrong = |args| JobTest::of_kind(&KIND, args).unwrap_err().path;
    assert_eq!(wrong(json!({"path": "x", "pattern": "{pip}"})), ["pattern"]);
    assert_eq!(wrong(json!({"path": "x", "pattern": "{pipe}", "columns": ["a"]})), ["pattern"]);
}

/// A sink that finds this in its file, from an earlier life.
fn next_life(found: &str, args: Value) -> Sink {
    let Sink { dir, test } = sink(args);
    fs::create_dir(dir.path().join("out")).unwrap();
    fs::write(dir.path().join("out/table.csv"), found.replace('\n', "\r\n")).unwrap();
    Sink { dir, test: test.continuing() }
}

#[test]
fn another_life_goes_on_behind_the_rows_that_are_there_without_a_second_header() {
    next_life("n\n1\n", json!({})).json("n", ["2"]).writes("n\n1\n2\n");
    next_life("it\n1\n", json!({"columns": ["it"]})).json("n", ["2"]).writes("it\n1\n2\n");
    next_life("", json!({})).json("n", ["2"]).writes("n\n2\n");
}

#[test]
fn another_life_takes_a_torn_row_for_not_written() {
    next_life("n\n1\n7", json!({})).json("n", ["2"]).writes("n\n1\n2\n");
    next_life("a long na", json!({"columns": ["it"]})).json("n", ["2"]).writes("it\n2\n");
}

#[test]
fn another_life_does_not_put_rows_under_other_columns() {
    let sink = next_life("n\n1\n", json!({})).json("n", [r#"{"a": 3}"#]);
    let (text, outcome) = sink.run();
    assert_eq!(outcome.failure(), "the file has the columns n from before, where the block makes a");
    assert_eq!(text, "n\r\n1\r\n");
}
