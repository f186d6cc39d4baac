//! Pipes that ended without the finished bit though their writers know heads, which is worth a word.

use std::collections::HashMap;

use pipeloom_config::{JobSpec, Network, Taking};
use pipeloom_events::{PipeEnding, PipeTally};

/// The pipes whose writers know heads.
#[derive(Default)]
pub(super) struct Heads(HashMap<String, Writer>);

/// Who writes such a pipe, and what it reads in step.
struct Writer {
    job: String,
    inputs: Vec<String>,
}

impl Heads {
    pub(super) fn of(network: &Network) -> Heads {
        let writer = |job: &JobSpec| {
            let in_step = job.inputs.iter().map(|&id| &network[id]).filter(|pipe| pipe.taking == Taking::InStep);
            Writer { job: job.name.to_string(), inputs: in_step.map(|pipe| pipe.name.to_string()).collect() }
        };
        let pipes = network.pipes().filter_map(|(_, pipe)| Some((pipe, &network[pipe.writer?.job])));
        let know_heads = pipes.filter(|(_, job)| job.executable().is_some_and(|program| program.head));
        Heads(know_heads.map(|(pipe, job)| (pipe.name.to_string(), writer(job))).collect())
    }

    /// Whether the writer of this pipe, which ended without the finished bit, should have set it: a source should, and
    /// others unless an input of theirs just ended too.
    pub(super) fn expected(&self, pipe: &PipeTally, all: &[PipeTally]) -> bool {
        let just_ended = |writer: &Writer| {
            let mut inputs =
                all.iter().filter(|tally| tally.reader == writer.job && writer.inputs.contains(&tally.pipe));
            inputs.any(|tally| tally.ending == Some(PipeEnding::Ended))
        };
        self.0.get(&pipe.pipe).is_some_and(|writer| !just_ended(writer))
    }
}
