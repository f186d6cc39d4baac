//! The stages of stopping a run.

use std::time::Duration;

use pipeloom_config::JobId;
use pipeloom_events::StopReason;

/// How often it is said who is still there.
pub(super) const STILL_RUNNING_EVERY: Duration = Duration::from_secs(2);

/// How long after the last stage native jobs may take to return.
pub(super) const LAST_WORD: Duration = Duration::from_millis(500);

/// A run that is being stopped.
#[derive(Debug)]
pub(super) struct Stopping {
    pub(super) reason: StopReason,
    pub(super) rung: Rung,
}

/// How far the stopping is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Rung {
    /// The readers of a job that failed or ended take what it had written.
    Drain(JobId),
    /// The sources are asked to end; the ends of their streams run down.
    Sources,
    /// All are asked to end.
    All,
    /// All are killed.
    Kill,
    /// What does not return is left behind.
    Leave,
}
