//! The writing half: a serde serializer.

use serde::ser::{self, Impossible, Serialize};

use super::Room;
use crate::codec::CodecName;
use crate::codec::value_error::EncodeValueError;

pub(super) struct Writer<'a, R> {
    codec: CodecName,
    room: &'a mut R,
    /// Whether this is a part of another value.
    inside: bool,
}

type Done = Result<(), EncodeValueError>;
type Never = Impossible<(), EncodeValueError>;

impl<'a, R: Room> Writer<'a, R> {
    #[inline]
    pub(super) fn new(codec: CodecName, room: &'a mut R) -> Writer<'a, R> {
        Writer { codec, room, inside: false }
    }

    fn refuse<T>(&self, what: &'static str) -> Result<T, EncodeValueError> {
        Err(EncodeValueError::Unsupported { codec: self.codec, what })
    }

    /// A value of unknown length may only stand at the top.
    fn at_top(&self, what: &'static str) -> Done {
        if self.inside { self.refuse(what) } else { Ok(()) }
    }

    #[inline]
    fn number<const N: usize>(&mut self, bytes: [u8; N]) -> Done {
        if N > 1 && self.codec == CodecName::Stream {
            return self.refuse("numbers of more than one byte");
        }
        self.room.put(&bytes);
        Ok(())
    }

    fn parts(&mut self) -> Parts<'_, R> {
        Parts(Writer { codec: self.codec, room: self.room, inside: true })
    }
}

/// The parts of a sequence, tuple or struct.
pub(super) struct Parts<'a, R>(Writer<'a, R>);

macro_rules! numbers {
    ($($name:ident($type:ty)),* $(,)?) => {
        $(#[inline]
        fn $name(self, value: $type) -> Done {
            self.number(value.to_le_bytes())
        })*
    };
}

impl<'a, R: Room> ser::Serializer for &'a mut Writer<'_, R> {
    type Ok = ();
    type Error = EncodeValueError;
    type SerializeSeq = Parts<'a, R>;
    type SerializeTuple = Parts<'a, R>;
    type SerializeTupleStruct = Parts<'a, R>;
    type SerializeStruct = Parts<'a, R>;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStructVariant = Never;

    numbers!(
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
    );

    fn serialize_bool(self, value: bool) -> Done {
        self.number([u8::from(value)])
    }

    fn serialize_char(self, value: char) -> Done {
        self.number(u32::from(value).to_le_bytes())
    }

    fn serialize_str(self, value: &str) -> Done {
        self.at_top("a text inside another value")?;
        self.room.put(value.as_bytes());
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Done {
        self.at_top("bytes inside another value")?;
        self.room.put(value);
        Ok(())
    }

    fn serialize_none(self) -> Done {
        self.refuse("an option")
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _value: &T) -> Done {
        self.refuse("an option")
    }

    fn serialize_unit(self) -> Done {
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Done {
        Ok(())
    }

    fn serialize_unit_variant(self, _name: &'static str, _index: u32, _variant: &'static str) -> Done {
        self.refuse("an enum")
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> Done {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _value: &T,
    ) -> Done {
        self.refuse("an enum")
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<Parts<'a, R>, EncodeValueError> {
        self.at_top("a sequence inside another value")?;
        Ok(self.parts())
    }

    fn serialize_tuple(self, _len: usize) -> Result<Parts<'a, R>, EncodeValueError> {
        Ok(self.parts())
    }

    fn serialize_tuple_struct(self, _name: &'static str, _len: usize) -> Result<Parts<'a, R>, EncodeValueError> {
        Ok(self.parts())
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<Never, EncodeValueError> {
        self.refuse("an enum")
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Never, EncodeValueError> {
        self.refuse("a map")
    }

    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<Parts<'a, R>, EncodeValueError> {
        Ok(self.parts())
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<Never, EncodeValueError> {
        self.refuse("an enum")
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

impl<R: Room> ser::SerializeSeq for Parts<'_, R> {
    type Ok = ();
    type Error = EncodeValueError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        value.serialize(&mut self.0)
    }

    fn end(self) -> Done {
        Ok(())
    }
}

impl<R: Room> ser::SerializeTuple for Parts<'_, R> {
    type Ok = ();
    type Error = EncodeValueError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        value.serialize(&mut self.0)
    }

    fn end(self) -> Done {
        Ok(())
    }
}

impl<R: Room> ser::SerializeTupleStruct for Parts<'_, R> {
    type Ok = ();
    type Error = EncodeValueError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        value.serialize(&mut self.0)
    }

    fn end(self) -> Done {
        Ok(())
    }
}

impl<R: Room> ser::SerializeStruct for Parts<'_, R> {
    type Ok = ();
    type Error = EncodeValueError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, _key: &'static str, value: &T) -> Done {
        value.serialize(&mut self.0)
    }

    fn skip_field(&mut self, _key: &'static str) -> Done {
        self.0.refuse("a struct with a field left out")
    }

    fn end(self) -> Done {
        Ok(())
    }
}
