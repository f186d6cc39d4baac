//! Codec `bincode`. No other module names the package, so that it can be replaced here.

mod shallow;

use bincode::config::{Config, Configuration, Limit};
use bincode::de::{BorrowDecode, BorrowDecoder, DecoderImpl};
use bincode::error::DecodeError;
use bincode::serde::BorrowCompat;
use serde::{Deserialize, Serialize};

use self::shallow::Shallow;
use super::value_error::{DecodeValueError, EncodeValueError};

/// Little-endian, integers of variable length, no limit.
const FORMAT: Configuration = bincode::config::standard();

/// The reader counts an integer as long as its type, on the wire it may be one byte: 16 times for `u128`.
const COUNTED_PER_BYTE: usize = 16;

const SMALL: usize = 1 << 20;
const MIDDLE: usize = 1 << 26;
const LARGE: usize = u32::MAX as usize;

pub(super) fn encode<T: Serialize + ?Sized>(value: &T, payload: &mut Vec<u8>) -> Result<(), EncodeValueError> {
    bincode::serde::encode_into_std_write(value, payload, FORMAT)
        .map(drop)
        .map_err(|error| EncodeValueError::Bincode(Box::new(error)))
}

/// Texts are allocated as long as they claim to be before they are read, so a wrong length could take all memory.
/// The reader's own limit stands in the type; these steps keep it near the payload's length.
pub(super) fn decode<'de, T: Deserialize<'de>>(payload: &'de [u8]) -> Result<T, DecodeValueError> {
    let counted = payload.len().saturating_mul(COUNTED_PER_BYTE);
    let (value, left) = if counted <= SMALL {
        within::<T, SMALL>(payload)
    } else if counted <= MIDDLE {
        within::<T, MIDDLE>(payload)
    } else if counted <= LARGE {
        within::<T, LARGE>(payload)
    } else {
        read(payload, FORMAT)
    }
    .map_err(|error| DecodeValueError::Bincode(Box::new(error)))?;
    match left {
        0 => Ok(value),
        left => Err(DecodeValueError::LeftOver { len: payload.len(), left }),
    }
}

fn within<'de, T: Deserialize<'de>, const BYTES: usize>(payload: &'de [u8]) -> Result<(T, usize), DecodeError> {
    let format: Configuration<_, _, Limit<BYTES>> = FORMAT.with_limit();
    read(payload, format)
}

/// The value, and how many bytes are left behind it.
fn read<'de, T: Deserialize<'de>>(payload: &'de [u8], format: impl Config) -> Result<(T, usize), DecodeError> {
    let mut decoder = DecoderImpl::new(Shallow::new(payload), format, ());
    let BorrowCompat(value) = BorrowCompat::borrow_decode(&mut decoder)?;
    Ok((value, decoder.borrow_reader().left()))
}
