//! The reading half: a serde deserializer.

use serde::de::{self, DeserializeSeed, SeqAccess, Visitor};

use crate::codec::CodecName;
use crate::codec::value_error::DecodeValueError;

pub(super) struct Reader<'de> {
    codec: CodecName,
    /// What is left of the payload.
    rest: &'de [u8],
    len: usize,
    /// Whether a part of another value is being read.
    inside: bool,
}

type Read<T> = Result<T, DecodeValueError>;

impl<'de> Reader<'de> {
    pub(super) fn new(codec: CodecName, payload: &'de [u8]) -> Reader<'de> {
        Reader { codec, rest: payload, len: payload.len(), inside: false }
    }

    /// Nothing may be left over.
    pub(super) fn end(self) -> Read<()> {
        match self.rest.len() {
            0 => Ok(()),
            left => Err(DecodeValueError::LeftOver { len: self.len, left }),
        }
    }

    fn refuse<T>(&self, what: &'static str) -> Read<T> {
        Err(DecodeValueError::Unsupported { codec: self.codec, what })
    }

    /// A value of unknown length may only stand at the top.
    fn at_top(&self, what: &'static str) -> Read<()> {
        if self.inside { self.refuse(what) } else { Ok(()) }
    }

    fn number<const N: usize>(&mut self) -> Read<[u8; N]> {
        if N > 1 && self.codec == CodecName::Stream {
            return self.refuse("numbers of more than one byte");
        }
        let Some((number, rest)) = self.rest.split_first_chunk::<N>() else {
            return Err(DecodeValueError::Short { len: self.len, at: self.len - self.rest.len(), size: N });
        };
        self.rest = rest;
        Ok(*number)
    }

    fn everything(&mut self) -> &'de [u8] {
        std::mem::take(&mut self.rest)
    }

    fn text(&mut self) -> Read<&'de str> {
        self.at_top("a text inside another value")?;
        std::str::from_utf8(self.everything()).map_err(|error| DecodeValueError::Utf8 { at: error.valid_up_to() })
    }

    fn parts<V: Visitor<'de>>(&mut self, count: Option<usize>, visitor: V) -> Read<V::Value> {
        let outer = std::mem::replace(&mut self.inside, true);
        let value = visitor.visit_seq(Parts { reader: self, count });
        self.inside = outer;
        value
    }
}

/// The parts of a sequence, tuple or struct: so many, or until the payload is at its end.
struct Parts<'a, 'de> {
    reader: &'a mut Reader<'de>,
    count: Option<usize>,
}

impl<'de> SeqAccess<'de> for Parts<'_, 'de> {
    type Error = DecodeValueError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Read<Option<T::Value>> {
        let before = self.reader.rest.len();
        match &mut self.count {
            Some(0) => return Ok(None),
            Some(count) => *count -= 1,
            None if before == 0 => return Ok(None),
            None => {}
        }
        let value = seed.deserialize(&mut *self.reader)?;
        if self.count.is_none() && self.reader.rest.len() == before {
            return self.reader.refuse("a sequence of values without a size");
        }
        Ok(Some(value))
    }

    fn size_hint(&self) -> Option<usize> {
        // Where only the bytes are known, room for numbers of 64 bits: never too much, and soon enough for smaller ones.
        Some(self.count.unwrap_or(self.reader.rest.len() / size_of::<u64>()))
    }
}

macro_rules! numbers {
    ($($name:ident -> $visit:ident($type:ty)),* $(,)?) => {
        $(fn $name<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
            visitor.$visit(<$type>::from_le_bytes(self.number()?))
        })*
    };
}

impl<'de> de::Deserializer<'de> for &mut Reader<'de> {
    type Error = DecodeValueError;

    numbers!(
        deserialize_i8 -> visit_i8(i8),
        deserialize_i16 -> visit_i16(i16),
        deserialize_i32 -> visit_i32(i32),
        deserialize_i64 -> visit_i64(i64),
        deserialize_i128 -> visit_i128(i128),
        deserialize_u8 -> visit_u8(u8),
        deserialize_u16 -> visit_u16(u16),
        deserialize_u32 -> visit_u32(u32),
        deserialize_u64 -> visit_u64(u64),
        deserialize_u128 -> visit_u128(u128),
        deserialize_f32 -> visit_f32(f32),
        deserialize_f64 -> visit_f64(f64),
    );

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Read<V::Value> {
        self.refuse("a value that does not say its type")
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        match self.number()? {
            [0] => visitor.visit_bool(false),
            [1] => visitor.visit_bool(true),
            [other] => Err(DecodeValueError::Refused(format!("{other} is not a truth value, which is 0 or 1"))),
        }
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        let code = u32::from_le_bytes(self.number()?);
        match char::from_u32(code) {
            Some(char) => visitor.visit_char(char),
            None => Err(DecodeValueError::Refused(format!("{code:#x} is not a character"))),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        visitor.visit_borrowed_str(self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.at_top("bytes inside another value")?;
        visitor.visit_borrowed_bytes(self.everything())
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, _visitor: V) -> Read<V::Value> {
        self.refuse("an option")
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Read<V::Value> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Read<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.at_top("a sequence inside another value")?;
        self.parts(None, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Read<V::Value> {
        self.parts(Some(len), visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(self, _name: &'static str, len: usize, visitor: V) -> Read<V::Value> {
        self.parts(Some(len), visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, _visitor: V) -> Read<V::Value> {
        self.refuse("a map")
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Read<V::Value> {
        self.parts(Some(fields.len()), visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        _visitor: V,
    ) -> Read<V::Value> {
        self.refuse("an enum")
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, _visitor: V) -> Read<V::Value> {
        self.refuse("a map")
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, _visitor: V) -> Read<V::Value> {
        self.refuse("a value that does not say its type")
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}
