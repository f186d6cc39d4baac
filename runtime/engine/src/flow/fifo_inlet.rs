//! The far end of a pipe of the kernel: bytes to blocks.

use std::os::fd::BorrowedFd;
use std::sync::Arc;

use pipeloom_job::codec::{FrameError, Framer};
use pipeloom_job::shared::Incoming;
use pipeloom_job::{Batch, HeadSize, Pool, Seq};
use pipeloom_os::pipe::{Io, ReadEnd};

use super::fate::Fate;
use super::kernel_end::FarEnd;
use super::moments::MomentSender;
use super::stamp::{HeadRule, Stamp};
use super::{Done, EndNotice, Ending, FlowError, Inlet, Taken, Tally, WireFormat};

/// Reads blocks out of a pipe and gives them their numbers and heads.
pub(crate) struct FifoInlet<E = ReadEnd> {
    pipe: Arc<str>,
    end: E,
    framer: Framer,
    /// Where large payloads may lie.
    ring: Option<Incoming>,
    stamp: Stamp,
    ended: Option<Ending>,
    /// Where the blocks that come out are counted as written, if nobody else does.
    written: Option<Arc<Tally>>,
    /// Told of what is read, if the program's times are logged.
    read: Option<MomentSender>,
    /// How the program that writes it ended, if one does.
    fate: Option<Fate>,
    /// The pipe is at its end, and what is left is a block only if the program ended well, which is not known yet.
    awaits_fate: bool,
    /// Shown what the program has done, by what comes out.
    done: Option<Done>,
    bytes_read: usize,
    /// Declared after `end`, so that it tells of it only when it is closed.
    _closed: Option<EndNotice>,
}

impl<E: FarEnd> FifoInlet<E> {
    /// An inlet that reads `end`. `notice` is told when it is closed.
    pub(crate) fn new(format: WireFormat, head_size: HeadSize, end: E, rule: HeadRule) -> FifoInlet<E> {
        let head = format.heads.then_some(head_size);
        FifoInlet {
            framer: Framer::new(format.codec, head, format.max_block_bytes, Pool::new()),
            ring: None,
            pipe: format.pipe,
            end,
            stamp: Stamp::new(rule, head_size),
            ended: None,
            written: None,
            read: None,
            fate: None,
            awaits_fate: false,
            done: None,
            bytes_read: 0,
            _closed: None,
        }
    }

    /// Tells somebody when the end is closed.
    pub(crate) fn with_notice(mut self, notice: Option<EndNotice>) -> FifoInlet<E> {
        self._closed = notice;
        self
    }

    /// Looks for large payloads in this memory too.
    pub(crate) fn sharing(mut self, ring: Option<Incoming>) -> FifoInlet<E> {
        self.framer = self.framer.with_ring(ring.as_ref().map(Incoming::places));
        self.ring = ring;
        self
    }

    /// Counts reset bits without cause.
    pub(crate) fn counting_false_resets(mut self, tally: Arc<Tally>) -> FifoInlet<E> {
        self.stamp.count_false_resets(tally);
        self
    }

    /// Counts what comes out as written.
    pub(crate) fn counting_written(mut self, tally: Arc<Tally>) -> FifoInlet<E> {
        self.written = Some(tally);
        self
    }

    /// Tells `read` of what is read.
    pub(crate) fn timed(mut self, read: Option<MomentSender>) -> FifoInlet<E> {
        self.read = read;
        self
    }

    /// Heeds how the program that writes it ended.
    pub(crate) fn heeding(mut self, fate: Fate) -> FifoInlet<E> {
        self.fate = Some(fate);
        self
    }

    /// Shows `done` how many blocks have come out.
    pub(crate) fn showing(mut self, done: Option<Done>) -> FifoInlet<E> {
        self.done = done;
        self
    }

    fn fail<T>(&self, error: impl Into<super::FlowErrorKind>) -> Result<T, FlowError> {
        Err(FlowError::new(&self.pipe, error))
    }

