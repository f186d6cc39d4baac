//! All inputs of one native job: conduits on one side, compute blocks on the other.

use std::sync::Arc;

use pipeloom_config::PipeId;
use pipeloom_job::{Batch, HeadSize, Step};
use pipeloom_os::doorbell::Interest;

use super::{AT_ONCE, Ending, FlowError, Inlet, Taken, Tally};
use crate::step::{LaneSpec, Only, Ready, Stepper};

/// All inputs of one native job.
pub(crate) struct Inbox {
    inputs: Vec<Input>,
    /// In which order they are looked at.
    order: Vec<usize>,
    /// `None` for a source.
    stepper: Option<Stepper>,
    /// What was taken last, on its way to the stepper.
    batch: Batch,
}

/// One input: its conduit's far end, and what is counted of it.
pub(crate) struct Input {
    pipe: PipeId,
    inlet: Box<dyn Inlet>,
    lane: LaneSpec,
    ended: bool,
    tally: Arc<Tally>,
}

impl Input {
    /// An input whose blocks are taken as `lane` says.
    pub(crate) fn new(pipe: PipeId, inlet: Box<dyn Inlet>, lane: LaneSpec, tally: Arc<Tally>) -> Input {
        Input { pipe, inlet, lane, ended: false, tally }
    }
}

impl Inbox {
    pub(crate) fn new(inputs: Vec<Input>, head_size: HeadSize) -> Inbox {
        let lanes: Vec<LaneSpec> = inputs.iter().map(|input| input.lane.clone()).collect();
        let order = LaneSpec::order(&lanes);
        let stepper = (!lanes.is_empty()).then(|| Stepper::new(lanes, head_size));
        Inbox { inputs, order, stepper, batch: Batch::new() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.inputs.is_empty()
    }

    /// Takes what is there, without waiting, and says whether it makes a compute block.
    pub(crate) fn gather(&mut self) -> Result<Ready, FlowError> {
        let Some(stepper) = &mut self.stepper else { return Ok(Ready::Whole) };
        loop {
            let mut taken = false;
            for &lane in &self.order {
                let input = &mut self.inputs[lane];
                for _ in 0..AT_ONCE {
                    if input.ended || !stepper.wants(lane) || !take(stepper, lane, input, &mut self.batch)? {
                        break;
                    }
                    taken = true;
                }
            }
            match stepper.poll() {
                Ready::Waiting if taken => {}
                ready => return Ok(ready),
            }
        }
    }

    /// The only input, where each of its blocks is a compute block.
    #[inline]
    pub(crate) fn only(&mut self) -> Option<&mut Only> {
        self.stepper.as_mut()?.only()
    }

    /// Calls a job with the compute block, after [`Ready::Whole`].
    #[inline]
    pub(crate) fn call<R>(&self, job: impl FnOnce(&Step<'_>) -> R) -> Option<R> {
        self.stepper.as_ref()?.call(job)
    }

    /// The compute block is done.
    pub(crate) fn advance(&mut self) {
        if let Some(stepper) = &mut self.stepper {
            stepper.advance();
        }
    }

    /// Whether all inputs that are waited for only ring the doorbell.
    pub(crate) fn waits_in_memory(&self) -> bool {
        self.interests().next().is_none()
    }

    /// The descriptors to wait for after [`Ready::Waiting`].
    pub(crate) fn interests(&self) -> impl Iterator<Item = Interest<'_>> {
        let wants = |lane| self.stepper.as_ref().is_some_and(|stepper| stepper.wants(lane));
        let waiting = self.inputs.iter().enumerate().filter(move |(lane, input)| !input.ended && wants(*lane));
        waiting.filter_map(|(_, input)| input.inlet.readable()).map(Interest::readable)
    }

    /// The pipes whose stream's end was seen.
    pub(crate) fn ended_pipes(&self) -> impl Iterator<Item = PipeId> {
        self.inputs.iter().filter(|input| input.tally.has_ending()).map(|input| input.pipe)
    }

    /// No block will be used any more: counts what was, and what is left in pipes.
    pub(crate) fn close(&mut self) {
        let Some(stepper) = &mut self.stepper else { return };
        stepper.close();
        for (lane, input) in self.inputs.iter_mut().enumerate() {
            input.tally.add_used(&stepper.take_counts(lane));
            if stepper.is_finished(lane) {
                input.tally.set_ending(Ending::Finished);
            }
            input.inlet.discard();
        }
    }
}

/// Takes what one input has now. Says whether that was anything, or its end.
fn take(stepper: &mut Stepper, lane: usize, input: &mut Input, batch: &mut Batch) -> Result<bool, FlowError> {
    let taken = take_lane(stepper, lane, &mut *input.inlet, &input.tally, batch)?;
    input.ended |= matches!(taken, Taken::End(_));
    Ok(taken != Taken::Empty)
}

/// Takes what a lane's conduit has now and gives it to the stepper, or tells it of the lane's end.
pub(super) fn take_lane(
    stepper: &mut Stepper,
    lane: usize,
    inlet: &mut dyn Inlet,
    tally: &Tally,
    batch: &mut Batch,
) -> Result<Taken, FlowError> {
    let taken = inlet.take(batch)?;
    match taken {
        Taken::Some => stepper.give(lane, batch),
        Taken::Empty => return Ok(taken),
        Taken::End(ending) => {
            tally.set_ending(ending);
            stepper.end(lane, ending);
        }
    }
    tally.add_used(&stepper.take_counts(lane));
    Ok(taken)
}
