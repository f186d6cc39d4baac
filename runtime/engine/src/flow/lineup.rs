//! Putting the inputs of an executable in step.
//!
//! A program pairs what it reads by count, so it must be given just the blocks that belong together. A lineup has a queue
//! for each of its inputs, puts compute blocks together as the inbox of a native job does, and writes each to the program's
//! pipes. What it has put together cannot change any more; if an input is not waited for, the next compute block is
//! therefore only put together when all before it are written.

use std::os::fd::BorrowedFd;

use pipeloom_config::Taking;
use pipeloom_job::{Batch, HeadSize};

use super::forwarder::{Failed, Forwarder, ROUNDS, Wants};
use super::heads::{HeadSender, Mark};
use super::lanes::{Lane, Lanes};
use super::{Ending, Outlet, Put};
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
    /// How many compute blocks may be put together ahead.
    together: usize,
    over: bool,
}

/// The way from a [`Lineup`] to one pipe of its program.
struct Leg {
    /// Compute blocks that are put together and not written.
    ready: Batch,
    /// `None` once the program has closed it.
    outlet: Option<Box<dyn Outlet>>,
    blocked: bool,
}

impl Leg {
    fn new(outlet: Box<dyn Outlet>) -> Leg {
        Leg { ready: Batch::new(), outlet: Some(outlet), blocked: false }
    }

    /// Writes what is put together. Says whether all of it is in the pipe.
    fn write(&mut self, place: usize) -> Result<bool, Failed> {
        let Some(outlet) = &mut self.outlet else {
            self.ready.clear();
            return Ok(true);
        };
        let put = if self.ready.is_empty() { outlet.flush() } else { outlet.put(&mut self.ready) };
        // An outlet may take a batch and still hold some of it.
        let put = match put {
            Ok(Put::Taken) => outlet.flush(),
            other => other,
        };
        match put.map_err(|error| Failed { leg: place, error })? {
            Put::Taken => self.blocked = false,
            Put::Full => self.blocked = true,
            Put::Gone => self.close_outlet(),
        }
        Ok(!self.blocked)
    }

    fn close_outlet(&mut self) {
        self.outlet = None;
        self.ready.clear();
        self.blocked = false;
    }
}

impl Lineup {
    /// A lineup of these inputs, each with the program's pipe for it.
    pub(crate) fn new(inputs: Vec<(Lane, Box<dyn Outlet>)>, lines: Vec<HeadSender>, head_size: HeadSize) -> Lineup {
        let (lanes, outlets): (Vec<Lane>, Vec<Box<dyn Outlet>>) = inputs.into_iter().unzip();
        let lanes = Lanes::new(lanes, head_size);
        let waits_for_all = lanes.specs().all(|lane| !matches!(lane.taking, Taking::Optional(_)));
        Lineup {
            lanes,
            legs: outlets.into_iter().map(Leg::new).collect(),
            lines,
            together: if waits_for_all { TOGETHER } else { 1 },
            over: false,
        }
    }

    /// Takes what has come and puts compute blocks together. Says whether anything moved.
    fn put_together(&mut self) -> Result<bool, Failed> {
        let mut moved = false;
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
        self.lines.iter_mut().for_each(HeadSender::flush);
        Ok(moved || self.over)
    }

    fn add_compute_block(&mut self) {
        if let Some(compute_block) = self.lanes.stepper.compute_block() {
            let mark = Mark { epoch: compute_block.epoch, number: compute_block.number, head: compute_block.head };
            self.lines.iter_mut().for_each(|line| line.push_mark(mark));
            for (leg, blocks) in self.legs.iter_mut().zip(compute_block.inputs()) {
                if leg.outlet.is_some() {
                    blocks.iter().for_each(|block| leg.ready.push(mark.number, block));
                }
            }
        }
        self.lanes.stepper.advance();
    }

    /// No more compute blocks: counts what was used, and closes all ends.
    fn close(&mut self) {
        self.lanes.close();
        self.lanes.let_go();
        for (place, leg) in self.legs.iter_mut().enumerate() {
            if let Some(outlet) = leg.outlet.take() {
                let finished = self.lanes.stepper.is_finished(place);
                outlet.close(if finished { Ending::Finished } else { Ending::EndedUnfinished });
            }
        }
    }
}

impl Forwarder for Lineup {
    fn advance(&mut self) -> Result<Wants, Failed> {
        for _ in 0..ROUNDS {
            let mut written = true;
            for (place, leg) in self.legs.iter_mut().enumerate() {
                written &= leg.write(place)?;
            }
            if self.legs.iter().all(|leg| leg.outlet.is_none()) || (self.over && written) {
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
        self.legs.iter().map(|leg| (leg.outlet.as_ref().and_then(|outlet| outlet.writable()), leg.blocked)).collect()
    }

    fn target_gone(&mut self, leg: usize) {
        if let Some(leg) = self.legs.get_mut(leg) {
            leg.close_outlet();
        }
    }

    fn abandon(&mut self) {
        self.close();
    }
}
