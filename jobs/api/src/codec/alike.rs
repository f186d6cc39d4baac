//! Whole blocks of one size, as they stand on the wire.

use crate::batch::{Batch, Seq};
use crate::head::Head;

/// Small blocks of one size, each with a head before it or all of them without. As an iterator it takes one off after the other.
#[derive(Clone, Copy, Debug)]
pub struct Alike<'a> {
    pub(super) wire: &'a [u8],
    pub(super) head_bytes: usize,
    pub(super) block_size: usize,
}

impl<'a> Alike<'a> {
    /// How many there are.
    pub fn blocks(&self) -> usize {
        self.wire.len() / self.bytes_each()
    }

    /// How many of the first `most` in a row have the first one's head.
    pub fn with_this_head(&self, most: usize) -> usize {
        let each = self.bytes_each();
        let wire = &self.wire[..each * most.min(self.blocks())];
        match *wire.get(..self.head_bytes).unwrap_or_default() {
            [] => wire.len() / each,
            [first] => wire.chunks_exact(each).take_while(|block| block[0] == first).count(),
            ref first => wire.chunks_exact(each).take_while(|block| block.starts_with(first)).count(),
        }
    }

    /// Adds the first `blocks` to `batch`, with this head and with numbers that rise by one from `first`, and takes them off.
    pub fn move_to(&mut self, batch: &mut Batch, blocks: usize, first: Seq, head: Head) {
        let (run, rest) = self.wire.split_at(blocks * self.bytes_each());
        batch.push_run(first, head, run, self.head_bytes, self.block_size);
        self.wire = rest;
    }

    const fn bytes_each(&self) -> usize {
        self.head_bytes + self.block_size
    }
}

impl<'a> Iterator for Alike<'a> {
    type Item = (Option<Head>, &'a [u8]);

    #[inline]
    fn next(&mut self) -> Option<(Option<Head>, &'a [u8])> {
        let (block, rest) = self.wire.split_at_checked(self.bytes_each())?;
        self.wire = rest;
        let (head, payload) = block.split_at(self.head_bytes);
        Some((Head::from_wire(head), payload))
    }
}
