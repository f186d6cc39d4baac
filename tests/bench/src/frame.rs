//! How a block stands on the wire: a head of one byte where asked for, then a payload of fixed size.

/// The head's bit 2 (bit 0 is the most significant): this block is the last.
pub const FINISHED: u8 = 0b0010_0000;

/// Bytes that are gathered for one call when blocks are batched.
const BATCH_BYTES: usize = 64 * 1024;

/// The layout of all blocks on one pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    head: bool,
    payload: usize,
}

/// One block, borrowed from the buffer it was read into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block<'a> {
    /// The head's byte; zero where the wire has none.
    pub head: u8,
    /// The payload.
    pub payload: &'a [u8],
}

impl Block<'_> {
    /// Whether this block is the last.
    pub fn is_finished(self) -> bool {
        self.head & FINISHED != 0
    }
}

impl Frame {
    /// Blocks of `payload` bytes, with a head before each if `head`.
    pub fn new(head: bool, payload: usize) -> Self {
        Self { head, payload }
    }

    /// Bytes of the head, 0 or 1.
    pub fn head(self) -> usize {
        usize::from(self.head)
    }

    /// Bytes of the payload.
    pub fn payload(self) -> usize {
        self.payload
    }

    /// Bytes of a block on the wire.
    pub fn wire(self) -> usize {
        self.head() + self.payload
    }

    /// How many blocks go into one batch of 64 KiB; at least one.
    pub fn batch(self) -> usize {
        (BATCH_BYTES / self.wire().max(1)).max(1)
    }

    /// The blocks that stand one after another in `bytes`.
    pub fn split(self, bytes: &[u8]) -> impl Iterator<Item = Block<'_>> {
        bytes.chunks_exact(self.wire()).map(move |wire| {
            let (head, payload) = wire.split_at(self.head());
            let head = head.first().copied().unwrap_or(0);
            Block { head, payload }
        })
    }
}
