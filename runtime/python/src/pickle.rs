//! The codec between Python jobs: pickles, of which the runtime knows only the frames.

use pipeloom_job::CustomCodec;
use pipeloom_job::codec::{Around, CodecError, Found};
use serde_json::Value;

/// `pickle`: a length (32 bits, little-endian), then a Python object as the module pickle writes it.
pub const PICKLE: &dyn CustomCodec = &Pickle;

#[derive(Debug)]
struct Pickle;

/// The bytes of `None`, in version 0 of the format.
const NONE: &[u8] = b"N.";

impl CustomCodec for Pickle {
    fn name(&self) -> &'static str {
        "pickle"
    }

    fn about(&self) -> &'static str {
        "Python objects, each behind its length; between Python jobs only."
    }

    fn frame(&self, bytes: &[u8], _searched: usize) -> Result<Found, CodecError> {
        Ok(match bytes.first_chunk::<4>() {
            None => Found::More { at_least: 4 },
            Some(length) => {
                let end = 4 + u32::from_le_bytes(*length) as usize;
                Found::Block { payload: 4..end, next: end }
            }
        })
    }

    fn surround(&self, payload: &[u8], around: &mut Around) -> Result<(), CodecError> {
        let length = u32::try_from(payload.len()).map_err(CodecError::new)?;
        around.before.extend_from_slice(&length.to_le_bytes());
        Ok(())
    }

    fn empty(&self) -> Vec<u8> {
        NONE.to_vec()
    }

    fn decode(&self, _payload: &[u8]) -> Result<Value, CodecError> {
        Err(CodecError::new("only Python can read a pickle"))
    }

    fn encode(&self, value: &Value, payload: &mut Vec<u8>) -> Result<(), CodecError> {
        // A dummy or default of the file may be null: that much is known of the format.
        if value.is_null() {
            payload.extend_from_slice(NONE);
            return Ok(());
        }
        Err(CodecError::new("only Python can write a pickle other than that of None"))
    }
}
