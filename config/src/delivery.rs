//! What is promised of a pipe's blocks when a reader is started again.

use pipeloom_job::Steps;

use crate::ids::JobId;
use crate::job_spec::JobSpec;
use crate::network::Network;
use crate::pipe_spec::{PipeSpec, WhenFull};

/// What is promised of a pipe's blocks when a reader is started again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Delivery {
    /// No block is given twice. What a life was given and had not done is lost.
    #[default]
    AtMostOnce,
    /// No block is lost. What a life was given and had not done is given to the next one again.
    AtLeastOnce(Window),
}

impl Delivery {
    /// The blocks that are kept to be given again, if any are.
    pub const fn window(self) -> Option<Window> {
        match self {
            Delivery::AtMostOnce => None,
            Delivery::AtLeastOnce(window) => Some(window),
        }
    }
}

/// The blocks that are kept to be given again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    /// When a block is done.
    pub ack: Ack,
    /// How much may be kept in memory for each reader, in bytes of payload.
    pub bytes: usize,
    /// How much more on disk, in bytes.
    pub spool_bytes: u64,
}

/// When a block that a program was given is done.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Ack {
    /// When the program has said so, with a kit, or has written what it makes of the block.
    #[default]
    Block,
    /// When the program has ended well.
    End,
}

/// How it is known which compute blocks an executable has done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Acknowledgement {
    /// It writes one block on each output for each compute block.
    Outputs,
    /// It says so, as it is written with a kit.
    Says,
    /// All are done when it has ended well.
    End,
}

impl PipeSpec {
    /// Whether a block stays on disk until it is done, so that not even the end of the runtime loses it.
    pub fn outlives_runtime(&self) -> bool {
        self.delivery.window().is_some() && matches!(self.when_full, WhenFull::Spool(_))
    }
}

impl Network {
    /// Whether each life of this job has pipes of its own. That of an executable with one life has, too, if it must be known
    /// what it has done because blocks are to outlive the runtime.
    pub fn has_pipes_by_life(&self, id: JobId) -> bool {
        let job = &self[id];
        let outlives = || job.inputs.iter().any(|input| self[*input].outlives_runtime());
        job.has_lives() || (job.executable().is_some() && outlives())
    }

    /// How it is known which compute blocks this job has done, if it is an executable that is given again what it has not done.
    pub fn acknowledgement(&self, id: JobId) -> Option<Acknowledgement> {
        let job = &self[id];
        let window = self[*job.inputs.first()?].delivery.window().filter(|_| self.has_pipes_by_life(id))?;
        match window.ack {
            Ack::End => Some(Acknowledgement::End),
            Ack::Block => self.says_what_is_done(job),
        }
    }

    /// How an executable lets others know what it has done, if it does.
    pub(crate) fn says_what_is_done(&self, job: &JobSpec) -> Option<Acknowledgement> {
        let program = job.executable()?;
        let is_in_step = program.steps == Steps::Each && !job.outputs.is_empty();
        if is_in_step && job.outputs.iter().all(|output| self[*output].codec.has_blocks()) {
            return Some(Acknowledgement::Outputs);
        }
        program.kit.then_some(Acknowledgement::Says)
    }
}
