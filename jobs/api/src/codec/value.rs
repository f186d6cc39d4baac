//! Values in payloads: the two methods of [`Codec`]. The rules stand in [`super`].

use serde::{Deserialize, Serialize};

use super::value_error::{DecodeValueError, EncodeValueError};
use super::{Codec, CodecName, EncodeError, bincoded, custom, raw, text};

impl Codec {
    /// Adds the payload for `value` to the end of `payload`.
    pub fn encode<T: Serialize + ?Sized>(self, value: &T, payload: &mut Vec<u8>) -> Result<(), EncodeValueError> {
        let start = payload.len();
        match self {
            Codec::Json => serde_json::to_writer(&mut *payload, value).map_err(EncodeValueError::Json),
            Codec::Bincode => bincoded::encode(value, payload),
            Codec::Lines => {
                text::encode(value, payload)?;
                match memchr::memchr(b'\n', &payload[start..]) {
                    Some(at) => Err(EncodeError::LineBreak { codec: self, at }.into()),
                    None => Ok(()),
                }
            }
            Codec::Framed | Codec::Stream => raw::encode(self.name(), value, payload),
            Codec::Bytes { block_size } => {
                raw::encode(self.name(), value, payload)?;
                right_size(block_size, payload.len() - start)
            }
            Codec::Custom(codec) => custom::encode(codec, value, payload),
        }
    }

    /// Writes `value` over the whole of `payload`, which has the pipe's block size. Only for codec `bytes`, where it
    /// saves a copy.
    #[inline]
    pub(crate) fn encode_in_place<T: Serialize + ?Sized>(
        value: &T,
        payload: &mut [u8],
    ) -> Result<(), EncodeValueError> {
        let (expected, mut sink) = (payload.len(), raw::Counted { room: payload, wanted: 0 });
        raw::encode(CodecName::Bytes, value, &mut sink)?;
        right_size(expected, sink.wanted)
    }

    /// Reads a value from a payload; all of it must be used. The value may borrow from the payload.
    pub fn decode<'de, T: Deserialize<'de>>(self, payload: &'de [u8]) -> Result<T, DecodeValueError> {
        match self {
            Codec::Json => serde_json::from_slice(payload).map_err(DecodeValueError::Json),
            Codec::Bincode => bincoded::decode(payload),
            Codec::Lines => text::decode(payload),
            Codec::Bytes { .. } | Codec::Framed | Codec::Stream => raw::decode(self.name(), payload),
            Codec::Custom(codec) => custom::decode(codec, payload),
        }
    }
}

#[inline]
fn right_size(expected: usize, got: usize) -> Result<(), EncodeValueError> {
    if expected == got { Ok(()) } else { Err(EncodeError::WrongSize { expected, got }.into()) }
}
