//! Putting the inputs of an executable in step.
//!
//! A program pairs what it reads by count, so it must be given just the blocks that belong together. A lineup has a queue
//! for each of its inputs, puts compute blocks together as the inbox of a native job does, and writes each to the program's
//! pipes. What it has put together cannot change any more; if an input is not waited for, the next compute block is
//! therefore only put together when all before it are written.
//!
//! If the program may be started again, the lineup outlives each of its lives. What a life was given and had not read is
//! lost, and counted; the next one goes on with the compute block after that, on all inputs. If nothing may be lost, what
//! is not done is kept, and given to the next life first.
//!
//! ```text
//! leg        the way to one pipe of the program
//! stand_ins  which blocks were written by nobody
//! window     what the program was given and has not done
//! ```

mod leg;
mod stand_ins;
mod window;

use std::os::fd::BorrowedFd;
use std::sync::Arc;

use pipeloom_config::Taking;
use pipeloom_job::HeadSize;

use self::leg::Leg;
use self::window::{Chunk, Edge, Kept, Window};
pub(crate) use self::window::{Keeps, Unkept};
use super::forwarder::{Failed, Forwarder, Milestone, Place, ROUNDS, Renewal, Wants};
use super::growth::LegState;
use super::heads::{HeadSender, Mark};
use super::lanes::{Lane, Lanes};
use super::{Done, DoneNote, Ending, FlowError, Intake, Outlet, Unread};
use crate::step::Ready;

/// So many compute blocks are written at once where nothing is lost by that.
const TOGETHER: usize = 64;

/// So many bytes of one input are.
const TOGETHER_BYTES: usize = 64 * 1024;

/// Puts the inputs of one executable in step.
pub(crate) struct Lineup {
    lanes: Lanes,
    /// The program's pipes, one for each lane.
    legs: Vec<Leg>,
    /// Where what is known of each compute block is left for the program's outputs, a line for each.
    lines: Vec<HeadSender>,
    /// What is known of the compute blocks that were put together last.
    marks: Vec<Mark>,
    /// What is to be given again, if nothing may be lost.
    window: Option<Window>,
    /// What went wrong with that while nobody could be told.
    trouble: Option<(usize, Unkept)>,
    /// The pipes' names, for errors.
    pipes: Vec<Arc<str>>,
    /// Each shows how many compute blocks this life of the program has done at most.
    done: Vec<Done>,
    /// This life was given all there is, and its pipes are closed.
    all_given: bool,
    /// How many compute blocks may be put together ahead.
    together: usize,
    /// Whether the program may have another life.
    may_live_again: bool,
    /// Whether its last life ended well, until what that one had not used is counted.
    ended: Option<bool>,
    milestone: Option<Milestone>,
    over: bool,
}

impl Lineup {
    /// A lineup of these inputs, each with the program's pipe for it.
    pub(crate) fn new(inputs: Vec<(Lane, Box<dyn Outlet>)>, lines: Vec<HeadSender>, head_size: HeadSize) -> Lineup {
        let (lanes, outlets): (Vec<Lane>, Vec<Box<dyn Outlet>>) = inputs.into_iter().unzip();
        let legs = outlets.into_iter().map(Leg::to).collect();
        Lineup { legs, lines, may_live_again: false, ..Lineup::of_lives(lanes, None, head_size) }
    }

    /// A lineup of these inputs of a program that may be started again, and has not been started yet.
    /// With `keeps`, which says how much of each input may be kept, nothing is lost.
    pub(crate) fn of_lives(lanes: Vec<Lane>, keeps: Option<Vec<Keeps>>, head_size: HeadSize) -> Lineup {
        let legs = lanes.iter().map(|_| Leg::to_nobody()).collect();
        let lanes = Lanes::new(lanes, head_size);
        let pipes = keeps.iter().flatten().map(|keeps| keeps.pipe.clone()).collect();
        let waits_for_all = lanes.specs().all(|lane| !matches!(lane.taking, Taking::Optional(_)));
        Lineup {
            lanes,
            legs,
            lines: Vec::new(),
            marks: Vec::new(),
            window: keeps.map(Window::new),
            trouble: None,
            pipes,
            done: Vec::new(),
            all_given: false,
            together: if waits_for_all { TOGETHER } else { 1 },
            may_live_again: true,
            ended: None,
            milestone: None,
            over: false,
        }
    }

    /// The same, with a note of how far all inputs are.
    pub(crate) fn noting(self, note: Option<DoneNote>) -> Lineup {
        Lineup { lanes: self.lanes.noting(note), ..self }
    }

