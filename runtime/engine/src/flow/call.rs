//! One call of a native job's step.

use std::os::fd::RawFd;
use std::time::Duration;

use pipeloom_job::burst::{self, Terms};
use pipeloom_job::{Flow, Job, JobError, Seq, Setup, Step};

use super::clock::Clock;
use super::inbox::Inbox;
use super::outbox::{Outbox, Uneven};
use super::times::Times;
use super::{Controls, Ending};
use crate::step::Only;

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
    pub(super) fn next(&mut self, inbox: &mut Inbox) -> Result<Option<Stepped>, JobError> {
        let stepped = inbox.call(|step| {
            let flow = self.call(step);
            if self.is_plain(&flow, step) { Ok(Stepped::Again) } else { self.look_at(flow, step) }
        });
        let Some(stepped) = stepped.transpose()? else { return Ok(None) };
        inbox.advance();
        Ok(Some(stepped))
    }

    /// Works the blocks that have come on the only input, at most so many, in one call. Says how many there were.
    pub(super) fn burst(
        &mut self,
        only: &mut Only,
        controls: &Controls,
        clock: &Clock,
        most: u32,
    ) -> Result<(Stepped, u32), JobError> {
        let terms = Terms {
            epoch: only.epoch(),
            most,
            head_size: self.setup.head_size,
            numbered_by_step: self.numbered_by_step,
            stop: controls.stop(),
            is_halted: clock.halted(),
        };
        self.outbox.set_epoch(terms.epoch);
        let worked = burst::work(self.job, self.outbox, only.given(), terms)?;
        if worked.uneven
            && let Some(uneven) = self.outbox.uneven()
        {
            return Err(UnevenStep::of(uneven, only.next_number(), self.setup));
        }
        if worked.finished {
            only.over(Ending::Finished);
        }
        let stepped = match worked.flow {
            Flow::Done => Stepped::Last,
            _ if worked.finished => Stepped::Last,
            Flow::Again => Stepped::Again,
            flow => Stepped::Wait(Pause::of(flow)),
        };
        Ok((stepped, worked.steps))
    }

    fn call(&mut self, step: &Step<'_>) -> Result<Flow, JobError> {
        self.outbox.set_epoch(step.epoch);
        self.outbox.begin(step.head, self.numbered_by_step.then_some(step.number));
        if let Some(times) = &mut self.times {
            times.take();
        }
        self.job.step(step, self.outbox)
    }

    /// Whether nothing comes after a step that has returned `flow` but the next one.
    #[inline]
    fn is_plain(&self, flow: &Result<Flow, JobError>, step: &Step<'_>) -> bool {
        matches!(flow, Ok(Flow::Again))
            && !step.head.is_finished()
            && (!self.numbered_by_step || self.outbox.is_even())
            && self.times.is_none()
    }

    /// What comes after a step that has returned `flow`.
    #[inline(never)]
    fn look_at(&mut self, flow: Result<Flow, JobError>, step: &Step<'_>) -> Result<Stepped, JobError> {
        if self.numbered_by_step
            && let Some(uneven) = self.outbox.uneven()
            && !matches!(flow, Ok(Flow::Done) | Err(_))
        {
            return Err(UnevenStep::of(uneven, step.number, self.setup));
        }
        let flow = flow?;
        if let Some(times) = &mut self.times {
            times.done(step.number.get(), self.outbox)?;
        }
        Ok(match flow {
            Flow::Done => Stepped::Last,
            _ if step.head.is_finished() => Stepped::Last,
            Flow::Again => Stepped::Again,
            flow => Stepped::Wait(Pause::of(flow)),
        })
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
