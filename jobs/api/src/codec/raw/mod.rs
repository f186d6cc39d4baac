//! Codecs `bytes`, `framed` and `stream`: numbers one after another, little-endian, without lengths.
//!
//! The writer and the reader here follow the rules in [`super`].

mod read;
mod write;

use serde::{Deserialize, Serialize};

use super::CodecName;
use super::value_error::{DecodeValueError, EncodeValueError};

/// Where the bytes go.
pub(super) trait Room {
    fn put(&mut self, bytes: &[u8]);
}

impl Room for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// A place of a fixed size; what does not fit is only counted.
pub(super) struct Counted<'a> {
    pub(super) room: &'a mut [u8],
    pub(super) wanted: usize,
}

impl Room for Counted<'_> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        let next = self.wanted + bytes.len();
        if let Some(place) = self.room.get_mut(self.wanted..next) {
            place.copy_from_slice(bytes);
        }
        self.wanted = next;
    }
}

#[inline]
pub(super) fn encode<T: Serialize + ?Sized, R: Room>(
    codec: CodecName,
    value: &T,
    room: &mut R,
) -> Result<(), EncodeValueError> {
    value.serialize(&mut write::Writer::new(codec, room))
}

pub(super) fn decode<'de, T: Deserialize<'de>>(codec: CodecName, payload: &'de [u8]) -> Result<T, DecodeValueError> {
    let mut reader = read::Reader::new(codec, payload);
    let value = T::deserialize(&mut reader)?;
    reader.end()?;
    Ok(value)
}
