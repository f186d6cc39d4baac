//! The segments of a spool, and how blocks are put behind the last one.

use std::collections::VecDeque;

use crate::error::SpoolError;
use crate::files::Files;
use crate::limits::SpoolLimits;
use crate::record::{RECORD_HEAD, Record};
use crate::segment::{self, HEADER_BYTES, Header};
use crate::tail::Tail;

/// A segment as far as it is known without looking at it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Segment {
    /// The place of its first block.
    pub(crate) first: u64,
    /// The place behind its last block.
    pub(crate) end: u64,
    /// Header and records, those that are not written yet among them.
    pub(crate) bytes: u64,
}

/// All segments, the oldest first.
pub(crate) struct Chain {
    pub(crate) files: Files,
    pub(crate) limits: SpoolLimits,
    segments: VecDeque<Segment>,
    tail: Tail,
    /// Whether the last segment goes on.
    is_open: bool,
    /// The place of the first block that is not written.
    written: u64,
    /// The place that the next block will have.
    next: u64,
    /// All segments together.
    bytes: u64,
    /// Whether a segment is synced before it is closed.
    syncs: bool,
}

impl Chain {
    /// A chain whose first block will be at `next`.
    pub(crate) fn new(files: Files, limits: SpoolLimits, syncs: bool, next: u64) -> Chain {
        let (segments, tail) = (VecDeque::new(), Tail::new());
        Chain { files, limits, segments, tail, is_open: false, written: next, next, bytes: 0, syncs }
    }

    /// A chain of segments that are there, the last of which goes on.
    pub(crate) fn with_segments(mut self, segments: VecDeque<Segment>) -> Result<Chain, SpoolError> {
        if let Some(last) = segments.back() {
            self.tail.go_on(self.files.open(&segment::name(last.first))?, last.bytes);
            self.is_open = true;
        }
        self.bytes = segments.iter().map(|segment| segment.bytes).sum();
        self.segments = segments;
        Ok(self)
    }

    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// Whether something is not synced, written or not.
    pub(crate) fn is_dirty(&self) -> bool {
        self.tail.is_dirty()
    }

    /// The segment of the block at `place`.
    pub(crate) fn segment_of(&self, place: u64) -> Option<Segment> {
        let behind = self.segments.partition_point(|segment| segment.first <= place);
        self.segments.get(behind.checked_sub(1)?).copied().filter(|segment| place < segment.end)
    }

    /// How many bytes of a segment are written.
    pub(crate) fn written_bytes(&self, segment: Segment) -> u64 {
        let waiting = if segment.end == self.next { self.tail.waiting().len() } else { 0 };
        segment.bytes - waiting as u64
    }

    /// The records from `offset` of the last segment on, if the block at `place`, which stands there, is not written.
    pub(crate) fn waiting_at(&self, place: u64, offset: u64) -> Option<&[u8]> {
        let last = self.segments.back().filter(|_| place >= self.written)?;
        let skipped = offset.checked_sub(self.written_bytes(*last))?;
        self.tail.waiting().get(usize::try_from(skipped).ok()?..)
    }

    /// Whether a record of so many bytes begins a segment.
    fn begins_segment(&self, size: usize) -> bool {
        let last = self.segments.back().filter(|_| self.is_open);
        last.is_none_or(|last| last.bytes.saturating_add(size as u64) > self.limits.segment_bytes)
    }

    /// Whether there is room for a payload of so many bytes.
    pub(crate) fn has_room(&self, payload: usize) -> bool {
        let size = RECORD_HEAD + payload;
        let header = if self.begins_segment(size) { HEADER_BYTES } else { 0 };
        self.bytes.saturating_add((header + size) as u64) <= self.limits.max_bytes
    }

    /// Puts a record with the place [`Chain::next`] behind the others. After an error it is not there.
    pub(crate) fn append(&mut self, record: &Record<'_>) -> Result<(), SpoolError> {
        let size = record.size();
        let begins = self.begins_segment(size);
        if begins {
            self.close()?;
        } else if self.tail.is_full_for(size) {
            self.write()?;
        }
        self.tail.push(record);
        self.next += 1;
        let bytes = if begins { HEADER_BYTES + size } else { size } as u64;
        self.bytes += bytes;
        match self.segments.back_mut().filter(|_| !begins) {
            Some(last) => (last.end, last.bytes) = (self.next, last.bytes + bytes),
            None => self.segments.push_back(Segment { first: record.place, end: self.next, bytes }),
        }
        self.is_open = true;
        Ok(())
    }

    /// Writes what waits. After an error it waits on.
    pub(crate) fn write(&mut self) -> Result<(), SpoolError> {
        if let Some(Segment { first, .. }) = self.segments.back().copied() {
            self.tail.write(&self.files, Header { first, max_block_bytes: self.limits.longest() })?;
        }
        self.written = self.next;
        Ok(())
    }

    /// Writes what waits and syncs what is written.
    pub(crate) fn sync(&mut self) -> Result<(), SpoolError> {
        self.write()?;
        self.tail.sync(&self.files, self.segments.back().map_or(self.next, |last| last.first))
    }

    /// The next block begins a segment.
    fn close(&mut self) -> Result<(), SpoolError> {
        if self.syncs { self.sync() } else { self.write() }?;
        self.tail.let_go();
        self.is_open = false;
        Ok(())
    }

    /// Whether a segment can go when all before `place` is done. The last one stays while there is room in it. But if what
    /// waits for it is done too, that is never written, and what comes then cannot stand behind the gap.
    pub(crate) fn frees(&self, place: u64) -> bool {
        let may_go = self.segments.len() > 1 || !self.tail.waiting().is_empty();
        may_go && self.segments.front().is_some_and(|first| first.end <= place)
    }

    /// Deletes the segments that can go when all before `place` is done.
    pub(crate) fn done_before(&mut self, place: u64) -> Result<(), SpoolError> {
        while self.frees(place) {
            self.remove_first()?;
        }
        Ok(())
    }

    /// Deletes all segments.
    pub(crate) fn clear(&mut self) -> Result<(), SpoolError> {
        while !self.segments.is_empty() {
            self.remove_first()?;
        }
        Ok(())
    }

    fn remove_first(&mut self) -> Result<(), SpoolError> {
        let Some(segment) = self.segments.front().copied() else { return Ok(()) };
        let is_last = self.segments.len() == 1;
        if !(is_last && self.is_open) || self.tail.has_file() {
            self.files.remove(&segment::name(segment.first))?;
        }
        self.bytes -= segment.bytes;
        self.segments.pop_front();
        if is_last {
            self.tail.let_go();
            self.is_open = false;
            self.written = self.next;
        }
        Ok(())
    }
}
