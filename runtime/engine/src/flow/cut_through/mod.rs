//! Forwarding one pipe to one reader, without its payloads.
//!
//! What stands before a payload is read, checked and written as the reader wants it; the payload itself goes from pipe to pipe
//! inside the kernel, as far as there is of it. Nothing waits here but what could not be written at once, so the slack
//! between writer and reader is what the two pipes hold. Small payloads are copied, many of them at once, as a call of the
//! kernel costs more than they do.
//!
//! A block goes on before all of it is there. If its writer ends inside it the reader gets a part of a block and then the
//! end of the stream, as it would with nobody in between; the [plan](crate::plan::Hold) takes this way only where that may be. The
//! end is told when the writer's own end is known, so that a reader that fails for it is not taken for the cause.
//!
//! ```text
//! way_in    what comes out of the writer's pipe
//! way_out   what goes into the reader's
//! ```

mod way_in;
mod way_out;

use std::os::fd::BorrowedFd;
use std::sync::Arc;

use pipeloom_job::{HeadSize, Seq};
use pipeloom_os::pipe::{Io, ReadEnd, WriteEnd};
use pipeloom_os::splice::Spliced;

use self::way_in::Next;
pub(crate) use self::way_in::WayIn;
pub(crate) use self::way_out::WayOut;
use super::fate::Fate;
use super::forwarder::{Failed, Forwarder, Place, Wants};
use super::growth::LegState;
use super::kernel_end::{NearEnd, SpliceTo};
use super::stamp::{HeadRule, Stamp};
use super::{Ending, FlowError, FlowErrorKind, Intake, Put, Tally};

/// Payloads shorter than this are faster copied, many at once, in bytes. Measured with 64 KiB and 256 KiB pipes: at 4 KiB a splice takes twice
/// the processor time of a copy, at 8 KiB about the same, at 16 KiB a half to three quarters.
pub(crate) const SPLICED_FROM: usize = 16 * 1024;

/// So many bytes of small blocks are gathered before they are written.
const GATHERED: usize = 64 * 1024;

/// How many steps one call takes before others get their turn.
const STEPS: usize = 64;

/// Forwards one pipe to one reader.
pub(crate) struct CutThrough<F = ReadEnd, N = WriteEnd> {
    /// The pipe's name.
    pipe: Arc<str>,
    /// `None` once it is at its end.
    source: Option<WayIn<F>>,
    /// `None` once the reader is gone or has been given everything.
    target: Option<WayOut<N>>,
    stamp: Stamp,
    /// The block of which a part has gone on.
    open: Option<Open>,
    /// There is no room in the reader's pipe.
    blocked: bool,
    /// Why nothing more can be taken; told once all before it is written.
    refused: Option<FlowErrorKind>,
    ending: Ending,
    /// How the program that writes it ended.
    fate: Option<Fate>,
    tally: Arc<Tally>,
    /// Blocks that went on whole, and their payload bytes, since the tally was told.
    whole: (u64, u64),
}

/// A block on its way.
#[derive(Clone, Copy)]
struct Open {
    len: usize,
    /// How much of its payload has not gone on.
    rest: usize,
    /// It should not be there, and goes nowhere. If it is cut off it was no block.
    unasked: bool,
}

/// What a step came to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Something has changed.
    Moved,
    /// Nothing can be done now.
    Waits,
    /// Nothing is to be done any more.
    Over,
}

impl<F: SpliceTo<N>, N: NearEnd> CutThrough<F, N> {
    /// From a writer to a reader. Blocks get their heads by `rule` and are counted in `tally`.
    pub(crate) fn new(
        pipe: &str,
        source: WayIn<F>,
        target: WayOut<N>,
        rule: HeadRule,
        head_size: HeadSize,
        tally: Arc<Tally>,
    ) -> CutThrough<F, N> {
        let mut stamp = Stamp::new(rule, head_size);
        stamp.count_false_resets(tally.clone());
        CutThrough {
            pipe: pipe.into(),
            source: Some(source),
            target: Some(target),
            stamp,
            open: None,
            blocked: false,
            refused: None,
            ending: Ending::EndedUnfinished,
            fate: None,
            tally,
            whole: (0, 0),
        }
    }

