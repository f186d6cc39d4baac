//! What a job is doing, and how it ended.

use serde::{Deserialize, Serialize};

/// What a job is doing, as people see it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobState {
    /// Not started yet.
    Waiting,
    /// Being started.
    Starting,
    /// Running.
    Running,
    /// Waiting to be started again.
    Restarting,
    /// Gone, but what it wrote is still being read or a process of its is left.
    Draining,
    /// Ended.
    Ended,
    /// Failed.
    Failed,
}

impl JobState {
    /// The name people see.
    pub const fn as_str(self) -> &'static str {
        match self {
            JobState::Waiting => "waiting",
            JobState::Starting => "starting",
            JobState::Running => "running",
            JobState::Restarting => "restarting",
            JobState::Draining => "draining",
            JobState::Ended => "ended",
            JobState::Failed => "failed",
        }
    }
}

/// How a job ended that did not fail.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobEnd {
    /// A native job whose last block carried the finished bit.
    Finished,
    /// A native job that ended without finishing, or a program that exited by itself. Whether a program's streams were
    /// finished stands with its pipes, as what it wrote may still be on its way.
    Ended,
    /// Its readers were gone, so it was not needed any more.
    Unneeded,
    /// The run was being stopped.
    Stopped,
}

/// Why a job failed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Cause {
    /// What kind of failure it is.
    pub kind: CauseKind,
    /// What happened, as a fragment.
    pub message: String,
    /// The last lines of its standard error.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub last_lines: Vec<String>,
}

/// The kinds of failure.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CauseKind {
    /// It could not be started.
    Start,
    /// It exited with a status other than 0, or by a signal.
    Exit,
    /// A native job returned an error.
    Error,
    /// A native job panicked.
    Panic,
    /// A block could not be moved.
    Flow,
    /// It did not end when it was asked to.
    Stuck,
    /// It gave no sign of life in the time that the file gives it for one.
    Hung,
}
