//! Codec `nul`, and the predefined jobs over a codec that is not built in.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

use pipeloom_job::codec::{Around, Body, EncodeError, Frame, Framer, Torn};
use pipeloom_job::testing::JobTest;
use pipeloom_job::{Codec, JobKind, Pool};
use pipeloom_predefined::nul::Nul;
use pipeloom_predefined::{CODECS, count, csv_sink, data, gather, interactive, lines_sink, lines_source};
use proptest::prelude::*;
use serde_json::{Value, json};

const NUL: Codec = Codec::Custom(&Nul);
const MAX: usize = 100_000;

/// The payloads in `bytes`, which come in pieces of at most `piece` bytes.
fn cut(mut bytes: &[u8], piece: usize) -> (Vec<Vec<u8>>, Option<Torn>) {
    let (mut framer, mut payloads) = (Framer::new(NUL, None, MAX, Pool::new()), Vec::new());
    let owned = |body: Body<'_>| match body {
        Body::Small(bytes) => bytes.to_vec(),
        Body::Large(payload) => payload.to_vec(),
    };
    while !bytes.is_empty() {
        let space = framer.space();
        let count = space.len().min(piece).min(bytes.len());
        space[..count].copy_from_slice(&bytes[..count]);
        framer.filled(count, |_, body| payloads.push(owned(body))).unwrap();
        bytes = &bytes[count..];
    }
    let torn = framer.end(|_, body| payloads.push(owned(body))).unwrap();
    (payloads, torn)
}

proptest! {
    #[test]
    fn texts_come_off_the_wire_as_they_went_on(
        payloads in prop::collection::vec(prop::collection::vec(1u8..=255, 0..60), 0..20),
        piece in 1usize..100,
        last_ends in any::<bool>(),
    ) {
        let (mut wire, mut around) = (Vec::new(), Around::default());
        for payload in &payloads {
            let frame = Frame::around(NUL, None, payload, MAX, &mut around).unwrap();
            wire.extend([frame.before(), payload, frame.after()].concat());
        }
        // A last text without its NUL is one too, unless it is empty.
        if !last_ends && payloads.last().is_some_and(|last| !last.is_empty()) {
            wire.pop();
        }
        prop_assert_eq!(cut(&wire, piece), (payloads, None));
    }
}

#[test]
fn a_nul_byte_inside_is_refused() {
    let wrong = Frame::around(NUL, None, b"ab\0", MAX, &mut Around::default()).unwrap_err();
    assert_eq!(wrong.to_string(), "codec nul refuses this: a NUL byte inside, at byte 2");
    assert!(matches!(wrong, EncodeError::Refused { codec: "nul", .. }));
    assert!(NUL.encode("a\0b", &mut Vec::new()).is_err());
}

#[test]
fn values_are_texts_numbers_and_truth_values() {
    let encoded = |value: Value| {
        let mut payload = Vec::new();
        NUL.encode(&value, &mut payload).map(|()| String::from_utf8(payload).unwrap())
    };
    assert_eq!(encoded(json!("two\nlines")).unwrap(), "two\nlines");
    assert_eq!(encoded(json!(-2.5)).unwrap(), "-2.5");
    assert_eq!(encoded(json!(true)).unwrap(), "true");
    for wrong in [json!(null), json!([1]), json!({})] {
        let error = encoded(wrong).unwrap_err().to_string();
        assert_eq!(error, "codec nul refuses this: a text, a number, true or false is wanted");
    }
    assert!(NUL.encode(&f64::NAN, &mut Vec::new()).is_err(), "what is no number is no text either");
    assert_eq!(NUL.decode::<f64>(b"-2.5").unwrap(), -2.5);
    assert_eq!(NUL.decode::<u8>(b"7").unwrap(), 7);
    assert_eq!(NUL.decode::<String>(b"7").unwrap(), "7");
    let error = NUL.decode::<String>(b"a\xff").unwrap_err();
    assert_eq!(error.to_string(), "no payload of codec nul: invalid UTF-8 at byte 1");
}

#[test]
fn each_codec_has_a_name_and_a_sentence_and_reads_its_empty_payload() {
    for codec in CODECS {
        assert!(codec.about().ends_with('.'), "{}", codec.name());
        codec.decode(&codec.empty()).unwrap();
    }
}

fn sent(kind: &JobKind, args: Value) -> JobTest {
    JobTest::of_kind(kind, args).unwrap().writes("out", NUL)
}

fn written(kind: &JobKind, codec: Codec, blocks: &[&str]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let test = JobTest::of_kind(kind, json!({"path": "out"})).unwrap().dir(dir.path());
    let outcome = test.reads("in", codec, blocks.iter().copied()).run();
    assert!(outcome.error.is_none(), "{:?}", outcome.error);
    fs::read_to_string(dir.path().join("out")).unwrap()
}

#[test]
fn sources_send_their_values_in_it() {
    assert_eq!(sent(&count::KIND, json!({"from": 1, "to": 3})).run().texts(0), ["1", "2", "3"]);
    assert_eq!(sent(&data::KIND, json!({"values": ["a\nb", 1.5, true]})).run().texts(0), ["a\nb", "1.5", "true"]);
    assert_eq!(sent(&interactive::KIND, json!({})).lines(["+", "-"]).run().texts(0), ["+", "-"]);
    let failure = sent(&data::KIND, json!({"values": [[1]]})).run().failure();
    assert!(failure.starts_with("a value for output 0 (pipe out): codec nul refuses this: a text"), "{failure}");
}

/// `lines-source` over a file with this content.
fn read(content: &[u8], dir: &Path) -> JobTest {
    fs::write(dir.join("in"), content).unwrap();
    sent(&lines_source::KIND, json!({"path": "in"})).dir(dir)
}

#[test]
fn lines_become_texts_and_texts_lines() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(read(b"one\n\nthree", dir.path()).run().texts(0), ["one", "", "three"]);
    let failure = read(b"good\nb\xE9d\n", dir.path()).run().failure();
    assert!(failure.starts_with("line 2 of ") && failure.ends_with("is no text: invalid UTF-8 at byte 1"), "{failure}");
    let failure = read(b"a\0b\n", dir.path()).run().failure();
    assert!(failure.ends_with("cannot be sent: codec nul refuses this: a NUL byte inside, at byte 1"), "{failure}");
    assert_eq!(written(&lines_sink::KIND, NUL, &["one", "2"]), "one\n2\n");
}

#[test]
fn a_table_has_the_texts_as_cells() {
    assert_eq!(written(&csv_sink::KIND, NUL, &["a", "1,5", "two\nlines"]), "in\r\na\r\n\"1,5\"\r\n\"two\nlines\"\r\n");
}

#[test]
fn a_list_has_its_values_as_json() {
    let test = JobTest::of_kind(&gather::KIND, json!({})).unwrap();
    let outcome = test.reads("a", NUL, ["x\ny"]).reads("b", Codec::Json, ["2"]).writes("c", Codec::Json).run();
    assert_eq!(outcome.texts(0), [r#"["x\ny",2]"#]);
}
