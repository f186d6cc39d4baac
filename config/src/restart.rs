//! Whether a job is started again.

use std::time::Duration;

/// Whether a job is started again when it has ended, and how often.
#[derive(Clone, PartialEq, Debug)]
pub struct Restart {
    /// After which ends.
    pub policy: RestartPolicy,
    /// How long it is waited before the first restart.
    pub backoff: Duration,
    /// The longest wait; it doubles up to this.
    pub backoff_max: Duration,
    /// A life of at least this length makes the next wait a first one.
    pub stable: Duration,
    /// More restarts than these within `window` are not tried.
    pub max_restarts: u32,
    /// The time in which restarts are counted.
    pub window: Duration,
    /// Who is started again with it.
    pub scope: RestartScope,
}

/// Which jobs are started again together.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum RestartScope {
    /// The job alone.
    #[default]
    Job,
    /// With it all jobs that its blocks reach, but not over pipes that lead back.
    Downstream,
    /// With it all jobs that are connected with it in any direction.
    Component,
}

/// After which ends a job is started again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum RestartPolicy {
    /// After none.
    #[default]
    Never,
    /// When it has failed.
    OnFailure,
    /// When it has failed, and when a program has ended with success before its stream was finished.
    Always,
}

impl Restart {
    /// Whether the job itself may be the reason for a restart. It may have another life with others, too:
    /// [`JobSpec::has_lives`](crate::JobSpec::has_lives).
    pub fn is_possible(&self) -> bool {
        self.policy != RestartPolicy::Never
    }
}

impl Default for Restart {
    fn default() -> Restart {
        Restart {
            policy: RestartPolicy::Never,
            backoff: Duration::from_millis(100),
            backoff_max: Duration::from_secs(30),
            stable: Duration::from_secs(10),
            max_restarts: 5,
            window: Duration::from_secs(60),
            scope: RestartScope::Job,
        }
    }
}
