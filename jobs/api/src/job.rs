//! What a job is: the trait, and what can be known of a kind of job without running it.

use std::error::Error;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::args::{Args, ArgsError};
use crate::burst::Burst;
use crate::codec::{Codec, CodecName};
use crate::head::HeadSize;
use crate::lines::Lines;
use crate::step::{Emit, Flow, Step, Stopped};

/// A running job. It is called once for each compute block and never owns its thread; a restarted job is a new one.
pub trait Job: Send {
    /// Called once, before the first step, on the thread where the job runs.
    fn setup(&mut self, setup: &Setup) -> Result<(), JobError> {
        let _ = setup;
        Ok(())
    }

    /// Called once for each compute block; a source is called until it is [`Flow::Done`].
    fn step(&mut self, step: &Step<'_>, out: &mut dyn Emit) -> Result<Flow, JobError>;

    /// Calls [`Job::step`] several times; see [`crate::burst`]. That it is compiled with the job is its use. Jobs that only pass blocks on
    /// may choose another way for it.
    #[doc(hidden)]
    fn burst_of_steps(&mut self, burst: &mut Burst<'_>) -> Result<Flow, JobError> {
        burst.make(self)
    }

    /// Called before the job's thread waits for its next compute block: the place to write out what was gathered. Not called
    /// for sources, which say themselves when they wait, nor across the border to a plugin.
    fn idle(&mut self) -> Result<(), JobError> {
        Ok(())
    }

    /// Called once after the last step when all inputs have ended: the place for sums and half-full windows. Not
    /// called after an error.
    fn end(&mut self, out: &mut dyn Emit) -> Result<(), JobError> {
        let _ = out;
        Ok(())
    }
}

/// Makes jobs from arguments.
pub type NewJob = dyn Fn(&Args) -> Result<Box<dyn Job>, ArgsError> + Sync;

/// A kind of job that can be named in a network file.
#[derive(Clone, Copy)]
pub struct JobKind {
    /// The name in the file.
    pub name: &'static str,
    /// One line on what it does.
    pub about: &'static str,
    /// The arguments it takes, as a JSON Schema.
    pub args: &'static (dyn Fn() -> schemars::Schema + Sync),
    /// What a plan must know of a job with these arguments.
    pub ports: &'static (dyn Fn(&Args) -> Result<Ports, ArgsError> + Sync),
    /// A new job with these arguments. Called again for each restart.
    pub new: &'static NewJob,
}

impl std::fmt::Debug for JobKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "JobKind({})", self.name)
    }
}

/// Where a job finds itself: names, folders and what is at its ports.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The job's name in the file.
    pub job: String,
    /// The folder of the network file: relative paths in arguments start here.
    pub network_dir: PathBuf,
    /// The run's directory.
    pub run_dir: PathBuf,
    /// The size of the network's heads.
    pub head_size: HeadSize,
    /// The pipes it reads, in the file's order.
    pub inputs: Vec<PortSetup>,
    /// The pipes it writes, in the file's order.
    pub outputs: Vec<PortSetup>,
    /// The lines that are sent to it, if its ports say that it takes them.
    pub lines: Option<Lines>,
    /// Whether standard input is its own to read.
    pub standard_input: bool,
    /// Whether it goes on with what an earlier life of it has left, or one in an earlier attempt of the run: results are
    /// then added to, not written over.
    pub continues: bool,
    /// Whether a block counts as done when the step has returned that took it, even if the process is killed then. A job that
    /// gathers what it writes has to write it before.
    pub write_through: bool,
}

impl Setup {
    /// A path from the arguments, made absolute as the network file means it.
    pub fn resolve(&self, path: &Path) -> PathBuf {
        self.network_dir.join(path)
    }
}

/// One pipe of a job.
#[derive(Clone, PartialEq, Debug)]
pub struct PortSetup {
    /// The pipe's name in the file.
    pub pipe: String,
    /// How its blocks are coded.
    pub codec: Codec,
}

/// Why a job failed.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// Its blocks are not wanted any more: an end, not a failure. `?` on an [`Emit`] call gives this.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// It failed by itself.
    #[error("{0}")]
    Failed(Box<dyn Error + Send + Sync>),
}

impl JobError {
    /// A failure with this text or error.
    pub fn failed(error: impl Into<Box<dyn Error + Send + Sync>>) -> JobError {
        JobError::Failed(error.into())
    }
}

