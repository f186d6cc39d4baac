//! Forwarding one pipe to its readers, whole blocks only.
//!
//! A relay has a queue for each reader and takes more from the writer while every reader's queue has room, so the slowest
//! one sets the pace and nothing is dropped, unless the file says otherwise (see [`LegQueue`]). It never waits (see
//! [`Forwarder`]). A reader that ends is left out from then on; when the last one has, the writer sees a broken pipe.
//!
//! If the writer may be started again, the end of what one life of it wrote is not the end for the readers: they wait for
//! the next life, whose blocks have the numbers that follow, or those of a new epoch.
//!
//! ```text
//! leg    the way to one reader
//! ```

mod leg;

use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::Duration;

use pipeloom_job::{Batch, Seq};
use pipeloom_spool::SpoolError;

pub(crate) use self::leg::RelayLeg;
use super::forwarder::{Failed, Forwarder, Milestone, Place, ROUNDS, Renewal, Targets, Wants};
use super::growth::{Grown, LegState};
use super::moments::Hold;
use super::waiting::Waiting;
use super::{Debt, Ending, FlowError, Inlet, Intake, Taken};

/// Forwards one pipe.
pub(crate) struct Relay {
    /// The pipe's name.
    pipe: Arc<str>,
    /// `None` once it is at its end or all readers are gone, and between two lives of the writer.
    inlet: Option<Box<dyn Inlet>>,
    /// Whether the writer may have another life.
    may_live_again: bool,
    /// The epoch and number of the block behind the last that was taken.
    next: (u32, Seq),
    milestone: Option<Milestone>,
    /// What is to be settled before it waits.
    debt: Option<Debt>,
    ending: Ending,
    legs: Vec<RelayLeg>,
    /// Whether it reads on when all readers are gone.
    to_the_end: bool,
    /// What comes is lost: writer and readers are started again together.
    loses: bool,
    /// It takes what its writer has left, however much waits.
    takes_all: bool,
    /// It takes nothing while one of these is on.
    holds: Vec<Hold>,
    batch: Batch,
    spare: Vec<Batch>,
}

impl Relay {
    pub(crate) fn new(pipe: &str, inlet: Box<dyn Inlet>, legs: Vec<RelayLeg>) -> Relay {
        Relay { debt: inlet.debt(), inlet: Some(inlet), may_live_again: false, ..Relay::of_lives(pipe, legs) }
    }

    /// A relay whose writer may be started again, and has not been started yet.
    pub(crate) fn of_lives(pipe: &str, legs: Vec<RelayLeg>) -> Relay {
        Relay {
            pipe: pipe.into(),
            inlet: None,
            may_live_again: true,
            next: (0, Seq::FIRST),
            milestone: None,
            debt: None,
            ending: Ending::EndedUnfinished,
            legs,
            to_the_end: false,
            loses: false,
            takes_all: false,
            holds: Vec::new(),
            batch: Batch::new(),
            spare: Vec::new(),
        }
    }

    /// Reads on when all readers are gone. The reader of a pipe that leads back may end while jobs on the cycle still work on
    /// what it gave them; a broken pipe would keep them from writing the rest to others.
    pub(crate) fn reading_to_the_end(self) -> Relay {
        Relay { to_the_end: true, ..self }
    }

    /// What gets its numbers here begins with the first of this epoch.
    pub(crate) fn beginning(mut self, epoch: u32) -> Relay {
        self.next = (epoch, Seq::FIRST);
        if let Some(inlet) = &mut self.inlet {
            inlet.begin_at(epoch, Seq::FIRST);
        }
        self
    }

    /// Takes nothing while one of these is on.
    pub(crate) fn held_by(self, holds: Vec<Hold>) -> Relay {
        Relay { holds, ..self }
    }

    fn has_room(&self) -> bool {
        let has_room = self.loses || self.takes_all || self.legs.iter().all(RelayLeg::has_room);
        has_room && !self.holds.iter().any(Hold::is_on)
    }

