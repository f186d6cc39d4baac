//! Codec `nul`: texts ended by a NUL byte, as `find -print0`, `grep -z`, `sort -z` and `xargs -0` write and read them.
//!
//! ```toml
//! [jobs.find]
//! exec = ["find", "photos", "-type", "f", "-print0"]
//! pass = "stdio"
//! outputs = ["files"]
//!
//! [pipes.files]
//! codec = "nul"
//! ```
//!
//! It is for what may have line breaks in it, such as the names of files. Values are those of codec `lines`: a text, a
//! number or a truth value. A last text without its NUL is a block too, as it is for these programs.

use std::ops::Range;

use pipeloom_job::CustomCodec;
use pipeloom_job::codec::{Around, CodecError, Found};
use serde_json::Value;

const NUL: u8 = 0;

/// Codec `nul`.
#[derive(Clone, Copy, Debug)]
pub struct Nul;

impl CustomCodec for Nul {
    fn name(&self) -> &'static str {
        "nul"
    }

    fn about(&self) -> &'static str {
        "One text per block, ended by a NUL byte; it may have line breaks in it."
    }

    fn frame(&self, bytes: &[u8], searched: usize) -> Result<Found, CodecError> {
        let end = memchr::memchr(NUL, &bytes[searched..]).map(|at| searched + at);
        Ok(end.map_or(Found::MORE, |end| Found::Block { payload: 0..end, next: end + 1 }))
    }

    fn last(&self, rest: &[u8]) -> Option<Range<usize>> {
        Some(0..rest.len())
    }

    fn surround(&self, payload: &[u8], around: &mut Around) -> Result<(), CodecError> {
        without_nul(payload)?;
        around.after.push(NUL);
        Ok(())
    }

    fn decode(&self, payload: &[u8]) -> Result<Value, CodecError> {
        match std::str::from_utf8(payload) {
            Ok(text) => Ok(text.into()),
            Err(error) => Err(CodecError::new(format_args!("invalid UTF-8 at byte {}", error.valid_up_to()))),
        }
    }

    fn encode(&self, value: &Value, payload: &mut Vec<u8>) -> Result<(), CodecError> {
        match value {
            Value::String(text) => {
                without_nul(text.as_bytes())?;
                payload.extend_from_slice(text.as_bytes());
            }
            Value::Number(_) | Value::Bool(_) => payload.extend_from_slice(value.to_string().as_bytes()),
            Value::Null | Value::Array(_) | Value::Object(_) => {
                return Err(CodecError::new("a text, a number, true or false is wanted"));
            }
        }
        Ok(())
    }
}

fn without_nul(text: &[u8]) -> Result<(), CodecError> {
    match memchr::memchr(NUL, text) {
        Some(at) => Err(CodecError::new(format_args!("a NUL byte inside, at byte {at}"))),
        None => Ok(()),
    }
}
