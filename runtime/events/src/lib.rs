//! What a run tells the outside: states, events and exit codes. Their JSON is a promise: fields are added, never
//! changed, under `"v": 1`.
//!
//! ```text
//! id      the run's id
//! job     what a job is doing, and how it ended
//! event   what happened, one JSON object per line of events.jsonl
//! exit    the exit codes of the command
//! ```

mod event;
mod exit;
mod id;
mod job;

pub use event::{Event, Outcome, PipeEnding, PipeTally, Record, StopReason};
pub use exit::ExitStatus;
pub use id::RunId;
pub use job::{Cause, CauseKind, JobEnd, JobState};
