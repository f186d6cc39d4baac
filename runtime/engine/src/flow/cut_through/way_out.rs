//! What goes into the reader's pipe: what stands before each payload, and small payloads, gathered.

use pipeloom_job::Codec;
use pipeloom_job::codec::Frame;
use pipeloom_os::OsError;
use pipeloom_os::pipe::{Io, ReadEnd, WriteEnd};
use pipeloom_os::splice::Spliced;
use smallvec::SmallVec;

use super::scratch::Scratch;
use crate::flow::heads::{HeadSender, Mark};
use crate::flow::kernel_end::{NearEnd, SpliceTo};
use crate::flow::wire_queue::WireQueue;
use crate::flow::{EndNotice, Intake, Put, WireFormat};

/// The reader's side.
pub(crate) struct WayOut<F = ReadEnd, N = WriteEnd> {
    pub(super) end: N,
    /// There is no room in the pipe, as it was when that was last asked.
    is_full: bool,
    codec: Codec,
    heads: bool,
    /// What comes before `queue` and has found no room in the pipe.
    scratch: Option<Scratch<F, N>>,
    queue: WireQueue,
    /// How many bytes wait in `queue`.
    waiting: usize,
    /// How many bytes have gone into the pipe.
    written: u64,
    /// Where heads are left for those who read what the reader makes of the blocks.
    lines: Vec<HeadSender>,
    /// Declared after `end`, so that it tells of it only when it is closed.
    _closed: Option<EndNotice>,
}

impl<F: SpliceTo<N>, N: NearEnd> WayOut<F, N> {
    /// The side of a reader that reads like this. Each block's number and head is left in `lines`; `notice` is told when the end is
    /// closed.
    pub(crate) fn new(format: &WireFormat, end: N, notice: Option<EndNotice>, lines: Vec<HeadSender>) -> WayOut<F, N> {
        WayOut {
            end,
            is_full: false,
            codec: format.codec,
            heads: format.heads,
            scratch: None,
            queue: WireQueue::default(),
            waiting: 0,
            written: 0,
            lines,
            _closed: notice,
        }
    }

    /// What finds no room waits in `scratch`, which a side needs that is not the only one.
    pub(crate) fn holding(self, scratch: Option<Scratch<F, N>>) -> WayOut<F, N> {
        WayOut { scratch, ..self }
    }

    /// A block begins; so many bytes of payload follow.
    pub(super) fn begin(&mut self, mark: Mark, len: usize) {
        let frame = Frame::before_payload(self.codec, self.heads.then_some(mark.head), len);
        self.push(frame.before());
        for line in &mut self.lines {
            line.push(mark.epoch, mark.number, mark.head);
        }
    }

    /// Adds a copy of `bytes` to what is to be written.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.queue.push(bytes);
        self.waiting += bytes.len();
    }

    /// How many bytes are to be written.
    pub(super) const fn waiting(&self) -> usize {
        self.waiting
    }

    /// Whether all that was given to it has gone into the pipe.
    pub(super) fn is_done(&self) -> bool {
        self.waiting == 0 && self.held() == 0
    }

    /// Whether it waits for room in the pipe.
    pub(super) const fn is_full(&self) -> bool {
        self.is_full
    }

    /// There may be room in the pipe again.
    pub(super) const fn look_again(&mut self) {
        self.is_full = false;
    }

    fn held(&self) -> usize {
        self.scratch.as_ref().map_or(0, |scratch| scratch.held)
    }

    /// Moves on what waits: [`Put::Taken`] once it can take more, though some of what it has may still be held.
    pub(super) fn flush(&mut self) -> Result<Put, OsError> {
        self.lines.iter_mut().for_each(HeadSender::flush);
        loop {
            if !self.let_go_of_held()? {
                return Ok(Put::Gone);
            }
            if self.queue.is_empty() {
                return Ok(Put::Taken);
            }
            match self.write()? {
                Io::Some(count) => {
                    self.queue.advance(count);
                    self.waiting -= count;
                }
                Io::WouldBlock => return Ok(Put::Full),
                Io::End => return Ok(Put::Gone),
            }
        }
    }

    /// Moves on what is held, as far as there is room. Says whether there is still a reader.
    fn let_go_of_held(&mut self) -> Result<bool, OsError> {
        while let Some(scratch) = self.scratch.as_mut().filter(|scratch| scratch.held > 0 && !self.is_full) {
            match scratch.out.splice(&mut self.end, scratch.held)? {
                Spliced::Some(count) => {
                    scratch.held -= count;
                    self.written += count as u64;
                }
                Spliced::Gone => return Ok(false),
                Spliced::Full | Spliced::Empty | Spliced::End => self.is_full = true,
            }
        }
        Ok(true)
    }

    /// Writes what is next in the queue, behind what is held.
    fn write(&mut self) -> Result<Io, OsError> {
        let slices: SmallVec<[_; 1]> = self.queue.slices().collect();
        if self.scratch.as_ref().is_none_or(|scratch| scratch.held == 0) && !self.is_full {
            match self.end.write_vectored(&slices)? {
                Io::Some(count) => {
                    self.written += count as u64;
                    return Ok(Io::Some(count));
                }
                Io::WouldBlock => self.is_full = true,
                Io::End => return Ok(Io::End),
            }
        }
        let Some(scratch) = &mut self.scratch else { return Ok(Io::WouldBlock) };
        let written = scratch.into.write_vectored(&slices)?;
        if let Io::Some(count) = written {
            scratch.held += count;
        }
        Ok(written)
    }

    /// Takes bytes out of the writer's pipe. Nothing else may wait.
    pub(super) fn take(&mut self, from: &mut F, most: usize) -> Result<Spliced, OsError> {
        let came = match &mut self.scratch {
            Some(scratch) => from.splice(&mut scratch.into, most)?,
            None => from.splice(&mut self.end, most)?,
        };
        match (came, &mut self.scratch) {
            (Spliced::Some(count), Some(scratch)) => scratch.held += count,
            (Spliced::Some(count), None) => self.written += count as u64,
            (Spliced::Full, None) => self.is_full = true,
            _ => {}
        }
        Ok(came)
    }

    /// Takes bytes of the writer's pipe that stay there for others. Nothing else may wait.
    pub(super) fn take_copy(&mut self, from: &F, most: usize) -> Result<Spliced, OsError> {
        let Some(scratch) = &mut self.scratch else { return Ok(Spliced::Full) };
        let came = from.tee(&mut scratch.into, most)?;
        if let Spliced::Some(count) = came {
            scratch.held += count;
        }
        Ok(came)
    }

    /// What the reader has made of what was written.
    pub(super) fn intake(&self) -> Option<Intake> {
        let queued = self.end.queued().ok()?;
        Some(Intake { read: self.written.saturating_sub(queued as u64), more: queued > 0 })
    }

    /// Whether the reader has taken all there is.
    pub(super) fn is_drained(&self) -> bool {
        self.is_done() && self.end.queued().is_ok_and(|queued| queued == 0)
    }
}
