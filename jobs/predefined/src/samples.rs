//! Blocks of samples: 32-bit floats, in each codec that holds a list of them.

use pipeloom_job::typed::{Arrived, InputError, Inputs};
use pipeloom_job::{CodecName, PortType, Seq};

/// The built-in codecs that hold a list of samples.
const CODECS: [CodecName; 4] = [CodecName::Bincode, CodecName::Json, CodecName::Bytes, CodecName::Framed];

/// A port for blocks of samples.
pub(crate) fn port() -> PortType {
    PortType::values(&CODECS)
}

/// What one block brings.
pub(crate) struct Samples {
    pub(crate) values: Vec<f32>,
    pub(crate) block: Seq,
    /// Whether the stream begins anew with this block.
    pub(crate) reset: bool,
}

impl Inputs for Samples {
    fn take(arrived: &Arrived<'_>) -> Result<Samples, InputError> {
        Ok(Samples { values: arrived.on(0)?, block: arrived.number(), reset: arrived.head().is_reset() })
    }
}
