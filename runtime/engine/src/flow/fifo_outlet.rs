//! The near end of a pipe of the kernel: blocks to bytes.

use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::Instant;

use pipeloom_job::batch::{Cursor, LARGE_BYTES, Run};
use pipeloom_job::codec::{Around, EncodeError, Frame};
use pipeloom_job::ring::Descriptor;
use pipeloom_job::shared::Outgoing;
use pipeloom_job::{Batch, Block, Codec};
use pipeloom_os::pipe::{Io, WriteEnd};
use smallvec::SmallVec;

use super::heads::HeadSender;
use super::kernel_end::NearEnd;
use super::moments::HandOver;
use super::sent::Sent;
use super::wire_queue::WireQueue;
use super::{EndNotice, Ending, FlowError, Intake, Outlet, Put, Tally, Unread, WireFormat};

/// What pipes hold by the kernel's default, in bytes.
pub(crate) const USUAL_CAPACITY: usize = 64 * 1024;

/// Writes blocks into a pipe, with the framing of its codec and, if the reader wants them, heads.
pub(crate) struct FifoOutlet<E = WriteEnd> {
    format: WireFormat,
    end: E,
    queue: WireQueue,
    /// Where large payloads go, if the reader wants that.
    ring: Option<Outgoing>,
    /// How many blocks were queued.
    blocks: u64,
    /// How many bytes have gone into the pipe.
    written: u64,
    /// What a custom codec puts around the block that is queued; its memory is used again.
    around: Around,
    /// A block cannot stand on this pipe. Told once those before it are written.
    refused: Option<EncodeError>,
    /// Where heads are left for those who read what the reader makes of the blocks.
    head_lines: Vec<HeadSender>,
    /// Told of what is written, if the program's times are logged.
    hand_over: Option<HandOver>,
    /// Where the blocks are counted as delivered, if the reader does not count them.
    delivered: Option<Arc<Tally>>,
    /// What the reader may not have read, if anybody wants to know that.
    sent: Option<Sent>,
    /// Declared after `end`, so that it tells of it only when it is closed.
    _closed: Option<EndNotice>,
}

impl<E: NearEnd> FifoOutlet<E> {
    /// An outlet that writes `end`.
    pub(crate) fn new(format: WireFormat, end: E) -> FifoOutlet<E> {
        FifoOutlet {
            format,
            end,
            queue: WireQueue::default(),
            ring: None,
            blocks: 0,
            written: 0,
            around: Around::default(),
            refused: None,
            head_lines: Vec::new(),
            hand_over: None,
            delivered: None,
            sent: None,
            _closed: None,
        }
    }

    /// Tells somebody when the end is closed.
    pub(crate) fn with_notice(mut self, notice: Option<EndNotice>) -> FifoOutlet<E> {
        self._closed = notice;
        self
    }

    /// Puts large payloads into this memory while there is room, and into the pipe while there is none.
    pub(crate) fn sharing(mut self, ring: Option<Outgoing>) -> FifoOutlet<E> {
        self.ring = ring;
        self
    }

    /// Leaves each block's number and head in `lines`.
    pub(crate) fn with_lines(mut self, lines: Vec<HeadSender>) -> FifoOutlet<E> {
        self.head_lines = lines;
        self
    }

    /// The reader is a program: what is written to it counts as delivered, and its marks are left in `lines`.
    pub(crate) fn for_program(mut self, delivered: Arc<Tally>, lines: Vec<HeadSender>) -> FifoOutlet<E> {
        self.delivered = Some(delivered);
        self.with_lines(lines)
    }

    /// Tells `hand_over` of what is written.
    pub(crate) fn timed(mut self, hand_over: Option<HandOver>) -> FifoOutlet<E> {
        self.hand_over = hand_over;
        self
    }

    /// Knows at the end of the reader which blocks it has not read.
    pub(crate) fn remembering(mut self) -> FifoOutlet<E> {
        // A pipe whose size cannot be told is taken for one of the usual size.
        self.sent = Some(Sent::new(self.end.capacity().unwrap_or(USUAL_CAPACITY)));
        self
    }

    /// Queues one block. Says how many bytes it has in the pipe.
    #[inline]
    fn queue_block(&mut self, block: &Block<'_>) -> Result<usize, EncodeError> {
        let WireFormat { codec, heads, max_block_bytes: max, .. } = self.format;
        let head = heads.then_some(block.head);
        let placed = self.place(block)?;
        self.blocks += 1;
        if let Some(place) = placed {
            let head = head.map(|head| (head.to_wire(), head.size().bytes()));
            let head = head.as_ref().map_or(&[][..], |(wire, bytes)| &wire[..*bytes]);
            self.queue.push(head);
            self.queue.push(&place.to_wire());
            return Ok(head.len() + Descriptor::WIRE_BYTES);
        }
        let frame = match &self.ring {
            Some(ring) if ring.has_begun() => Frame::with_length(codec, head, block.bytes, max)?,
            _ => Frame::around(codec, head, block.bytes, max, &mut self.around)?,
        };
        self.queue.push(frame.before());
        match block.payload() {
            Some(payload) => self.queue.push_payload(payload.clone()),
            None => self.queue.push(block.bytes),
        }
        self.queue.push(frame.after());
        Ok(frame.before().len() + block.bytes.len() + frame.after().len())
    }

