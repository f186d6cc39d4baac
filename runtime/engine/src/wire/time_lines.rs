//! The lines of moments around executables whose times are logged; see [`crate::flow::moment_line`].

use std::collections::HashMap;

use pipeloom_config::{End, JobId, Network, PipeSpec};
use pipeloom_os::doorbell::Doorbell;

use crate::flow::{HandOver, Hold, MomentReceiver, MomentSender, moment_line};

/// All lines of a network, each end waiting to be taken by whoever has that end of a pipe.
#[derive(Default)]
pub(super) struct TimeLines {
    inputs: HashMap<(JobId, usize), MomentSender>,
    outputs: HashMap<(JobId, usize), MomentSender>,
    jobs: HashMap<JobId, Lines>,
}

/// The lines of one executable, for its records.
pub(super) struct Lines {
    pub(super) inputs: Vec<MomentReceiver>,
    pub(super) outputs: Vec<MomentReceiver>,
    pub(super) hold: Hold,
}

impl TimeLines {
    /// Lays a line from each input and each output of every executable whose times are logged. `bell` is the reactor's.
    pub(super) fn lay(network: &Network, bell: &Doorbell) -> TimeLines {
        let mut lines = TimeLines::default();
        for (id, job) in network.jobs().filter(|(_, job)| job.executable().is_some()) {
            let Some(times) = job.times else { continue };
            let lay = |senders: &mut HashMap<_, _>, count: usize| -> Vec<MomentReceiver> {
                let line = |port| {
                    let (sender, receiver) = moment_line(bell);
                    senders.insert((id, port), sender);
                    receiver
                };
                (0..count).map(line).collect()
            };
            let inputs = lay(&mut lines.inputs, job.inputs.len());
            let outputs = lay(&mut lines.outputs, job.outputs.len());
            let hold = Hold::new(inputs.iter().chain(&outputs), network[times].queue.blocks);
            lines.jobs.insert(id, Lines { inputs, outputs, hold });
        }
        lines
    }

    /// What holds a pipe that the runtime forwards: what comes out of a program is not read while too much is untold, and where
    /// nothing comes out, what goes in is not.
    pub(super) fn holds(&self, pipe: &PipeSpec) -> Vec<Hold> {
        let of = |end: &End| self.jobs.get(&end.job);
        let writer = pipe.writer.iter().filter_map(of);
        let sinks = pipe.readers.iter().filter_map(of).filter(|lines| lines.outputs.is_empty());
        writer.chain(sinks).map(|lines| lines.hold.clone()).collect()
    }

    /// The line that begins at this input, for its writer.
    pub(super) fn hand_over(&mut self, reader: End, pipe: &PipeSpec) -> Option<HandOver> {
        self.inputs.remove(&(reader.job, reader.port)).map(|line| HandOver::new(line, pipe.block_count))
    }

    /// The line that begins at this output, for its reader.
    pub(super) fn output(&mut self, writer: End) -> Option<MomentSender> {
        self.outputs.remove(&(writer.job, writer.port))
    }

    /// The lines of a job, for its records.
    pub(super) fn of_job(&mut self, job: JobId) -> Option<Lines> {
        self.jobs.remove(&job)
    }
}
