//! Codecs: how blocks stand on a pipe, and how values stand in blocks.
//!
//! - [`Codec`] names them.
//! - [`Framer`] cuts a stream of bytes into blocks; [`Frame`] is what goes around a payload on the wire.
//! - [`CustomCodec`] is what a codec does that is none of the built-in ones.
//! - [`Codec::encode`] and [`Codec::decode`] write values into payloads and read them back.
//!
//! # Values in payloads
//!
//! | codec | a payload holds |
//! |---|---|
//! | `json` | the value as compact JSON; what is no number (NaN, infinities) becomes `null` |
//! | `bincode` | the value in bincode 2.0, standard configuration |
//! | `lines` | a text, a number, a truth value or the name of a variant, as text |
//! | `bytes`, `framed` | numbers, little-endian, one after another without lengths; see below |
//! | `stream` | bytes only, as the chunks come without borders |
//! | a custom one | what it makes of the value as JSON |
//!
//! Under `bytes` and `framed`, tuples, arrays and structs are their parts one after another. A vector or a text may
//! only stand at the top: it takes what there is. Inside another value its length would be unknown, so it is refused;
//! so are maps, options and enums. Sizes: `bool` one byte (0 or 1), `char` four.
//!
//! A payload is without what stands around it on the wire (line breaks, lengths).

mod alike;
mod bincoded;
mod custom;
mod frame;
mod framer;
mod name;
mod raw;
mod text;
mod value;
mod value_error;

pub use alike::Alike;
pub use custom::{Around, CodecError, CustomCodec, Fault, Found, MAX_AROUND_BYTES};
pub use frame::{EncodeError, Frame};
pub use framer::{Body, FrameError, Framer, Torn};
pub use name::{Codec, CodecName};
pub use value_error::{DecodeValueError, EncodeValueError};
