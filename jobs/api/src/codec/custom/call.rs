//! Calls of a custom codec that trust it in nothing.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Around, CustomCodec, Found};
use crate::codec::{EncodeError, FrameError};
use crate::panics::panic_message;

/// The most that may stand around a payload of a custom codec, in bytes.
pub const MAX_AROUND_BYTES: usize = 4096;

/// What a custom codec did that none may do.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
    /// The block it found is not one after another: payload, then next block.
    #[error("it says that a payload lies at bytes {start} to {end} and the next block begins at byte {next}")]
    Order {
        /// Where the payload begins.
        start: usize,
        /// Where it ends.
        end: usize,
        /// Where the next block begins.
        next: usize,
    },
    /// The last block it found lies outside of what is left.
    #[error("it says that a last payload lies at bytes {start} to {end}, where {there} are left")]
    OutOfRange {
        /// Where the payload begins.
        start: usize,
        /// Where it ends.
        end: usize,
        /// How many bytes are left.
        there: usize,
    },
    /// More stands around the payload than may.
    #[error("it has {got} bytes around a payload, more than {MAX_AROUND_BYTES}")]
    Around {
        /// How many bytes.
        got: usize,
    },
    /// It took away what was there before its payload.
    #[error("it took away what was not its own")]
    Shrunk,
    /// It panicked.
    #[error("it panicked: {0}")]
    Panicked(String),
}

/// Which part of the bytes is the first block. All that is wrong with it is an error.
pub(in crate::codec) fn frame(
    codec: &dyn CustomCodec,
    bytes: &[u8],
    searched: usize,
    max: usize,
) -> Result<Found, FrameError> {
    let name = codec.name();
    let faulty = |fault| FrameError::Faulty { codec: name, fault };
    let found = guarded(|| codec.frame(bytes, searched)).map_err(faulty)?;
    let found = found.map_err(|reason| FrameError::NoBlock { codec: name, reason })?;
    match &found {
        Found::Block { payload: Range { start, end }, next } => {
            if start > end || end > next || *next == 0 {
                return Err(faulty(Fault::Order { start: *start, end: *end, next: *next }));
            }
            let len = end - start;
            not_too_long(len, max)?;
            let around = next - len;
            if around > MAX_AROUND_BYTES { Err(faulty(Fault::Around { got: around })) } else { Ok(found) }
        }
        Found::More { at_least } => {
            let there = bytes.len().max(*at_least);
            not_too_long(there.saturating_sub(MAX_AROUND_BYTES), max)?;
            Ok(found)
        }
    }
}

/// Where the payload of a last block lies in what is left of a stream, if it is one.
pub(in crate::codec) fn last(
    codec: &dyn CustomCodec,
    rest: &[u8],
    max: usize,
) -> Result<Option<Range<usize>>, FrameError> {
    let faulty = |fault| FrameError::Faulty { codec: codec.name(), fault };
    let payload = guarded(|| codec.last(rest)).map_err(faulty)?;
    if let Some(Range { start, end }) = payload {
        if start > end || end > rest.len() {
            return Err(faulty(Fault::OutOfRange { start, end, there: rest.len() }));
        }
        not_too_long(end - start, max)?;
    }
    Ok(payload)
}

const fn not_too_long(got: usize, max: usize) -> Result<(), FrameError> {
    if got > max { Err(FrameError::TooLong { max, got }) } else { Ok(()) }
}

/// Puts into `around` what stands around a payload on the wire, behind a head.
pub(in crate::codec) fn surround(
    codec: &dyn CustomCodec,
    head: &[u8],
    payload: &[u8],
    around: &mut Around,
) -> Result<(), EncodeError> {
    let name = codec.name();
    around.before.clear();
    around.after.clear();
    guarded(|| codec.surround(payload, around))
        .map_err(|fault| EncodeError::faulty(name, fault))?
        .map_err(|reason| EncodeError::Refused { codec: name, reason })?;
    let got = around.before.len() + around.after.len();
    if got > MAX_AROUND_BYTES {
        return Err(EncodeError::faulty(name, Fault::Around { got }));
    }
    around.before.splice(..0, head.iter().copied());
    Ok(())
}

/// A codec is called on threads that many pipes share, so a panic must not get out.
pub(super) fn guarded<T>(call: impl FnOnce() -> T) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(call))
        .map_err(|panic| Fault::Panicked(panic_message(&*panic).unwrap_or("without a word").to_owned()))
}
