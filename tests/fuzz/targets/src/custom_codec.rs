//! Blocks of a codec that is not ours and says anything.

use std::ops::Range;

use pipeloom_job::Codec;
use pipeloom_job::HeadSize;
use pipeloom_job::codec::{Around, CodecError, CustomCodec, Found};
use serde_json::Value;

use crate::choices::{one_of, pieces};
use crate::frames::{assert_same, cut};

/// The longest payloads that are tried.
const MAX_BLOCK_BYTES: [usize; 5] = [100, 0, 1, 5000, 50_000];

/// Three bytes say the heads, the longest payload, and how the stream comes in pieces; the rest is the stream, which also
/// says what the codec makes of it.
///
/// Nothing panics or goes on for ever, no block is longer than allowed, and as this codec says the same of the same bytes,
/// the same blocks come out however they come in pieces.
pub fn custom_codec(data: &[u8]) {
    let Some((&[head, max, seed], stream)) = data.split_first_chunk() else { return };
    let (codec, head, max) = (Codec::Custom(&Obedient), HeadSize::new(head % 5), one_of(&MAX_BLOCK_BYTES, max));
    let at_once = cut(codec, head, max, std::iter::once(stream));
    let in_pieces = cut(codec, head, max, pieces(stream, seed));
    assert_same(&at_once, &in_pieces);
    for (_, payload) in &at_once.blocks {
        assert!(payload.len() <= max, "a block of {} bytes with {max} allowed", payload.len());
    }
    assert!(at_once.blocks.len() <= stream.len(), "more blocks than bytes");
}

/// Says what the first four bytes of a block tell it to say.
#[derive(Debug)]
struct Obedient;

/// How long something may be said to be.
const NUMBERS: [usize; 16] = [
    0,
    1,
    4,
    5,
    6,
    7,
    9,
    100,
    4096,
    5000,
    9000,
    40_000,
    isize::MAX as usize,
    isize::MAX as usize + 1,
    usize::MAX - 1,
    usize::MAX,
];

impl CustomCodec for Obedient {
    fn name(&self) -> &'static str {
        "obedient"
    }

    fn about(&self) -> &'static str {
        "What the bytes say."
    }

    fn frame(&self, bytes: &[u8], _searched: usize) -> Result<Found, CodecError> {
        let Some(&[order, a, b, c]) = bytes.first_chunk() else { return Ok(Found::MORE) };
        let number = |byte| one_of(&NUMBERS, byte);
        match order % 8 {
            0..4 => {
                // A sound block: a payload, and a byte behind it or none.
                let end = 4 + usize::from(a) + usize::from(b) * 100;
                Ok(Found::Block { payload: 4..end, next: end + usize::from(c % 2) })
            }
            4 => Ok(Found::More { at_least: number(a) }),
            5 => Err(CodecError::new("it was told so")),
            _ => Ok(Found::Block { payload: number(a)..number(b), next: number(c) }),
        }
    }

    fn last(&self, rest: &[u8]) -> Option<Range<usize>> {
        let number = |byte| one_of(&NUMBERS, byte);
        match rest {
            [order, start, end, ..] if order & 8 != 0 => Some(number(*start)..number(*end)),
            [order, ..] if order & 16 != 0 => Some(0..rest.len()),
            _ => None,
        }
    }

    fn surround(&self, _payload: &[u8], _around: &mut Around) -> Result<(), CodecError> {
        Err(CodecError::new("it only reads"))
    }

    fn decode(&self, _payload: &[u8]) -> Result<Value, CodecError> {
        Err(CodecError::new("it has no values"))
    }

    fn encode(&self, _value: &Value, _payload: &mut Vec<u8>) -> Result<(), CodecError> {
        Err(CodecError::new("it has no values"))
    }
}
