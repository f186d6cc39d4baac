//! One output of the program.

use std::fs::File;
use std::os::fd::AsFd;

use super::descriptors::{Waited, queued};
use super::error::{PipeError, PipeErrorKind};
use super::format::Format;
use super::wire::{Open, Wire, Written};
use crate::batch::{Block, LARGE_BYTES};
use crate::codec::{Around, Codec, Frame};
use crate::control::PipeReport;
use crate::head::{Head, RESET};
use crate::payload::Payload;
use crate::ring::{Descriptor, Room};
use crate::shared::Outgoing;

/// So many bytes are gathered before they are written.
const GATHERED_BYTES: usize = 64 * 1024;

/// One output.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) pipe: String,
    format: Format,
    /// The size of small blocks that have only a head around them on the pipe, or nothing; none has it if they have more.
    plain_size: usize,
    /// `None` once nobody reads it any more.
    file: Option<File>,
    wire: Wire,
    /// Where a custom codec puts what stands around a payload.
    around: Around,
    /// Blocks emitted so far, and before this step.
    emitted: u64,
    emitted_before: u64,
    reset_due: bool,
    /// Whether this step's head carries the reset bit.
    step_reset: bool,
    /// Reset bits that the job has set without cause.
    false_resets: u64,
    /// Whether the run sees nothing of the pipe, and is to be told.
    is_told: bool,
    /// Where large payloads go.
    ring: Option<Outgoing>,
    /// How many bytes of payloads lie there since everything was written last.
    placed: usize,
}

/// Where a payload is to go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Way {
    /// Through the pipe.
    Pipe,
    /// To this place in the ring.
    Ring(Descriptor),
    /// There is no room in the ring.
    Wait,
}

impl Output {
    pub(super) fn new(pipe: String, format: Format, file: File, is_told: bool) -> Output {
        Output {
            pipe,
            format,
            plain_size: match format.codec {
                Codec::Bytes { block_size } if block_size < LARGE_BYTES && block_size <= format.max => block_size,
                _ => usize::MAX,
            },
            file: Some(file),
            wire: Wire::default(),
            around: Around::default(),
            emitted: 0,
            emitted_before: 0,
            reset_due: false,
            step_reset: false,
            false_resets: 0,
            is_told,
            ring: None,
            placed: 0,
        }
    }

    /// Large payloads go into this ring.
    pub(super) fn with_ring(self, ring: Option<Outgoing>) -> Output {
        let plain_size = if ring.is_some() { usize::MAX } else { self.plain_size };
        Output { ring, plain_size, ..self }
    }

    /// What there is to be told of the pipe. Nobody else sees the reset bits that are cleared here.
    pub(super) fn told(&self) -> Option<PipeReport> {
        let Output { pipe, emitted, false_resets, .. } = self;
        let report = || PipeReport {
            name: pipe.clone(),
            blocks: *emitted,
            false_resets: *false_resets,
            ..PipeReport::default()
        };
        (self.is_told || self.false_resets > 0).then(report)
    }

    /// Whether there is a compute block for one more block, after so many.
    #[inline]
    pub(super) const fn is_asked(&self, given: u64) -> bool {
        self.emitted < given
    }

    /// Checks the same.
    #[inline]
    pub(super) fn check_asked(&self, given: u64) -> Result<(), PipeError> {
        if self.is_asked(given) { Ok(()) } else { Err(self.error(PipeErrorKind::Unasked { number: self.emitted + 1 })) }
    }

    #[inline]
    pub(super) fn begin(&mut self, reset: bool) {
        self.emitted_before = self.emitted;
        self.step_reset = reset;
        self.reset_due |= reset;
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.file.is_some()
    }

    pub(super) fn is_full(&self) -> bool {
        self.wire.bytes() + self.placed >= GATHERED_BYTES
    }

    pub(super) fn is_empty(&self) -> bool {
        self.wire.bytes() == 0
    }

    /// How many blocks there were in this step.
    pub(super) fn of_this_step(&self) -> u64 {
        self.emitted - self.emitted_before
    }

