//! Codecs that say what cannot be.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use pipeloom_job::codec::{Around, CodecError, CustomCodec, EncodeError, Fault, Found, Frame, FrameError, Torn};
use pipeloom_job::{Codec, HeadSize};
use proptest::prelude::*;
use serde_json::Value;

use crate::{MAX, read};

/// What a codec may say, right or wrong.
fn answer() -> impl Strategy<Value = Result<Found, CodecError>> {
    let place = || prop_oneof![0..60usize, Just(MAX), Just(MAX + 5000), Just(usize::MAX)];
    prop_oneof![
        4 => (0..20usize, 0..20usize, 0..20usize)
            .prop_map(|(start, len, after)| Ok(Found::Block { payload: start..start + len, next: start + len + after })),
        2 => (place(), place(), place()).prop_map(|(start, end, next)| Ok(Found::Block { payload: start..end, next })),
        2 => place().prop_map(|at_least| Ok(Found::More { at_least })),
        1 => Just(Err(CodecError::new("no"))),
    ]
}

/// Says one thing after another, whatever it is asked.
#[derive(Debug)]
struct Liar {
    answers: Vec<Result<Found, CodecError>>,
    last: Option<Range<usize>>,
    asked: AtomicUsize,
}

impl CustomCodec for Liar {
    fn name(&self) -> &'static str {
        "liar"
    }

    fn about(&self) -> &'static str {
        "Says what it likes."
    }

    fn frame(&self, _bytes: &[u8], _searched: usize) -> Result<Found, CodecError> {
        self.answers[self.asked.fetch_add(1, Ordering::Relaxed) % self.answers.len()].clone()
    }

    fn last(&self, _rest: &[u8]) -> Option<Range<usize>> {
        self.last.clone()
    }

    fn surround(&self, payload: &[u8], around: &mut Around) -> Result<(), CodecError> {
        assert!(!payload.is_empty(), "there is nothing in it");
        around.before.resize(payload.len(), 0);
        Ok(())
    }

    fn decode(&self, payload: &[u8]) -> Result<Value, CodecError> {
        panic!("it has {} bytes", payload.len())
    }

    fn encode(&self, _value: &Value, payload: &mut Vec<u8>) -> Result<(), CodecError> {
        payload.clear();
        Ok(())
    }
}

/// What becomes of ten bytes under a codec that says this of them.
fn said(found: Found) -> FrameError {
    let liar = Liar { answers: vec![Ok(found)], last: Some(3..11), asked: AtomicUsize::new(0) };
    read(Codec::Custom(Box::leak(Box::new(liar))), None, &[0; 10], 10).unwrap_err()
}

fn faulty(fault: Fault) -> FrameError {
    FrameError::Faulty { codec: "liar", fault }
}

#[test]
fn what_cannot_be_is_an_error_that_names_the_codec() {
    let block = |start, end, next| Found::Block { payload: Range { start, end }, next };
    assert_eq!(said(block(0, 5, 4)), faulty(Fault::Order { start: 0, end: 5, next: 4 }));
    assert_eq!(said(block(5, 4, 6)), faulty(Fault::Order { start: 5, end: 4, next: 6 }));
    assert_eq!(said(block(0, 0, 0)), faulty(Fault::Order { start: 0, end: 0, next: 0 }));
    assert_eq!(said(block(0, 5, 5000)), faulty(Fault::Around { got: 4995 }));
    assert_eq!(said(block(0, MAX + 1, MAX + 1)), FrameError::TooLong { max: MAX, got: MAX + 1 });
    assert!(matches!(said(Found::More { at_least: usize::MAX }), FrameError::TooLong { .. }));
    assert_eq!(said(Found::MORE), faulty(Fault::OutOfRange { start: 3, end: 11, there: 10 }));
    let text = said(block(0, 5, 4)).to_string();
    assert_eq!(
        text,
        "codec liar is faulty: it says that a payload lies at bytes 0 to 5 and the next block begins at byte 4"
    );
}

#[test]
fn a_block_of_known_length_is_torn_whatever_is_said_of_the_rest() {
    let liar = Liar {
        answers: vec![Ok(Found::Block { payload: 0..20, next: 20 })],
        last: Some(0..10),
        asked: AtomicUsize::new(0),
    };
    let (blocks, torn) = read(Codec::Custom(Box::leak(Box::new(liar))), None, &[0; 10], 10).unwrap();
    assert_eq!((blocks, torn), (Vec::new(), Some(Torn { bytes: 10 })));
}

#[test]
fn a_codec_that_panics_takes_nobody_with_it() {
    let codec =
        Codec::Custom(Box::leak(Box::new(Liar { answers: Vec::new(), last: None, asked: AtomicUsize::new(0) })));
    assert!(matches!(read(codec, None, b"x", 1), Err(FrameError::Faulty { fault: Fault::Panicked(_), .. })));
    let mut around = Around::default();
    let frame = |payload: &[u8], around: &mut Around| Frame::around(codec, None, payload, MAX, around).unwrap_err();
    let panicked = Fault::Panicked("there is nothing in it".to_owned());
    assert_eq!(frame(b"", &mut around), EncodeError::Faulty { codec: "liar", fault: panicked.into() });
    let wide = EncodeError::Faulty { codec: "liar", fault: Fault::Around { got: 5000 }.into() };
    assert_eq!(frame(&[0; 5000], &mut around), wide);
    let error = codec.decode::<u8>(b"12").unwrap_err();
    assert_eq!(error.to_string(), "codec liar is faulty: it panicked: it has 2 bytes");
    let error = codec.encode(&1, &mut vec![1, 2, 3]).unwrap_err();
    assert_eq!(error.to_string(), "codec liar is faulty: it took away what was not its own");
}

proptest! {
    #[test]
    fn a_codec_that_says_anything_never_hangs_or_panics(
        answers in prop::collection::vec(answer(), 1..8),
        last in prop::option::of((0..60usize, 0..60usize)),
        bytes in 0..200usize,
        piece in 1..60usize,
        head in prop::option::of(Just(HeadSize::ONE)),
    ) {
        let liar = Box::leak(Box::new(Liar { answers, last: last.map(|(start, end)| start..end), asked: AtomicUsize::new(0) }));
        if let Ok((blocks, _)) = read(Codec::Custom(liar), head, &vec![0; bytes], piece) {
            prop_assert!(blocks.len() <= bytes, "each block takes a byte at least");
        }
    }
}
