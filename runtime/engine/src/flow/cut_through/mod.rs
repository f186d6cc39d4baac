//! Forwarding one pipe to its readers, without its payloads.
//!
//! What stands before a payload is read, checked and written as each reader wants it; the payload itself goes from pipe to pipe
//! inside the kernel, as far as there is of it. Nothing waits here but what could not be written at once, so the slack
//! between writer and reader is what the two pipes hold. Small payloads are copied, many of them at once, as a call of the
//! kernel costs more than they do.
//!
//! With several readers the same memory stands in the pipes of all of them. Each has a [pipe of ours](scratch) before its own, for
//! what that does not take at once. Within what this holds they go on apart; beyond it the slowest sets the pace.
//!
//! A block goes on before all of it is there. If its writer ends inside it the reader gets a part of a block and then the
//! end of the stream, as it would with nobody in between; the [plan](crate::plan::Hold) takes this way only where that may be. The
//! end is told when the writer's own end is known, so that a reader that fails for it is not taken for the cause.
//!
//! ```text
//! way_in    what comes out of the writer's pipe
//! leg       how all readers get it
//! way_out   what goes into the pipe of one
//! scratch   what has found no room there
//! ```

mod leg;
mod scratch;
mod way_in;
mod way_out;

use std::os::fd::BorrowedFd;
use std::sync::Arc;

use pipeloom_job::{HeadSize, Seq};
use pipeloom_os::pipe::{Io, ReadEnd, WriteEnd};
use pipeloom_os::splice::Spliced;

pub(crate) use self::leg::CutLeg;
use self::leg::hand_on;
pub(crate) use self::scratch::Scratch;
use self::way_in::Next;
pub(crate) use self::way_in::WayIn;
pub(crate) use self::way_out::WayOut;
use super::fate::Fate;
use super::forwarder::{Failed, Forwarder, Place, Targets, Wants};
use super::growth::LegState;
use super::kernel_end::{NearEnd, SpliceTo};
use super::stamp::{HeadRule, Stamp};
use super::{Ending, FlowError, FlowErrorKind, Intake, Put};

/// Payloads shorter than this are faster copied, many at once, in bytes. Measured with 64 KiB and 256 KiB pipes: at 4 KiB a splice takes twice
/// the processor time of a copy, at 8 KiB about the same, at 16 KiB a half to three quarters.
pub(crate) const SPLICED_FROM: usize = 16 * 1024;

/// So many bytes of small blocks are gathered before they are written.
const GATHERED: usize = 64 * 1024;

/// How many steps one call takes before others get their turn.
const STEPS: usize = 64;