    pub(super) fn has_emitted(&self) -> bool {
        self.of_this_step() > 0
    }

    /// Where a job writes the next payload.
    #[inline]
    pub(super) fn open(&mut self, len: usize) -> Open {
        self.wire.open(self.format.before(), len)
    }

    pub(super) fn payload(&mut self, open: Open) -> &mut [u8] {
        self.wire.payload(open)
    }

    /// Makes a block of what was written there. `step` is the step's head, without the bits that are not the job's to write.
    #[inline]
    pub(super) fn seal(&mut self, open: Open, head: Option<Head>, step: Head) -> Result<(), PipeError> {
        let head = self.head(head, step);
        if self.file.is_none() {
            return Ok(());
        }
        let Output { format, wire, around, .. } = self;
        if let (Codec::Bytes { block_size }, false) = (format.codec, format.has_lengths)
            && wire.payload(open).len() == block_size
        {
            wire.seal_plain(open, format.heads.map(|size| head.resized(size)));
            return Ok(());
        }
        let sealed = wire.seal(open, |payload| format.frame(head, payload, around));
        sealed.map_err(|error| self.error(error.into()))
    }

    pub(super) fn push_payload(&mut self, payload: Payload, head: Option<Head>, step: Head) -> Result<(), PipeError> {
        self.framed(head, step, &payload.clone(), |wire, frame| wire.push_payload(frame, payload))
    }

    #[inline]
    pub(super) fn push(&mut self, block: &Block<'_>, step: Head) -> Result<(), PipeError> {
        if self.is_framed_late() {
            return self.framed(Some(block.head), step, block.bytes, |wire, frame| wire.push(frame, block.bytes));
        }
        let open = self.open(block.bytes.len());
        self.payload(open).copy_from_slice(block.bytes);
        self.seal(open, Some(block.head), step)
    }

    /// The same at once for a small block that has only a head around it, or nothing. `false` if it is none, or if there is no room.
    #[inline]
    pub(super) fn push_plain(&mut self, block: &Block<'_>, step: Head) -> bool {
        if block.bytes.len() != self.plain_size || self.file.is_none() || self.is_full() {
            return false;
        }
        let head = self.head(Some(block.head), step);
        self.wire.push_plain(self.format.heads.map(|size| head.resized(size)), block.bytes);
        true
    }

    #[inline]
    pub(super) const fn has_ring(&self) -> bool {
        self.ring.is_some()
    }

    /// Where a payload of `len` bytes goes.
    #[inline]
    pub(super) fn way(&mut self, len: usize) -> Way {
        let Some(ring) = self.ring.as_mut().filter(|_| self.file.is_some()) else { return Way::Pipe };
        if !ring.wants(len, self.emitted) {
            return Way::Pipe;
        }
        self.format.has_lengths = true;
        ring.take(len).map_or(Way::Wait, Way::Ring)
    }

    /// The same once more, for one that had to wait. After [`Way::Wait`], wait for [`Output::room`]. What is at hand has been
    /// written, as far as there was room in the pipe.
    pub(super) fn way_after_all(&mut self, len: usize) -> Result<Way, PipeError> {
        let (Some(ring), Some(file)) = (&mut self.ring, &self.file) else { return Ok(Way::Pipe) };
        let way = match ring.ask(len) {
            Room::Here(place) => Way::Ring(place),
            Room::Later => Way::Wait,
            // The reader keeps what it has, and the next block is all that it waits for.
            Room::ReaderWaits => match queued(file.as_fd()) {
                Ok(0) if self.wire.bytes() == 0 => Way::Pipe,
                Ok(_) => Way::Wait,
                Err(error) => return Err(self.error(PipeErrorKind::Wait(error))),
            },
        };
        if way != Way::Wait {
            ring.stop_asking();
        }
        Ok(way)
    }

    /// Where a payload is put that goes into the ring.
    pub(super) fn place(&mut self, place: Descriptor) -> &mut [u8] {
        self.ring.as_mut().map_or(&mut [], |ring| ring.bytes(place))
    }

