//! What can go wrong with values in payloads.

use super::{CodecError, CodecName, EncodeError, Fault};

/// Why a value cannot be read from a payload.
#[derive(Debug, thiserror::Error)]
pub enum DecodeValueError {
    /// Not JSON, or not of the type wanted.
    #[error("not the JSON that is wanted: {0}")]
    Json(#[source] serde_json::Error),
    /// Not bincode, or not of the type wanted.
    #[error("not the bincode that is wanted: {0}")]
    Bincode(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A text is not UTF-8.
    #[error("invalid UTF-8 at byte {at}")]
    Utf8 {
        /// Where the first wrong byte stands, from 0.
        at: usize,
    },
    /// A line says something else.
    #[error("{text:?} is not {wanted}")]
    Text {
        /// The line, or its beginning.
        text: String,
        /// What was wanted, such as "an integer".
        wanted: &'static str,
    },
    /// The payload ends too early.
    #[error("it ends after {len} bytes, inside a value of {size} that begins at byte {at}")]
    Short {
        /// The payload's size, in bytes.
        len: usize,
        /// Where the value begins, in bytes from 0.
        at: usize,
        /// The size of that value, in bytes.
        size: usize,
    },
    /// The payload goes on after the value.
    #[error("it has {len} bytes, {left} more than the value needs")]
    LeftOver {
        /// The payload's size, in bytes.
        len: usize,
        /// The bytes left over.
        left: usize,
    },
    /// The codec has no way to hold such a value.
    #[error("codec {codec} cannot hold {what}")]
    Unsupported {
        /// The pipe's codec.
        codec: CodecName,
        /// What was wanted, such as "a map".
        what: &'static str,
    },
    /// A custom codec finds no value in the payload.
    #[error("no payload of codec {codec}: {reason}")]
    NoValue {
        /// The pipe's codec.
        codec: &'static str,
        /// What it says.
        reason: CodecError,
    },
    /// The value that a custom codec found is not of the type wanted.
    #[error("not what is wanted of codec {codec}: {source}")]
    Value {
        /// The pipe's codec.
        codec: &'static str,
        /// What is different.
        source: serde_json::Error,
    },
    /// A custom codec did what none may do.
    #[error("codec {codec} is faulty: {fault}")]
    Faulty {
        /// The pipe's codec.
        codec: &'static str,
        /// What it did.
        fault: Fault,
    },
    /// The type itself refused what was read.
    #[error("{0}")]
    Refused(String),
}

/// Why a value cannot be written into a payload.
#[derive(Debug, thiserror::Error)]
pub enum EncodeValueError {
    /// The value cannot stand in JSON, such as a map whose keys are no texts.
    #[error("not a value for JSON: {0}")]
    Json(#[source] serde_json::Error),
    /// The value cannot stand in bincode, such as a sequence that does not know its length.
    #[error("not a value for bincode: {0}")]
    Bincode(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The payload does not fit the codec.
    #[error(transparent)]
    Payload(#[from] EncodeError),
    /// The codec has no way to hold such a value.
    #[error("codec {codec} cannot hold {what}")]
    Unsupported {
        /// The pipe's codec.
        codec: CodecName,
        /// What was to be written, such as "a map".
        what: &'static str,
    },
    /// The value is none that a custom codec could be given, such as a map whose keys are no texts.
    #[error("not a value for codec {codec}: {source}")]
    Value {
        /// The pipe's codec.
        codec: &'static str,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The type itself refused to be written.
    #[error("{0}")]
    Refused(String),
}

impl serde::de::Error for DecodeValueError {
    fn custom<T: std::fmt::Display>(message: T) -> DecodeValueError {
        DecodeValueError::Refused(message.to_string())
    }
}

impl serde::ser::Error for EncodeValueError {
    fn custom<T: std::fmt::Display>(message: T) -> EncodeValueError {
        EncodeValueError::Refused(message.to_string())
    }
}
