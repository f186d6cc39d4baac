//! Numbers in bytes, as text.

use pipeloom_job::Codec;
use pipeloom_job::codec::DecodeValueError;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// What the numbers in a block are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum NumberType {
    /// 8 bits without sign.
    U8,
    /// 8 bits with sign.
    I8,
    /// 16 bits without sign.
    U16,
    /// 16 bits with sign.
    I16,
    /// 32 bits without sign.
    U32,
    /// 32 bits with sign.
    I32,
    /// 64 bits without sign.
    U64,
    /// 64 bits with sign.
    I64,
    /// Floating point of 32 bits.
    F32,
    /// Floating point of 64 bits.
    F64,
}

impl NumberType {
    /// All numbers of a payload as text.
    pub(super) fn read(self, codec: Codec, payload: &[u8]) -> Result<Vec<String>, DecodeValueError> {
        match self {
            NumberType::U8 => texts::<u8>(codec, payload),
            NumberType::I8 => texts::<i8>(codec, payload),
            NumberType::U16 => texts::<u16>(codec, payload),
            NumberType::I16 => texts::<i16>(codec, payload),
            NumberType::U32 => texts::<u32>(codec, payload),
            NumberType::I32 => texts::<i32>(codec, payload),
            NumberType::U64 => texts::<u64>(codec, payload),
            NumberType::I64 => texts::<i64>(codec, payload),
            NumberType::F32 => texts::<f32>(codec, payload),
            NumberType::F64 => texts::<f64>(codec, payload),
        }
    }
}

fn texts<T: DeserializeOwned + ToString>(codec: Codec, payload: &[u8]) -> Result<Vec<String>, DecodeValueError> {
    Ok(codec.decode::<Vec<T>>(payload)?.iter().map(T::to_string).collect())
}
