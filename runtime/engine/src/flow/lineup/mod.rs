//! Putting the inputs of an executable in step.
//!
//! A program pairs what it reads by count, so it must be given just the blocks that belong together. A lineup has a queue
//! for each of its inputs, puts compute blocks together as the inbox of a native job does, and writes each to the program's
//! pipes. What it has put together cannot change any more; if an input is not waited for, the next compute block is
//! therefore only put together when all before it are written.
//!
//! If the program may be started again, the lineup outlives each of its lives. What a life was given and had not read is
//! lost, and counted; the next one goes on with the compute block after that, on all inputs.
//!
//! ```text
//! leg   the way to one pipe of the program
//! ```

mod leg;

use std::os::fd::BorrowedFd;

use pipeloom_config::Taking;
use pipeloom_job::HeadSize;

use self::leg::Leg;
use super::forwarder::{Failed, Forwarder, Milestone, ROUNDS, Renewal, Wants};
use super::heads::{HeadSender, Mark};
use super::lanes::{Lane, Lanes};
use super::{Ending, Outlet, Unread};
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
    /// How many compute blocks may be put together ahead.
    together: usize,
    /// Whether the program may have another life.
    may_live_again: bool,
    milestone: Option<Milestone>,
    over: bool,
}

impl Lineup {
    /// A lineup of these inputs, each with the program's pipe for it.
    pub(crate) fn new(inputs: Vec<(Lane, Box<dyn Outlet>)>, lines: Vec<HeadSender>, head_size: HeadSize) -> Lineup {
        let (lanes, outlets): (Vec<Lane>, Vec<Box<dyn Outlet>>) = inputs.into_iter().unzip();
        let legs = outlets.into_iter().map(Leg::to).collect();
        Lineup { legs, lines, may_live_again: false, ..Lineup::of_lives(lanes, head_size) }
    }

    /// A lineup of these inputs of a program that may be started again, and has not been started yet.
    pub(crate) fn of_lives(lanes: Vec<Lane>, head_size: HeadSize) -> Lineup {
        let legs = lanes.iter().map(|_| Leg::to_nobody()).collect();
        let lanes = Lanes::new(lanes, head_size);
        let waits_for_all = lanes.specs().all(|lane| !matches!(lane.taking, Taking::Optional(_)));
        Lineup {
            lanes,
            legs,
            lines: Vec::new(),
            marks: Vec::new(),
            together: if waits_for_all { TOGETHER } else { 1 },
            may_live_again: true,
            milestone: None,
            over: false,
        }
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
            if self.may_live_again {
                self.lanes.add_lost(place, lost);
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
                Ready::Waiting => break,
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
        Ok(moved || self.over)
    }

    fn add_compute_block(&mut self) {
        if let Some(compute_block) = self.lanes.stepper.compute_block() {
            let mark = Mark { epoch: compute_block.epoch, number: compute_block.number, head: compute_block.head };
            self.marks.push(mark);
            for (leg, blocks) in self.legs.iter_mut().zip(compute_block.inputs()) {
                if !leg.is_gone() {
                    blocks.iter().for_each(|block| leg.ready.push(mark.number, block));
                }
            }
        }
        self.lanes.stepper.advance();
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
            if some_taken { unread + leg.drop_ready() } else { unread }
        };
        self.legs.iter_mut().map(unread).collect()
    }

    fn begin_life(&mut self, outlets: Vec<Box<dyn Outlet>>, lines: Vec<HeadSender>) {
        let lost = self.end_life();
        lost.into_iter().enumerate().for_each(|(place, lost)| self.lanes.add_lost(place, lost));
        self.legs.iter_mut().zip(outlets).for_each(|(leg, outlet)| leg.begin_life(outlet));
        self.lines = lines;
        self.leave_marks();
    }

    /// No more compute blocks: counts what was used, and closes all ends.
    fn close(&mut self) {
        self.lanes.close();
        self.lanes.let_go();
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
            let written = self.write()?;
            if self.is_left() || (self.over && written) {
                self.milestone = Some(Milestone::AllGiven);
                self.close();
                return Ok(Wants::Nothing);
            }
            if !written || !self.put_together()? {
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

    fn renew(&mut self, renewal: Renewal) {
        match renewal {
            Renewal::Targets { outlets, lines } => self.begin_life(outlets, lines),
            Renewal::NoTargets => {
                self.may_live_again = false;
                if self.legs.iter().all(Leg::is_gone) {
                    let unused = self.end_life();
                    unused.into_iter().enumerate().for_each(|(place, unused)| self.lanes.take_back(place, unused));
                }
            }
            Renewal::Source(_) | Renewal::NoSource => {}
        }
    }

    fn take_milestone(&mut self) -> Option<Milestone> {
        self.milestone.take()
    }

    fn target_gone(&mut self, leg: usize) {
        if let Some(leg) = self.legs.get_mut(leg) {
            leg.reader_gone();
        }
    }

    fn abandon(&mut self) {
        self.close();
    }
}
