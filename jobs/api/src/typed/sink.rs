//! Sinks of values.

use super::ends::Ends;
use super::heads::InHeads;
use super::inputs::{Arrived, Inputs};
use super::output::Output;
use crate::head::Head;
use crate::job::{Job, JobError, Setup};
use crate::step::{Emit, Flow, Step};

/// A job that takes values and sends none. Reports go through the output.
pub trait Sink: Send {
    /// What it takes for one step.
    type In: Inputs;

    /// Called once, before the first step.
    fn setup(&mut self, setup: &Setup) -> Result<(), JobError> {
        let _ = setup;
        Ok(())
    }

    /// What the heads of a compute block are reduced to: bitwise or, unless the job says otherwise. Called before each
    /// step, which finds it as [`Output::head`].
    fn reduce(&self, heads: InHeads<'_>) -> Head {
        heads.or()
    }

    /// Called once for each compute block.
    fn step(&mut self, value: Self::In, out: &mut Output<'_, ()>) -> Result<Flow, JobError>;

    /// Called before the job waits for its next compute block: see [`Job::idle`].
    fn idle(&mut self) -> Result<(), JobError> {
        Ok(())
    }

    /// Called once after the last step.
    fn end(&mut self, out: &mut Output<'_, ()>) -> Result<(), JobError> {
        let _ = out;
        Ok(())
    }
}

/// Makes a [`Job`] of a [`Sink`].
pub struct SinkJob<S> {
    sink: S,
    ends: Ends,
}

impl<S: Sink> SinkJob<S> {
    /// The job of this sink.
    pub fn new(sink: S) -> SinkJob<S> {
        SinkJob { sink, ends: Ends::default() }
    }

    /// The same in a box, as [`crate::JobKind::new`] returns it.
    pub fn boxed(sink: S) -> Box<dyn Job>
    where
        S: 'static,
    {
        Box::new(SinkJob::new(sink))
    }
}

impl<S: Sink> Job for SinkJob<S> {
    fn setup(&mut self, setup: &Setup) -> Result<(), JobError> {
        self.ends = Ends::of(setup);
        self.sink.setup(setup)
    }

    #[inline(always)]
    fn step(&mut self, step: &Step<'_>, out: &mut dyn Emit) -> Result<Flow, JobError> {
        let value = S::In::take(&Arrived::new(step, &self.ends.inputs))?;
        let heads = InHeads::of(step);
        let head = self.sink.reduce(heads).resized(self.ends.head_size);
        let mut out = Output::new(&mut self.ends, out, heads, head);
        let flow = self.sink.step(value, &mut out);
        out.flow(flow)
    }

    fn idle(&mut self) -> Result<(), JobError> {
        self.sink.idle()
    }

    fn end(&mut self, out: &mut dyn Emit) -> Result<(), JobError> {
        self.sink.end(&mut Output::at_end(&mut self.ends, out))
    }
}

impl<S: std::fmt::Debug> std::fmt::Debug for SinkJob<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SinkJob").field(&self.sink).finish()
    }
}
