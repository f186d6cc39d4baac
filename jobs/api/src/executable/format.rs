//! How blocks stand on the pipe of an output.

use crate::codec::{Around, Codec, EncodeError, Frame};
use crate::head::{Head, HeadSize};

/// How blocks stand on a pipe.
#[derive(Clone, Copy, Debug)]
pub(super) struct Format {
    pub(super) codec: Codec,
    /// The size of the heads on the wire, if there are any.
    pub(super) heads: Option<HeadSize>,
    /// The longest payload, in bytes.
    pub(super) max: usize,
    /// Whether large payloads may lie beside the pipe, so that each block has a length before it.
    pub(super) has_ring: bool,
}

impl Format {
    /// How many bytes stand before a payload.
    pub(super) fn before(&self) -> usize {
        let length = self.has_ring || matches!(self.codec, Codec::Bincode | Codec::Framed);
        self.heads.map_or(0, HeadSize::bytes) + if length { 4 } else { 0 }
    }

    /// What goes around a payload.
    pub(super) fn frame<'a>(
        &self,
        head: Head,
        payload: &[u8],
        around: &'a mut Around,
    ) -> Result<Frame<'a>, EncodeError> {
        self.check(payload.len())?;
        let codec = if self.has_ring { Codec::Framed } else { self.codec };
        Frame::around(codec, self.heads.map(|size| head.resized(size)), payload, self.max, around)
    }

    /// Whether a payload may be so long, where the codec of the wire does not tell.
    pub(super) fn check(&self, got: usize) -> Result<(), EncodeError> {
        match self.codec {
            Codec::Bytes { block_size } if self.has_ring && block_size != got => {
                Err(EncodeError::WrongSize { expected: block_size, got })
            }
            _ if self.has_ring && got > self.max => Err(EncodeError::TooLong { max: self.max, got }),
            _ => Ok(()),
        }
    }
}
