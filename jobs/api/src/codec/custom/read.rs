//! Values of any type over a custom codec, by way of its own.

use serde::de::{self, DeserializeOwned, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::CustomCodec;
use super::call::{Fault, guarded};
use crate::codec::text::{self, scalars};
use crate::codec::{DecodeValueError, EncodeError, EncodeValueError};

pub(in crate::codec) fn encode<T: Serialize + ?Sized>(
    codec: &dyn CustomCodec,
    value: &T,
    payload: &mut Vec<u8>,
) -> Result<(), EncodeValueError> {
    let name = codec.name();
    let value = serde_json::to_value(value).map_err(|source| EncodeValueError::Value { codec: name, source })?;
    let start = payload.len();
    let encoded = guarded(|| codec.encode(&value, payload));
    let encoded = encoded.and_then(|encoded| if payload.len() < start { Err(Fault::Shrunk) } else { Ok(encoded) });
    let encoded = encoded.map_err(|fault| EncodeError::faulty(name, fault))?;
    Ok(encoded.map_err(|reason| EncodeError::Refused { codec: name, reason })?)
}

pub(in crate::codec) fn decode<'de, T: Deserialize<'de>>(
    codec: &dyn CustomCodec,
    payload: &'de [u8],
) -> Result<T, DecodeValueError> {
    let name = codec.name();
    let value = guarded(|| codec.decode(payload)).map_err(|fault| DecodeValueError::Faulty { codec: name, fault })?;
    let value = value.map_err(|reason| DecodeValueError::NoValue { codec: name, reason })?;
    T::deserialize(Given { codec: name, value })
}

/// The value that a codec gave. A text that stands alone may be any scalar, as in codec `lines`.
struct Given {
    codec: &'static str,
    value: Value,
}

impl Given {
    fn read<T: DeserializeOwned>(self) -> Result<T, DecodeValueError> {
        serde_json::from_value(self.value).map_err(|source| DecodeValueError::Value { codec: self.codec, source })
    }
}

macro_rules! scalar {
    ($($name:ident -> $visit:ident, $wanted:literal);* $(;)?) => {
        $(fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeValueError> {
            visitor.$visit(match &self.value {
                Value::String(line) => text::parse(line.as_bytes(), $wanted)?,
                _ => self.read()?,
            })
        })*
    };
}

macro_rules! as_given {
    ($($name:ident($($argument:ident: $type:ty),*))*) => {
        $(fn $name<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, DecodeValueError> {
            let Given { codec, value } = self;
            value.$name($($argument,)* visitor).map_err(|source| DecodeValueError::Value { codec, source })
        })*
    };
}

impl<'de> de::Deserializer<'de> for Given {
    type Error = DecodeValueError;

    scalars!(scalar);

    as_given! {
        deserialize_any()
        deserialize_str()
        deserialize_string()
        deserialize_bytes()
        deserialize_byte_buf()
        deserialize_unit()
        deserialize_unit_struct(name: &'static str)
        deserialize_seq()
        deserialize_tuple(len: usize)
        deserialize_tuple_struct(name: &'static str, len: usize)
        deserialize_map()
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
        deserialize_identifier()
        deserialize_ignored_any()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeValueError> {
        if self.value.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeValueError> {
        match self.value {
            Value::String(_) => visitor.visit_newtype_struct(self),
            value => value
                .deserialize_newtype_struct(name, visitor)
                .map_err(|source| DecodeValueError::Value { codec: self.codec, source }),
        }
    }
}
