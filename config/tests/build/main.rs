//! Networks that are built are those that files describe, and what is wrong with them is said as of files.

#![expect(clippy::unwrap_used, reason = "a test that cannot make its setting has failed")]

mod same;
mod wrong;

use pipeloom_config::CheckOptions;
use pipeloom_job::{Args, Emit, Flow, Job, JobError, JobKind, PortList, PortType, Ports, Step};

/// A job with any ports and arguments, not meant to be run.
const ANY: JobKind = JobKind {
    name: "any",
    about: "does nothing",
    args: &|| serde_json::json!({ "type": "object" }).try_into().unwrap_or_default(),
    ports: &|_: &Args| {
        let any = || PortList { fixed: Vec::new(), rest: Some(PortType::any()) };
        Ok(Ports::new(any(), any()))
    },
    new: &|_| Ok(Box::new(Nothing)),
};

struct Nothing;

impl Job for Nothing {
    fn step(&mut self, _step: &Step<'_>, _out: &mut dyn Emit) -> Result<Flow, JobError> {
        Ok(Flow::Done)
    }
}

fn options() -> CheckOptions<'static> {
    CheckOptions { kinds: &[ANY], path_env: Some("/usr/bin:/bin".into()), ..CheckOptions::default() }
}