    fn take(&mut self) -> Result<bool, Failed> {
        if !self.has_room() {
            return Ok(false);
        }
        let Some(inlet) = &mut self.inlet else { return Ok(false) };
        match inlet.take(&mut self.batch).map_err(|error| Failed { place: Place::Input(0), error })? {
            Taken::Some => {}
            Taken::Empty => return Ok(false),
            Taken::End(ending) => {
                self.end_life(ending);
                return Ok(true);
            }
        }
        if let Some(last) = self.batch.last_seq() {
            self.next = (self.batch.epoch(), last.next());
        }
        let Relay { legs, to_the_end, loses, batch, spare, pipe, .. } = self;
        let blocks = batch.len() as u64;
        let mut last = None;
        for leg in legs.iter_mut().filter(|leg| leg.outlet.is_some() || *to_the_end) {
            leg.tally.add_written(blocks);
            if leg.outlet.is_none() {
                continue;
            }
            if *loses {
                leg.tally.add_lost_on_the_way(blocks);
                continue;
            }
            // The last one that takes whole batches gets this one itself.
            let copied = if leg.queue.takes_batches() { last.replace(leg) } else { Some(leg) };
            if let Some(leg) = copied
                && let Err(error) = leg.queue_copy(batch, spare, pipe)
            {
                leg.fail(error);
            }
        }
        if let Some(RelayLeg { queue: Waiting::InMemory(queue), .. }) = last {
            queue.push(std::mem::replace(batch, spare.pop().unwrap_or_default()));
        }
        Ok(true)
    }

    /// What its writer wrote is at its end; the stream is, too, unless the writer may have another life.
    fn end_life(&mut self, ending: Ending) {
        self.inlet = None;
        self.ending = ending;
        self.takes_all = false;
        if self.may_live_again {
            let finished = ending == Ending::Finished;
            self.milestone = Some(Milestone::Drained { finished });
            self.may_live_again = !finished;
            if let Ending::Torn { .. } = ending {
                self.legs.iter().for_each(|leg| leg.tally.add_torn());
                // It had a number, which is missing now.
                self.next.1 = self.next.1.next();
            }
        }
        self.tell_ending();
    }

    fn tell_ending(&self) {
        if !self.may_live_again {
            self.legs.iter().for_each(|leg| leg.tally.set_ending(self.ending));
        }
    }

    /// Loses what waits, and what comes from now on.
    fn lose(&mut self) {
        self.loses = true;
        for leg in &mut self.legs {
            if let Err(error) = leg.lose() {
                log::warn!("pipe {}: {error}", self.pipe);
            }
        }
    }

    /// Loses what has come, and nothing from now on.
    fn stop_losing(&mut self) {
        // What cannot be read now cannot be later, and is told then.
        while self.loses && matches!(self.take(), Ok(true)) {}
        self.loses = false;
    }

    /// Whether its readers may get more.
    fn is_open(&self) -> bool {
        self.inlet.is_some() || self.may_live_again
    }

    /// One leg that has failed is told of at once.
    fn tell_failure(&mut self) -> Result<(), Failed> {
        let failed = |(place, leg): (usize, &mut RelayLeg)| {
            leg.failed.take().map(|error| Failed { place: Place::Leg(place), error })
        };
        self.legs.iter_mut().enumerate().find_map(failed).map_or(Ok(()), Err)
    }

    fn close_what_is_done(&mut self) -> Result<(), Failed> {
        if self.is_open() {
            return Ok(());
        }
        for (place, leg) in self.legs.iter_mut().enumerate().filter(|(_, leg)| leg.is_idle()) {
            if let Some(outlet) = leg.outlet.take() {
                outlet.close(self.ending);
                let ended = leg.queue.end();
                ended.map_err(|error| Failed { place: Place::Leg(place), error: FlowError::new(&self.pipe, error) })?;
            }
        }
        Ok(())
    }

    fn is_over(&self) -> bool {
        self.legs.iter().all(RelayLeg::is_over) && !(self.to_the_end && self.is_open())
    }
}

impl Forwarder for Relay {
    fn advance(&mut self) -> Result<Wants, Failed> {
        for _ in 0..ROUNDS {
            let mut moved = false;
            for leg in &mut self.legs {
                match leg.advance(&mut self.spare, &self.pipe) {
                    Ok(some) => moved |= some,
                    Err(error) => leg.fail(error),
                }
            }
            moved |= self.take()?;
            self.tell_failure()?;
            self.close_what_is_done()?;
            if self.is_over() {
                return Ok(Wants::Nothing);
            }
            if !moved && !self.legs.iter_mut().any(RelayLeg::wait_for_reader) {
                self.debt.iter().for_each(Debt::settle);
                return Ok(Wants::Wake);
            }
        }
        Ok(Wants::Turn)
    }

