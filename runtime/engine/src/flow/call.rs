//! One call of a native job's step.

use std::os::fd::RawFd;
use std::time::Duration;

use pipeloom_job::{Flow, Job, JobError, Seq, Setup, Step};

use super::Ending;
use super::inbox::Inbox;
use super::outbox::{Outbox, Uneven};
use super::times::Times;

/// What a step is called with, but for the compute block.
pub(super) struct Call<'a> {
    pub(super) job: &'a mut dyn Job,
    pub(super) outbox: &'a mut Outbox,
    pub(super) setup: &'a Setup,
    /// Whether each output has one block for each compute block, with its number.
    pub(super) numbered_by_step: bool,
    /// For a job that logs its times.
    pub(super) times: Option<&'a mut Times>,
}

/// What came of a compute block.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stepped {
    /// The job goes on.
    Again,
    /// It goes on, after this.
    Wait(Pause),
    /// It was the last one: an input was marked so, or the job is done.
    Last,
}

/// What comes between two steps, after what was emitted is handed over.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pause {
    /// Nothing.
    None,
    /// This time since the run's start is waited for.
    Until(Duration),
    /// This long is waited.
    For(Duration),
    /// This descriptor is waited for.
    Readable(RawFd),
}

impl Pause {
    pub(super) const fn of(flow: Flow) -> Pause {
        match flow {
            Flow::Again | Flow::MayBlock | Flow::Done => Pause::None,
            Flow::Until(time) => Pause::Until(time),
            Flow::After(time) => Pause::For(time),
            Flow::Readable(fd) => Pause::Readable(fd),
        }
    }
}

impl Call<'_> {
    /// Works the next compute block, if there is one at hand.
    #[inline]
    pub(super) fn next(&mut self, inbox: &mut Inbox) -> Result<Option<Stepped>, JobError> {
        if let Some(only) = inbox.only() {
            let Some((number, block, after)) = only.block() else { return Ok(None) };
            let (head, finished) = (block.head, block.head.is_finished());
            let stepped = self.step(&Step { epoch: only.epoch(), number, head, inputs: &[&[block]] })?;
            only.pass(number, after);
            if finished {
                only.over(Ending::Finished);
            }
            return Ok(Some(stepped));
        }
        let Some(stepped) = inbox.call(|step| self.step(step)) else { return Ok(None) };
        let stepped = stepped?;
        inbox.advance();
        Ok(Some(stepped))
    }

    #[inline(always)]
    fn step(&mut self, step: &Step<'_>) -> Result<Stepped, JobError> {
        self.outbox.set_epoch(step.epoch);
        self.outbox.begin(step.head, self.numbered_by_step.then_some(step.number));
        if let Some(times) = &mut self.times {
            times.take();
        }
        let flow = self.job.step(step, self.outbox);
        if self.numbered_by_step
            && let Some(uneven) = self.outbox.uneven()
            && !matches!(flow, Ok(Flow::Done) | Err(_))
        {
            return Err(UnevenStep::of(uneven, step.number, self.setup));
        }
        if let Some(times) = &mut self.times
            && flow.is_ok()
        {
            times.done(step.number.get(), self.outbox)?;
        }
        match &flow {
            // The common case first, without moving the result: that would cost as much as a short step.
            Ok(Flow::Again) if !step.head.is_finished() => Ok(Stepped::Again),
            Ok(Flow::Done) => Ok(Stepped::Last),
            Ok(_) if step.head.is_finished() => Ok(Stepped::Last),
            _ => flow.map(|flow| Stepped::Wait(Pause::of(flow))),
        }
    }
}

/// A job that promises one block on each output for each compute block has broken its promise.
#[derive(Debug, thiserror::Error)]
#[error(
    "it sent {blocks} blocks on output {output} (pipe {pipe}) in compute block {number}, where one is expected; a kind of \
     job that sends more or less says so in its ports (`Steps::Free`)"
)]
struct UnevenStep {
    blocks: u64,
    output: usize,
    pipe: String,
    number: Seq,
}

impl UnevenStep {
    #[cold]
    fn of(uneven: Uneven, number: Seq, setup: &Setup) -> JobError {
        let pipe = setup.outputs.get(uneven.port).map_or_else(String::new, |port| port.pipe.clone());
        JobError::failed(UnevenStep { blocks: uneven.blocks, output: uneven.port, pipe, number })
    }
}
