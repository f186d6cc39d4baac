//! Where a burst puts small blocks without asking: the free end of a batch.

#![expect(unsafe_code, reason = "the batch crosses the border to plugins as pointers")]

use super::numbering::{Numbering, Stamp};
use super::walk::Stretch;
use crate::batch::{Batch, Block, Entry, Filled, LARGE_BYTES};
use crate::head::Head;

/// The free end of the batch of an output's only reader, or nothing.
///
/// Nobody else touches the batch from when it is lent until it is taken back.
#[repr(C)]
pub(crate) struct Room {
    /// Whether it is lent at all.
    is_lent: bool,
    index: *mut Entry,
    small: *mut u8,
    small_len: usize,
    /// No block is added to so many.
    most_blocks: usize,
    /// No block is added to so many bytes of small payloads.
    most_bytes: usize,
    filled: Filled,
    /// How long the payload is that is being written.
    open: usize,
    numbering: Numbering,
}

impl Room {
    /// There is none.
    pub(crate) fn none() -> Room {
        Room {
            is_lent: false,
            index: std::ptr::null_mut(),
            small: std::ptr::null_mut(),
            small_len: 0,
            most_blocks: 0,
            most_bytes: 0,
            filled: Filled { blocks: 0, sealed: 0, last_small: 0 },
            open: 0,
            numbering: Numbering::default(),
        }
    }

    /// What is behind the blocks of `batch`, up to a number of blocks and of bytes.
    pub(crate) fn of(batch: &mut Batch, numbering: Numbering, most_blocks: usize, most_bytes: usize) -> Room {
        let most_bytes = most_bytes.saturating_sub(batch.large_bytes());
        let filled = batch.filled();
        let ((index, entries), (small, small_len)) = batch.room();
        Room {
            is_lent: true,
            most_blocks: most_blocks.min(entries),
            index,
            small_len,
            small,
            most_bytes,
            filled,
            open: 0,
            numbering,
        }
    }

    /// What was put into it. Afterwards it is none.
    pub(crate) fn take(&mut self) -> Option<(Filled, Numbering)> {
        std::mem::take(&mut self.is_lent).then(|| {
            self.close();
            (self.filled, self.numbering)
        })
    }

    /// Until it is lent again, nothing more goes into it.
    pub(crate) fn close(&mut self) {
        self.most_blocks = 0;
    }

    /// A step begins; `head` is its reduced head.
    #[inline(always)]
    pub(crate) fn begin(&mut self, head: Head) {
        self.numbering.begin(head);
    }

    /// Whether the step has sent one block, as far as that can be told here.
    #[inline(always)]
    pub(crate) fn is_even(&self) -> bool {
        !self.is_lent || self.numbering.of_this_step() == 1
    }

    /// Whether there is room for a payload.
    #[inline(always)]
    pub(crate) fn has_room_for(&self, len: usize) -> bool {
        let Filled { blocks, sealed, .. } = self.filled;
        let has_any = blocks < self.most_blocks && sealed < self.most_bytes;
        has_any && len < LARGE_BYTES && len <= self.small_len - sealed
    }

    /// Room for a payload, which there must be.
    #[inline(always)]
    pub(crate) fn open(&mut self, len: usize) -> &mut [u8] {
        let Filled { sealed, .. } = self.filled;
        assert!(len <= self.small_len - sealed, "a block is written for which there is no room");
        self.open = len;
        // SAFETY: `sealed + len` is at most `small_len`, so this is within the batch's buffer, which is lent to us alone.
        unsafe { std::slice::from_raw_parts_mut(self.small.add(sealed), len) }
    }

    /// Makes what was written since [`Room::open`] a block.
    #[inline(always)]
    pub(crate) fn seal(&mut self, head: Option<Head>, step: &Stamp) {
        let (seq, head) = self.numbering.stamp(head, step);
        let Filled { blocks, sealed, .. } = self.filled;
        let end = sealed + std::mem::take(&mut self.open);
        assert!(blocks < self.most_blocks, "a block is sent for which there is no room");
        let entry = Entry { seq, head, at: end as u32, large: false };
        // SAFETY: there are no less than `most_blocks` entries in the index, which is lent to us alone.
        unsafe { self.index.add(blocks).write(entry) };
        self.filled = Filled { blocks: blocks + 1, sealed: end, last_small: sealed };
    }

    /// Adds a block, for which there must be room.
    #[inline(always)]
    pub(crate) fn push(&mut self, block: &Block<'_>, step: &Stamp) {
        copy(block.bytes, self.open(block.bytes.len()));
        self.seal(Some(block.head), step);
    }

    /// How many more blocks there is room for, and how many bytes of them.
    pub(crate) fn left(&self) -> (usize, usize) {
        let Filled { blocks, sealed, .. } = self.filled;
        let bytes = self.small_len.min(self.most_bytes).saturating_sub(sealed);
        // Full is full, for empty blocks too.
        (if sealed < self.most_bytes { self.most_blocks.saturating_sub(blocks) } else { 0 }, bytes)
    }

    /// Adds blocks as they are, if there is room for all. They are those of as many steps.
    pub(crate) fn append(&mut self, stretch: &Stretch<'_>) -> bool {
        let Filled { blocks, sealed, .. } = self.filled;
        let (end, count) = (sealed + stretch.bytes.len(), stretch.entries.len());
        let (blocks_left, bytes_left) = self.left();
        if count > blocks_left || stretch.bytes.len() > bytes_left || !self.numbering.append(stretch) {
            return false;
        }
        // SAFETY: there is room for so many bytes and entries, by the comparisons above, and what is lent to us alone does not overlap
        // with what is read.
        let (small, index) = unsafe {
            (
                std::slice::from_raw_parts_mut(self.small.add(sealed), stretch.bytes.len()),
                std::slice::from_raw_parts_mut(self.index.add(blocks), count),
            )
        };
        small.copy_from_slice(stretch.bytes);
        for (to, entry) in index.iter_mut().zip(stretch.entries) {
            *to = Entry { at: entry.at - stretch.begin as u32 + sealed as u32, ..*entry };
        }
        let last_small = index.len().checked_sub(2).map_or(sealed, |before| index[before].at as usize);
        self.filled = Filled { blocks: blocks + count, sealed: end, last_small };
        true
    }
}

/// A copy of a small payload. For a single word or two a call would cost more than the copy.
#[inline(always)]
fn copy(from: &[u8], to: &mut [u8]) {
    if let (Ok(from), Ok(to)) = (<&[u8; 8]>::try_from(from), <&mut [u8; 8]>::try_from(&mut *to)) {
        *to = *from;
    } else {
        to.copy_from_slice(from);
    }
}
