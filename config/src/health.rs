//! How it is noticed that a job hangs.

use std::time::Duration;

/// How it is noticed that a job hangs. One that does is stopped, and has failed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Health {
    /// So long after its start an executable has opened one of its pipes, or has said that it is ready.
    pub start_timeout: Option<Duration>,
    /// At least so often an executable says something on its control channel.
    pub heartbeat: Option<Duration>,
    /// So long at most an executable reads nothing though blocks wait for it.
    pub stall: Option<Duration>,
}
