//! What stands in the blocks: who wrote it when, and from what.

/// What stands for a missing block.
pub(super) const DUMMY: &str = "dummy";

/// The bytes of a block without those that fill it up.
const LEAST: usize = 17;

/// One block, of all that are ever written in a run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct BlockId {
    /// Which job wrote it.
    pub(super) writer: u8,
    /// In which of its lives.
    pub(super) life: u32,
    /// Its place among what that life wrote.
    pub(super) index: u32,
    /// The source's block that it goes back to; 0 for none or many.
    pub(super) root: u32,
}

/// What a reader finds in a payload.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Content {
    Block(BlockId),
    Dummy,
    Garbage,
}

impl BlockId {
    /// The root that a source's block is.
    pub(super) fn own_root(life: u32, index: u32) -> u32 {
        life * 1000 + index + 1
    }

    /// The payload, so many bytes longer than it must be.
    pub(super) fn payload(self, more: usize) -> Vec<u8> {
        let mut bytes = vec![self.writer];
        bytes.extend([self.life, self.index, self.root].into_iter().flat_map(u32::to_le_bytes));
        bytes.resize(LEAST - 4 + more, self.index as u8);
        let sum = sum(&bytes);
        bytes.extend(sum.to_le_bytes());
        bytes
    }
}

impl Content {
    pub(super) fn of(payload: &[u8]) -> Content {
        if payload == DUMMY.as_bytes() {
            return Content::Dummy;
        }
        let Some((bytes, last)) = payload.split_last_chunk::<4>() else { return Content::Garbage };
        if payload.len() < LEAST || u32::from_le_bytes(*last) != sum(bytes) {
            return Content::Garbage;
        }
        let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        Content::Block(BlockId { writer: bytes[0], life: word(1), index: word(5), root: word(9) })
    }
}

fn sum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(17, |sum: u32, byte| sum.wrapping_mul(31).wrapping_add(u32::from(*byte)))
}