    /// Heeds how the program that writes it ended.
    pub(crate) fn heeding(self, fate: Option<Fate>) -> CutThrough<F, N> {
        CutThrough { fate, ..self }
    }

    /// Blocks get the numbers of this epoch, from the first on.
    pub(crate) fn beginning(mut self, epoch: u32) -> CutThrough<F, N> {
        self.stamp.begin_at(epoch, Seq::FIRST);
        self
    }

    fn step(&mut self) -> Result<Step, Failed> {
        let Some(target) = &mut self.target else { return Ok(Step::Over) };
        let flushed = target.flush();
        match flushed.map_err(|error| self.cannot_write(error))? {
            Put::Taken => {}
            Put::Full => {
                self.blocked = true;
                return Ok(Step::Waits);
            }
            Put::Gone => {
                self.target = None;
                return Ok(Step::Over);
            }
        }
        if let Some(kind) = self.refused.take() {
            return Err(Failed { place: Place::Input(0), error: FlowError::new(&self.pipe, kind) });
        }
        if self.source.is_none() {
            return Ok(self.end_target());
        }
        let moved = if self.open.is_some() { self.go_on() } else { self.begin() };
        let moved = moved.map_err(|kind| Failed { place: Place::Input(0), error: FlowError::new(&self.pipe, kind) });
        let (blocks, bytes) = std::mem::take(&mut self.whole);
        if blocks > 0 {
            self.tally.add_written(blocks);
            self.tally.add_delivered(blocks, bytes);
        }
        moved
    }

    /// The reader cannot be given any more.
    fn cannot_write(&mut self, kind: impl Into<FlowErrorKind>) -> Failed {
        self.target = None;
        Failed { place: Place::Leg(0), error: FlowError::new(&self.pipe, kind) }
    }

    /// Begins the next block, and as many small ones behind it as are there.
    fn begin(&mut self) -> Result<Step, FlowErrorKind> {
        loop {
            let (Some(source), Some(target)) = (&mut self.source, &mut self.target) else { return Ok(Step::Over) };
            let (head, len) = match source.next() {
                Ok(Next::Block { head, len }) => (head, len),
                Ok(Next::Nothing) if target.waiting() == 0 => return Ok(Step::Waits),
                Ok(Next::Nothing) => return Ok(Step::Moved),
                Ok(Next::End) => {
                    let torn = source.waiting();
                    return Ok(self.end(torn));
                }
                Err(kind) => return Ok(self.refuse(kind)),
            };
            let mark = self.stamp.begin(head);
            self.open = Some(Open { len, rest: len, unasked: mark.is_none() });
            match mark {
                Some(mark) => target.begin(mark, len),
                None => source.read_ahead(),
            }
            self.copy();
            let gathers = self.open.is_none()
                && self.refused.is_none()
                && self.target.as_ref().is_some_and(|to| to.waiting() < GATHERED);
            if !gathers {
                return Ok(Step::Moved);
            }
        }
    }

    /// Nothing more can be taken, once all before this is written.
    fn refuse(&mut self, kind: FlowErrorKind) -> Step {
        self.refused = Some(kind);
        Step::Moved
    }

    /// Moves on what is there of the block at hand.
    fn go_on(&mut self) -> Result<Step, FlowErrorKind> {
        let (Some(source), Some(target), Some(open)) = (&mut self.source, &mut self.target, &mut self.open) else {
            return Ok(Step::Over);
        };
        if open.rest == 0 || source.waiting() > 0 {
            self.copy();
            return Ok(Step::Moved);
        }
        let (before, came) = (source.before(), open.len - open.rest);
        if open.unasked || source.copies(open.len) {
            return Ok(match source.read()? {
                Io::Some(_) => Step::Moved,
                Io::WouldBlock => Step::Waits,
                Io::End => self.end(before + came),
            });
        }
        match source.end.splice(&mut target.end, open.rest)? {
            Spliced::Some(count) => {
                target.passed(count);
                open.rest -= count;
                self.close_if_whole();
                Ok(Step::Moved)
            }
            Spliced::Empty => Ok(Step::Waits),
            Spliced::Full => {
                self.blocked = true;
                Ok(Step::Waits)
            }
            Spliced::End => Ok(self.end(before + came)),
            Spliced::Gone => {
                self.target = None;
                Ok(Step::Over)
            }
        }
    }

