//! What happens in a run.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::RunId;
use crate::job::{Cause, JobEnd};

/// One line of `events.jsonl`: an event with its run and time.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Record {
    /// The version of this format: 1.
    pub v: u32,
    /// When it happened.
    pub time: Timestamp,
    /// The run.
    pub run: RunId,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

impl Record {
    /// An event that happens now.
    pub fn now(run: RunId, event: Event) -> Record {
        Record { v: 1, time: Timestamp::now(), run, event }
    }
}

/// What happened.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The run begins.
    RunStarted {
        /// The network's name.
        network: String,
        /// The run's directory.
        dir: String,
        /// The jobs by name.
        jobs: Vec<String>,
    },
    /// The run goes on, after a runtime of it was killed or it did not end well. Its jobs begin anew; what waits on disk comes
    /// first.
    RunResumed {
        /// Which attempt this is: 2 for the first time that it goes on.
        attempt: u32,
        /// The epoch in which its sources number their blocks.
        epoch: u32,
        /// How many blocks wait on disk.
        blocks: u64,
    },
    /// A job runs.
    JobStarted {
        /// The job.
        job: String,
        /// Its process, if it is an executable.
        #[serde(skip_serializing_if = "Option::is_none")]
        pid: Option<i32>,
        /// Which of its lives this is, from 1.
        incarnation: u32,
    },
    /// A life of a job is over, and the next one begins soon.
    JobRestarting {
        /// The job.
        job: String,
        /// Which of its lives is over, from 1.
        incarnation: u32,
        /// Why it failed, if it did.
        #[serde(skip_serializing_if = "Option::is_none")]
        cause: Option<Cause>,
        /// The job with which it is started again, if it is not for its own sake.
        #[serde(skip_serializing_if = "Option::is_none")]
        with: Option<String>,
        /// How long it is waited for the next one, in seconds.
        seconds: f64,
    },
    /// A job ended without failing.
    JobEnded {
        /// The job.
        job: String,
        /// How.
        end: JobEnd,
        /// What else is to be known, as a fragment.
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// A job failed.
    JobFailed {
        /// The job.
        job: String,
        /// Why.
        cause: Cause,
    },
    /// A job says how far it is.
    Progress {
        /// The job.
        job: String,
        /// From 0 to 1.
        fraction: f64,
        /// What it is doing.
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// A job's status.
    Status {
        /// The job.
        job: String,
        /// Of any shape.
        status: Value,
    },
    /// A job's figures.
    Metrics {
        /// The job.
        job: String,
        /// By name.
        metrics: BTreeMap<String, f64>,
    },
    /// A job's result.
    Result {
        /// The job.
        job: String,
        /// Of any shape.
        result: Value,
    },
    /// A job says it is ready for blocks.
    Ready {
        /// The job.
        job: String,
    },
    /// A line that a job wrote to its standard output or error; not recorded, as it stands in the job's log.
    Line {
        /// The job.
        job: String,
        /// Whether it was standard error.
        stderr: bool,
        /// The line.
        text: String,
    },
    /// Something that people should know, but that ends nothing.
    Warning {
        /// The job it is about, if it is about one.
        #[serde(skip_serializing_if = "Option::is_none")]
        job: Option<String>,
        /// What, as a fragment.
        message: String,
    },
    /// Everything that was written to a pipe has been read, or will not be.
    PipeClosed(PipeTally),
    /// The run is being stopped.
    Stopping {
        /// Why.
        reason: StopReason,
    },
    /// The run is paused: all executables are halted, native jobs wait, and no time passes for it.
    Paused,
    /// The run goes on after a pause.
    Resumed {
        /// How long it was paused, in seconds.
        seconds: f64,
    },
    /// The run is being stopped, and these jobs are still there.
    StillRunning {
        /// The jobs.
        jobs: Vec<String>,
    },
    /// The run is over.
    RunEnded {
        /// How.
        outcome: Outcome,
        /// How long it took, in seconds, without the time in which it was paused.
        seconds: f64,
    },
}

/// What became of the blocks of one pipe for one of its readers, as far as the runtime saw them.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct PipeTally {
    /// The pipe.
    pub pipe: String,
    /// The reader; empty for one outside the network.
    pub reader: String,
    /// Blocks written to it.
    pub written: u64,
    /// Blocks the reader was given.
    pub delivered: u64,
    /// Blocks for which there was no room, where the file says that they may be dropped.
    #[serde(default)]
    pub dropped: u64,
    /// Blocks that came when the reader was past their number.
    #[serde(default)]
    pub too_old: u64,
    /// Dummies that the reader was given for blocks that were missing.
    #[serde(default)]
    pub dummies: u64,
    /// Blocks that a life of the reader was given and had not read when it was over, and that were not sent again.
    #[serde(default)]
    pub lost: u64,
    /// Blocks that a life of the reader was given again, because the one before had not done them.
    #[serde(default)]
    pub repeated: u64,
    /// Blocks of which a life of the writer had written only a part when it was over, and which nobody was given.
    #[serde(default)]
    pub torn: u64,
    /// Reset bits that the writer set without cause, and that were cleared.
    #[serde(default)]
    pub false_resets: u64,
    /// Blocks that nobody wanted any more, because the reader had ended.
    pub unused: u64,
    /// Blocks that the reader has not done and that lie on disk, for a run that goes on with this one.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub on_disk: u64,
    /// Payload bytes the reader was given.
    pub bytes: u64,
    /// How the stream ended, if the runtime saw its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<PipeEnding>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// How a stream of blocks ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PipeEnding {
    /// The last block carried the finished bit.
    Finished,
    /// It just ended.
    Ended,
    /// Its writer ended inside a block.
    Torn {
        /// How much of the block had come.
        bytes: u64,
    },
}

/// Why a run is stopped.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopReason {
    /// Somebody asked for it.
    Interrupted,
    /// Its time is over.
    TimeLimit,
    /// This job failed.
    JobFailed(String),
    /// This job ended, and the file says that the run ends with it.
    JobEnded(String),
    /// The runtime itself cannot go on.
    Internal(String),
}

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// All jobs ended.
    Finished,
    /// A job failed.
    Failed,
    /// It reached its time limit.
    TimeLimit,
    /// It was interrupted.
    Interrupted,
    /// A fault of the runtime.
    Internal,
}
