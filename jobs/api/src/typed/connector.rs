//! Jobs from values to values.

use serde::Serialize;

use super::ends::Ends;
use super::heads::InHeads;
use super::inputs::{Arrived, Inputs};
use super::output::Output;
use crate::head::Head;
use crate::job::{Job, JobError, Setup};
use crate::step::{Emit, Flow, Step};

/// A job that takes values and sends values.
pub trait Connector: Send {
    /// What it takes for one step.
    type In: Inputs;
    /// The values of output 0.
    type Out: Serialize;

    /// Called once, before the first step.
    fn setup(&mut self, setup: &Setup) -> Result<(), JobError> {
        let _ = setup;
        Ok(())
    }

    /// What the heads of a compute block are reduced to: bitwise or, unless the job says otherwise. Called before each
    /// step. Whatever it says, what is computed from corrupted blocks is corrupted.
    fn reduce(&self, heads: InHeads<'_>) -> Head {
        heads.or()
    }

    /// Called once for each compute block.
    fn step(&mut self, value: Self::In, out: &mut Output<'_, Self::Out>) -> Result<Flow, JobError>;

    /// Called once after the last step; what is sent here comes last.
    fn end(&mut self, out: &mut Output<'_, Self::Out>) -> Result<(), JobError> {
        let _ = out;
        Ok(())
    }
}

/// Makes a [`Job`] of a [`Connector`].
pub struct ConnectorJob<C> {
    connector: C,
    ends: Ends,
}

impl<C: Connector> ConnectorJob<C> {
    /// The job of this connector.
    pub fn new(connector: C) -> ConnectorJob<C> {
        ConnectorJob { connector, ends: Ends::default() }
    }

    /// The same in a box, as [`crate::JobKind::new`] returns it.
    pub fn boxed(connector: C) -> Box<dyn Job>
    where
        C: 'static,
    {
        Box::new(ConnectorJob::new(connector))
    }
}

impl<C: Connector> Job for ConnectorJob<C> {
    fn setup(&mut self, setup: &Setup) -> Result<(), JobError> {
        self.ends = Ends::of(setup);
        self.connector.setup(setup)
    }

    #[inline(always)]
    fn step(&mut self, step: &Step<'_>, out: &mut dyn Emit) -> Result<Flow, JobError> {
        let value = C::In::take(&Arrived::new(step, &self.ends.inputs))?;
        let heads = InHeads::of(step);
        let head = self.connector.reduce(heads).resized(self.ends.head_size);
        let mut out = Output::new(&mut self.ends, out, heads, head);
        let flow = self.connector.step(value, &mut out);
        out.flow(flow)
    }

    fn end(&mut self, out: &mut dyn Emit) -> Result<(), JobError> {
        self.connector.end(&mut Output::at_end(&mut self.ends, out))
    }
}

impl<C: std::fmt::Debug> std::fmt::Debug for ConnectorJob<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ConnectorJob").field(&self.connector).finish()
    }
}
