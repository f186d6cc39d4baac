//! A value of any shape, with the place of each part.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Number;

use crate::file::Entries;
use crate::span::{At, Span};

/// What an argument or a parameter may be: what TOML and JSON have in common.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// A text.
    Text(String),
    /// A whole or a finite real number.
    Number(Number),
    /// Yes or no.
    Boolean(bool),
    /// A list.
    Array(Vec<At<Value>>),
    /// A table.
    Table(Entries<At<Value>>),
}

impl Value {
    /// The kind of value, as a user would call it.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Text(_) => "a text",
            Value::Number(number) if number.is_f64() => "a real number",
            Value::Number(_) => "a whole number",
            Value::Boolean(_) => "true or false",
            Value::Array(_) => "a list",
            Value::Table(_) => "a table",
        }
    }
}

impl At<Value> {
    /// The place of the part that `path` leads to, as far as there is one.
    pub fn place(&self, path: &[String]) -> Span {
        let Some((first, rest)) = path.split_first() else { return self.span };
        let part = match &self.value {
            Value::Table(entries) => entries.iter().find(|(key, _)| key.value == *first).map(|(_, value)| value),
            Value::Array(items) => first.parse().ok().and_then(|index: usize| items.get(index)),
            _ => None,
        };
        part.map_or(self.span, |part| part.place(rest))
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

/// The key under which the TOML parser hands out a date or time.
const DATETIME: &str = "$__toml_private_datetime";

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Boolean(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<Value, E> {
        Err(E::invalid_value(Unexpected::Other(&value.to_string()), &"a number of at most 64 bits"))
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<Value, E> {
        Err(E::invalid_value(Unexpected::Other(&value.to_string()), &"a number of at most 64 bits"))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::invalid_value(Unexpected::Float(value), &"a finite number"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries: Vec<(At<String>, At<Value>)> = Vec::new();
        while let Some(key) = map.next_key::<At<String>>()? {
            if key.value == DATETIME {
                return Ok(Value::Text(map.next_value()?));
            }
            entries.push((key, map.next_value()?));
        }
        Ok(Value::Table(entries.into_iter().collect()))
    }
}

impl JsonSchema for Value {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Value".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!(true)
    }
}