    /// Nothing is sent with this place.
    pub(super) fn give_up(&mut self, place: Descriptor) {
        self.ring.iter_mut().for_each(|ring| ring.give_up(place));
    }

    /// Makes a block of what lies at this place.
    pub(super) fn push_place(&mut self, place: Descriptor, head: Option<Head>, step: Head) -> Result<(), PipeError> {
        let head = self.head(head, step);
        if let Err(error) = self.format.codec.check_length(place.len, self.format.max) {
            self.give_up(place);
            return Err(self.error(error.into()));
        }
        if self.file.is_some() {
            self.placed += place.len;
            self.wire.push_place(self.format.heads.map(|size| head.resized(size)), place);
        }
        Ok(())
    }

    /// Whether what stands before a payload is known only when the payload is.
    pub(super) const fn is_framed_late(&self) -> bool {
        matches!(self.format.codec, Codec::Custom(_))
    }

    /// Adds a block whose payload is known, by `push`.
    fn framed(
        &mut self,
        head: Option<Head>,
        step: Head,
        payload: &[u8],
        push: impl FnOnce(&mut Wire, &Frame<'_>),
    ) -> Result<(), PipeError> {
        let head = self.head(head, step);
        if self.file.is_none() {
            return Ok(());
        }
        let Output { format, wire, around, .. } = self;
        match format.frame(head, payload, around) {
            Ok(frame) => push(wire, &frame),
            Err(error) => return Err(self.error(error.into())),
        }
        Ok(())
    }

    /// The head that the next block is sent with: reset and finished are not the job's to write, and corruption spreads.
    #[inline]
    fn head(&mut self, head: Option<Head>, step: Head) -> Head {
        self.emitted += 1;
        let reset = std::mem::take(&mut self.reset_due);
        // The step's own reset bit has its cause, also where it stands in the head of a second block.
        self.false_resets += u64::from(!reset && !self.step_reset && head.is_some_and(Head::is_reset));
        let head = head.map_or(step, |head| head.unmarked().with_corruption_of(step));
        if reset { head.with(RESET, true) } else { head }
    }

    /// Marks the last block as the stream's last, where it can carry the mark and is not written yet.
    pub(super) fn finish(&mut self) {
        if self.format.heads.is_some() {
            self.wire.finish();
        }
    }

    /// Writes what was gathered, as far as there is room; `but_last`: all but a last block with a head.
    pub(super) fn write(&mut self, but_last: bool) -> Result<Written, PipeError> {
        let Some(file) = &mut self.file else { return Ok(Written::Gone) };
        let but_last = but_last && self.format.heads.is_some();
        match self.wire.write(file, but_last) {
            Err(error) => Err(self.error(PipeErrorKind::Write(error))),
            Ok(Written::Gone) => {
                self.lose_reader();
                Ok(Written::Gone)
            }
            Ok(other) => {
                if self.wire.bytes() == 0 {
                    self.placed = 0;
                }
                Ok(other)
            }
        }
    }

    /// Nobody reads it any more.
    pub(super) fn lose_reader(&mut self) {
        (self.file, self.placed) = (None, 0);
        self.wire.clear();
    }

    /// What to wait for until more can be written.
    pub(super) fn writable(&self) -> Option<Waited<'_>> {
        self.file.as_ref().map(|file| Waited::Writable(file.as_fd()))
    }

    /// What to wait for until there may be room in the ring; the pipe, which its reader may have left, is the last one.
    pub(super) fn room(&self) -> impl Iterator<Item = Waited<'_>> {
        let bell = self.ring.as_ref().map(|ring| Waited::Readable(ring.bell()));
        bell.into_iter().chain(self.file.as_ref().map(|file| Waited::Alone(file.as_fd())))
    }

    fn error(&self, kind: PipeErrorKind) -> PipeError {
        PipeError { pipe: self.pipe.clone(), kind }
    }
}

#[cfg(test)]
mod tests;