    /// Copies what was read of the payload of the block at hand.
    fn copy(&mut self) {
        if let (Some(source), Some(target), Some(open)) = (&mut self.source, &mut self.target, &mut self.open) {
            let bytes = source.take(open.rest);
            open.rest -= bytes.len();
            if !open.unasked {
                target.push(bytes);
            }
        }
        self.close_if_whole();
    }

    fn close_if_whole(&mut self) {
        match self.open.take_if(|open| open.rest == 0) {
            Some(Open { unasked: true, .. }) => self.refused = self.stamp.check().err().map(FlowErrorKind::from),
            Some(Open { len, .. }) => self.whole = (self.whole.0 + 1, self.whole.1 + len as u64),
            None => {}
        }
    }

    /// The writer's pipe is at its end, so many bytes after the last whole block.
    fn end(&mut self, torn: usize) -> Step {
        self.source = None;
        self.ending = match torn {
            0 if self.stamp.is_finished() => Ending::Finished,
            0 => Ending::EndedUnfinished,
            bytes => Ending::Torn { bytes },
        };
        self.tally.set_ending(self.ending);
        Step::Moved
    }

    /// All is written that there was: the reader comes to its end.
    fn end_target(&mut self) -> Step {
        let is_known = self.fate.as_ref().is_none_or(|fate| fate.ended_well().is_some());
        if self.open.is_some() && !is_known {
            return Step::Waits;
        }
        self.target = None;
        Step::Over
    }
}

impl<F: SpliceTo<N>, N: NearEnd> Forwarder for CutThrough<F, N> {
    fn advance(&mut self) -> Result<Wants, Failed> {
        self.blocked = false;
        for _ in 0..STEPS {
            match self.step()? {
                Step::Moved => {}
                Step::Waits => return Ok(Wants::Wake),
                Step::Over => return Ok(Wants::Nothing),
            }
        }
        Ok(Wants::Turn)
    }

    fn has_more(&self) -> bool {
        self.source.is_some()
    }

    fn wants_blocks(&self) -> bool {
        self.source.is_some() && !self.blocked
    }

    fn source(&self) -> Option<BorrowedFd<'_>> {
        self.source.as_ref().and_then(|source| source.end.fd())
    }

    fn targets(&self) -> Vec<(Option<BorrowedFd<'_>>, bool)> {
        vec![(self.target.as_ref().and_then(|target| target.end.fd()), self.blocked)]
    }

    fn intakes(&self) -> Vec<Option<Intake>> {
        vec![self.target.as_ref().and_then(WayOut::intake)]
    }

    fn is_held_up(&self) -> bool {
        self.source.is_some() && self.blocked
    }

    fn states(&self) -> Vec<Option<LegState>> {
        let before = self.source.as_ref().map_or(0, |source| source.end.queued().unwrap_or(0));
        let state = |target: &WayOut<N>| {
            let read = target.intake().map_or(0, |intake| intake.read);
            LegState {
                full: self.is_held_up(),
                empty: (before == 0 || self.blocked) && target.is_drained(),
                awaited: true,
                ..LegState::of(&self.tally, 0, read, before as u64)
            }
        };
        vec![self.target.as_ref().map(state)]
    }

    fn target_gone(&mut self, _leg: usize) {
        self.target.take_if(|target| !target.end.has_reader().unwrap_or(true));
    }

    fn abandon(&mut self) {
        (self.source, self.target) = (None, None);
    }
}
