//! Putting the inputs of an executable in step.
//!
//! A program pairs what it reads by count, so it must be given just the blocks that belong together. A lineup has a queue
//! for each of its inputs, puts compute blocks together as the inbox of a native job does, and writes each to the program's
//! pipes. What it has put together cannot change any more; if an input is not waited for, the next compute block is
//! therefore only put together when all before it are written.

use std::os::fd::BorrowedFd;
use std::sync::Arc;

use pipeloom_config::Taking;
use pipeloom_job::{Batch, HeadSize};

use super::forwarder::{Failed, Forwarder, ROUNDS, Wants};
use super::heads::{HeadSender, Mark};
use super::inbox::take_lane;
use super::{AT_ONCE, Ending, Inlet, Outlet, Put, Taken, Tally};
use crate::step::{LaneSpec, Ready, Stepper};

/// So many compute blocks are written at once where nothing is lost by that.
const TOGETHER: usize = 64;

/// So many bytes of one input are.
const TOGETHER_BYTES: usize = 64 * 1024;

/// Puts the inputs of one executable in step.
pub(crate) struct Lineup {
    inputs: Vec<LineupInput>,
    /// In which order they are looked at.
    order: Vec<usize>,
    stepper: Stepper,
    batch: Batch,
    /// Where what is known of each compute block is left for the program's outputs, a line for each.
    lines: Vec<HeadSender>,
    /// How many compute blocks may be put together ahead.
    together: usize,
    over: bool,
}

/// One input of a [`Lineup`].
pub(crate) struct LineupInput {
    /// `None` once it is at its end, or nobody wants more of it.
    inlet: Option<Box<dyn Inlet>>,
    lane: LaneSpec,
    /// Compute blocks that are put together and not written.
    ready: Batch,
    /// `None` once the program has closed it.
    outlet: Option<Box<dyn Outlet>>,
    blocked: bool,
    tally: Arc<Tally>,
}

impl LineupInput {
    pub(crate) fn new(
        inlet: Box<dyn Inlet>,
        lane: LaneSpec,
        outlet: Box<dyn Outlet>,
        tally: Arc<Tally>,
    ) -> LineupInput {
        let (inlet, outlet) = (Some(inlet), Some(outlet));
        LineupInput { inlet, lane, ready: Batch::new(), outlet, blocked: false, tally }
    }

    /// Takes what has come. Says whether that was anything, or the end.
    fn take(&mut self, lane: usize, stepper: &mut Stepper, batch: &mut Batch) -> Result<bool, Failed> {
        let Some(inlet) = &mut self.inlet else { return Ok(false) };
        let taken = take_lane(stepper, lane, &mut **inlet, &self.tally, batch);
        let taken = taken.map_err(|error| Failed { leg: lane, error })?;
        if matches!(taken, Taken::End(_)) {
            self.inlet = None;
        }
        Ok(taken != Taken::Empty)
    }

    /// Writes what is put together. Says whether all of it is in the pipe.
    fn write(&mut self, leg: usize) -> Result<bool, Failed> {
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
        match put.map_err(|error| Failed { leg, error })? {
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
    pub(crate) fn new(inputs: Vec<LineupInput>, lines: Vec<HeadSender>, head_size: HeadSize) -> Lineup {
        let lanes: Vec<LaneSpec> = inputs.iter().map(|input| input.lane.clone()).collect();
        let waits_for_all = lanes.iter().all(|lane| !matches!(lane.taking, Taking::Optional(_)));
        Lineup {
            order: LaneSpec::order(&lanes),
            stepper: Stepper::new(lanes, head_size),
            inputs,
            batch: Batch::new(),
            lines,
            together: if waits_for_all { TOGETHER } else { 1 },
            over: false,
        }
    }

    /// Takes what has come and puts compute blocks together. Says whether anything moved.
    fn put_together(&mut self) -> Result<bool, Failed> {
        let mut moved = false;
        for _ in 0..self.together {
            for &lane in &self.order {
                for _ in 0..AT_ONCE {
                    let input = &mut self.inputs[lane];
                    if !self.stepper.wants(lane) || !input.take(lane, &mut self.stepper, &mut self.batch)? {
                        break;
                    }
                    moved = true;
                }
            }
            match self.stepper.poll() {
                Ready::Whole => self.add_compute_block(),
                Ready::Waiting => break,
                Ready::End(_) => {
                    self.over = true;
                    break;
                }
            }
            moved = true;
            if self.inputs.iter().any(|input| input.ready.bytes() >= TOGETHER_BYTES) {
                break;
            }
        }
        self.lines.iter_mut().for_each(HeadSender::flush);
        Ok(moved || self.over)
    }

    fn add_compute_block(&mut self) {
        if let Some(compute_block) = self.stepper.compute_block() {
            let mark = Mark { epoch: compute_block.epoch, number: compute_block.number, head: compute_block.head };
            self.lines.iter_mut().for_each(|line| line.push_mark(mark));
            for (input, blocks) in self.inputs.iter_mut().zip(compute_block.inputs()) {
                if input.outlet.is_some() {
                    blocks.iter().for_each(|block| input.ready.push(mark.number, block));
                }
            }
        }
        self.stepper.advance();
    }

    /// No more compute blocks: counts what was used, and closes all ends.
    fn close(&mut self) {
        self.stepper.close();
        for (lane, input) in self.inputs.iter_mut().enumerate() {
            input.tally.add_used(&self.stepper.take_counts(lane));
            let finished = self.stepper.is_finished(lane);
            if finished {
                input.tally.set_ending(Ending::Finished);
            }
            if let Some(inlet) = &mut input.inlet {
                inlet.discard();
            }
            input.inlet = None;
            if let Some(outlet) = input.outlet.take() {
                outlet.close(if finished { Ending::Finished } else { Ending::EndedUnfinished });
            }
        }
    }
}

impl Forwarder for Lineup {
    fn advance(&mut self) -> Result<Wants, Failed> {
        for _ in 0..ROUNDS {
            let mut written = true;
            for (leg, input) in self.inputs.iter_mut().enumerate() {
                written &= input.write(leg)?;
            }
            if self.inputs.iter().all(|input| input.outlet.is_none()) || (self.over && written) {
                self.close();
                return Ok(Wants::Nothing);
            }
            if !written || !self.put_together()? {
                let debts = self.inputs.iter().filter_map(|input| input.inlet.as_ref()?.debt());
                debts.for_each(|debt| debt.settle());
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
        self.inputs
            .iter()
            .map(|input| (input.outlet.as_ref().and_then(|outlet| outlet.writable()), input.blocked))
            .collect()
    }

    fn target_gone(&mut self, leg: usize) {
        if let Some(input) = self.inputs.get_mut(leg) {
            input.close_outlet();
        }
    }

    fn abandon(&mut self) {
        self.close();
    }
}
