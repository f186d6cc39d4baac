//! What a sink has seen on one of its inputs.

use std::hash::{DefaultHasher, Hasher};

use serde::{Deserialize, Serialize};

/// One block as a sink saw it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SeenBlock {
    /// The payload's length, in bytes.
    pub len: usize,
    /// A checksum of the payload.
    pub sum: u64,
    /// The bytes of the head, where the sink is shown heads.
    pub head: Option<Vec<u8>>,
}

/// What came on one input.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Seen {
    /// Blocks, in order.
    Blocks(Vec<SeenBlock>),
    /// A stream without blocks: all its bytes.
    Stream(Vec<u8>),
}

impl SeenBlock {
    /// What is kept of a block.
    pub fn of(payload: &[u8], head: Option<Vec<u8>>) -> SeenBlock {
        let mut hasher = DefaultHasher::new();
        hasher.write(payload);
        SeenBlock { len: payload.len(), sum: hasher.finish(), head }
    }
}
