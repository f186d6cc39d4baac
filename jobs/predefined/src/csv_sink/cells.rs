//! From a block to cells.

use std::fmt;

use pipeloom_job::Codec;
use pipeloom_job::codec::DecodeValueError;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::number::NumberType;

/// What a block holds, as texts.
#[derive(Debug)]
pub(super) enum Cells {
    One(String),
    List(Vec<String>),
    Record(Vec<(String, String)>),
}

/// Why a block does not give cells.
#[derive(Debug, thiserror::Error)]
pub(super) enum CellsError {
    #[error(transparent)]
    Value(#[from] DecodeValueError),
    #[error("{got} blocks in a compute block, where a row takes one: it needs block_count = 1")]
    Count { got: usize },
    #[error("{got}, where the first block was {expected}")]
    Shape { got: &'static str, expected: &'static str },
    #[error("{key:?} is not among the columns that the first block gave")]
    NewKey { key: String },
    #[error("a list of {got}, where the first block had {expected}")]
    Longer { got: usize, expected: usize },
}

impl Cells {
    pub(super) fn read(codec: Codec, number: Option<NumberType>, payload: &[u8]) -> Result<Cells, CellsError> {
        match (codec, number) {
            (Codec::Lines, _) => Ok(Cells::One(codec.decode(payload)?)),
            (Codec::Json, _) => Cells::read_json(codec, payload),
            (Codec::Custom(_), _) => match codec.decode(payload)? {
                Value::String(text) => Ok(Cells::One(text)),
                value => Cells::read_json(Codec::Json, value.to_string().as_bytes()),
            },
            (_, Some(number)) => {
                let mut numbers = number.read(codec, payload)?;
                // Under `framed` the next block may have more, so its shape is a list even here.
                match (codec, numbers.len()) {
                    (Codec::Bytes { .. }, 1) => Ok(Cells::One(numbers.remove(0))),
                    _ => Ok(Cells::List(numbers)),
                }
            }
            _ => Err(DecodeValueError::Unsupported { codec: codec.name(), what: "a row without a `type`" }.into()),
        }
    }

    fn read_json(codec: Codec, payload: &[u8]) -> Result<Cells, CellsError> {
        Ok(match payload.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'{') => Cells::Record(codec.decode::<Fields>(payload)?.0),
            Some(b'[') => {
                let items: Vec<&RawValue> = codec.decode(payload)?;
                Cells::List(items.into_iter().map(text).collect::<Result<_, _>>()?)
            }
            _ => Cells::One(text(codec.decode(payload)?)?),
        })
    }

    pub(super) const fn shape(&self) -> &'static str {
        match self {
            Cells::One(_) => "a single value",
            Cells::List(_) => "a list",
            Cells::Record(_) => "an object",
        }
    }
}

/// Raw JSON, so that numbers keep each digit and inner values stay as they are.
fn text(value: &RawValue) -> Result<String, DecodeValueError> {
    match value.get() {
        "null" => Ok(String::new()),
        string if string.starts_with('"') => Codec::Json.decode(string.as_bytes()),
        other => Ok(other.to_owned()),
    }
}

/// The fields of an object, in order.
struct Fields(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Fields, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields: Vec<(String, String)> = Vec::new();
        while let Some((key, value)) = map.next_entry::<String, &RawValue>()? {
            if fields.iter().any(|(known, _)| *known == key) {
                return Err(de::Error::custom(format_args!("the key {key:?} stands there twice")));
            }
            fields.push((key, text(value).map_err(de::Error::custom)?));
        }
        Ok(Fields(fields))
    }
}
