//! Numbers with bounds: what is out of them is refused where it stands.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

/// A whole number from `MIN` to `MAX`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Whole<const MIN: u64, const MAX: u64>(u64);

impl<const MIN: u64, const MAX: u64> Whole<MIN, MAX> {
    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The number nearest to `number` that is allowed.
    pub(crate) fn nearest(number: u64) -> Self {
        Whole(number.clamp(MIN, MAX))
    }

    /// The number as a size in memory.
    pub fn size(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl<'de, const MIN: u64, const MAX: u64> Deserialize<'de> for Whole<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_u64(WholeVisitor::<MIN, MAX>)
    }
}

struct WholeVisitor<const MIN: u64, const MAX: u64>;

impl<const MIN: u64, const MAX: u64> Visitor<'_> for WholeVisitor<MIN, MAX> {
    type Value = Whole<MIN, MAX>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from {MIN} to {MAX}")
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        match u64::try_from(value) {
            Ok(value) => self.visit_u64(value),
            Err(_) => Err(E::invalid_value(Unexpected::Signed(value), &self)),
        }
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        if (MIN..=MAX).contains(&value) {
            Ok(Whole(value))
        } else {
            Err(E::invalid_value(Unexpected::Unsigned(value), &self))
        }
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<Self::Value, E> {
        Err(E::invalid_value(Unexpected::Other(&value.to_string()), &self))
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<Self::Value, E> {
        Err(E::invalid_value(Unexpected::Other(&value.to_string()), &self))
    }
}

impl<const MIN: u64, const MAX: u64> JsonSchema for Whole<MIN, MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Whole_{MIN}_{MAX}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": MIN, "maximum": MAX })
    }
}

/// The longest time that can be given, in seconds: over 30 years.
const MAX_SECONDS: f64 = 1e9;

/// A time in seconds: a plain number, whole or not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seconds(Duration);

impl Seconds {
    /// The time.
    pub const fn get(self) -> Duration {
        self.0
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Seconds, D::Error> {
        deserializer.deserialize_f64(SecondsVisitor)
    }
}

struct SecondsVisitor;

impl Visitor<'_> for SecondsVisitor {
    type Value = Seconds;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of seconds from 0 to 1000000000")
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Seconds, E> {
        match u64::try_from(value) {
            Ok(value) => self.visit_u64(value),
            Err(_) => Err(E::invalid_value(Unexpected::Signed(value), &self)),
        }
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Seconds, E> {
        if value <= MAX_SECONDS as u64 {
            Ok(Seconds(Duration::from_secs(value)))
        } else {
            Err(E::invalid_value(Unexpected::Unsigned(value), &self))
        }
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Seconds, E> {
        if (0.0..=MAX_SECONDS).contains(&value) {
            Ok(Seconds(Duration::from_secs_f64(value)))
        } else {
            Err(E::invalid_value(Unexpected::Float(value), &self))
        }
    }
}

impl JsonSchema for Seconds {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Seconds".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "minimum": 0, "maximum": MAX_SECONDS })
    }
}

/// How long a pipe is read on after its writer is gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Linger {
    /// So long.
    For(Seconds),
    /// Until it ends.
    Eof,
}

impl<'de> Deserialize<'de> for Linger {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Linger, D::Error> {
        deserializer.deserialize_any(LingerVisitor)
    }
}

struct LingerVisitor;

impl Visitor<'_> for LingerVisitor {
    type Value = Linger;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of seconds from 0 to 1000000000, or \"eof\"")
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Linger, E> {
        SecondsVisitor.visit_i64(value).map(Linger::For)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Linger, E> {
        SecondsVisitor.visit_u64(value).map(Linger::For)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Linger, E> {
        SecondsVisitor.visit_f64(value).map(Linger::For)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Linger, E> {
        if text == "eof" { Ok(Linger::Eof) } else { Err(E::invalid_value(Unexpected::Str(text), &self)) }
    }
}

impl JsonSchema for Linger {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Linger".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [generator.subschema_for::<Seconds>(), { "const": "eof" }] })
    }
}
