//! The job that is tried and its pipes: what is asked for, what is shown, and the network that is run.

use crossbeam_channel::Sender;
use pipeloom_config::{Body, JobId, Name, Network, Optional, PipeId, Taking};
use pipeloom_job::{Codec, Steps};
use pipeloom_os::OsError;

use super::board::{Board, Grouping};
use super::feed::Feed;
use super::notation::Notation;
use super::take::{self, Came};

/// The job that is tried.
pub(super) struct Bench {
    pub(super) job: String,
    pub(super) inputs: Vec<Input>,
    pub(super) outputs: Vec<Output>,
    grouping: Grouping,
}

/// A pipe for which blocks are asked.
pub(super) struct Input {
    pub(super) pipe: String,
    pub(super) notation: Notation,
    pub(super) block_count: usize,
    /// What it gives where nothing is said.
    pub(super) optional: Option<Optional>,
}

/// A pipe whose blocks are shown.
pub(super) struct Output {
    pub(super) pipe: String,
    pub(super) notation: Notation,
}

impl Bench {
    /// A pipe that leads from the job to itself is among its outputs only.
    pub(super) fn new(network: &Network, id: JobId) -> Bench {
        let spec = &network[id];
        let is_fed = |pipe: &PipeId| network[*pipe].writer.is_none_or(|writer| writer.job != id);
        let inputs: Vec<Input> = spec.inputs.iter().copied().filter(is_fed).map(|pipe| input(network, pipe)).collect();
        let output = |pipe: PipeId| Output {
            pipe: network[pipe].name.to_string(),
            notation: Notation::of(network, &network[pipe]),
        };
        let outputs: Vec<Output> = spec.written().map(output).collect();
        let steps = match &spec.body {
            Body::Native(native) => native.ports.steps,
            Body::Executable(executable) => executable.steps,
        };
        let has_blocks = |notation: &Notation| notation.codec.has_blocks();
        let grouping = if outputs.is_empty() {
            Grouping::Sink
        } else if steps == Steps::Each && outputs.iter().all(|output| has_blocks(&output.notation)) {
            Grouping::ByStep
        } else {
            Grouping::Apart
        };
        Bench { job: spec.name.to_string(), inputs, outputs, grouping }
    }

    pub(super) const fn is_grouped(&self) -> bool {
        !matches!(self.grouping, Grouping::Apart)
    }

    pub(super) const fn is_sink(&self) -> bool {
        matches!(self.grouping, Grouping::Sink)
    }

    pub(super) fn board(&self) -> Board {
        Board::new(self.grouping, self.inputs.iter().map(|input| input.block_count), self.outputs.len())
    }

    /// The network that is run, and where its inputs are given. Each output ends after `steps` blocks.
    pub(super) fn wire(
        &self,
        network: &Network,
        id: JobId,
        steps: Option<u64>,
        came: &Sender<Came>,
    ) -> Result<(Network, Vec<Feed>), OsError> {
        let feeds = self.inputs.iter().map(|_| Feed::new()).collect::<Result<Vec<_>, _>>()?;
        let input = |name: &Name| self.inputs.iter().position(|input| input.pipe == name.as_str()).unwrap_or(0);
        let output = |name: &Name| self.outputs.iter().position(|output| output.pipe == name.as_str()).unwrap_or(0);
        let alone =
            network.alone(id, |pipe| feeds[input(&pipe.name)].job(), |pipe| take::job(output(&pipe.name), steps, came));
        Ok((alone, feeds))
    }
}

fn input(network: &Network, id: PipeId) -> Input {
    let pipe = &network[id];
    let optional = match &pipe.taking {
        Taking::Optional(optional) => Some(optional.clone()),
        Taking::InStep | Taking::Async => None,
    };
    // A stream has no blocks: a line of it goes with each compute block.
    let block_count = if pipe.codec == Codec::Stream { 1 } else { pipe.block_count.get() };
    Input { pipe: pipe.name.to_string(), notation: Notation::of(network, pipe), block_count, optional }
}