    /// Writes what is put together. Says whether all of it is in the pipes.
    fn write(&mut self) -> Result<bool, Failed> {
        let mut written = true;
        for (place, leg) in self.legs.iter_mut().enumerate() {
            written &= leg.write(place)?;
        }
        if self.legs.iter().all(Leg::is_gone) {
            // What is put together may still go to the program's next life.
            return Ok(false);
        }
        for (place, leg) in self.legs.iter_mut().enumerate().filter(|(_, leg)| leg.is_gone()) {
            let lost = leg.drop_ready();
            match self.window {
                None => self.lanes.add_unread(place, lost, self.may_live_again),
                Some(_) => leg.passed_over += lost.blocks,
            }
        }
        Ok(written)
    }

    /// Takes what has come and puts compute blocks together. Says whether anything moved.
    fn put_together(&mut self) -> Result<bool, Failed> {
        let mut moved = false;
        self.marks.clear();
        for _ in 0..self.together {
            moved |= self.lanes.take()?;
            match self.lanes.stepper.poll() {
                Ready::Whole => self.add_compute_block(),
                Ready::Waiting => {
                    // What had come is in its place now, and more may be wanted of what is there: nobody rings for that.
                    moved |= self.lanes.take()?;
                    break;
                }
                Ready::End(_) => {
                    self.over = true;
                    break;
                }
            }
            moved = true;
            if self.legs.iter().any(|leg| leg.ready.bytes() >= TOGETHER_BYTES) {
                break;
            }
        }
        self.leave_marks();
        self.keep()?;
        Ok(moved || self.over)
    }

    /// Keeps what was put together, if nothing may be lost.
    fn keep(&mut self) -> Result<(), Failed> {
        let Some(window) = self.window.as_mut().filter(|_| !self.marks.is_empty()) else { return Ok(()) };
        let kept =
            |leg: &mut Leg| Kept::new(&leg.ready, std::mem::take(&mut leg.edges), std::mem::take(&mut leg.stand_ins));
        let chunk = Chunk { marks: self.marks.clone(), inputs: self.legs.iter_mut().map(kept).collect() };
        self.done.iter().for_each(|done| done.add_given(self.marks.len() as u64));
        let kept = window.keep(chunk);
        kept.map_err(|why| self.failed(why))
    }

    fn failed(&self, (leg, why): (usize, Unkept)) -> Failed {
        Failed { place: Place::Leg(leg), error: FlowError::new(&self.pipes[leg], why) }
    }

    /// Gives this life what another one was given before, if there is anything of that. Says whether there is.
    fn give_again(&mut self) -> Result<bool, Failed> {
        let again = self.window.as_mut().map_or(Ok(None), Window::next_again);
        let Some((marks, blocks)) = again.map_err(|why| self.failed(why))? else { return Ok(false) };
        self.marks = marks;
        self.done.iter().for_each(|done| done.add_given(self.marks.len() as u64));
        for (place, (leg, blocks)) in self.legs.iter_mut().zip(blocks).enumerate() {
            self.lanes.add_repeated(place, blocks.len() as u64);
            leg.ready = blocks;
        }
        self.leave_marks();
        Ok(true)
    }

    /// Lets go of what this life has done.
    fn let_go_of_done(&mut self) {
        if let Some(done) = self.done.iter().map(Done::count).min() {
            self.set_done(done);
        }
    }

    /// This life has done so many compute blocks: they need not be kept any more, nor lie on disk.
    fn set_done(&mut self, done: u64) {
        let Some(window) = &mut self.window else { return };
        self.trouble = window.set_done(done).err().or(self.trouble.take());
        if self.lanes.settles() {
            self.lanes.settle_up_to(window.passed());
        }
    }

    /// Whether some of what this life was given may still have to be given again.
    fn is_undone(&self) -> bool {
        self.window.as_ref().is_some_and(|window| !window.is_empty())
    }

    /// This life was given all there is, and sees that.
    fn end_outlets(&mut self) {
        self.all_given = true;
        self.done.iter().for_each(Done::wait);
        self.close_legs();
    }

    fn add_compute_block(&mut self) {
        if let Some(compute_block) = self.lanes.stepper.compute_block() {
            let mark = Mark { epoch: compute_block.epoch, number: compute_block.number, head: compute_block.head };
            self.marks.push(mark);
            for (lane, (leg, blocks)) in self.legs.iter_mut().zip(compute_block.inputs()).enumerate() {
                if !leg.is_gone() || self.window.is_some() {
                    for (place, block) in blocks.iter().enumerate() {
                        leg.ready.push(mark.number, block);
                        leg.stand_ins.add(self.lanes.stepper.is_stand_in(lane, place), block.bytes.len());
                    }
                }
                if self.window.is_some() {
                    leg.edges.push(Edge { blocks: leg.ready.len(), bytes: leg.ready.bytes(), passed: 0 });
                }
            }
        }
        let is_given_to_all = self.window.is_some() || !self.legs.iter().any(Leg::is_gone);
        if is_given_to_all {
            self.lanes.stepper.advance();
            self.note_passed();
        } else {
            self.advance_without_some();
        }
    }

