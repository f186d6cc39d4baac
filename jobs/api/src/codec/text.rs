//! Codec `lines`: one scalar as text.

use serde::de::{self, IntoDeserializer, Visitor};
use serde::ser::{self, Impossible};
use serde::{Deserialize, Serialize};

use super::CodecName;
use super::value_error::{DecodeValueError, EncodeValueError};

/// How much of a wrong line an error shows, in characters.
const SHOWN_CHARS: usize = 40;

pub(super) fn encode<T: Serialize + ?Sized>(value: &T, payload: &mut Vec<u8>) -> Result<(), EncodeValueError> {
    value.serialize(Writer(payload))
}

pub(super) fn decode<'de, T: Deserialize<'de>>(payload: &'de [u8]) -> Result<T, DecodeValueError> {
    T::deserialize(Reader(payload))
}

struct Writer<'a>(&'a mut Vec<u8>);

type Written = Result<(), EncodeValueError>;
type Never = Impossible<(), EncodeValueError>;

fn refuse<T>(what: &'static str) -> Result<T, EncodeValueError> {
    Err(EncodeValueError::Unsupported { codec: CodecName::Lines, what })
}

macro_rules! display {
    ($($name:ident($type:ty)),* $(,)?) => {
        $(fn $name(self, value: $type) -> Written {
            self.collect_str(&value)
        })*
    };
}

impl ser::Serializer for Writer<'_> {
    type Ok = ();
    type Error = EncodeValueError;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Never;
    type SerializeStructVariant = Never;

    display!(
        serialize_bool(bool),
        serialize_i8(i8),
        serialize_i16(i16),
        serialize_i32(i32),
        serialize_i64(i64),
        serialize_i128(i128),
        serialize_u8(u8),
        serialize_u16(u16),
        serialize_u32(u32),
        serialize_u64(u64),
        serialize_u128(u128),
        serialize_f32(f32),
        serialize_f64(f64),
        serialize_char(char),
    );

    fn collect_str<T: std::fmt::Display + ?Sized>(self, value: &T) -> Written {
        use std::io::Write as _;
        write!(self.0, "{value}").map_err(ser::Error::custom)
    }

    fn serialize_str(self, value: &str) -> Written {
        self.serialize_bytes(value.as_bytes())
    }

    fn serialize_bytes(self, value: &[u8]) -> Written {
        self.0.extend_from_slice(value);
        Ok(())
    }

    fn serialize_none(self) -> Written {
        refuse("an option")
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _value: &T) -> Written {
        refuse("an option")
    }

    fn serialize_unit(self) -> Written {
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Written {
        Ok(())
    }

    fn serialize_unit_variant(self, _name: &'static str, _index: u32, variant: &'static str) -> Written {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _value: &T,
    ) -> Written {
        refuse("a variant with a value")
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<Never, EncodeValueError> {
        refuse("a sequence")
    }

    fn serialize_tuple(self, _len: usize) -> Result<Never, EncodeValueError> {
        refuse("a tuple")
    }

    fn serialize_tuple_struct(self, _name: &'static str, _len: usize) -> Result<Never, EncodeValueError> {
        refuse("a struct")
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<Never, EncodeValueError> {
        refuse("a variant with a value")
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Never, EncodeValueError> {
        refuse("a map")
    }

    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<Never, EncodeValueError> {
        refuse("a struct")
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<Never, EncodeValueError> {
        refuse("a variant with a value")
    }
}

struct Reader<'de>(&'de [u8]);

impl<'de> Reader<'de> {
    fn text(&self) -> Result<&'de str, DecodeValueError> {
        utf8(self.0)
    }

    fn refuse<T>(what: &'static str) -> Result<T, DecodeValueError> {
        Err(DecodeValueError::Unsupported { codec: CodecName::Lines, what })
    }
}

fn utf8(text: &[u8]) -> Result<&str, DecodeValueError> {
    std::str::from_utf8(text).map_err(|error| DecodeValueError::Utf8 { at: error.valid_up_to() })
}

/// A scalar that stands as text; `wanted` says what it should be.
pub(super) fn parse<T: std::str::FromStr>(text: &[u8], wanted: &'static str) -> Result<T, DecodeValueError> {
    let text = utf8(text)?;
    text.parse().map_err(|_| DecodeValueError::Text { text: text.chars().take(SHOWN_CHARS).collect(), wanted })
}

/// Hands the methods that read a scalar to a macro: what each visits, and what it wants.
macro_rules! scalars {
    ($for_each:ident) => {
        $for_each!(
            deserialize_bool -> visit_bool, "true or false";
            deserialize_i8 -> visit_i8, "an integer of 8 bits";
            deserialize_i16 -> visit_i16, "an integer of 16 bits";
            deserialize_i32 -> visit_i32, "an integer of 32 bits";
            deserialize_i64 -> visit_i64, "an integer of 64 bits";
            deserialize_i128 -> visit_i128, "an integer of 128 bits";
            deserialize_u8 -> visit_u8, "an integer of 8 bits, not negative";
            deserialize_u16 -> visit_u16, "an integer of 16 bits, not negative";
            deserialize_u32 -> visit_u32, "an integer of 32 bits, not negative";
            deserialize_u64 -> visit_u64, "an integer of 64 bits, not negative";
            deserialize_u128 -> visit_u128, "an integer of 128 bits, not negative";
            deserialize_f32 -> visit_f32, "a number";
            deserialize_f64 -> visit_f64, "a number";
            deserialize_char -> visit_char, "one character";
        );
    };
}
pub(super) use scalars;

macro_rules! parsed {
    ($($name:ident -> $visit:ident, $wanted:literal);* $(;)?) => {
        $(fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeValueError> {
            visitor.$visit(parse(self.0, $wanted)?)
        })*
    };
}

impl<'de> de::Deserializer<'de> for Reader<'de> {
    type Error = DecodeValueError;

    scalars!(parsed);

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeValueError> {
        visitor.visit_borrowed_str(self.text()?)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeValueError> {
        visitor.visit_borrowed_bytes(self.0)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeValueError> {
        visitor.visit_borrowed_bytes(self.0)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeValueError> {
        match self.0 {
            [] => visitor.visit_unit(),
            _ => Err(DecodeValueError::LeftOver { len: self.0.len(), left: self.0.len() }),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeValueError> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeValueError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeValueError> {
        visitor.visit_enum(self.text()?.into_deserializer())
    }

    fn deserialize_option<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, DecodeValueError> {
        Self::refuse("an option")
    }

    fn deserialize_seq<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, DecodeValueError> {
        Self::refuse("a sequence")
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _len: usize, _visitor: V) -> Result<V::Value, DecodeValueError> {
        Self::refuse("a tuple")
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        _visitor: V,
    ) -> Result<V::Value, DecodeValueError> {
        Self::refuse("a struct")
    }

    fn deserialize_map<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, DecodeValueError> {
        Self::refuse("a map")
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, DecodeValueError> {
        Self::refuse("a struct")
    }

    serde::forward_to_deserialize_any! { str string identifier ignored_any }
}
