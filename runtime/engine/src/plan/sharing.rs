//! Whether the two ends of a pipe share memory beside it.

use std::fmt;

use pipeloom_config::{Forced, PipeSpec};
use pipeloom_job::ring::{ALIGN, MOST_BYTES, WORTH_BYTES};

/// So many blocks of a fixed size a ring has room for, within these limits, in bytes, and for two in any case: so much that the writer
/// fills one part while the reader is at another, and not so much that what is written has left the cache before it is read.
const RING_BLOCKS: usize = 8;
const LEAST_BLOCKS: usize = 2;
const LEAST_RING: usize = 2 << 20;
const MOST_RING: usize = 8 << 20;

/// Why two ends that could share memory do not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unshared {
    /// Its blocks have so many bytes, and go through the pipe in any case.
    Small(usize),
    /// The codec does not say before a block how long it is.
    Codec,
    /// A block may be longer than any ring.
    Long,
    /// The file says how much the pipe holds, which a ring would add to.
    Capacity,
    /// The runtime stands in between, and forwards blocks from pipe to pipe.
    Relay,
}

impl fmt::Display for Unshared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unshared::Small(bytes) => write!(f, "blocks of {bytes} bytes are as fast through the pipe"),
            Unshared::Codec => f.write_str("its codec does not say before a block how long it is"),
            Unshared::Capacity => f.write_str("the file says how much the pipe holds"),
            Unshared::Relay => f.write_str("the runtime stands in between"),
            Unshared::Long => write!(f, "a block may have more than {MOST_BYTES} bytes"),
        }
    }
}

/// How many bytes of memory two ends share beside a pipe, both of which know how.
pub(super) fn shared_bytes(pipe: &PipeSpec) -> Result<usize, Unshared> {
    let block_size = pipe.codec.block_size();
    if pipe.forced != Some(Forced::Shared) {
        if let Some(size) = block_size.filter(|size| *size < WORTH_BYTES) {
            return Err(Unshared::Small(size));
        }
        if pipe.capacity.is_some() {
            return Err(Unshared::Capacity);
        }
    }
    if pipe.max_block_bytes > MOST_BYTES {
        return Err(Unshared::Long);
    }
    if !pipe.may_share() {
        return Err(Unshared::Codec);
    }
    let Some(block) = block_size else { return Ok(MOST_RING) };
    let block = block.next_multiple_of(ALIGN);
    let bytes = (block * RING_BLOCKS).clamp(LEAST_RING, MOST_RING).max(block * LEAST_BLOCKS);
    Ok(if bytes > MOST_BYTES { block } else { bytes })
}
