//! What comes out of the writer's pipe: what stands before each payload is read apart, so that the payload stays in the pipe.

use pipeloom_job::codec::FrameError;
use pipeloom_job::{Codec, Head, HeadSize};
use pipeloom_os::OsError;
use pipeloom_os::pipe::{Io, ReadEnd};

use crate::flow::kernel_end::FarEnd;
use crate::flow::{EndNotice, FlowErrorKind, WireFormat};

/// How much is read at once where blocks are small.
const READ_AHEAD: usize = 64 * 1024;

/// The writer's side.
pub(crate) struct WayIn<F = ReadEnd> {
    pub(super) end: F,
    codec: Codec,
    /// The size of the head on the wire; `None` if the writer gives no heads.
    head: Option<HeadSize>,
    max_block_bytes: usize,
    /// Payloads of this length and above stay in the pipe.
    spliced_from: usize,
    buffer: Vec<u8>,
    /// The bytes that wait in `buffer`.
    start: usize,
    stop: usize,
    /// The block that was begun last is small, so the next one may be, too.
    reads_ahead: bool,
    /// Declared after `end`, so that it tells of it only when it is closed.
    _closed: Option<EndNotice>,
}

/// What comes next out of the writer's pipe.
pub(super) enum Next {
    /// A block of this length, of which all is taken that stands before its payload.
    Block { head: Option<Head>, len: usize },
    /// Nothing now.
    Nothing,
    /// Nothing any more.
    End,
}

impl<F: FarEnd> WayIn<F> {
    /// The side of a writer that writes like this, if the codec tells the length of a block before its payload. Payloads shorter
    /// than `spliced_from` are copied. `notice` is told when the end is closed.
    pub(crate) fn new(
        format: &WireFormat,
        head_size: HeadSize,
        end: F,
        notice: Option<EndNotice>,
        spliced_from: usize,
    ) -> WayIn<F> {
        WayIn {
            end,
            codec: format.codec,
            head: format.heads.then_some(head_size),
            max_block_bytes: format.max_block_bytes,
            spliced_from,
            buffer: Vec::new(),
            start: 0,
            stop: 0,
            reads_ahead: false,
            _closed: notice,
        }
    }

    /// How many bytes stand before each payload.
    pub(super) fn before(&self) -> usize {
        self.head.map_or(0, HeadSize::bytes) + self.codec.length_bytes().unwrap_or(0)
    }

    /// How many bytes are read and not taken.
    pub(super) const fn waiting(&self) -> usize {
        self.stop - self.start
    }

    /// Whether a payload of this length is copied.
    pub(super) const fn copies(&self, len: usize) -> bool {
        len < self.spliced_from
    }

    /// Begins the next block.
    pub(super) fn next(&mut self) -> Result<Next, FlowErrorKind> {
        loop {
            if let Some(block) = self.begin()? {
                return Ok(block);
            }
            match self.read()? {
                Io::Some(_) => {}
                Io::WouldBlock => return Ok(Next::Nothing),
                Io::End => return Ok(Next::End),
            }
        }
    }

    fn begin(&mut self) -> Result<Option<Next>, FlowErrorKind> {
        let (before, waiting) = (self.before(), self.waiting());
        // Where nothing stands before a payload, a block begins with its first byte.
        let is_there = waiting >= before.max(1) || (before == 0 && self.end.queued()? > 0);
        if !is_there {
            return Ok(None);
        }
        let wire = &self.buffer[self.start..self.start + before];
        let (head, length) = wire.split_at(self.head.map_or(0, HeadSize::bytes));
        let head = Head::from_wire(head);
        let len = match (self.codec, length.first_chunk::<4>()) {
            (Codec::Bytes { block_size }, _) => block_size,
            (_, Some(length)) => u32::from_le_bytes(*length) as usize,
            (_, None) => return Ok(None),
        };
        // A size that the file gives was checked there.
        if len > self.max_block_bytes && !length.is_empty() {
            return Err(FrameError::TooLong { max: self.max_block_bytes, got: len }.into());
        }
        self.start += before;
        self.reads_ahead = self.copies(len);
        Ok(Some(Next::Block { head, len }))
    }

    /// Reads what is wanted now: as much as there is while blocks are small, else not a byte of a payload that could stay where it
    /// is, unless its first byte is all that shows it.
    pub(super) fn read(&mut self) -> Result<Io, OsError> {
        self.buffer.copy_within(self.start..self.stop, 0);
        (self.start, self.stop) = (0, self.waiting());
        let room = if self.reads_ahead { READ_AHEAD } else { self.before().max(1) };
        if self.buffer.len() < room {
            self.buffer.resize(room, 0);
        }
        let read = self.end.read(&mut self.buffer[self.stop..room])?;
        if let Io::Some(count) = read {
            self.stop += count;
        }
        Ok(read)
    }

    /// Nothing of the block at hand is to stay in the pipe.
    pub(super) const fn read_ahead(&mut self) {
        self.reads_ahead = true;
    }

    /// Takes what is read of a payload of which `most` bytes are wanted.
    pub(super) fn take(&mut self, most: usize) -> &[u8] {
        let from = self.start;
        self.start += most.min(self.waiting());
        &self.buffer[from..self.start]
    }
}
