//! Codecs: how blocks stand on a pipe, and how values stand in blocks.
//!
//! - [`Codec`] names them.
//! - [`Framer`] cuts a stream of bytes into blocks; [`Frame`] is what goes around a payload on the wire.

mod frame;
mod framer;
mod name;

pub use frame::{EncodeError, Frame};
pub use framer::{Body, FrameError, Framer, Torn};
pub use name::{Codec, CodecName};
