//! One forwarder, and the pipes of the kernel around it.

use pipeloom_config::{JobId, PipeId};

use super::pipe::Pipe;
use crate::flow::Forwarder;

/// One forwarder.
pub(super) struct Worked {
    /// The job whose inputs it puts in step; a relay if `None`.
    pub(super) lined_up: Option<JobId>,
    /// What it forwards: one pipe, or all inputs of that job.
    pub(super) pipes: Vec<PipeId>,
    /// `None` once it is let go.
    pub(super) forwarder: Option<Box<dyn Forwarder>>,
    /// The pipe of the kernel that it reads.
    pub(super) source: Option<Pipe>,
    /// The pipes of the kernel that it writes, by leg.
    pub(super) targets: Vec<Option<Pipe>>,
    /// It is through, and will be let go.
    pub(super) over: bool,
    /// It has nothing to do until something happens.
    pub(super) rests: bool,
}

impl Worked {
    /// Whether what it waits for has come.
    pub(super) fn is_ready(&self) -> bool {
        let Some(forwarder) = &self.forwarder else { return false };
        let is_readable = self.source.as_ref().is_some_and(Pipe::is_readable);
        if !self.rests || (is_readable && forwarder.wants_blocks()) {
            return true;
        }
        let is_writable =
            |((_, blocked), pipe): ((_, bool), &Option<Pipe>)| blocked && pipe.as_ref().is_some_and(Pipe::is_writable);
        forwarder.targets().into_iter().zip(&self.targets).any(is_writable)
    }
}
