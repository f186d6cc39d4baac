//! The lines of heads around executables that see none; see [`crate::flow::head_line`].

use std::collections::HashMap;

use pipeloom_config::{End, JobId, Network};
use pipeloom_job::Steps;

use crate::flow::{HeadReceiver, HeadSender, head_line};
use crate::plan::{Plan, Route};

/// All lines of a network, each end waiting to be taken by whoever has that end of a pipe.
#[derive(Default)]
pub(super) struct HeadLines {
    senders: HashMap<(JobId, usize), Vec<HeadSender>>,
    receivers: HashMap<(JobId, usize), Vec<HeadReceiver>>,
}

impl HeadLines {
    /// Lays a line from each input that the runtime writes to each output that it reads, around every executable with one
    /// block out for each in.
    pub(super) fn lay(network: &Network, plan: &Plan) -> HeadLines {
        let mut lines = HeadLines::default();
        for (id, job) in network.jobs() {
            if job.executable().is_none_or(|program| program.steps == Steps::Free) {
                continue;
            }
            let is_relay = |pipe| matches!(plan.pipe(pipe).route, Route::Relay { .. });
            let is_native = |end: Option<End>| end.is_some_and(|end| network[end.job].executable().is_none());
            let written = |&pipe: &_| is_relay(pipe) || is_native(network[pipe].writer);
            let read = |&pipe: &_| is_relay(pipe) || network[pipe].readers.iter().any(|&end| is_native(Some(end)));
            for (input, pipe) in job.inputs.iter().enumerate() {
                for (output, other) in job.outputs.iter().enumerate() {
                    let blocks = network[*pipe].codec.has_blocks() && network[*other].codec.has_blocks();
                    if blocks && written(pipe) && read(other) {
                        let (sender, receiver) = head_line(network[*pipe].block_count);
                        lines.senders.entry((id, input)).or_default().push(sender);
                        lines.receivers.entry((id, output)).or_default().push(receiver);
                    }
                }
            }
        }
        lines
    }

    /// The lines that begin at this input, for its writer.
    pub(super) fn senders(&mut self, end: End) -> Vec<HeadSender> {
        self.senders.remove(&(end.job, end.port)).unwrap_or_default()
    }

    /// The lines that end at this output, for its reader.
    pub(super) fn receivers(&mut self, end: End) -> Vec<HeadReceiver> {
        self.receivers.remove(&(end.job, end.port)).unwrap_or_default()
    }
}
