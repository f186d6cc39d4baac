//! The checked network: what an engine is given. A network that cannot run cannot be represented here, as far as
//! that can be known without running it.

use std::ffi::OsString;
use std::fmt;
use std::num::NonZeroUsize;
use std::ops::Index;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pipeloom_job::{Args, Codec, HeadSize, Ports, Steps};

use crate::kind::Kind;
use crate::problem::Problem;
use crate::problems::Problems;
use crate::source::Sources;
use crate::span::Span;
use crate::template::Template;

/// A job's place in its network.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct JobId(pub(crate) u32);

/// A pipe's place in its network.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PipeId(pub(crate) u32);

impl JobId {
    /// The place as an index into [`Network::jobs`].
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl PipeId {
    /// The place as an index into [`Network::pipes`].
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A job's name: letters, digits, `-`, `_` and `.`, at most 64 characters, no leading `-` or `.`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(pub(crate) String);

impl Name {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// A network that has passed all checks.
#[derive(Clone, Debug)]
pub struct Network {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) head_size: HeadSize,
    pub(crate) dir: PathBuf,
    pub(crate) sources: Sources,
    pub(crate) notes: Vec<Problem>,
    pub(crate) jobs: Vec<JobSpec>,
    pub(crate) pipes: Vec<PipeSpec>,
}

impl Network {
    /// The network's name; without one in the file, the file's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the file says the network is for.
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// The size of every head.
    pub const fn head_size(&self) -> HeadSize {
        self.head_size
    }

    /// The file's folder, absolute: `${network}`, and where relative paths start.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The text of the file as it was checked.
    pub fn source(&self) -> &str {
        self.sources.text()
    }

    /// Later refusals, to be shown like what a check finds.
    pub fn problems(&self, list: Vec<Problem>) -> Problems {
        Problems::new(self.sources.clone(), list)
    }

    /// What is not wrong, but perhaps not what was meant.
    pub fn notes(&self) -> Problems {
        self.problems(self.notes.clone()).into_notes()
    }

    /// All jobs in the file's order.
    pub fn jobs(&self) -> impl ExactSizeIterator<Item = (JobId, &JobSpec)> {
        self.jobs.iter().enumerate().map(|(index, job)| (JobId(index as u32), job))
    }

    /// All pipes, by first mention in the file.
    pub fn pipes(&self) -> impl ExactSizeIterator<Item = (PipeId, &PipeSpec)> {
        self.pipes.iter().enumerate().map(|(index, pipe)| (PipeId(index as u32), pipe))
    }

    /// The job of this name.
    pub fn job_named(&self, name: &str) -> Option<JobId> {
        self.jobs().find(|(_, job)| job.name.as_str() == name).map(|(id, _)| id)
    }
}

impl Index<JobId> for Network {
    type Output = JobSpec;

    fn index(&self, id: JobId) -> &JobSpec {
        &self.jobs[id.index()]
    }
}

impl Index<PipeId> for Network {
    type Output = PipeSpec;

    fn index(&self, id: PipeId) -> &PipeSpec {
        &self.pipes[id.index()]
    }
}

/// One job.
#[derive(Clone, Debug)]
pub struct JobSpec {
    /// The name in the file.
    pub name: Name,
    /// Where the file speaks of it.
    pub span: Span,
    /// What is run.
    pub body: Body,
    /// The pipes it reads, in the file's order.
    pub inputs: Vec<PipeId>,
    /// The pipes it writes, in the file's order.
    pub outputs: Vec<PipeId>,
    /// The pipe on which the runtime writes a [record](pipeloom_job::log_times::LogRecord) for each of its compute blocks.
    /// The job itself does not know it. Its place, as the pipe's writer has it, is after all of `outputs`.
    pub times: Option<PipeId>,
    /// What its failure does to the run.
    pub on_failure: OnFailure,
    /// How it is stopped.
    pub stop: StopPolicy,
    /// Whether the rest of the run is stopped when it ends.
    pub ends_run: bool,
    /// Whether a native job gets a thread of its own even where it could be called from its writer's.
    pub own_thread: bool,
    /// What its class in a Python file says of it, where the file says nothing.
    pub from_class: Vec<FromClass>,
}

/// Something that a class attribute says of a job.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FromClass {
    /// The attribute.
    pub attribute: &'static str,
    /// What it stands for in the network file, as it would be written there.
    pub keys: String,
}

impl JobSpec {
    /// The executable, if it is one.
    pub const fn executable(&self) -> Option<&Executable> {
        match &self.body {
            Body::Executable(executable) => Some(executable),
            Body::Native(_) => None,
        }
    }