/// Forwards one pipe.
pub(crate) struct CutThrough<F = ReadEnd, N = WriteEnd> {
    /// The pipe's name.
    pipe: Arc<str>,
    /// `None` once it is at its end.
    source: Option<WayIn<F>>,
    legs: Vec<CutLeg<F, N>>,
    stamp: Stamp,
    /// The block of which a part has gone on.
    open: Option<Open>,
    /// There is no room for more of what a reader is to get.
    blocked: bool,
    /// Why nothing more can be taken; told once all before it is written.
    refused: Option<FlowErrorKind>,
    ending: Ending,
    /// How the program that writes it ended.
    fate: Option<Fate>,
    /// Blocks that went on whole, and their payload bytes, since the tallies were told.
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
    /// From a writer to its readers, each but a single one with a [`Scratch`]. Blocks get their heads by `rule`.
    pub(crate) fn new(
        pipe: &str,
        source: WayIn<F>,
        legs: Vec<CutLeg<F, N>>,
        rule: HeadRule,
        head_size: HeadSize,
    ) -> CutThrough<F, N> {
        let mut stamp = Stamp::new(rule, head_size);
        if let Some(leg) = legs.first() {
            stamp.count_false_resets(leg.tally.clone());
        }
        CutThrough {
            pipe: pipe.into(),
            source: Some(source),
            legs,
            stamp,
            open: None,
            blocked: false,
            refused: None,
            ending: Ending::EndedUnfinished,
            fate: None,
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
        let have_room = self.flush()?;
        if self.ways().next().is_none() {
            return Ok(Step::Over);
        }
        if self.source.is_none() && self.refused.is_none() {
            return Ok(self.end_targets());
        }
        if !have_room || (self.refused.is_some() && !self.legs.iter().all(CutLeg::is_done)) {
            self.blocked = true;
            return Ok(Step::Waits);
        }
        let pipe = self.pipe.clone();
        let of_input = |kind| Failed { place: Place::Input(0), error: FlowError::new(&pipe, kind) };
        if let Some(kind) = self.refused.take() {
            return Err(of_input(kind));
        }
        let moved = if self.open.is_some() { self.go_on() } else { self.begin() };
        let (blocks, bytes) = std::mem::take(&mut self.whole);
        for leg in self.legs.iter().filter(|leg| blocks > 0 && leg.way.is_some()) {
            leg.tally.add_written(blocks);
            leg.tally.add_delivered(blocks, bytes);
        }
        moved.map_err(of_input)
    }

    /// Moves on what the readers have been given. Says whether they can be given more.
    fn flush(&mut self) -> Result<bool, Failed> {
        let mut have_room = true;
        for (place, leg) in self.legs.iter_mut().enumerate() {
            match leg.way.as_mut().map(WayOut::flush) {
                None | Some(Ok(Put::Taken)) => {}
                Some(Ok(Put::Full)) => have_room = false,
                Some(Ok(Put::Gone)) => leg.leave(),
                Some(Err(error)) => {
                    leg.leave();
                    return Err(Failed { place: Place::Leg(place), error: FlowError::new(&self.pipe, error) });
                }
            }
        }
        Ok(have_room)
    }

    /// The ways to the readers that get more.
    fn ways(&mut self) -> impl Iterator<Item = &mut WayOut<F, N>> {
        self.legs.iter_mut().filter_map(|leg| leg.way.as_mut())
    }

    /// The most that is to be written for any reader.
    fn waiting(&self) -> usize {
        self.legs.iter().filter_map(|leg| leg.way.as_ref()).map(WayOut::waiting).max().unwrap_or(0)
    }

    /// Begins the next block, and as many small ones behind it as are there.
    fn begin(&mut self) -> Result<Step, FlowErrorKind> {
        loop {
            let waiting = self.waiting();
            let Some(source) = &mut self.source else { return Ok(Step::Over) };
            let (head, len) = match source.next() {
                Ok(Next::Block { head, len }) => (head, len),
                Ok(Next::Nothing) if waiting == 0 => return Ok(Step::Waits),
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
                Some(mark) => self.ways().for_each(|way| way.begin(mark, len)),
                None => source.read_ahead(),
            }
            self.copy();
            if self.open.is_some() || self.refused.is_some() || self.waiting() >= GATHERED {
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
        let (Some(source), Some(open)) = (&mut self.source, &mut self.open) else { return Ok(Step::Over) };
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
        match hand_on(&mut source.end, &mut self.legs, open.rest)? {
            Spliced::Some(count) => {
                open.rest -= count;
                self.close_if_whole();
                Ok(Step::Moved)
            }
            Spliced::Empty => Ok(Step::Waits),
            Spliced::Full => {
                // If nobody is waited for, the writer is.
                self.blocked = self.legs.iter().any(CutLeg::is_full);
                Ok(Step::Waits)
            }
            Spliced::End => Ok(self.end(before + came)),
            Spliced::Gone => Ok(Step::Over),
        }
    }

    /// Copies what was read of the payload of the block at hand.
    fn copy(&mut self) {
        if let (Some(source), Some(open)) = (&mut self.source, &mut self.open) {
            let bytes = source.take(open.rest);
            open.rest -= bytes.len();
            if !open.unasked {
                self.legs.iter_mut().filter_map(|leg| leg.way.as_mut()).for_each(|way| way.push(bytes));
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
        self.legs.iter().for_each(|leg| leg.tally.set_ending(self.ending));
        Step::Moved
    }

    /// All is taken that there was: the readers who have it come to their end.
    fn end_targets(&mut self) -> Step {
        let is_known = self.fate.as_ref().is_none_or(|fate| fate.ended_well().is_some());
        if self.open.is_some() && !is_known {
            return Step::Waits;
        }
        self.legs.iter_mut().filter(|leg| leg.is_done()).for_each(CutLeg::leave);
        if self.ways().next().is_none() { Step::Over } else { Step::Waits }
    }
}

impl<F: SpliceTo<N>, N: NearEnd> Forwarder for CutThrough<F, N> {
    fn advance(&mut self) -> Result<Wants, Failed> {
        self.blocked = false;
        self.ways().for_each(WayOut::look_again);
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

    fn targets(&self) -> Targets<'_> {
        self.legs.iter().map(|leg| (leg.way.as_ref().and_then(|way| way.end.fd()), leg.is_full())).collect()
    }

    fn intakes(&self) -> Vec<Option<Intake>> {
        self.legs.iter().map(|leg| leg.way.as_ref().and_then(WayOut::intake)).collect()
    }

    fn is_held_up(&self) -> bool {
        self.source.is_some() && self.blocked
    }

    fn states(&self) -> Vec<Option<LegState>> {
        let before = self.source.as_ref().map_or(0, |source| source.end.queued().unwrap_or(0)) as u64;
        let held_up = self.is_held_up();
        self.legs.iter().map(|leg| leg.state(before, held_up)).collect()
    }

    fn target_gone(&mut self, leg: usize) {
        let is_gone =
            |leg: &&mut CutLeg<F, N>| leg.way.as_ref().is_some_and(|way| !way.end.has_reader().unwrap_or(true));
        self.legs.get_mut(leg).filter(is_gone).into_iter().for_each(CutLeg::leave);
    }

    fn abandon(&mut self) {
        self.source = None;
        self.legs.iter_mut().for_each(CutLeg::leave);
    }
}
