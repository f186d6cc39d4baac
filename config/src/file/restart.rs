//! Whether a job is started again.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::file::{Seconds, Whole};
use crate::span::At;

/// Whether a job is started again when it has ended. It is not after an error of its start, after all its inputs have ended,
/// while the run is being stopped, or if it is a native job and one of its pipes could not be read or written.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Restart")]
pub struct RestartTable {
    /// After which ends, which has to be said: `on-failure`, or `always`, which for an executable is also after an exit with success before its
    /// stream was finished.
    pub policy: Option<At<RestartName>>,
    /// How long it is waited before a restart. The time doubles with each one, and up to half of it is left out at random.
    #[schemars(extend("default" = 0.1))]
    pub backoff_seconds: Option<At<Seconds>>,
    /// The longest wait.
    #[schemars(extend("default" = 30))]
    pub backoff_max_seconds: Option<At<Seconds>>,
    /// After a life of at least this length, the next wait is `backoff_seconds` again.
    #[schemars(extend("default" = 10))]
    pub stable_seconds: Option<At<Seconds>>,
    /// How many restarts there may be within `window_seconds`. The failure after that counts, and `on_failure` applies.
    #[schemars(extend("default" = 5))]
    pub max_restarts: Option<At<Whole<1, 1_000_000>>>,
    /// The time in which restarts are counted, more than 0.
    #[schemars(extend("default" = 60, "exclusiveMinimum" = 0))]
    pub window_seconds: Option<At<Seconds>>,
    /// Who is started again with it: `job` (nobody), `downstream` (all jobs that its blocks reach, but not over pipes with
    /// `cycle = true`), or `component` (all jobs that are connected with it in any direction). The lives of the others are ended
    /// as their `stop` says, and all begin their next ones together. Jobs that have ended for good stay so. Blocks that wait
    /// between two of them are lost, unless `delivery` says otherwise, and sources among them number from 1 in a new epoch.
    #[schemars(extend("default" = "job"))]
    pub scope: Option<At<RestartScopeName>>,
}

/// Who is started again with a job.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum RestartScopeName {
    /// Nobody.
    Job,
    /// All jobs that its blocks reach.
    Downstream,
    /// All jobs that are connected with it.
    Component,
}

/// After which ends a job is started again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum RestartName {
    /// After none.
    Never,
    /// When it has failed.
    OnFailure,
    /// When it has failed, and when an executable has ended with success before its stream was finished.
    Always,
}