    /// All pipes that end when the job does: its outputs, and the one for its times.
    pub fn written(&self) -> impl Iterator<Item = PipeId> {
        self.outputs.iter().copied().chain(self.times)
    }

    /// Whether it has no inputs.
    pub fn is_source(&self) -> bool {
        self.inputs.is_empty()
    }
}

/// What a job runs.
#[derive(Clone, Debug)]
pub enum Body {
    /// Rust, in the runtime's process.
    Native(Native),
    /// A child process.
    Executable(Executable),
}

/// A native job.
#[derive(Clone, Debug)]
pub struct Native {
    /// The kind of job.
    pub kind: Kind,
    /// Its arguments; texts may still hold `${run}`.
    pub args: Args,
    /// Its ports with these arguments.
    pub ports: Ports,
}

/// An executable.
#[derive(Clone, Debug)]
pub struct Executable {
    /// The program.
    pub program: Program,
    /// The argument vector as the file gives it; the first is the program's name.
    pub argv: Vec<Template>,
    /// How it is given its pipes.
    pub pass: Pass,
    /// The flag before each input's path; empty for the path alone.
    pub input_flag: String,
    /// The flag before each output's path; empty for the path alone.
    pub output_flag: String,
    /// Whether it reads and writes heads.
    pub head: bool,
    /// Whether it speaks our kit: it reads and writes heads as the runtime would.
    pub kit: bool,
    /// How its outputs are numbered.
    pub steps: Steps,
    /// Folders and files to be copied into a working directory of its own.
    pub dependencies: Vec<PathBuf>,
    /// Its arguments, which it is given as JSON; texts may still hold `${run}`.
    pub args: Args,
    /// The environment it is given beside the caller's.
    pub env: Vec<(OsString, Template)>,
    /// Whether it gets only a short list of the caller's environment.
    pub env_clear: bool,
    /// Its working directory; without one, the file's folder or, with dependencies, its own.
    pub cwd: Option<PathBuf>,
}

/// Where an executable's program is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Program {
    /// At this absolute path.
    At(PathBuf),
    /// At this path inside the job's working directory, once its dependencies are copied there.
    Copied(PathBuf),
}

/// How an executable is given its pipes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Pass {
    /// Paths of FIFOs behind flags.
    #[default]
    Path,
    /// Numbers of open descriptors behind flags, from 4 up.
    Fd,
    /// Its standard input and output; one pipe each at most.
    Stdio,
}

/// What a job's failure does to the run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum OnFailure {
    /// The run is stopped.
    #[default]
    Stop,
    /// The job's outputs close; the rest runs on.
    Isolate,
}

/// How a job is stopped.
#[derive(Clone, PartialEq, Debug)]
pub struct StopPolicy {
    /// The name of the signal that asks it to end, without `SIG`.
    pub signal: String,
    /// From that signal to SIGKILL.
    pub grace: Duration,
    /// How long its readers may take for what it had written when it failed.
    pub drain: Duration,
    /// How long its pipes are read on after it is gone while somebody else holds them; `None`: until they end.
    pub linger: Option<Duration>,
}

