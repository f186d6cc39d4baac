//! Sources of values.

use serde::Serialize;

use super::ends::Ends;
use super::heads::InHeads;
use super::output::Output;
use crate::job::{Job, JobError, Setup};
use crate::step::{Emit, Flow, Step};

/// A job that sends values and takes none.
pub trait Source: Send {
    /// The values of output 0.
    type Out: Serialize;

    /// Called once, before the first step.
    fn setup(&mut self, setup: &Setup) -> Result<(), JobError> {
        let _ = setup;
        Ok(())
    }

    /// Sends what comes next and says what comes after it. [`Flow::Done`], or [`Output::finish`], in the step that sends
    /// the last value makes the stream end finished; `Done` in a step that sends nothing ends it without finishing.
    fn step(&mut self, out: &mut Output<'_, Self::Out>) -> Result<Flow, JobError>;
}

/// Makes a [`Job`] of a [`Source`].
pub struct SourceJob<S> {
    source: S,
    ends: Ends,
}

impl<S: Source> SourceJob<S> {
    /// The job of this source.
    pub fn new(source: S) -> SourceJob<S> {
        SourceJob { source, ends: Ends::default() }
    }

    /// The same in a box, as [`crate::JobKind::new`] returns it.
    pub fn boxed(source: S) -> Box<dyn Job>
    where
        S: 'static,
    {
        Box::new(SourceJob::new(source))
    }
}

impl<S: Source> Job for SourceJob<S> {
    fn setup(&mut self, setup: &Setup) -> Result<(), JobError> {
        self.ends = Ends::of(setup);
        self.source.setup(setup)
    }

    #[inline(always)]
    fn step(&mut self, step: &Step<'_>, out: &mut dyn Emit) -> Result<Flow, JobError> {
        let mut out = Output::new(&mut self.ends, out, InHeads::of(step), step.head);
        let flow = self.source.step(&mut out);
        out.flow(flow)
    }
}

impl<S: std::fmt::Debug> std::fmt::Debug for SourceJob<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SourceJob").field(&self.source).finish()
    }
}