    fn has_more(&self) -> bool {
        self.is_open()
    }

    fn wants_blocks(&self) -> bool {
        self.inlet.is_some() && self.has_room()
    }

    fn source(&self) -> Option<BorrowedFd<'_>> {
        self.inlet.as_ref().and_then(|inlet| inlet.readable())
    }

    fn targets(&self) -> Targets<'_> {
        self.legs.iter().map(|leg| (leg.outlet.as_ref().and_then(|outlet| outlet.writable()), leg.blocked)).collect()
    }

    fn intakes(&self) -> Vec<Option<Intake>> {
        self.legs.iter().map(|leg| leg.outlet.as_ref().and_then(|outlet| outlet.intake())).collect()
    }

    fn is_held_up(&self) -> bool {
        self.inlet.is_some() && !self.legs.iter().all(RelayLeg::has_room)
    }

    fn states(&self) -> Vec<Option<LegState>> {
        let before = self.inlet.as_ref().map_or(0, |inlet| inlet.pending() as u64);
        let comes = before > 0 && !self.is_held_up();
        self.legs.iter().map(|leg| leg.state(self.inlet.is_some(), before, comes)).collect()
    }

    fn grow(&mut self, leg: usize) -> Option<Grown> {
        let RelayLeg { queue, spill, .. } = &mut self.legs[leg];
        queue.grow(spill.as_ref()).unwrap_or_else(|kind| {
            self.legs[leg].fail(FlowError::new(&self.pipe, kind));
            None
        })
    }

    fn can_be_held(&self) -> bool {
        !self.holds.is_empty()
    }

    fn renew(&mut self, renewal: Renewal) {
        match renewal {
            Renewal::Source(mut inlet) => {
                inlet.begin_at(self.next.0, self.next.1);
                self.debt = inlet.debt();
                self.inlet = Some(inlet);
            }
            Renewal::NoSource => {
                self.may_live_again = false;
                if self.inlet.is_none() {
                    self.tell_ending();
                }
            }
            Renewal::NewEpoch(epoch) => self.next = (epoch, Seq::FIRST),
            Renewal::Lose => self.lose(),
            Renewal::Lost => self.stop_losing(),
            Renewal::TakeAll => self.takes_all = self.inlet.is_some(),
            Renewal::Clear { .. } | Renewal::Targets { .. } | Renewal::EndedWell | Renewal::NoTargets { .. } => {}
        }
    }

    fn take_milestone(&mut self) -> Option<Milestone> {
        self.milestone.take()
    }

    fn take_warning(&mut self) -> Option<String> {
        let trouble = self.legs.iter_mut().find_map(|leg| leg.queue.take_trouble())?;
        let meanwhile = match trouble {
            SpoolError::NoRoom { .. } => "its writer waits meanwhile",
            _ => "it is tried again",
        };
        Some(format!("pipe {}: {trouble}; {meanwhile}", self.pipe))
    }

    fn keeps_time(&self) -> bool {
        self.legs.iter().any(|leg| matches!(leg.queue, Waiting::OnDisk(_)))
    }

    fn tick(&mut self, now: Duration) -> Result<(), Failed> {
        for leg in &mut self.legs {
            if let Waiting::OnDisk(queue) = &mut leg.queue
                && let Err(error) = queue.tick(now)
            {
                leg.fail(FlowError::new(&self.pipe, error));
            }
        }
        self.tell_failure()
    }

    fn due(&self) -> Option<Duration> {
        let due = |leg: &RelayLeg| match &leg.queue {
            Waiting::OnDisk(queue) => queue.due(),
            Waiting::InMemory(_) | Waiting::Spilled(_) => None,
        };
        self.legs.iter().filter_map(due).min()
    }

    fn target_gone(&mut self, leg: usize) {
        // It may have a reader again, if that was told of an earlier life of it.
        let is_gone = |leg: &&mut RelayLeg| leg.outlet.as_ref().is_some_and(|outlet| !outlet.has_reader());
        self.legs.get_mut(leg).filter(is_gone).into_iter().for_each(RelayLeg::leave);
    }

    fn abandon(&mut self) {
        if let Some(inlet) = &mut self.inlet {
            inlet.discard();
        }
        self.inlet = None;
        self.legs.drain(..).for_each(|mut leg| leg.leave());
    }
}