/// One pipe.
#[derive(Clone, Debug)]
pub struct PipeSpec {
    /// The name in the file.
    pub name: Name,
    /// Where the file speaks of it.
    pub span: Span,
    /// The job that writes it; `None` if a program outside the network does.
    pub writer: Option<End>,
    /// The jobs that read it, in the file's order; at least one, unless a program outside the network reads.
    pub readers: Vec<End>,
    /// How its blocks stand on the wire.
    pub codec: Codec,
    /// The class by which jobs in Python make values of its payloads, or of its bytes where it is a stream.
    pub class: Option<CodecClass>,
    /// How many of its blocks make one compute block of a reader.
    pub block_count: NonZeroUsize,
    /// How its readers take its blocks.
    pub taking: Taking,
    /// What stands for a block that is missing.
    pub dummy: Dummy,
    /// How much may wait in the runtime.
    pub queue: QueueLimits,
    /// What becomes of a block for which there is no room.
    pub when_full: WhenFull,
    /// Whether it leads back, to a job whose blocks its writer needs.
    pub cycle: bool,
    /// The size wanted for its FIFOs, in bytes.
    pub capacity: Option<NonZeroUsize>,
    /// The longest payload allowed, in bytes.
    pub max_block_bytes: usize,
    /// The way to realise it that the file asks for.
    pub forced: Option<Forced>,
    /// The end that a program outside the network has, and where its FIFO is made.
    pub external: Option<External>,
}

/// A way to realise a pipe, instead of the one that would be chosen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Forced {
    /// A FIFO even between native jobs.
    Fifo,
    /// The runtime in between.
    Relay,
}

impl PipeSpec {
    /// The codec's name, as the file has it.
    pub fn codec_name(&self) -> &str {
        match &self.class {
            Some(class) => &class.name,
            None => self.codec.name().as_str(),
        }
    }
}

/// A class in a Python file that is a pipe's codec.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CodecClass {
    /// The name in the file.
    pub name: String,
    /// `FILE.py:CLASS`, with an absolute path.
    pub spec: String,
}

/// A job at an end of a pipe, and which of its ports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct End {
    /// The job.
    pub job: JobId,
    /// The place among its inputs or outputs.
    pub port: usize,
}

/// How a pipe's readers take its blocks.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Taking {
    /// By number, in step with the other inputs.
    #[default]
    InStep,
    /// In the order in which they come, whatever their numbers.
    Async,
    /// The same, and never waited for.
    Optional(Optional),
}

/// What an optional pipe gives while no block comes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Optional {
    /// The payload until the first block has come.
    pub default: Vec<u8>,
    /// Whether the last payload is given again; else the default is.
    pub store: bool,
    /// How many blocks may wait, and which of them make room for more; without it they wait as on any other pipe.
    pub buffer: Option<Buffer>,
}

/// A short queue of blocks that nobody waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Buffer {
    /// How many.
    pub blocks: NonZeroUsize,
    /// Which one is dropped for one more.
    pub drop: DropSide,
}

/// An end of a queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum DropSide {
    /// What has waited longest.
    #[default]
    Oldest,
    /// What has just come.
    Newest,
}

/// What stands for a block that is missing. It always carries the corrupted bit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Dummy {
    /// As many zeros as a block has bytes.
    Zero,
    /// The payload before it; before any, this empty value.
    Previous {
        /// A payload that the codec can read.
        empty: Vec<u8>,
    },
    /// This payload.
    Value(Vec<u8>),
}

impl Dummy {
    /// What a pipe of this codec has unless the file says otherwise.
    pub fn of(codec: Codec) -> Dummy {
        match codec {
            Codec::Bytes { .. } => Dummy::Zero,
            Codec::Json => Dummy::Previous { empty: b"null".to_vec() },
            Codec::Bincode | Codec::Lines | Codec::Framed | Codec::Stream => Dummy::Previous { empty: Vec::new() },
            Codec::Custom(codec) => Dummy::Previous { empty: codec.empty() },
        }
    }
}

/// What becomes of a block for which a queue has no room.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum WhenFull {
    /// Its writer waits.
    #[default]
    Block,
    /// A block of the queue is dropped for it.
    Drop(DropSide),
    /// The run fails.
    Fail,
}

/// How much may wait in a queue of the runtime: whichever comes first, but always at least 2 blocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QueueLimits {
    /// Blocks.
    pub blocks: usize,
    /// Payload bytes.
    pub bytes: usize,
}

impl Default for QueueLimits {
    fn default() -> QueueLimits {
        QueueLimits { blocks: 1024, bytes: 4 << 20 }
    }
}

/// An end of a pipe that is outside the network.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct External {
    /// Which end.
    pub side: Side,
    /// Where the FIFO is made.
    pub path: PathBuf,
}

/// An end of a pipe.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// The end that is written.
    Writer,
    /// The end that is read.
    Reader,
}