/// What a plan must know of a job without running it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Ports {
    /// The inputs it takes.
    pub inputs: PortList,
    /// The outputs it takes.
    pub outputs: PortList,
    /// How its outputs are numbered.
    pub steps: Steps,
    /// Whether its step may wait for something outside the run: a clock, a terminal, a device.
    pub blocks: bool,
    /// The k-th output belongs to the k-th input, so there must be as many of each.
    pub paired: bool,
    /// Whether it takes lines that people send to it.
    pub lines: bool,
    /// Whether it reads standard input.
    pub standard_input: StandardInput,
    /// Whether it says itself which compute blocks it has done, by [`crate::Report::Done`], where somebody wants to know. An
    /// executable with a kit says it for all other jobs, as soon as their steps have returned; so this is for a job that makes
    /// what it was given durable only later.
    #[serde(default)]
    pub acknowledges: bool,
}

impl Ports {
    /// Ports of a job with these inputs and outputs, one block on each output for each step.
    pub const fn new(inputs: PortList, outputs: PortList) -> Ports {
        Ports {
            inputs,
            outputs,
            steps: Steps::Each,
            blocks: false,
            paired: false,
            lines: false,
            standard_input: StandardInput::Unused,
            acknowledges: false,
        }
    }
}

/// The ports on one side of a job: a fixed first part, then perhaps any number more.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct PortList {
    /// The ports that must be there.
    pub fixed: Vec<PortType>,
    /// What any further port is like; without it there are none.
    pub rest: Option<PortType>,
}

impl PortList {
    /// No port.
    pub const fn none() -> PortList {
        PortList { fixed: Vec::new(), rest: None }
    }

    /// Just this port.
    pub fn one(port: PortType) -> PortList {
        PortList { fixed: vec![port], rest: None }
    }

    /// So many ports of this type.
    pub fn exactly(count: usize, port: PortType) -> PortList {
        PortList { fixed: vec![port; count], rest: None }
    }

    /// One or more ports of this type.
    pub fn some(port: PortType) -> PortList {
        PortList { fixed: vec![port.clone()], rest: Some(port) }
    }

    /// What the port at `index` is like, or `None` if there is none.
    pub fn get(&self, index: usize) -> Option<&PortType> {
        self.fixed.get(index).or(self.rest.as_ref())
    }

    /// Whether `count` pipes fit.
    pub fn fits(&self, count: usize) -> bool {
        count >= self.fixed.len() && (count == self.fixed.len() || self.rest.is_some())
    }
}

impl std::fmt::Display for PortList {
    /// "no pipe", "1 pipe", "2 or more pipes"
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.fixed.len(), &self.rest) {
            (0, None) => f.write_str("no pipe"),
            (0, Some(_)) => f.write_str("any number of pipes"),
            (1, None) => f.write_str("1 pipe"),
            (count, None) => write!(f, "{count} pipes"),
            (count, Some(_)) => write!(f, "{count} or more pipes"),
        }
    }
}

/// What may be at a port.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct PortType {
    /// The codecs it takes; empty for any.
    pub codecs: Vec<CodecName>,
    /// Whether it takes custom codecs too: one that sends and takes values can, one that looks at payloads cannot.
    pub custom: bool,
    /// The payload's size in bytes under [`CodecName::Bytes`], where the job knows it.
    pub block_size: Option<usize>,
    /// At an input that takes one block for each compute block: a `block_count` of more is refused.
    pub one_block: bool,
}

impl PortType {
    /// A port that takes any block.
    pub fn any() -> PortType {
        PortType::default()
    }

    /// A port that takes these codecs.
    pub fn codecs(codecs: &[CodecName]) -> PortType {
        PortType { codecs: codecs.to_vec(), ..PortType::default() }
    }

    /// A port for values, which takes these codecs and all custom ones.
    pub fn values(codecs: &[CodecName]) -> PortType {
        PortType { custom: true, ..PortType::codecs(codecs) }
    }

    /// Whether it takes this codec.
    pub fn takes(&self, codec: CodecName) -> bool {
        self.codecs.is_empty() || self.codecs.contains(&codec) || (self.custom && codec.is_custom())
    }

    /// The same port, with a fixed payload size in bytes under `bytes`.
    #[must_use]
    pub fn block_size(mut self, bytes: usize) -> PortType {
        self.block_size = Some(bytes);
        self
    }

    /// The same port, with one block for each compute block.
    #[must_use]
    pub const fn one_block(mut self) -> PortType {
        self.one_block = true;
        self
    }
}

/// How a job's outputs are numbered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Steps {
    /// One block on each output for each compute block, with its number.
    #[default]
    Each,
    /// Several blocks or none: outputs are numbered by themselves.
    Free,
}

/// Whether a job reads standard input, of which a process has only one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum StandardInput {
    /// It does not.
    #[default]
    Unused,
    /// It does where no job before it in the file does, and none at all needs to.
    IfFree,
    /// It does.
    Needed,
}