    fn tell_read(&mut self) {
        if let Some(read) = &mut self.read {
            read.up_to(self.stamp.blocks(), self.stamp.is_finished());
        }
    }

    /// The pipe is at its end; what is left in the framer may be a last block.
    fn end_of_stream(&mut self, batch: &mut Batch) -> Result<Ending, FrameError> {
        let Self { framer, stamp, fate, .. } = self;
        let torn = match fate.as_ref().and_then(Fate::ended_well) {
            Some(false) => framer.cut_off(),
            Some(true) | None => framer.end(|wire, body| stamp.push(batch, wire, body))?,
        };
        if stamp.check().is_ok() {
            stamp.push_last(batch);
        }
        self.tell_read();
        Ok(match torn {
            Some(torn) => Ending::Torn { bytes: torn.bytes },
            None if self.stamp.is_finished() => Ending::Finished,
            None => Ending::EndedUnfinished,
        })
    }
}

impl<E: FarEnd> Inlet for FifoInlet<E> {
    fn take(&mut self, batch: &mut Batch) -> Result<Taken, FlowError> {
        batch.clear();
        while batch.is_empty() && !self.stamp.take_later(batch) {
            self.stamp.check().or_else(|unasked| self.fail(unasked))?;
            if let Some(ending) = self.ended {
                return Ok(Taken::End(ending));
            }
            let read = self.end.read(self.framer.space());
            match read.or_else(|error| self.fail(error))? {
                Io::Some(count) => {
                    self.ring.iter().for_each(Incoming::after_waiting);
                    self.bytes_read += count;
                    let Self { framer, stamp, .. } = self;
                    let cut = match framer.filled_alike(count) {
                        Some(blocks) => {
                            stamp.push_alike(batch, blocks);
                            Ok(())
                        }
                        None => framer.filled(count, |wire, body| stamp.push(batch, wire, body)),
                    };
                    self.tell_read();
                    cut.or_else(|error| self.fail(error))?;
                }
                Io::WouldBlock => {
                    // Whoever waits now may have all of the memory, and its writer may wait for room.
                    self.ring.iter().filter(|ring| ring.is_used()).for_each(|ring| ring.before_waiting(true));
                    return Ok(Taken::Empty);
                }
                Io::End => {
                    let is_open = self.fate.as_ref().is_some_and(|fate| fate.ended_well().is_none());
                    self.awaits_fate = is_open && self.framer.has_open_end();
                    if self.awaits_fate {
                        return Ok(Taken::Empty);
                    }
                    let ending = self.end_of_stream(batch).or_else(|error| self.fail(error))?;
                    self.ended = Some(ending);
                }
            }
        }
        if let Some(tally) = &self.written {
            tally.add_written(batch.len() as u64);
        }
        if let Some(done) = &self.done {
            done.at_least(self.stamp.blocks());
        }
        Ok(Taken::Some)
    }

    fn begin_at(&mut self, epoch: u32, number: Seq) {
        self.stamp.begin_at(epoch, number);
    }

    fn discard(&mut self) {
        self.done.iter().for_each(Done::forget);
        let last_byte = self.bytes_read + self.end.queued().unwrap_or(0);
        let mut batch = Batch::new();
        while self.bytes_read < last_byte
            && let Ok(Taken::Some) = self.take(&mut batch)
        {}
        batch.clear();
        self.stamp.push_last(&mut batch);
        loop {
            if let Some(tally) = &self.written {
                tally.add_written(batch.len() as u64);
            }
            if !self.stamp.take_later(&mut batch) {
                break;
            }
        }
    }

    fn pending(&self) -> usize {
        self.end.queued().unwrap_or(0)
    }

    fn readable(&self) -> Option<BorrowedFd<'_>> {
        self.end.fd().filter(|_| !self.awaits_fate)
    }
}
