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
    /// Whether large payloads lie beside the pipe by now, so that each block has a length before it whatever the codec.
    pub(super) has_lengths: bool,
}

impl Format {
    /// How many bytes stand before a payload.
    pub(super) fn before(&self) -> usize {
        let length = self.has_lengths || matches!(self.codec, Codec::Bincode | Codec::Framed);
        self.heads.map_or(0, HeadSize::bytes) + if length { 4 } else { 0 }
    }

    /// What goes around a payload.
    pub(super) fn frame<'a>(
        &self,
        head: Head,
        payload: &[u8],
        around: &'a mut Around,
    ) -> Result<Frame<'a>, EncodeError> {
        let head = self.heads.map(|size| head.resized(size));
        if self.has_lengths {
            return Frame::with_length(self.codec, head, payload, self.max);
        }
        Frame::around(self.codec, head, payload, self.max, around)
    }
}
