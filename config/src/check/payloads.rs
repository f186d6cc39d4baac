//! Values of the file as payloads.
//!
//! | codec | a value is |
//! |---|---|
//! | `json` | anything |
//! | `lines` | a text without line breaks, a number, `true` or `false` |
//! | `bytes`, `framed` | the bytes: a text (UTF-8) or a list of whole numbers from 0 to 255 |
//! | `bincode` | a text, a whole number (`i64`), a real number (`f64`), `true` or `false`, or a list of one of these |
//! | a custom one | what the codec takes |

use std::mem;

use pipeloom_job::Codec;
use pipeloom_job::codec::{EncodeError, EncodeValueError};
use serde::ser::{Error, Serialize, Serializer};

use crate::check::Checker;
use crate::check::class_codecs::DUMMY_OF_CLASS;
use crate::check::coded::Coded;
use crate::file::{PipeTable, Value};
use crate::problem::Problem;
use crate::span::At;

impl Checker<'_> {
    /// The payload that stands for `value` under the pipe's codec; `None` if something is wrong with it.
    pub(super) fn payload(
        &mut self,
        value: &At<Value>,
        coded: &Coded,
        max_block_bytes: usize,
        table: &PipeTable,
    ) -> Option<Vec<u8>> {
        // Nothing stands for a block where there are none, as is said elsewhere.
        if !coded.codec.has_blocks() {
            return None;
        }
        if coded.class.is_some() {
            let problem = Problem::new(value.span, format!("only Python can write a block of `{coded}`"));
            self.say(problem.help(DUMMY_OF_CLASS));
            return None;
        }
        let value = self.scope.constant(value, self.problems)?;
        let payload = encoded(&value, coded.codec).map_err(|problem| self.say(problem)).ok()?;
        if payload.len() > max_block_bytes {
            let message =
                format!("this payload has {} bytes, more than `max_block_bytes` ({max_block_bytes})", payload.len());
            let problem = Problem::new(value.span, message);
            self.say(match &table.max_block_bytes {
                Some(max) => problem.related(max.span, "the limit is here"),
                None => problem,
            });
            return None;
        }
        Some(payload)
    }
}

fn encoded(value: &At<Value>, codec: Codec) -> Result<Vec<u8>, Problem> {
    match codec {
        Codec::Bytes { block_size } => {
            let bytes = raw(value)?;
            if bytes.len() == block_size {
                return Ok(bytes);
            }
            let message = format!("this has {} bytes, but a block has `block_size` = {block_size}", bytes.len());
            return Err(Problem::new(value.span, message));
        }
        Codec::Framed | Codec::Stream => return raw(value),
        Codec::Lines => check_line(value)?,
        Codec::Bincode => check_bincode(value)?,
        Codec::Json | Codec::Custom(_) => {}
    }
    let mut payload = Vec::new();
    match codec.encode(&Plain(&value.value), &mut payload) {
        Ok(()) => Ok(payload),
        Err(error) => {
            let reason = match error {
                EncodeValueError::Payload(EncodeError::Refused { reason, .. }) => reason.to_string(),
                other => other.to_string(),
            };
            Err(Problem::new(value.span, format!("the codec `{codec}` refuses this: {reason}")))
        }
    }
}

/// The bytes themselves.
fn raw(value: &At<Value>) -> Result<Vec<u8>, Problem> {
    let byte = |item: &At<Value>| match &item.value {
        Value::Number(number) => number.as_u64().and_then(|number| u8::try_from(number).ok()),
        _ => None,
    };
    match &value.value {
        Value::Text(text) => Ok(text.clone().into_bytes()),
        Value::Array(items) => {
            let bad = |item: &At<Value>| Problem::new(item.span, "a byte is a whole number from 0 to 255");
            items.iter().map(|item| byte(item).ok_or_else(|| bad(item))).collect()
        }
        other => {
            let message = "bytes are a text or a list of whole numbers from 0 to 255";
            let problem = Problem::new(value.span, message).label(format!("this is {}", other.kind()));
            Err(match other {
                Value::Number(_) => problem.help("write its bytes: [1, 0] is 1 in two bytes, little-endian"),
                _ => problem,
            })
        }
    }
}

fn check_line(value: &At<Value>) -> Result<(), Problem> {
    match &value.value {
        Value::Text(text) if text.contains('\n') => Err(Problem::new(value.span, "a line has no line breaks in it")),
        Value::Text(_) | Value::Number(_) | Value::Boolean(_) => Ok(()),
        other @ (Value::Array(_) | Value::Table(_)) => {
            let problem = Problem::new(value.span, "a line is a text, a number, true or false");
            Err(problem.label(format!("this is {}", other.kind())))
        }
    }
}

fn check_bincode(value: &At<Value>) -> Result<(), Problem> {
    match &value.value {
        Value::Table(_) => {
            let problem = Problem::new(value.span, "a table cannot stand on a pipe with the codec `bincode`");
            Err(problem.help("only the jobs know how theirs are laid out; the codec `json` takes any value"))
        }
        Value::Number(number) if number.is_u64() && !number.is_i64() => {
            Err(Problem::new(value.span, format!("whole numbers under `bincode` go up to {}", i64::MAX)))
        }
        Value::Array(items) => {
            let kind = |item: &At<Value>| mem::discriminant(&item.value);
            let real = |item: &At<Value>| matches!(&item.value, Value::Number(number) if number.is_f64());
            let first = items.first();
            let odd = items
                .iter()
                .find(|item| first.is_some_and(|first| kind(item) != kind(first) || real(item) != real(first)));
            if let (Some(odd), Some(first)) = (odd, first) {
                let problem = Problem::new(odd.span, "the parts of a list are of one kind under `bincode`");
                let problem = problem.label(format!("this is {}", odd.kind()));
                return Err(problem.related(first.span, format!("the first is {}", first.kind())));
            }
            items.iter().try_for_each(check_bincode)
        }
        Value::Text(_) | Value::Number(_) | Value::Boolean(_) => Ok(()),
    }
}

/// A value as a Rust program would have it: whole numbers are `i64`, real ones `f64`.
struct Plain<'a>(&'a Value);

impl Serialize for Plain<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Text(text) => serializer.serialize_str(text),
            Value::Boolean(value) => serializer.serialize_bool(*value),
            Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
                (Some(number), ..) => serializer.serialize_i64(number),
                (_, Some(number), _) => serializer.serialize_u64(number),
                (.., Some(number)) => serializer.serialize_f64(number),
                _ => Err(S::Error::custom("not a number of 64 bits")),
            },
            Value::Array(items) => serializer.collect_seq(items.iter().map(|item| Plain(item))),
            Value::Table(entries) => {
                serializer.collect_map(entries.iter().map(|(key, value)| (&key.value, Plain(value))))
            }
        }
    }
}
