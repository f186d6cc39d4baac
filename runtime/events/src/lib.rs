//! What a run tells the outside, and what it may be asked: states, events, requests and exit codes. Their JSON is a promise: fields are added, never
//! changed, under `"v": 1`.
//!
//! ```text
//! id       the run's id
//! job      what a job is doing, and how it ended
//! event    what happened, one JSON object per line of events.jsonl
//! exit     the exit codes of the command
//! request  what a run is asked through its socket, and what it answers
//! ```

mod event;
mod exit;
mod id;
mod job;

pub mod request;

pub use event::{Event, Outcome, PipeEnding, PipeTally, Record, StopReason};
pub use exit::ExitStatus;
pub use id::RunId;
pub use job::{Cause, CauseKind, JobEnd, JobState};
