//! `tests/vectors/wire.json`: blocks and the bytes that they are on a pipe, for every kit and the runtime alike.
//!
//! The encoder here is written for these vectors alone, so that nobody is compared with himself.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// One stream.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Vector {
    /// The codec's name.
    pub codec: String,
    /// The payloads' size in bytes, under `bytes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_size: Option<usize>,
    /// The size of the heads on the wire, in bytes; 0 for none.
    pub head_size: u8,
    /// How many blocks make a compute block.
    pub block_count: usize,
    /// The bytes on the pipe, in hexadecimal digits.
    pub wire: String,
    /// The blocks; a head is a number with its last bit as 1, a payload is in hexadecimal digits.
    pub blocks: Vec<(u32, String)>,
}

impl Vector {
    /// The codec as [`crate::Program`] takes it.
    pub fn codec(&self) -> String {
        self.block_size.map_or(self.codec.clone(), |size| format!("{}:{size}", self.codec))
    }
}

/// Where the file stands.
pub fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/wire.json")
}

/// All vectors of the file.
pub fn all() -> Vec<Vector> {
    let text = std::fs::read(file()).expect("the file is there");
    serde_json::from_slice(&text).expect("the file holds vectors")
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Hexadecimal digits as bytes.
pub fn bytes(hex: &str) -> Vec<u8> {
    let digits = |at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal digits");
    (0..hex.len()).step_by(2).map(digits).collect()
}

/// What the file should hold.
pub fn made() -> Vec<Vector> {
    let mut vectors = Vec::new();
    for codec in ["bytes", "framed", "bincode", "lines", "json"] {
        for head_size in 0..=4 {
            for block_count in [1, 3] {
                for count in [0, 1, 6] {
                    vectors.push(vector(codec, head_size, block_count, count * block_count));
                }
            }
        }
    }
    vectors.extend([0, 1, 100].map(stream));
    vectors
}

fn vector(codec: &str, head_size: u8, block_count: usize, count: usize) -> Vector {
    let (mut wire, mut blocks) = (Vec::new(), Vec::new());
    let payloads = payloads(codec);
    for (place, payload) in (0..count).zip(payloads.iter().cycle()) {
        let head = head(head_size, place, count, block_count);
        wire.extend_from_slice(&head.to_be_bytes()[4 - usize::from(head_size)..]);
        if matches!(codec, "framed" | "bincode") {
            wire.extend_from_slice(&(payload.len() as u32).to_le_bytes());
        }
        wire.extend_from_slice(payload);
        if matches!(codec, "lines" | "json") {
            wire.push(b'\n');
        }
        blocks.push((head, hex(payload)));
    }
    let block_size = (codec == "bytes").then_some(payloads[0].len());
    Vector { codec: codec.to_owned(), block_size, head_size, block_count, wire: hex(&wire), blocks }
}

fn stream(count: usize) -> Vector {
    let wire: Vec<u8> = (0..count).map(|at| (at * 7) as u8).collect();
    let blocks = if wire.is_empty() { Vec::new() } else { vec![(0, hex(&wire))] };
    Vector { codec: "stream".to_owned(), block_size: None, head_size: 0, block_count: 1, wire: hex(&wire), blocks }
}

/// Reset on the first block, finished on the last; of the user's bits the last one, the first one, all, none. From the third
/// compute block on, all are corrupted.
fn head(size: u8, place: usize, count: usize, block_count: usize) -> u32 {
    if size == 0 {
        return 0;
    }
    let shift = 8 * (u32::from(size) - 1);
    let own = [1, 0x10 << shift, (0x20 << shift) - 1, 0][place % 4];
    let bit = |mask: u32, set: bool| if set { mask << shift } else { 0 };
    own | bit(0x40, place == 0) | bit(0x20, place + 1 == count) | bit(0x80, place / block_count >= 2)
}

fn payloads(codec: &str) -> Vec<Vec<u8>> {
    let text = |texts: &[&str]| texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    match codec {
        "bytes" => [[0; 5], *b"\n\n\n\n\n", [0xff; 5], *b" ab\0\r"].map(Vec::from).into(),
        "lines" => text(&["", "a", "\0\x01\u{7f}", "\r", "\u{e4}\u{20ac}\u{1f41f}", "@ `"]),
        // Numbers are those that every language writes in the same way: some say 1e-07.
        "json" => text(&["null", "0", "-1.5e-10", "[]", "{\"a\":[1,\"\\n\"]}", "\"\u{20ac}\"", "true"]),
        _ => {
            let long: Vec<u8> = (0..=255).chain([0]).collect();
            vec![Vec::new(), vec![0], b"\n".to_vec(), vec![0xff; 4], long[..256].to_vec(), long]
        }
    }
}
