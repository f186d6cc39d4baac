//! Single numbers of 64 bits, in each codec that holds them.

use pipeloom_job::{CodecName, PortType};

/// The built-in codecs that hold a single number.
const CODECS: [CodecName; 5] =
    [CodecName::Bincode, CodecName::Json, CodecName::Lines, CodecName::Bytes, CodecName::Framed];

/// A port for single numbers of 64 bits.
pub(crate) fn port() -> PortType {
    PortType::values(&CODECS).block_size(size_of::<u64>())
}
