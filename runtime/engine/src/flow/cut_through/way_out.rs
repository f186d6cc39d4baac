//! What goes into the reader's pipe: what stands before each payload, and small payloads, gathered.

use pipeloom_job::Codec;
use pipeloom_job::codec::Frame;
use pipeloom_os::OsError;
use pipeloom_os::pipe::{Io, WriteEnd};
use smallvec::SmallVec;

use crate::flow::heads::{HeadSender, Mark};
use crate::flow::kernel_end::NearEnd;
use crate::flow::wire_queue::WireQueue;
use crate::flow::{EndNotice, Intake, Put, WireFormat};

/// The reader's side.
pub(crate) struct WayOut<N = WriteEnd> {
    pub(super) end: N,
    codec: Codec,
    heads: bool,
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

impl<N: NearEnd> WayOut<N> {
    /// The side of a reader that reads like this. Each block's number and head is left in `lines`; `notice` is told when the end is
    /// closed.
    pub(crate) fn new(format: &WireFormat, end: N, notice: Option<EndNotice>, lines: Vec<HeadSender>) -> WayOut<N> {
        let (queue, waiting, written) = (WireQueue::default(), 0, 0);
        WayOut { end, codec: format.codec, heads: format.heads, queue, waiting, written, lines, _closed: notice }
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

    /// Writes what was pushed: [`Put::Taken`] once nothing of it is left.
    pub(super) fn flush(&mut self) -> Result<Put, OsError> {
        self.lines.iter_mut().for_each(HeadSender::flush);
        while !self.queue.is_empty() {
            let slices: SmallVec<[_; 1]> = self.queue.slices().collect();
            match self.end.write_vectored(&slices)? {
                Io::Some(count) => {
                    drop(slices);
                    self.queue.advance(count);
                    self.waiting -= count;
                    self.passed(count);
                }
                Io::WouldBlock => return Ok(Put::Full),
                Io::End => return Ok(Put::Gone),
            }
        }
        Ok(Put::Taken)
    }

    /// So many bytes have gone into the pipe.
    pub(super) const fn passed(&mut self, bytes: usize) {
        self.written += bytes as u64;
    }

    /// What the reader has made of what was written.
    pub(super) fn intake(&self) -> Option<Intake> {
        let queued = self.end.queued().ok()?;
        Some(Intake { read: self.written.saturating_sub(queued as u64), more: queued > 0 })
    }

    /// Whether the reader has taken all there is.
    pub(super) fn is_drained(&self) -> bool {
        self.waiting == 0 && self.end.queued().is_ok_and(|queued| queued == 0)
    }
}
