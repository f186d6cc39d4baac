//! Codecs of one's own: what a program adds that knows a format of which this crate does not.

mod call;
mod read;

use std::fmt::Debug;
use std::ops::Range;

use serde_json::Value;

pub use call::{Fault, MAX_AROUND_BYTES};
pub(super) use call::{frame, last, surround};
pub(super) use read::{decode, encode};

/// How blocks of one more format stand on a pipe, and how values stand in them.
///
/// Whoever checks a network hands its codecs in beside its kinds of jobs; then a pipe can have one of them by name. Heads
/// are not the codec's affair: they stand before each block and are taken off before it sees anything.
///
/// On a relay and between programs only [`frame`](CustomCodec::frame), [`last`](CustomCodec::last) and
/// [`surround`](CustomCodec::surround) are called; they see bytes and no values. A native job's values go through
/// [`decode`](CustomCodec::decode) and [`encode`](CustomCodec::encode), so each job that is written for values has them from
/// any codec. A text that stands alone is read as codec `lines` reads it: a job that wants a number may get `"42"`.
///
/// What a codec says is checked. One that panics, or puts the next block where this one begins, fails the pipe with an
/// error that names the codec.
///
/// ```
/// use pipeloom_job::codec::{Around, CodecError, CustomCodec, Found, Framer, Body};
/// use pipeloom_job::{Codec, Pool};
/// use serde_json::Value;
///
/// /// The length as a text, a colon, the bytes, a comma: `5:hello,`
/// #[derive(Debug)]
/// struct Netstring;
///
/// impl CustomCodec for Netstring {
///     fn name(&self) -> &'static str {
///         "netstring"
///     }
///
///     fn about(&self) -> &'static str {
///         "A length as a text, a colon, so many bytes, a comma."
///     }
///
///     fn frame(&self, bytes: &[u8], _searched: usize) -> Result<Found, CodecError> {
///         let Some(colon) = bytes.iter().take(11).position(|byte| *byte == b':') else {
///             return if bytes.len() < 11 { Ok(Found::MORE) } else { Err(CodecError::new("there is no length")) };
///         };
///         let length = std::str::from_utf8(&bytes[..colon]).ok().and_then(|text| text.parse::<u32>().ok());
///         let length = length.ok_or_else(|| CodecError::new("the length is not a number"))?;
///         let end = colon + 1 + length as usize;
///         match bytes.get(end) {
///             None | Some(b',') => Ok(Found::Block { payload: colon + 1..end, next: end + 1 }),
///             Some(_) => Err(CodecError::new("there is no comma behind it")),
///         }
///     }
///
///     fn surround(&self, payload: &[u8], around: &mut Around) -> Result<(), CodecError> {
///         around.before.extend_from_slice(format!("{}:", payload.len()).as_bytes());
///         around.after.push(b',');
///         Ok(())
///     }
///
///     fn decode(&self, payload: &[u8]) -> Result<Value, CodecError> {
///         String::from_utf8(payload.to_vec()).map(Value::String).map_err(CodecError::new)
///     }
///
///     fn encode(&self, value: &Value, payload: &mut Vec<u8>) -> Result<(), CodecError> {
///         let text = value.as_str().ok_or_else(|| CodecError::new("only texts can stand in it"))?;
///         payload.extend_from_slice(text.as_bytes());
///         Ok(())
///     }
/// }
///
/// let codec = Codec::Custom(&Netstring);
/// let mut framer = Framer::new(codec, None, 1024, Pool::new());
/// let wire = b"5:hello,2:42,";
/// framer.space()[..wire.len()].copy_from_slice(wire);
/// let mut texts = Vec::new();
/// framer.filled(wire.len(), |_, body| {
///     let Body::Small(bytes) = body else { return };
///     texts.push(codec.decode::<String>(bytes).unwrap());
/// })?;
/// assert_eq!(texts, ["hello", "42"]);
/// assert_eq!(codec.decode::<i64>(b"42")?, 42);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait CustomCodec: Debug + Send + Sync + 'static {
    /// The name in the file. Two codecs of one name count as the same; one of a built-in codec's name is never found.
    fn name(&self) -> &'static str;

    /// A sentence on what it is, for lists of codecs.
    fn about(&self) -> &'static str;

    /// Looks for the block that begins with the first of `bytes`, of which there is at least one.
    ///
    /// After [`Found::More`] this is called again for the same block, with more bytes. Then `searched` is the number of
    /// bytes that were there the last time, so that a codec that looks for an end need not begin anew; else it is 0. When
    /// the length is known the rest of the block need not be there: [`Found::Block`] may point behind the bytes, and is
    /// not asked for again.
    ///
    /// # Errors
    /// If no block can begin like this, whatever follows.
    fn frame(&self, bytes: &[u8], searched: usize) -> Result<Found, CodecError>;

    /// The stream has ended, and [`frame`](CustomCodec::frame) has said [`Found::More`] of `rest`, at least one byte: where
    /// the payload of a last block lies in it. Without one the rest counts as a block that was torn off, as it does where
    /// the block's length is known.
    fn last(&self, rest: &[u8]) -> Option<Range<usize>> {
        let _ = rest;
        None
    }

    /// Puts into `around` what stands before and after `payload` on the wire, at most [`MAX_AROUND_BYTES`] together.
    ///
    /// # Errors
    /// If the payload cannot stand on the wire.
    fn surround(&self, payload: &[u8], around: &mut Around) -> Result<(), CodecError>;

    /// A payload that says nothing and that [`decode`](CustomCodec::decode) can read. It stands for a block that is
    /// missing, where the file gives nothing else for it.
    fn empty(&self) -> Vec<u8> {
        Vec::new()
    }

    /// The value in a payload.
    ///
    /// # Errors
    /// If the payload holds none.
    fn decode(&self, payload: &[u8]) -> Result<Value, CodecError>;

    /// Adds the payload for `value` to the end of `payload`.
    ///
    /// # Errors
    /// If such a value cannot stand in a payload.
    fn encode(&self, value: &Value, payload: &mut Vec<u8>) -> Result<(), CodecError>;
}

impl PartialEq for dyn CustomCodec {
    fn eq(&self, other: &dyn CustomCodec) -> bool {
        self.name() == other.name()
    }
}

impl Eq for dyn CustomCodec {}

/// What a custom codec finds at the beginning of some bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// A block, of which not all need be there yet.
    Block {
        /// Where its payload lies.
        payload: Range<usize>,
        /// Where the next block begins.
        next: usize,
    },
    /// Too little to say.
    More {
        /// It can say no more before there are so many bytes in all. What is not more than there are means any more.
        at_least: usize,
    },
}

impl Found {
    /// Too little to say; any more may help.
    pub const MORE: Found = Found::More { at_least: 0 };
}

/// What stands around a payload on the wire.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Around {
    /// Before it.
    pub before: Vec<u8>,
    /// After it.
    pub after: Vec<u8>,
}

/// What a custom codec has against bytes or a value.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct CodecError(Box<str>);

impl CodecError {
    /// An error with this text, a lower-case fragment.
    pub fn new(text: impl ToString) -> CodecError {
        CodecError(text.to_string().into())
    }
}
