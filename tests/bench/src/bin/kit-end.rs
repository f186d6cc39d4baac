//! The ends of a chain with the kit for Rust: a source that fills blocks, and a sink that sums them.

use std::path::PathBuf;
use std::process::ExitCode;

use pipeloom_bench::clock::monotonic_ns;
use pipeloom_bench::pattern;
use pipeloom_bench::report::Report;
use pipeloom_job::{ArgsError, Emit, Flow, Job, JobError, Kind, Port, PortList, PortType, Ports, Step, executable};
use schemars::JsonSchema;
use serde::Deserialize;

/// What it is asked.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// Bytes of a payload.
    size: usize,
    /// How many blocks.
    count: u64,
    /// Where the sink leaves its figures. Without it this is the source.
    report: Option<PathBuf>,
}

/// Either end.
struct End {
    args: Args,
    seen: Report,
}

impl Kind for End {
    const NAME: &'static str = "kit-end";
    const ABOUT: &'static str = "fills blocks, or sums them";
    type Args = Args;

    fn ports(args: &Args) -> Result<Ports, ArgsError> {
        let (one, none) = (PortList::one(PortType::any()), PortList { fixed: Vec::new(), rest: None });
        Ok(if args.report.is_some() { Ports::new(one, none) } else { Ports::new(none, one) })
    }

    fn make(args: Args) -> Result<Box<dyn Job>, ArgsError> {
        Ok(Box::new(End { args, seen: Report::default() }))
    }
}

impl Job for End {
    fn step(&mut self, step: &Step<'_>, out: &mut dyn Emit) -> Result<Flow, JobError> {
        let number = step.number.get();
        if let Some(block) = step.block() {
            if self.seen.count == 0 {
                self.seen.first_ns = monotonic_ns().map_err(JobError::failed)?;
            }
            self.seen.count += 1;
            self.seen.sum = self.seen.sum.wrapping_add(pattern::sum(block.bytes));
            if self.seen.count == self.args.count {
                self.seen.last_ns = monotonic_ns().map_err(JobError::failed)?;
            }
            return Ok(Flow::Again);
        }
        pattern::fill(out.reserve(Port(0), self.args.size)?, number);
        out.commit(None)?;
        Ok(if number == self.args.count { Flow::Done } else { Flow::Again })
    }

    fn end(&mut self, _out: &mut dyn Emit) -> Result<(), JobError> {
        match &self.args.report {
            Some(path) => self.seen.publish(Some(path)).map_err(JobError::failed),
            None => Ok(()),
        }
    }
}

fn main() -> ExitCode {
    executable::main::<End>()
}
