//! What is to be said of a run that is over.

use std::time::Duration;

use pipeloom_events::{Cause, JobEnd, Outcome, PipeTally};
use serde_json::Value;

/// What is to be said of a run that is over.
#[derive(Clone, Debug)]
pub struct Summary {
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took.
    pub elapsed: Duration,
    /// Its jobs, in the file's order.
    pub jobs: Vec<JobSummary>,
    /// Its pipes, a tally for each reader.
    pub pipes: Vec<PipeTally>,
    /// What went wrong in the runtime itself, if anything.
    pub fault: Option<String>,
}

impl Summary {
    /// The job that failed first, and why: what the others did may follow from it.
    pub fn first_failure(&self) -> Option<(&str, &Cause)> {
        let failures = self.jobs.iter().filter_map(|job| job.failure.as_ref().map(|failure| (job, failure)));
        failures.min_by_key(|(_, (place, _))| *place).map(|(job, (_, cause))| (job.name.as_str(), cause))
    }
}

/// What is to be said of one job.
#[derive(Clone, Debug)]
pub struct JobSummary {
    /// Its name.
    pub name: String,
    /// How it ended, if it did not fail.
    pub end: Option<JobEnd>,
    /// What else is to be known, as a fragment.
    pub note: Option<String>,
    /// Why it failed, and as which of those that did, from 0.
    pub failure: Option<(usize, Cause)>,
    /// How often it was started again.
    pub restarts: u32,
    /// The result it reported last.
    pub result: Option<Value>,
}

impl JobSummary {
    pub(crate) const fn new(name: String) -> JobSummary {
        JobSummary { name, end: None, note: None, failure: None, restarts: 0, result: None }
    }
}
