//! The codecs by name.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A codec's name in the network file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CodecName {
    /// Rust values in the bincode format (2.0, standard configuration), each behind its length.
    Bincode,
    /// One JSON value per line.
    Json,
    /// One line of text per block.
    Lines,
    /// Blocks of a fixed size.
    Bytes,
    /// A length (32 bits, little-endian), then so many bytes.
    Framed,
    /// No blocks and no heads: bytes until the end.
    Stream,
}

impl CodecName {
    /// All codecs.
    pub const ALL: [CodecName; 6] =
        [CodecName::Bincode, CodecName::Json, CodecName::Lines, CodecName::Bytes, CodecName::Framed, CodecName::Stream];

    /// The name in the file.
    pub const fn as_str(self) -> &'static str {
        match self {
            CodecName::Bincode => "bincode",
            CodecName::Json => "json",
            CodecName::Lines => "lines",
            CodecName::Bytes => "bytes",
            CodecName::Framed => "framed",
            CodecName::Stream => "stream",
        }
    }
}

impl fmt::Display for CodecName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A codec with what it needs to know.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Codec {
    /// See [`CodecName::Bincode`].
    Bincode,
    /// See [`CodecName::Json`].
    Json,
    /// See [`CodecName::Lines`].
    Lines,
    /// See [`CodecName::Bytes`].
    Bytes {
        /// The payload's size in bytes.
        block_size: usize,
    },
    /// See [`CodecName::Framed`].
    Framed,
    /// See [`CodecName::Stream`].
    Stream,
}

impl Codec {
    /// The codec's name.
    pub const fn name(self) -> CodecName {
        match self {
            Codec::Bincode => CodecName::Bincode,
            Codec::Json => CodecName::Json,
            Codec::Lines => CodecName::Lines,
            Codec::Bytes { .. } => CodecName::Bytes,
            Codec::Framed => CodecName::Framed,
            Codec::Stream => CodecName::Stream,
        }
    }

    /// The payload's size in bytes, where it is fixed.
    pub const fn block_size(self) -> Option<usize> {
        match self {
            Codec::Bytes { block_size } => Some(block_size),
            _ => None,
        }
    }

    /// Whether the stream is cut into blocks, which a head may precede.
    pub const fn has_blocks(self) -> bool {
        !matches!(self, Codec::Stream)
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name().fmt(f)
    }
}
