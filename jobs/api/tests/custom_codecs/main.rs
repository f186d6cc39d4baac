//! Custom codecs: how they frame blocks, what values they give, and what becomes of those that lie.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

mod lies;
mod values;

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use pipeloom_job::codec::{Around, Body, CodecError, CustomCodec, Found, Frame, FrameError, Framer, Torn};
use pipeloom_job::{Codec, Head, HeadSize, Pool};
use proptest::prelude::*;
use serde_json::Value;

const MAX: usize = 1 << 20;

/// `<`, a length of 24 bits, the bytes, as many `>` as the last digit of the length says.
#[derive(Debug)]
struct Sized;

impl CustomCodec for Sized {
    fn name(&self) -> &'static str {
        "sized"
    }

    fn about(&self) -> &'static str {
        "A length, so many bytes, some more."
    }

    fn frame(&self, bytes: &[u8], _searched: usize) -> Result<Found, CodecError> {
        match bytes {
            [b'<', a, b, c, ..] => {
                let end = 4 + u32::from_le_bytes([*a, *b, *c, 0]) as usize;
                Ok(Found::Block { payload: 4..end, next: end + (end - 4) % 10 })
            }
            [b'<', ..] => Ok(Found::More { at_least: 4 }),
            _ => Err(CodecError::new("it does not begin with <")),
        }
    }

    fn surround(&self, payload: &[u8], around: &mut Around) -> Result<(), CodecError> {
        let [a, b, c, 0] = (payload.len() as u32).to_le_bytes() else { return Err(CodecError::new("too long")) };
        around.before.extend([b'<', a, b, c]);
        around.after.resize(payload.len() % 10, b'>');
        Ok(())
    }

    fn decode(&self, payload: &[u8]) -> Result<Value, CodecError> {
        serde_json::from_slice(payload).map_err(CodecError::new)
    }

    fn encode(&self, value: &Value, payload: &mut Vec<u8>) -> Result<(), CodecError> {
        payload.extend(value.to_string().bytes());
        Ok(())
    }
}

/// Texts up to a semicolon. Counts the bytes that it looks at.
#[derive(Debug, Default)]
struct Ended {
    looked_at: AtomicUsize,
}

impl CustomCodec for Ended {
    fn name(&self) -> &'static str {
        "ended"
    }

    fn about(&self) -> &'static str {
        "Texts that end with a semicolon."
    }

    fn frame(&self, bytes: &[u8], searched: usize) -> Result<Found, CodecError> {
        let end = bytes[searched..].iter().position(|byte| *byte == b';').map(|at| searched + at);
        self.looked_at.fetch_add(end.unwrap_or(bytes.len()) - searched, Ordering::Relaxed);
        Ok(end.map_or(Found::MORE, |end| Found::Block { payload: 0..end, next: end + 1 }))
    }

    fn last(&self, rest: &[u8]) -> Option<Range<usize>> {
        Some(0..rest.len())
    }

    fn surround(&self, _payload: &[u8], around: &mut Around) -> Result<(), CodecError> {
        around.after.push(b';');
        Ok(())
    }

    fn decode(&self, payload: &[u8]) -> Result<Value, CodecError> {
        Ok(String::from_utf8_lossy(payload).into())
    }

    fn encode(&self, value: &Value, payload: &mut Vec<u8>) -> Result<(), CodecError> {
        payload.extend(value.to_string().bytes());
        Ok(())
    }
}

type Framed = (Option<Head>, Vec<u8>);

fn owned(head: Option<Head>, body: Body<'_>) -> Framed {
    match body {
        Body::Small(bytes) => (head, bytes.to_vec()),
        Body::Large(payload) => (head, payload.to_vec()),
    }
}

fn wire(codec: Codec, blocks: &[Framed]) -> Vec<u8> {
    let (mut bytes, mut around) = (Vec::new(), Around::default());
    for (head, payload) in blocks {
        let frame = Frame::around(codec, *head, payload, MAX, &mut around).unwrap();
        bytes.extend_from_slice(frame.before());
        bytes.extend_from_slice(payload);
        bytes.extend_from_slice(frame.after());
    }
    bytes
}

/// Reads `bytes` in pieces of at most `piece` bytes to the stream's end.
fn read(
    codec: Codec,
    head: Option<HeadSize>,
    mut bytes: &[u8],
    piece: usize,
) -> Result<(Vec<Framed>, Option<Torn>), FrameError> {
    let (mut framer, mut blocks) = (Framer::new(codec, head, MAX, Pool::new()), Vec::new());
    while !bytes.is_empty() {
        let space = framer.space();
        let count = space.len().min(piece).min(bytes.len());
        space[..count].copy_from_slice(&bytes[..count]);
        framer.filled(count, |head, body| blocks.push(owned(head, body)))?;
        bytes = &bytes[count..];
    }
    let torn = framer.end(|head, body| blocks.push(owned(head, body)))?;
    Ok((blocks, torn))
}

