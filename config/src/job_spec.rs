//! A job of a checked network.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use pipeloom_job::{Args, Ports, Steps};

use crate::health::Health;
use crate::ids::{Name, PipeId};
use crate::kind::Kind;
use crate::limits::Limits;
use crate::restart::Restart;
use crate::span::Span;
use crate::template::Template;

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
    /// Whether it is started again when it has ended.
    pub restart: Restart,
    /// Whether its lives may end and begin together with those of others.
    pub restarts_together: bool,
    /// How it is noticed that it hangs.
    pub health: Health,
    /// How it is stopped.
    pub stop: StopPolicy,
    /// Whether the rest of the run is stopped when it ends.
    pub ends_run: bool,
    /// Whether a native job gets a thread of its own even where it could be called from its writer's thread.
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

    /// Whether it may have more than one life: it may be started again, or be so with another one.
    pub fn has_lives(&self) -> bool {
        self.restart.is_possible() || self.restarts_together
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
    /// What it may use at most.
    pub limits: Limits,
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
