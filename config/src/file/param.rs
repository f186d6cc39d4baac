//! Parameters.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::file::Value;
use crate::span::At;

/// A parameter of the network.
#[derive(Clone, PartialEq, Debug)]
pub enum Param {
    /// Just its default.
    Plain(Value),
    /// Declared with a type, and perhaps without a default.
    Declared(DeclaredParam),
}

/// A parameter that says more than its default.
#[derive(Clone, PartialEq, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Parameter")]
pub struct DeclaredParam {
    /// What its values are; without it, what the default is.
    pub r#type: Option<At<ParamType>>,
    /// Its value unless `--param` gives another: a text, a number, `true` or `false`.
    #[schemars(extend("type" = ["string", "number", "boolean"]))]
    pub default: Option<At<Value>>,
    /// Whether it must be given. A parameter without a default always must.
    pub required: Option<At<bool>>,
    /// What it is for.
    pub help: Option<At<String>>,
}

/// What the values of a parameter are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum ParamType {
    /// A text.
    String,
    /// A whole number.
    Integer,
    /// A number.
    Float,
    /// `true` or `false`.
    Boolean,
}

impl<'de> Deserialize<'de> for Param {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Param, D::Error> {
        deserializer.deserialize_any(ParamVisitor)
    }
}

// `untagged` would buffer the value, and its places would be lost.
struct ParamVisitor;

impl<'de> Visitor<'de> for ParamVisitor {
    type Value = Param;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number, true or false, or a table with `type`, `default`, `required`, `help`")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Param, E> {
        Ok(Param::Plain(Value::Text(text.to_owned())))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Param, E> {
        Ok(Param::Plain(Value::Boolean(value)))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Param, E> {
        Ok(Param::Plain(Value::Number(value.into())))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Param, E> {
        match serde_json::Number::from_f64(value) {
            Some(number) => Ok(Param::Plain(Value::Number(number))),
            None => Err(E::invalid_value(serde::de::Unexpected::Float(value), &self)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Param, A::Error> {
        DeclaredParam::deserialize(MapAccessDeserializer::new(map)).map(Param::Declared)
    }
}

impl JsonSchema for Param {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Param".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [
            { "type": ["string", "number", "boolean"] },
            generator.subschema_for::<DeclaredParam>(),
        ] })
    }
}