fn ended() -> Codec {
    Codec::Custom(Box::leak(Box::default()) as &Ended)
}

fn codec_and_payloads() -> impl Strategy<Value = (Codec, Vec<Vec<u8>>)> {
    let sizes = prop_oneof![0..40usize, Just(4096), Just(8190), Just(100_000), Just(100_003)];
    let payload = sizes.prop_map(|size| (0..size).map(|at| at as u8).collect::<Vec<_>>());
    let any = prop::collection::vec(payload, 0..10);
    let text = |payload: Vec<u8>| payload.into_iter().map(|byte| if byte == b';' { b',' } else { byte }).collect();
    prop_oneof![
        any.clone().prop_map(|payloads| (Codec::Custom(&Sized), payloads)),
        any.prop_map(move |payloads| (ended(), payloads.into_iter().map(text).collect())),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn blocks_come_off_the_wire_as_they_went_on_however_it_is_cut(
        (codec, payloads) in codec_and_payloads(),
        head_bytes in 0..=4u8,
        piece in prop_oneof![Just(1usize), 2..9usize, Just(4096), Just(40_000), Just(usize::MAX)],
    ) {
        let head = HeadSize::new(head_bytes);
        let numbered = payloads.into_iter().enumerate();
        let blocks: Vec<Framed> =
            numbered.map(|(n, payload)| (head.map(|size| Head::empty(size).with(n % 8, true)), payload)).collect();
        let (read, torn) = read(codec, head, &wire(codec, &blocks), piece).unwrap();
        prop_assert_eq!(read, blocks);
        prop_assert_eq!(torn, None);
    }

    #[test]
    fn a_stream_cut_anywhere_gives_whole_blocks_and_counts_the_rest(
        lengths in prop::collection::vec(0..40usize, 1..6),
        cut in any::<prop::sample::Index>(),
        piece in 1..50usize,
    ) {
        let blocks: Vec<Framed> = lengths.into_iter().map(|len| (Head::from_wire(&[0]), vec![7; len])).collect();
        let all = wire(Codec::Custom(&Sized), &blocks);
        let cut = cut.index(all.len() + 1);
        let (read, torn) = read(Codec::Custom(&Sized), Some(HeadSize::ONE), &all[..cut], piece).unwrap();
        prop_assert_eq!(&read[..], &blocks[..read.len()]);
        let whole = wire(Codec::Custom(&Sized), &read).len();
        prop_assert_eq!(torn, (cut > whole).then_some(Torn { bytes: cut - whole }));
    }
}

#[test]
fn bytes_that_are_no_block_are_told_in_the_codecs_words() {
    let wrong = read(Codec::Custom(&Sized), None, b"what", 4).unwrap_err();
    assert_eq!(wrong.to_string(), "no block of codec sized: it does not begin with <");
}

#[test]
fn a_length_over_the_maximum_is_refused_before_anything_is_allocated() {
    let wrong = read(Codec::Custom(&Sized), None, b"<\0\0\xff", 4).unwrap_err();
    assert_eq!(wrong, FrameError::TooLong { max: MAX, got: 0xff_0000 });
}

#[test]
fn a_long_unfinished_block_is_searched_once() {
    let counting: &'static Ended = Box::leak(Box::default());
    let (blocks, torn) = read(Codec::Custom(counting), Some(HeadSize::ONE), &vec![b'x'; 200_000], 100).unwrap();
    assert_eq!((blocks.len(), blocks[0].1.len(), torn), (1, 199_999, None));
    assert_eq!(counting.looked_at.load(Ordering::Relaxed), 199_999);
}

#[test]
fn an_endless_block_is_refused_at_the_maximum() {
    let wrong = read(ended(), None, &vec![b'x'; MAX + 5000], 10_000).unwrap_err();
    assert!(matches!(wrong, FrameError::TooLong { max: MAX, .. }), "{wrong:?}");
}

#[test]
fn a_head_without_a_block_is_torn() {
    let (blocks, torn) = read(ended(), Some(HeadSize::ONE), b"\0a;\0", 4).unwrap();
    assert_eq!((blocks, torn), (vec![(Head::from_wire(&[0]), b"a".to_vec())], Some(Torn { bytes: 1 })));
}
