//! `sum`: sums payloads and reports what came, as `bare-sink` does.

use std::path::PathBuf;

use pipeloom_job::{ArgsError, Emit, Flow, Job, JobError, Kind, PortList, PortType, Ports, Setup, Step};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{clock::monotonic_ns, pattern, report::Report};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// A file for what came, as JSON.
    report: PathBuf,
    /// A file that is made when the job is set up.
    #[serde(default)]
    ready: Option<PathBuf>,
}

pub(crate) struct Sum {
    seen: Report,
    args: Args,
}

impl Kind for Sum {
    const NAME: &'static str = "sum";
    const ABOUT: &'static str = "sums blocks as numbers of 64 bits";
    type Args = Args;

    fn ports(_args: &Args) -> Result<Ports, ArgsError> {
        Ok(Ports::new(PortList::one(PortType::any()), PortList::none()))
    }

    fn make(args: Args) -> Result<Box<dyn Job>, ArgsError> {
        Ok(Box::new(Sum { seen: Report::default(), args }))
    }
}

impl Job for Sum {
    fn setup(&mut self, _setup: &Setup) -> Result<(), JobError> {
        super::show_ready(self.args.ready.as_deref())
    }

    fn step(&mut self, step: &Step<'_>, _out: &mut dyn Emit) -> Result<Flow, JobError> {
        if self.seen.count == 0 {
            self.seen.first_ns = monotonic_ns().map_err(JobError::failed)?;
        }
        for block in step.inputs.iter().copied().flatten() {
            self.seen.sum = self.seen.sum.wrapping_add(pattern::sum(block.bytes));
            self.seen.count += 1;
        }
        Ok(Flow::Again)
    }

    fn end(&mut self, _out: &mut dyn Emit) -> Result<(), JobError> {
        self.seen.last_ns = monotonic_ns().map_err(JobError::failed)?;
        self.seen.write(&self.args.report).map_err(JobError::failed)
    }
}
