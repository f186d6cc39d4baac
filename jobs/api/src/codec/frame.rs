//! What stands around a payload on the wire: `head? length? payload newline?`, or what a custom codec says.

use crate::codec::custom;
use crate::codec::{Around, Codec, CodecError, CustomCodec, Fault};
use crate::head::Head;

/// The bytes before and after one payload.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    before: [u8; 8],
    before_len: u8,
    newline: bool,
    /// What stands around it instead, if a custom codec says so.
    custom: Option<&'a Around>,
}

/// Why a payload cannot stand on a pipe.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EncodeError {
    /// Under `bytes`, the payload must have the pipe's block size.
    #[error("a block of {got} bytes on a pipe with block_size {expected}")]
    WrongSize {
        /// The pipe's block size, in bytes.
        expected: usize,
        /// The payload's size, in bytes.
        got: usize,
    },
    /// Under `json` and `lines`, a payload is one line.
    #[error("a line break inside a block of codec {codec}, at byte {at}")]
    LineBreak {
        /// The pipe's codec.
        codec: Codec,
        /// Where the line break stands, in bytes from 0.
        at: usize,
    },
    /// The payload is longer than the pipe allows.
    #[error("a block of {got} bytes, more than max_block_bytes = {max}")]
    TooLong {
        /// The longest allowed, in bytes.
        max: usize,
        /// The payload's size, in bytes.
        got: usize,
    },
    /// A custom codec refuses the payload or the value.
    #[error("codec {codec} refuses this: {reason}")]
    Refused {
        /// The pipe's codec.
        codec: &'static str,
        /// What it says.
        reason: CodecError,
    },
    /// A custom codec did what none may do.
    #[error("codec {codec} is faulty: {fault}")]
    Faulty {
        /// The pipe's codec.
        codec: &'static str,
        /// What it did.
        fault: Box<Fault>,
    },
}

impl EncodeError {
    pub(super) fn faulty(codec: &'static str, fault: Fault) -> EncodeError {
        EncodeError::Faulty { codec, fault: Box::new(fault) }
    }
}

impl Codec {
    /// Whether a payload of a codec whose payloads may be any bytes may be so long.
    pub fn check_length(self, got: usize, max: usize) -> Result<(), EncodeError> {
        match self.block_size() {
            Some(expected) if expected != got => Err(EncodeError::WrongSize { expected, got }),
            _ if got > max => Err(EncodeError::TooLong { max, got }),
            _ => Ok(()),
        }
    }
}

impl<'a> Frame<'a> {
    /// What goes before `payload` on a pipe with a ring where lengths stand before all blocks, whatever the codec.
    pub fn with_length(codec: Codec, head: Option<Head>, payload: &[u8], max: usize) -> Result<Frame<'a>, EncodeError> {
        codec.check_length(payload.len(), max)?;
        Ok(Frame::before_payload(Codec::Framed, head, payload.len()))
    }

    /// What goes around `payload`, with `head` before it if the reader wants heads on the wire. `around` is where a
    /// custom codec puts its part.
    pub fn around(
        codec: Codec,
        head: Option<Head>,
        payload: &[u8],
        max: usize,
        around: &'a mut Around,
    ) -> Result<Frame<'a>, EncodeError> {
        let got = payload.len();
        if got > max.min(u32::MAX as usize) {
            return Err(EncodeError::TooLong { max, got });
        }
        let mut frame = Frame::before_payload(codec, head, got);
        match codec {
            Codec::Bincode | Codec::Framed => {}
            Codec::Json | Codec::Lines => {
                if let Some(at) = memchr::memchr(b'\n', payload) {
                    return Err(EncodeError::LineBreak { codec, at });
                }
                frame.newline = true;
            }
            Codec::Bytes { block_size } if block_size != got => {
                return Err(EncodeError::WrongSize { expected: block_size, got });
            }
            Codec::Bytes { .. } | Codec::Stream => {}
            Codec::Custom(codec) => return frame.custom(codec, payload, around),
        }
        Ok(frame)
    }

    /// What stands before a payload of `len` bytes that nobody looks at, which may be 4 GiB - 1 at most. Of codecs that frame in another
    /// way it is only the head.
    #[inline]
    pub fn before_payload(codec: Codec, head: Option<Head>, len: usize) -> Frame<'a> {
        let mut frame = Frame { before: [0; 8], before_len: 0, newline: false, custom: None };
        if let Some(head) = head.filter(|_| codec.has_blocks()) {
            frame.put(&head.to_wire()[..head.size().bytes()]);
        }
        if let Codec::Bincode | Codec::Framed = codec {
            frame.put(&(len as u32).to_le_bytes());
        }
        frame
    }

    /// Kept apart, as it would make the way of the built-in codecs slower.
    #[inline(never)]
    fn custom(self, codec: &dyn CustomCodec, payload: &[u8], around: &'a mut Around) -> Result<Frame<'a>, EncodeError> {
        custom::surround(codec, self.before(), payload, around)?;
        Ok(Frame { custom: Some(around), ..self })
    }

    fn put(&mut self, bytes: &[u8]) {
        let start = self.before_len as usize;
        self.before[start..start + bytes.len()].copy_from_slice(bytes);
        self.before_len += bytes.len() as u8;
    }

    /// The bytes before the payload.
    #[inline]
    pub fn before(&self) -> &[u8] {
        match self.custom {
            Some(around) => &around.before,
            None => &self.before[..self.before_len as usize],
        }
    }

    /// The bytes after the payload.
    #[inline]
    pub fn after(&self) -> &[u8] {
        match self.custom {
            Some(around) => &around.after,
            None if self.newline => b"\n",
            None => b"",
        }
    }
}
