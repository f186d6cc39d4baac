//! What a pipe gives where no block has come.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::file::{Value, Whole};
use crate::span::At;

/// What an optional pipe gives, and what waits in it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Optional")]
pub struct OptionalTable {
    /// What the readers get until the first block has come. Without it, `null` for `json`, zeros for `bytes`, what a custom
    /// codec says, else an empty payload.
    pub default: Option<At<Value>>,
    /// Whether the last block is given again until the next one comes; if not, each block is given once, and then the
    /// default again.
    #[schemars(extend("default" = true))]
    pub store: Option<At<bool>>,
    /// How many blocks may wait; of more, one is dropped. Without it, they wait as on any other pipe, and `when_full`
    /// says what happens to more.
    pub buffer: Option<At<Whole<1, 0xffff_ffff>>>,
    /// Which block is dropped when `buffer` blocks wait and one more comes; only with `buffer`.
    #[schemars(extend("default" = "oldest"))]
    pub drop: Option<At<DropName>>,
}

/// An end of a queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum DropName {
    /// What has waited longest.
    Oldest,
    /// What has just come.
    Newest,
}

/// What stands for a block that is missing.
#[derive(Clone, PartialEq, Debug)]
pub enum Dummy {
    /// As many zeros as a block has bytes.
    Zero,
    /// The payload before it.
    Previous,
    /// A payload of its own.
    Value(DummyTable),
}

/// A payload that stands for every block that is missing.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Dummy")]
pub struct DummyTable {
    /// What the readers get in place of a missing block.
    #[schemars(required)]
    pub value: Option<At<Value>>,
}

impl<'de> Deserialize<'de> for Dummy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Dummy, D::Error> {
        deserializer.deserialize_any(DummyVisitor)
    }
}

// `untagged` would buffer the value, and its places would be lost.
struct DummyVisitor;

impl<'de> Visitor<'de> for DummyVisitor {
    type Value = Dummy;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"zero\", \"previous\" or { value = ... }")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Dummy, E> {
        match text {
            "zero" => Ok(Dummy::Zero),
            "previous" => Ok(Dummy::Previous),
            other => Err(E::invalid_value(Unexpected::Str(other), &self)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Dummy, A::Error> {
        DummyTable::deserialize(MapAccessDeserializer::new(map)).map(Dummy::Value)
    }
}

impl JsonSchema for Dummy {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Dummy".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "enum": ["zero", "previous"] }, generator.subschema_for::<DummyTable>()] })
    }
}
