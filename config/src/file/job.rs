//! A job's table.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::file::{Entries, LimitsTable, Linger, RestartTable, Seconds, Value, WhenFull, Whole};
use crate::span::At;

/// What is said about one job.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Job", extend("oneOf" = [{ "required": ["exec"] }, { "required": ["use"] }, { "required": ["plugin", "job"] }, { "required": ["python"] }]))]
pub struct JobTable {
    /// An executable: the program and its arguments, as they are, never a shell. A program without a slash is looked up
    /// in PATH, a relative one first in `dependencies`, then in the file's folder. `${pipe.NAME}` stands for a pipe's
    /// path or descriptor and replaces its flag.
    #[schemars(length(min = 1))]
    pub exec: Option<At<Vec<At<String>>>>,
    /// A predefined job, by name (`pipeloom jobs` lists them).
    pub r#use: Option<At<String>>,
    /// A plugin: the path of a shared library with jobs in it, relative to the file. It is loaded to check the file.
    pub plugin: Option<At<String>>,
    /// Which of the plugin's jobs.
    pub job: Option<At<String>>,
    /// Where a plugin's job runs.
    #[schemars(extend("default" = "thread"))]
    pub isolation: Option<At<IsolationName>>,
    /// A class in a Python file, `FILE.py:CLASS`, relative to the file. It is a subclass of `pipeloom.Job`, and is imported
    /// to check the file.
    pub python: Option<At<String>>,
    /// The interpreter of a `python` job. One without a slash is looked up in PATH.
    #[schemars(extend("default" = "python3"))]
    pub interpreter: Option<At<String>>,
    /// The job's arguments. An executable finds them as a JSON object in the variable `PIPELOOM_ARGS`.
    #[schemars(extend("type" = "object"))]
    pub args: Option<At<Value>>,
    /// The pipes it reads, in order.
    pub inputs: Option<At<Vec<At<String>>>>,
    /// The pipes it writes, in order.
    pub outputs: Option<At<Vec<At<String>>>>,
    /// How an executable is given its pipes.
    #[schemars(extend("default" = "path"))]
    pub pass: Option<At<PassName>>,
    /// What stands before each input's path or descriptor in the arguments of an executable; `""` means the path alone.
    #[schemars(extend("default" = "-i"))]
    pub input_flag: Option<At<String>>,
    /// What stands before each output's path or descriptor in the arguments of an executable; `""` means the path
    /// alone.
    #[schemars(extend("default" = "-o"))]
    pub output_flag: Option<At<String>>,
    /// Whether an executable reads and writes the head before each payload. If not, the runtime takes heads off and
    /// puts them back.
    #[schemars(extend("default" = false))]
    pub head: Option<At<bool>>,
    /// Whether an executable is written with one of our kits (Rust, Python, C). It has heads then, and where two such programs
    /// follow each other, nobody need stand in between. Jobs in Python, and plugins with `isolation = "process"`, always are.
    #[schemars(extend("default" = false))]
    pub kit: Option<At<bool>>,
    /// How an executable's outputs are numbered. Without it, `each` where all its pipes have blocks and are no standard
    /// input or output, or where it is written with a kit; else `free`.
    pub steps: Option<At<StepsName>>,
    /// Folders and files for a working directory of the executable's own: the content of each folder, or the file, is
    /// copied there. Relative to the file.
    pub dependencies: Option<At<Vec<At<String>>>>,
    /// Environment variables of an executable, beside the caller's.
    pub env: Option<At<Entries<At<String>>>>,
    /// Whether an executable gets, of the caller's environment, only PATH, HOME, LANG, LC_*, TZ and TMPDIR.
    #[schemars(extend("default" = false))]
    pub env_clear: Option<At<bool>>,
    /// The working directory of an executable. Without it, the file's folder or, with `dependencies`, its own.
    pub cwd: Option<At<String>>,
    /// `max_queue` for those of its inputs whose tables do not say it. Of several readers of a pipe, the smallest counts.
    pub max_queue: Option<At<Whole<2, 0xffff_ffff>>>,
    /// `when_full` for those of its inputs whose tables do not say it. Where a pipe's readers differ, its table must.
    #[schemars(extend("default" = "block"))]
    pub when_full: Option<At<WhenFull>>,
    /// What its failure does to the run.
    #[schemars(extend("default" = "stop"))]
    pub on_failure: Option<At<OnFailureName>>,
    /// Whether it is started again when it has ended.
    pub restart: Option<At<RestartTable>>,
    /// How long after its start an executable may take to open the first of its pipes, or to say that it is ready. One that takes
    /// longer is stopped, and has failed.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub start_timeout_seconds: Option<At<Seconds>>,
    /// How often an executable at least says something on its control channel; one with a kit does so by itself. One that is
    /// silent for longer is stopped, and has failed.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub heartbeat_seconds: Option<At<Seconds>>,
    /// How long an executable may read nothing though blocks wait for it and nobody holds it up. One that reads nothing for
    /// longer is stopped, and has failed. All its pipes go through the runtime then.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub stall_seconds: Option<At<Seconds>>,
    /// How it is stopped.
    pub stop: Option<At<StopTable>>,
    /// What an executable may use at most.
    pub limits: Option<At<LimitsTable>>,
    /// Whether the rest of the run is stopped when it ends.
    #[schemars(extend("default" = false))]
    pub ends_run: Option<At<bool>>,
    /// Whether a native job gets a thread of its own. Otherwise native jobs in a row, one to one, share one if none of them needs its
    /// own: that is the shortest way for blocks, but on one processor. `pipeloom check --explain` says which do.
    #[schemars(extend("default" = false))]
    pub thread: Option<At<bool>>,
    /// Whether the runtime writes a record for each of the job's compute blocks on the last of `outputs`: its name and
    /// process, the number, processor and memory use, and the times in and out. The job itself is not given this output,
    /// whose codec is `json` (the default there); `logging-sink` makes a table of the records. Blocks of an executable go
    /// through the runtime then.
    #[schemars(extend("default" = false))]
    pub log_times: Option<At<bool>>,
    /// Groups of machines that may run it; only this machine.
    #[schemars(extend("items" = { "enum": ["localhost", "local"] }))]
    pub groups: Option<At<Vec<At<String>>>>,
    /// The machine that runs it; only this one.
    #[schemars(extend("enum" = ["localhost", "local"]))]
    pub node: Option<At<String>>,
    /// Whether it must run on the machine of the runtime, as all jobs do.
    #[schemars(extend("const" = true))]
    pub local: Option<At<bool>>,
}

