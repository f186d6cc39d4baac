//! The codecs by name.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::CustomCodec;

/// A codec's name in the network file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CodecName {
    /// Rust values in bincode.
    Bincode,
    /// Lines of JSON.
    Json,
    /// Lines of text.
    Lines,
    /// Blocks of a fixed size.
    Bytes,
    /// Blocks behind their lengths.
    Framed,
    /// No blocks at all.
    Stream,
    /// A [`CustomCodec`] of this name.
    Custom(&'static str),
}

impl CodecName {
    /// All built-in codecs.
    pub const BUILT_IN: [CodecName; 6] =
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
            CodecName::Custom(name) => name,
        }
    }

    /// A sentence on a built-in codec; of a custom one only [`CustomCodec::about`] knows it.
    pub const fn about(self) -> &'static str {
        match self {
            CodecName::Bincode => {
                "Rust values in the bincode format (2.0, standard configuration), each behind its length."
            }
            CodecName::Json => "One JSON value per line.",
            CodecName::Lines => "One line of text per block.",
            CodecName::Bytes => "Blocks of a fixed size.",
            CodecName::Framed => "A length (32 bits, little-endian), then so many bytes.",
            CodecName::Stream => "No blocks and no heads: bytes until the end.",
            CodecName::Custom(_) => "",
        }
    }

    /// Whether it is the name of a [`CustomCodec`].
    pub const fn is_custom(self) -> bool {
        matches!(self, CodecName::Custom(_))
    }
}

impl fmt::Display for CodecName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for CodecName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The built-in codecs: of a custom one its name alone says too little.
impl<'de> Deserialize<'de> for CodecName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<CodecName, D::Error> {
        let name = String::deserialize(deserializer)?;
        let built_in = CodecName::BUILT_IN.into_iter().find(|codec| codec.as_str() == name);
        built_in.ok_or_else(|| D::Error::custom(format_args!("there is no built-in codec `{name}`")))
    }
}

/// The built-in codecs.
impl JsonSchema for CodecName {
    fn schema_name() -> Cow<'static, str> {
        "CodecName".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        let names = CodecName::BUILT_IN
            .map(|name| json_schema!({ "type": "string", "const": name.as_str(), "description": name.about() }));
        json_schema!({ "description": "A codec's name in the network file.", "oneOf": names })
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
    /// One that does not come with this crate.
    Custom(&'static dyn CustomCodec),
}

impl Codec {
    /// The built-in codec of this name. `None` for a custom one, and for [`CodecName::Bytes`] without a size in bytes.
    pub const fn built_in(name: CodecName, block_size: Option<usize>) -> Option<Codec> {
        Some(match (name, block_size) {
            (CodecName::Bincode, _) => Codec::Bincode,
            (CodecName::Json, _) => Codec::Json,
            (CodecName::Lines, _) => Codec::Lines,
            (CodecName::Bytes, Some(block_size)) => Codec::Bytes { block_size },
            (CodecName::Framed, _) => Codec::Framed,
            (CodecName::Stream, _) => Codec::Stream,
            (CodecName::Bytes, None) | (CodecName::Custom(_), _) => return None,
        })
    }

    /// The codec's name.
    pub fn name(self) -> CodecName {
        match self {
            Codec::Bincode => CodecName::Bincode,
            Codec::Json => CodecName::Json,
            Codec::Lines => CodecName::Lines,
            Codec::Bytes { .. } => CodecName::Bytes,
            Codec::Framed => CodecName::Framed,
            Codec::Stream => CodecName::Stream,
            Codec::Custom(codec) => CodecName::Custom(codec.name()),
        }
    }

    /// How many bytes tell a payload's length before it: none where that is fixed. `None` where only the payload tells it.
    pub const fn length_bytes(self) -> Option<usize> {
        match self {
            Codec::Bytes { .. } => Some(0),
            Codec::Bincode | Codec::Framed => Some(4),
            Codec::Json | Codec::Lines | Codec::Stream | Codec::Custom(_) => None,
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
