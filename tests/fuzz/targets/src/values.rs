//! Values in blocks.

use std::collections::BTreeMap;

use pipeloom_job::Codec;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Beginnings and ends of values.
pub const WORDS: &[&str] =
    &["null", "true", "1e308", "-0.0", "[[", "]]", "{\"a\":", "}", "\"\\u0000\"", "NaN", "inf", "Left"];

/// Two bytes say the codec and the type; the rest is the payload.
///
/// It is refused, or the value's payload is read as the same value again.
pub fn values(data: &[u8]) {
    let Some((&[codec, kind], payload)) = data.split_first_chunk() else { return };
    let codec = match codec % 6 {
        0 => Codec::Bincode,
        1 => Codec::Json,
        2 => Codec::Lines,
        3 => Codec::Framed,
        4 => Codec::Stream,
        _ => Codec::Bytes { block_size: payload.len().max(1) },
    };
    // Payloads that no framer gives: a line has no line break, and no block of `bytes` is empty.
    if codec == Codec::Lines && payload.contains(&b'\n') || codec.block_size().is_some() && payload.is_empty() {
        return;
    }
    match kind % 14 {
        0 => keeps::<String>(codec, payload),
        1 => keeps::<Vec<u8>>(codec, payload),
        2 => keeps::<f64>(codec, payload),
        3 => keeps::<i64>(codec, payload),
        4 => keeps::<u128>(codec, payload),
        5 => keeps::<Vec<f64>>(codec, payload),
        6 => keeps::<Vec<(u16, bool, char)>>(codec, payload),
        7 => keeps::<Option<Vec<String>>>(codec, payload),
        8 => keeps::<BTreeMap<String, Vec<u64>>>(codec, payload),
        9 => keeps::<Shape>(codec, payload),
        10 => keeps::<[i16; 3]>(codec, payload),
        11 => keeps::<Side>(codec, payload),
        12 => keeps::<()>(codec, payload),
        _ if codec == Codec::Json => keeps::<serde_json::Value>(codec, payload),
        _ => keeps::<bool>(codec, payload),
    }
}

#[derive(Serialize, Deserialize)]
struct Shape {
    name: String,
    at: (f64, i8),
    parts: Vec<Part>,
}

#[derive(Serialize, Deserialize)]
enum Part {
    Empty,
    Line(u32, u32),
    Other { text: Option<String>, inner: Box<[Part]> },
}

#[derive(Serialize, Deserialize)]
enum Side {
    Left,
    Right,
}

/// Compared by payloads, as NaN is not the same as itself.
fn keeps<T: Serialize + DeserializeOwned>(codec: Codec, payload: &[u8]) {
    let Ok(value) = codec.decode::<T>(payload) else { return };
    let written = |value: &T| {
        let mut written = Vec::new();
        codec.encode(value, &mut written).expect("what was read can be written");
        written
    };
    let once = written(&value);
    let again = codec.decode::<T>(&once).expect("what was written can be read");
    assert_eq!(once, written(&again));
}
