//! Reading a segment's records from its file, a piece at a time.

use std::fs::File;

use crate::damage::Damage;
use crate::error::SpoolError;
use crate::files::Files;
use crate::record::needed;
use crate::segment;

/// How much is read at once.
const PIECE_BYTES: usize = 64 * 1024;

/// The part of a segment that is at hand.
pub(crate) struct Window {
    /// The place of the segment's first block.
    pub(crate) segment: u64,
    name: String,
    file: File,
    /// Where in the file the part begins.
    start: u64,
    bytes: Vec<u8>,
}

impl Window {
    /// Opens the segment that begins with the block at `segment`.
    pub(crate) fn open(files: &Files, segment: u64) -> Result<Window, SpoolError> {
        let name = segment::name(segment);
        let file = files.open(&name)?;
        Ok(Window { segment, name, file, start: 0, bytes: Vec::new() })
    }

    /// Gets the record at `offset` in hand and says how many bytes it has. Nothing from `end` on is looked at.
    pub(crate) fn record_size(
        &mut self,
        files: &Files,
        offset: u64,
        end: u64,
        max_block_bytes: usize,
    ) -> Result<Result<usize, Damage>, SpoolError> {
        loop {
            let at_hand = self.bytes(offset);
            match needed(at_hand, end.saturating_sub(offset), max_block_bytes) {
                Ok(size) if size > at_hand.len() => self.fill(files, offset, size, end)?,
                known => return Ok(known),
            }
        }
    }

    /// What is at hand from `offset` on.
    pub(crate) fn bytes(&self, offset: u64) -> &[u8] {
        let skipped = offset.checked_sub(self.start).and_then(|skipped| usize::try_from(skipped).ok());
        skipped.and_then(|skipped| self.bytes.get(skipped..)).unwrap_or_default()
    }

    /// Gets `needed` bytes in hand, and more if they are near. So many are there before `end`.
    fn fill(&mut self, files: &Files, offset: u64, needed: usize, end: u64) -> Result<(), SpoolError> {
        let kept = self.bytes(offset).len();
        self.bytes.drain(..self.bytes.len() - kept);
        self.start = offset;
        let wanted = (end - offset).min(needed.max(PIECE_BYTES) as u64) as usize;
        // One long block is no reason to hold so much memory from then on.
        self.bytes.shrink_to(wanted.max(4 * PIECE_BYTES));
        self.bytes.resize(wanted, 0);
        let read = files.read(&self.name, &self.file, &mut self.bytes[kept..], offset + kept as u64);
        if read.is_err() {
            self.bytes.truncate(kept);
        }
        read
    }
}