    /// Leaves with the compute block how many blocks were passed up to it.
    fn note_passed(&mut self) {
        if self.window.is_some() && self.lanes.settles() {
            for (place, leg) in self.legs.iter_mut().enumerate() {
                if let Some(edge) = leg.edges.last_mut() {
                    edge.passed = self.lanes.passed(place);
                }
            }
        }
    }

    /// The compute block is done, but some of its blocks have gone to nobody.
    fn advance_without_some(&mut self) {
        self.lanes.count_used();
        self.lanes.stepper.advance();
        for (place, _) in self.legs.iter().enumerate().filter(|(_, leg)| leg.is_gone()) {
            let unread = self.lanes.take_used(place);
            self.lanes.add_unread(place, unread, self.may_live_again);
        }
    }

    fn leave_marks(&mut self) {
        for line in &mut self.lines {
            self.marks.iter().for_each(|&mark| line.push_mark(mark));
            line.flush();
        }
    }

    /// A life of the program is over: gives what it was given and has not read, for each input.
    ///
    /// What was put together last goes to the next life if no pipe has taken any of it. Else it is lost on the others, too: the
    /// next life must begin with the same compute block on all of them.
    fn end_life(&mut self) -> Vec<Unread> {
        let some_taken = self.legs.iter().any(|leg| leg.ready.is_empty());
        if some_taken {
            self.marks.clear();
        }
        let unread = |leg: &mut Leg| {
            let unread = leg.end_life();
            // What is put together was put together last.
            if some_taken { unread + leg.drop_ready() } else { unread }
        };
        self.legs.iter_mut().map(unread).collect()
    }

    /// A life has ended well that says nothing else of what it has done: it has done what it has read.
    fn end_well(&mut self) {
        if !self.done.is_empty() {
            return;
        }
        if let Some(window) = &self.window {
            let read = self.legs.iter().enumerate().map(|(input, leg)| window.given_without(input, leg.unread())).min();
            self.set_done(read.unwrap_or_default());
        }
    }

    fn begin_life(&mut self, outlets: Vec<Box<dyn Outlet>>, lines: Vec<HeadSender>, done: Vec<Done>) {
        self.let_go_of_done();
        let lost = self.end_life();
        match &mut self.window {
            Some(window) => {
                self.legs.iter_mut().for_each(|leg| {
                    leg.drop_ready();
                });
                self.marks.clear();
                window.begin_life();
            }
            None => lost.into_iter().enumerate().for_each(|(place, lost)| self.lanes.add_unread(place, lost, true)),
        }
        if self.lanes.settles() {
            done.iter().for_each(Done::wait);
        }
        (self.done, self.all_given) = (done, false);
        self.legs.iter_mut().zip(outlets).for_each(|(leg, outlet)| leg.begin_life(outlet));
        self.lines = lines;
        self.leave_marks();
    }

    /// What was put together is lost, and what has come on these inputs. The life of the program is over.
    fn clear(&mut self, places: &[usize]) {
        if places.is_empty() || self.window.is_some() {
            return;
        }
        self.marks.clear();
        for (place, leg) in self.legs.iter_mut().enumerate() {
            let lost = leg.drop_ready();
            self.lanes.add_unread(place, lost, true);
        }
        for &place in places {
            if let Err(Failed { error, .. }) = self.lanes.clear(place) {
                // It comes again with the next block, which is told then.
                log::warn!("{error}");
            }
        }
    }

    /// Once the last life is over: counts what it was given and has not used.
    fn count_unused(&mut self) {
        let Some(well) = self.ended.take() else { return };
        if well {
            self.lanes.settle_all();
        }
        self.let_go_of_done();
        let legs = self.legs.iter().enumerate();
        let undone: Option<Vec<Unread>> = self.window.as_ref().map(|window| match well {
            // What it has read it has done.
            true => legs.map(|(input, leg)| window.unread(input, leg.unread() + leg.passed_over)).collect(),
            false => legs.map(|(input, _)| window.left(input)).collect(),
        });
        let unread = self.end_life();
        let ready = self.legs.iter_mut().map(Leg::drop_ready);
        let unused =
            undone.unwrap_or_else(|| unread.into_iter().zip(ready).map(|(read, ready)| read + ready).collect());
        unused.into_iter().enumerate().for_each(|(place, unused)| self.lanes.add_unread(place, unused, false));
    }

