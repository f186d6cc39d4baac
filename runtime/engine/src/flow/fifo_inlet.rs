//! The far end of a pipe of the kernel: bytes to blocks.

use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use pipeloom_job::codec::{Body, Framer};
use pipeloom_job::head::{CORRUPTED, RESET};
use pipeloom_job::{Batch, Block, Head, HeadSize, Pool, Seq};
use pipeloom_os::pipe::{Io, ReadEnd};

use super::heads::HeadReceiver;
use super::{EndNotice, Ending, FlowError, Inlet, Taken, Tally, WireFormat};

/// How many unused buffers for large blocks are kept.
const POOLED_BUFFERS: usize = 8;

/// Reads blocks out of a pipe and gives them their numbers and heads.
pub(crate) struct FifoInlet {
    pipe: Arc<str>,
    end: ReadEnd,
    framer: Framer,
    stamp: Stamp,
    ended: Option<Ending>,
    /// Where the blocks that come out are counted as written, if nobody else does.
    written: Option<Arc<Tally>>,
    bytes_read: usize,
    /// Declared after `end`, so that it tells of it only when it is closed.
    _closed: Option<EndNotice>,
}

/// Where the heads of a pipe's blocks come from.
pub(crate) enum HeadRule {
    /// The writer is ours: what is on the wire is right.
    Wire,
    /// The writer is a program. It may set bits of its own on the wire; resets are the runtime's, and what its inputs
    /// carried comes by count: a line of heads for each of its inputs that the runtime writes.
    Program(Vec<HeadReceiver>),
}

/// Gives blocks their numbers and heads.
struct Stamp {
    rule: HeadRule,
    head_size: HeadSize,
    next: Seq,
    /// Whether the last block was marked as the last.
    finished: bool,
}

impl Stamp {
    fn push(&mut self, batch: &mut Batch, wire: Option<Head>, body: Body<'_>) {
        let head = self.head(wire);
        match body {
            Body::Small(bytes) => batch.push(self.next, &Block::new(head, bytes)),
            Body::Large(payload) => batch.push_large(self.next, head, payload),
        }
        self.next = self.next.next();
        self.finished = head.is_finished();
    }

    fn head(&mut self, wire: Option<Head>) -> Head {
        let empty = Head::empty(self.head_size);
        let HeadRule::Program(lines) = &mut self.rule else { return wire.unwrap_or(empty) };
        let inputs = lines.iter_mut().filter_map(HeadReceiver::pop).fold(empty, |all, head| all | head);
        let reset = if lines.is_empty() { self.next == Seq::FIRST } else { inputs.is_reset() };
        let own = wire.unwrap_or(inputs);
        own.with(RESET, reset).with(CORRUPTED, own.is_corrupted() || inputs.is_corrupted())
    }
}

impl FifoInlet {
    /// An inlet that reads `end`. `notice` is told when it is closed.
    pub(crate) fn new(format: WireFormat, head_size: HeadSize, end: ReadEnd, rule: HeadRule) -> FifoInlet {
        let head = format.heads.then_some(head_size);
        FifoInlet {
            framer: Framer::new(format.codec, head, format.max_block_bytes, Pool::new(POOLED_BUFFERS)),
            pipe: format.pipe,
            end,
            stamp: Stamp { rule, head_size, next: Seq::FIRST, finished: false },
            ended: None,
            written: None,
            bytes_read: 0,
            _closed: None,
        }
    }

    /// Tells somebody when the end is closed.
    pub(crate) fn with_notice(mut self, notice: Option<EndNotice>) -> FifoInlet {
        self._closed = notice;
        self
    }

    /// Counts what comes out as written.
    pub(crate) fn counting_written(mut self, tally: Arc<Tally>) -> FifoInlet {
        self.written = Some(tally);
        self
    }

    fn fail<T>(&self, error: impl Into<super::FlowErrorKind>) -> Result<T, FlowError> {
        Err(FlowError::new(&self.pipe, error))
    }

    /// The pipe is at its end; what is left in the framer may be a last block.
    fn end_of_stream(&mut self, batch: &mut Batch) -> Ending {
        let Self { framer, stamp, .. } = self;
        match framer.end(|wire, body| stamp.push(batch, wire, body)) {
            Some(torn) => Ending::Torn { bytes: torn.bytes },
            None if stamp.finished => Ending::Finished,
            None => Ending::EndedUnfinished,
        }
    }
}

impl Inlet for FifoInlet {
    fn take(&mut self, batch: &mut Batch) -> Result<Taken, FlowError> {
        batch.clear();
        while batch.is_empty() {
            if let Some(ending) = self.ended {
                return Ok(Taken::End(ending));
            }
            let read = self.end.read(self.framer.space());
            match read.or_else(|error| self.fail(error))? {
                Io::Some(count) => {
                    self.bytes_read += count;
                    let Self { framer, stamp, .. } = self;
                    let cut = framer.filled(count, |wire, body| stamp.push(batch, wire, body));
                    cut.or_else(|error| self.fail(error))?;
                }
                Io::WouldBlock => return Ok(Taken::Empty),
                Io::End => self.ended = Some(self.end_of_stream(batch)),
            }
        }
        if let Some(tally) = &self.written {
            tally.add_written(batch.len() as u64);
        }
        Ok(Taken::Some)
    }

    fn discard(&mut self) {
        let last_byte = self.bytes_read + self.end.queued().unwrap_or(0);
        let mut batch = Batch::new();
        while self.bytes_read < last_byte
            && let Ok(Taken::Some) = self.take(&mut batch)
        {}
    }

    fn readable(&self) -> Option<BorrowedFd<'_>> {
        Some(self.end.as_fd())
    }
}