impl JobTable {
    /// The names of the arguments that it gives.
    pub(crate) fn arg_names(&self) -> Vec<&At<String>> {
        match self.args.as_ref().map(|args| &args.value) {
            Some(Value::Table(entries)) => entries.iter().map(|(name, _)| name).collect(),
            _ => Vec::new(),
        }
    }
}

/// How an executable is given its pipes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum PassName {
    /// Paths of FIFOs behind flags.
    Path,
    /// Numbers of open descriptors behind flags, from 4 up.
    Fd,
    /// Standard input and output; at most one pipe each.
    Stdio,
}

/// How a job's outputs are numbered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum StepsName {
    /// One block on each output for each step, with its number.
    Each,
    /// Outputs are numbered by themselves.
    Free,
}

/// Where a plugin's job runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum IsolationName {
    /// On a thread of the runtime.
    Thread,
    /// In a process of its own: a crash ends that job only.
    Process,
}

/// What a job's failure does to the run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum OnFailureName {
    /// The run is stopped.
    Stop,
    /// The job's outputs close; the rest runs on.
    Isolate,
}

/// How a job is stopped.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Stop")]
pub struct StopTable {
    /// The signal that asks an executable to end.
    #[schemars(extend("default" = "TERM"))]
    pub signal: Option<At<SignalName>>,
    /// The time from that signal to SIGKILL.
    #[schemars(extend("default" = 5))]
    pub grace_seconds: Option<At<Seconds>>,
    /// How long the job's readers may take for what it had written when it failed.
    #[schemars(extend("default" = 2))]
    pub drain_seconds: Option<At<Seconds>>,
    /// How long the job's pipes are read on after it is gone while another process still holds them; `"eof"`: until
    /// they end.
    #[schemars(extend("default" = 0.2))]
    pub linger_seconds: Option<At<Linger>>,
}

/// Signals that ask a program to end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schemars(inline)]
#[expect(missing_docs, reason = "the names say it all")]
pub enum SignalName {
    Abrt,
    Alrm,
    Hup,
    Int,
    Kill,
    Pipe,
    Quit,
    Term,
    Usr1,
    Usr2,
}

impl SignalName {
    /// The name in the file, without `SIG`.
    pub const fn as_str(self) -> &'static str {
        match self {
            SignalName::Abrt => "ABRT",
            SignalName::Alrm => "ALRM",
            SignalName::Hup => "HUP",
            SignalName::Int => "INT",
            SignalName::Kill => "KILL",
            SignalName::Pipe => "PIPE",
            SignalName::Quit => "QUIT",
            SignalName::Term => "TERM",
            SignalName::Usr1 => "USR1",
            SignalName::Usr2 => "USR2",
        }
    }
}