    /// No more compute blocks: counts what was used, and closes all ends.
    fn close(&mut self) {
        self.count_unused();
        self.lanes.close();
        self.lanes.let_go();
        self.close_legs();
    }

    fn close_legs(&mut self) {
        for (place, leg) in self.legs.iter_mut().enumerate() {
            let finished = self.lanes.stepper.is_finished(place);
            leg.close(if finished { Ending::Finished } else { Ending::EndedUnfinished });
        }
    }

    /// Whether nobody wants any more.
    fn is_left(&self) -> bool {
        !self.may_live_again && self.legs.iter().all(Leg::is_gone)
    }
}

impl Forwarder for Lineup {
    fn advance(&mut self) -> Result<Wants, Failed> {
        for _ in 0..ROUNDS {
            if self.is_left() {
                self.close();
                return Ok(Wants::Nothing);
            }
            self.let_go_of_done();
            if let Some(why) = self.trouble.take() {
                return Err(self.failed(why));
            }
            let written = self.write()?;
            let again = written && self.give_again()?;
            if !again && self.over && (written || self.all_given) {
                if !self.is_undone() {
                    self.milestone = Some(Milestone::AllGiven);
                    self.close();
                    return Ok(Wants::Nothing);
                }
                if !self.all_given {
                    self.end_outlets();
                    // What is done meanwhile has rung no bell.
                    continue;
                }
            }
            if !again && (!written || !self.put_together()?) {
                self.lanes.debts().for_each(|debt| debt.settle());
                return Ok(Wants::Wake);
            }
        }
        Ok(Wants::Turn)
    }

    fn has_more(&self) -> bool {
        // Those that forward to it say it for themselves.
        false
    }

    fn wants_blocks(&self) -> bool {
        false
    }

    fn source(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    fn targets(&self) -> Vec<(Option<BorrowedFd<'_>>, bool)> {
        let targets = self.legs.iter().map(Leg::target);
        targets
            .map(|target| match target {
                Some((outlet, blocked)) => (outlet.writable(), blocked),
                None => (None, false),
            })
            .collect()
    }

    fn states(&self) -> Vec<Option<LegState>> {
        let state = |(place, leg): (usize, &Leg)| {
            let (outlet, _) = leg.target()?;
            let (before, ready) = (self.lanes.pending(place), leg.ready.len());
            let read = outlet.intake().map_or(0, |intake| intake.read);
            Some(LegState {
                empty: before == 0 && ready == 0 && outlet.is_drained(),
                awaited: self.lanes.stepper.wants(place),
                moved: [0, ready as u64, read, before as u64],
                ..LegState::default()
            })
        };
        self.legs.iter().enumerate().map(state).collect()
    }

    fn intakes(&self) -> Vec<Option<Intake>> {
        self.legs.iter().map(|leg| leg.target().and_then(|(outlet, _)| outlet.intake())).collect()
    }

    fn renew(&mut self, renewal: Renewal) {
        match renewal {
            Renewal::Targets { outlets, lines, done } => self.begin_life(outlets, lines, done),
            Renewal::EndedWell => self.end_well(),
            Renewal::NoTargets { well } => {
                // Others that it has left may still read: what they have not is counted when its pipes are closed.
                self.may_live_again = false;
                self.ended = Some(well);
                if self.legs.iter().all(Leg::is_gone) {
                    self.count_unused();
                }
            }
            Renewal::Clear { inputs, awaited } => {
                awaited.into_iter().for_each(|epoch| self.lanes.stepper.await_epoch(epoch));
                self.clear(&inputs);
            }
            Renewal::Source(_)
            | Renewal::NewEpoch(_)
            | Renewal::Lose
            | Renewal::Lost
            | Renewal::TakeAll
            | Renewal::NoSource => {}
        }
    }

    fn take_milestone(&mut self) -> Option<Milestone> {
        self.milestone.take()
    }

    fn target_gone(&mut self, leg: usize) {
        // It may have a reader again, if that was told of an earlier life of it.
        let is_gone = |leg: &&mut Leg| leg.target().is_some_and(|(outlet, _)| !outlet.has_reader());
        self.legs.get_mut(leg).filter(is_gone).into_iter().for_each(Leg::reader_gone);
    }

    fn abandon(&mut self) {
        self.close();
    }
}
