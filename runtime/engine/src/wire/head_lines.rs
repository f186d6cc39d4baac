//! The lines of heads around executables that see none; see [`crate::flow::head_line`].

use std::collections::HashMap;
use std::num::NonZeroUsize;

use pipeloom_config::{End, JobId, Network, PipeId};
use pipeloom_job::Steps;

use crate::flow::{FarBehind, HeadReceiver, HeadSender, head_line};
use crate::plan::Plan;
use crate::reactor::FactSender;

/// All lines of a network, each end waiting to be taken by whoever has that end of a pipe.
#[derive(Default)]
pub(crate) struct HeadLines {
    senders: HashMap<(JobId, usize), Vec<HeadSender>>,
    receivers: HashMap<(JobId, usize), Vec<HeadReceiver>>,
    lineups: HashMap<JobId, Vec<HeadSender>>,
}

impl HeadLines {
    /// Lays a line from each input that the runtime writes to each output that it reads, around every executable with one
    /// block out for each in, and to the records of what goes through an executable.
    pub(crate) fn lay(network: &Network, plan: &Plan, facts: &FactSender) -> HeadLines {
        let mut lines = HeadLines::default();
        for (id, job) in network.jobs() {
            if job.executable().is_none() {
                continue;
            }
            // Each life of a program that may be started again has lines of its own.
            if network.has_pipes_by_life(id) {
                continue;
            }
            let in_step = outputs_with_lines(network, plan, id);
            let is_relay = |pipe| plan.pipe(pipe).route.is_worked();
            let is_native = |end: Option<End>| end.is_some_and(|end| network[end.job].executable().is_none());
            let written = |&pipe: &PipeId| {
                network[pipe].codec.has_blocks() && (is_relay(pipe) || is_native(network[pipe].writer))
            };
            let times = job.times.map(|_| job.outputs.len());
            let far_behind = FarBehind::new(id, facts);
            for output in in_step.into_iter().chain(times) {
                // What is told of a program is held back by itself.
                let far_behind = (Some(output) != times).then(|| far_behind.clone());
                let receivers = lines.receivers.entry((id, output)).or_default();
                if plan.lines_up(network, id) {
                    let (sender, receiver) = head_line(NonZeroUsize::MIN);
                    lines.lineups.entry(id).or_default().push(sender.telling(far_behind));
                    receivers.push(receiver);
                    continue;
                }
                for (input, pipe) in job.inputs.iter().enumerate().filter(|(_, pipe)| written(pipe)) {
                    let (sender, receiver) = head_line(network[*pipe].block_count);
                    lines.senders.entry((id, input)).or_default().push(sender.telling(far_behind.clone()));
                    receivers.push(receiver);
                }
            }
        }
        lines
    }

    /// The lines that begin where this job's inputs are put in step.
    pub(crate) fn of_lineup(&mut self, job: JobId) -> Vec<HeadSender> {
        self.lineups.remove(&job).unwrap_or_default()
    }

    /// The lines that begin at this input, for its writer.
    pub(crate) fn senders(&mut self, end: End) -> Vec<HeadSender> {
        self.senders.remove(&(end.job, end.port)).unwrap_or_default()
    }

    /// The lines that end at this output, for its reader.
    pub(crate) fn receivers(&mut self, end: End) -> Vec<HeadReceiver> {
        self.receivers.remove(&(end.job, end.port)).unwrap_or_default()
    }
}

/// The outputs of a program, by place, whose blocks have the numbers of its compute blocks and go through the runtime.
pub(crate) fn outputs_with_lines(network: &Network, plan: &Plan, id: JobId) -> Vec<usize> {
    let job = &network[id];
    if job.executable().is_none_or(|program| program.steps != Steps::Each) {
        return Vec::new();
    }
    let is_native = |end: &End| network[end.job].executable().is_none();
    let is_read = |pipe: PipeId| {
        let goes_through = plan.pipe(pipe).route.is_worked() || network[pipe].readers.iter().any(is_native);
        network[pipe].codec.has_blocks() && goes_through
    };
    (0..job.outputs.len()).filter(|&output| is_read(job.outputs[output])).collect()
}
