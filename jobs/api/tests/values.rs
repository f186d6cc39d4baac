//! What a value writes into a payload it reads back, and what is no such value says why.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;

use pipeloom_job::Codec;
use pipeloom_job::codec::{DecodeValueError, EncodeValueError};
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

const BYTES: Codec = Codec::Bytes { block_size: 8 };

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Sample {
    at: u64,
    left: f32,
    right: f32,
    flags: [u8; 3],
    valid: bool,
    unit: char,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Colour {
    Red,
    Green(u8),
}

fn encode<T: Serialize + ?Sized>(codec: Codec, value: &T) -> Result<Vec<u8>, EncodeValueError> {
    let mut payload = b"before".to_vec();
    codec.encode(value, &mut payload)?;
    Ok(payload.split_off(6))
}

#[track_caller]
fn survives<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(codec: Codec, value: T) {
    let payload = encode(codec, &value).unwrap();
    assert_eq!(codec.decode::<T>(&payload).unwrap(), value, "{codec}: {payload:?}");
}

#[track_caller]
fn refused<T: DeserializeOwned + std::fmt::Debug>(codec: Codec, payload: &[u8]) -> String {
    codec.decode::<T>(payload).unwrap_err().to_string()
}

fn sample() -> impl Strategy<Value = Sample> {
    (any::<u64>(), -1e6f32..1e6, -1e6f32..1e6, any::<[u8; 3]>(), any::<bool>(), any::<char>())
        .prop_map(|(at, left, right, flags, valid, unit)| Sample { at, left, right, flags, valid, unit })
}

proptest! {
    #[test]
    fn structs_survive_every_codec_that_holds_them(sample in sample()) {
        survives(Codec::Json, sample.clone());
        survives(Codec::Bincode, sample.clone());
        survives(Codec::Framed, vec![sample.clone(), sample.clone()]);
        survives(Codec::Bytes { block_size: 24 }, sample);
    }

    #[test]
    fn numbers_and_texts_survive_every_codec(number in any::<i64>(), real in any::<f64>(), text in "[^\n]*") {
        for codec in [Codec::Json, Codec::Bincode, Codec::Lines, Codec::Framed, BYTES] {
            survives(codec, number);
            let payload = encode(codec, &real).unwrap();
            let back: f64 = codec.decode(&payload).unwrap_or(f64::NAN);
            prop_assert!(back == real || !real.is_finite(), "{codec}: {real} became {back}");
        }
        for codec in [Codec::Json, Codec::Bincode, Codec::Lines, Codec::Framed] {
            survives(codec, text.clone());
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        for codec in [Codec::Json, Codec::Bincode, Codec::Lines, Codec::Framed, Codec::Stream, BYTES] {
            let _ = codec.decode::<Vec<Sample>>(&bytes);
            let _ = codec.decode::<BTreeMap<String, Colour>>(&bytes);
            let _ = codec.decode::<(String, Option<u16>)>(&bytes);
            let _ = codec.decode::<Vec<()>>(&bytes[..bytes.len().min(1)]);
        }
    }
}

#[test]
fn raw_numbers_are_little_endian_without_lengths() {
    assert_eq!(encode(Codec::Framed, &[1.0f32, -2.0]).unwrap(), [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0]);
    assert_eq!(encode(Codec::Framed, &vec![(1u8, 0x0302u16); 2]).unwrap(), [1, 2, 3, 1, 2, 3]);
    assert_eq!(encode(BYTES, &1u64).unwrap(), [1, 0, 0, 0, 0, 0, 0, 0]);
    assert!(Codec::Framed.decode::<Vec<i16>>(&[]).unwrap().is_empty());
}

#[test]
fn a_value_may_borrow_from_its_payload() {
    assert_eq!(Codec::Lines.decode::<&str>(b"abc").unwrap(), "abc");
    assert_eq!(Codec::Framed.decode::<&str>(b"abc").unwrap(), "abc");
    assert_eq!(Codec::Bincode.decode::<&str>(b"\x03abc").unwrap(), "abc");
}

#[test]
fn what_is_not_the_json_wanted_says_where() {
    let wrong = refused::<Sample>(Codec::Json, br#"{"at": 1, "left": "loud"}"#);
    assert!(wrong.contains(r#"invalid type: string "loud", expected f32 at line 1 column 24"#), "{wrong}");
    assert!(refused::<f32>(Codec::Json, b"").contains("EOF"));
    assert!(refused::<f32>(Codec::Json, b"1 2").contains("trailing characters"));
}

#[test]
fn what_is_not_bincode_is_refused_before_its_lengths_are_believed() {
    let claims = [&[253u8][..], &(1u64 << 60).to_le_bytes(), b"abc"].concat();
    assert!(refused::<String>(Codec::Bincode, &claims).contains("not the bincode"));
    assert!(refused::<Vec<u8>>(Codec::Bincode, &claims).contains("not the bincode"));
    assert!(refused::<Vec<String>>(Codec::Bincode, &claims).contains("not the bincode"));
    assert_eq!(refused::<u8>(Codec::Bincode, &[1, 2]), "it has 2 bytes, 1 more than the value needs");
}

/// Holds itself.
#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Chain(Option<Box<Chain>>);

#[test]
fn a_value_that_is_deeper_than_the_stack_is_refused() {
    // Fault 46. Each byte is a level; a test's thread has the stack of any other.
    let deep = [vec![1; 100], vec![0]].concat();
    assert_eq!(encode(Codec::Bincode, &Codec::Bincode.decode::<Chain>(&deep).unwrap()).unwrap(), deep);
    let deeper = [vec![1; 1 << 20], vec![0]].concat();
    let why = refused::<Chain>(Codec::Bincode, &deeper);
    assert!(why.contains("it is nested too deeply"), "{why}");
}

#[test]
fn long_values_of_small_numbers_are_within_the_readers_limit() {
    for count in [70_000, 300_000] {
        survives(Codec::Bincode, vec![3u128; count]);
        survives(Codec::Bincode, vec![true; count]);
        survives(Codec::Bincode, "é".repeat(count));
    }
}

#[test]
fn lines_hold_one_scalar() {
    assert_eq!(encode(Codec::Lines, "two words").unwrap(), b"two words");
    assert_eq!(encode(Codec::Lines, &Colour::Red).unwrap(), b"red");
    survives(Codec::Lines, Colour::Red);
    assert_eq!(refused::<u8>(Codec::Lines, b"300"), r#""300" is not an integer of 8 bits, not negative"#);
    assert_eq!(refused::<String>(Codec::Lines, b"caf\xE9"), "invalid UTF-8 at byte 3");
    assert!(refused::<Colour>(Codec::Lines, b"blue").contains("unknown variant `blue`"));
    assert_eq!(encode(Codec::Lines, &vec![1]).unwrap_err().to_string(), "codec lines cannot hold a sequence");
    let wrong = encode(Codec::Lines, "two\nlines").unwrap_err();
    assert_eq!(wrong.to_string(), "a line break inside a block of codec lines, at byte 3");
}

#[test]
fn raw_codecs_refuse_what_has_no_known_length() {
    let refused = |error: EncodeValueError| match error {
        EncodeValueError::Unsupported { what, .. } => what,
        other => panic!("{other}"),
    };
    assert_eq!(refused(encode(Codec::Framed, &vec![vec![1]]).unwrap_err()), "a sequence inside another value");
    assert_eq!(refused(encode(Codec::Framed, &(1, "a")).unwrap_err()), "a text inside another value");
    assert_eq!(refused(encode(Codec::Framed, &Some(1)).unwrap_err()), "an option");
    assert_eq!(refused(encode(Codec::Framed, &Colour::Green(1)).unwrap_err()), "an enum");
    assert_eq!(refused(encode(Codec::Framed, &BTreeMap::from([(1, 2)])).unwrap_err()), "a map");
    let wrong = Codec::Framed.decode::<Vec<Vec<u8>>>(&[1]).unwrap_err();
    assert!(matches!(wrong, DecodeValueError::Unsupported { what: "a sequence inside another value", .. }));
    let wrong = Codec::Framed.decode::<Vec<()>>(&[1]).unwrap_err();
    assert!(matches!(wrong, DecodeValueError::Unsupported { what: "a sequence of values without a size", .. }));
}

#[test]
fn raw_payloads_must_have_the_right_size() {
    let wrong = refused::<Vec<f32>>(Codec::Framed, &[0; 10]);
    assert_eq!(wrong, "it ends after 10 bytes, inside a value of 4 that begins at byte 8");
    assert_eq!(refused::<u64>(Codec::Framed, &[0; 9]), "it has 9 bytes, 1 more than the value needs");
    assert_eq!(encode(BYTES, &1u16).unwrap_err().to_string(), "a block of 2 bytes on a pipe with block_size 8");
    assert!(refused::<bool>(Codec::Framed, &[2]).contains("not a truth value"));
    assert!(refused::<char>(Codec::Framed, &[0, 0xD8, 0, 0]).contains("not a character"));
}

#[test]
fn a_stream_holds_bytes_only_because_its_blocks_may_be_cut_anywhere() {
    survives(Codec::Stream, b"abc".to_vec());
    assert_eq!(refused::<Vec<u16>>(Codec::Stream, &[1, 2]), "codec stream cannot hold numbers of more than one byte");
    assert!(encode(Codec::Stream, &1u32).is_err());
}