    /// Puts a payload that belongs there into the ring, if there is room. To wait for room would need one more bell beside the
    /// pipe: through the pipe the block goes as well, and the pipe holds the writer up.
    fn place(&mut self, block: &Block<'_>) -> Result<Option<Descriptor>, EncodeError> {
        let Some(ring) = &mut self.ring else { return Ok(None) };
        let WireFormat { codec, max_block_bytes: max, .. } = self.format;
        if !ring.wants(block.bytes.len(), self.blocks) {
            return Ok(None);
        }
        codec.check_length(block.bytes.len(), max)?;
        Ok(ring.put(block.bytes))
    }

    /// The size of small blocks that stand on the pipe as they are, or behind heads, so that many can be queued at once. `None` if they
    /// do not, or if somebody wants to know more of each.
    fn plain_size(&self) -> Option<usize> {
        let Codec::Bytes { block_size: size @ 1..LARGE_BYTES } = self.format.codec else { return None };
        let is_plain = self.ring.is_none() && self.hand_over.is_none() && self.sent.is_none();
        (is_plain && size <= self.format.max_block_bytes).then_some(size)
    }

    /// Queues small blocks of `size` bytes that are alike.
    fn queue_run(&mut self, epoch: u32, run: &Run<'_>, size: usize) {
        let Run { first, head, blocks, bytes } = *run;
        let wire = head.to_wire();
        let wire = if self.format.heads { &wire[..head.size().bytes()] } else { &[] };
        self.queue.push_each(wire, bytes, size);
        self.blocks += blocks as u64;
        for line in &mut self.head_lines {
            line.push_run(epoch, first, head, blocks as u64);
        }
    }

    /// Queues all blocks up to the first that cannot stand on the pipe.
    fn encode(&mut self, batch: &Batch) {
        let (mut blocks, mut bytes) = (0, 0);
        let now = self.hand_over.as_ref().map(|_| Instant::now());
        let size = self.plain_size();
        let mut cursor = Cursor::default();
        loop {
            while let Some((size, run)) = size.and_then(|size| Some((size, batch.pass_run(&mut cursor, size)?))) {
                self.queue_run(batch.epoch(), &run, size);
                (blocks, bytes) = (blocks + run.blocks as u64, bytes + run.bytes.len() as u64);
            }
            let Some((seq, block)) = batch.pass(&mut cursor) else { break };
            let on_wire = match self.queue_block(&block) {
                Ok(on_wire) => on_wire,
                Err(error) => {
                    self.refused = Some(error);
                    break;
                }
            };
            (blocks, bytes) = (blocks + 1, bytes + block.bytes.len() as u64);
            if let Some(sent) = &mut self.sent {
                sent.add(on_wire, block.bytes.len());
            }
            if let Some((hand_over, now)) = self.hand_over.as_mut().zip(now) {
                hand_over.queue(on_wire, now);
            }
            for line in &mut self.head_lines {
                line.push(batch.epoch(), seq, block.head);
            }
        }
        self.head_lines.iter_mut().for_each(HeadSender::flush);
        if let Some(tally) = &self.delivered {
            tally.add_delivered(blocks, bytes);
        }
    }
}

impl<E: NearEnd> Outlet for FifoOutlet<E> {
    fn put(&mut self, batch: &mut Batch) -> Result<Put, FlowError> {
        match self.flush()? {
            Put::Taken => {}
            other => return Ok(other),
        }
        self.encode(batch);
        batch.clear();
        // What is left waits here, and the next call begins with it. That call also tells of a reader that has gone: the
        // blocks of this one are taken, and counted, already.
        self.flush()?;
        Ok(Put::Taken)
    }

    fn flush(&mut self) -> Result<Put, FlowError> {
        while !self.queue.is_empty() {
            let slices: SmallVec<[_; 64]> = self.queue.slices().collect();
            let written = self.end.write_vectored(&slices);
            drop(slices);
            match written.map_err(|error| FlowError::new(&self.format.pipe, error))? {
                Io::Some(count) => {
                    self.queue.advance(count);
                    self.written += count as u64;
                    if let Some(sent) = &mut self.sent {
                        sent.written(count);
                    }
                    if let Some(hand_over) = &mut self.hand_over {
                        hand_over.written(count);
                    }
                }
                Io::WouldBlock => return Ok(Put::Full),
                Io::End => return Ok(Put::Gone),
            }
        }
        match self.refused.take() {
            Some(error) => Err(FlowError::new(&self.format.pipe, error)),
            None => Ok(Put::Taken),
        }
    }

    fn has_reader(&self) -> bool {
        // What is wrong with the descriptor shows when it is written.
        self.end.has_reader().unwrap_or(true)
    }

    fn writable(&self) -> Option<BorrowedFd<'_>> {
        self.end.fd()
    }

    fn unread(&self) -> Unread {
        let queued = self.end.queued().unwrap_or(0);
        self.sent.as_ref().map(|sent| sent.unread(queued)).unwrap_or_default()
    }

    fn is_drained(&self) -> bool {
        self.queue.is_empty() && self.end.queued().is_ok_and(|queued| queued == 0)
    }

    fn intake(&self) -> Option<Intake> {
        let queued = self.end.queued().ok()?;
        Some(Intake { read: self.written.saturating_sub(queued as u64), more: queued > 0 })
    }

    fn close(self: Box<Self>, _ending: Ending) {
        // A pipe of the kernel has one way to end: its last writer closes it.
    }
}
