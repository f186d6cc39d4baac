//! A forwarder with the kit for Rust.

use std::process::ExitCode;

use pipeloom_job::{ArgsError, Emit, Flow, Job, JobError, Kind, Port, PortList, PortType, Ports, Step, executable};
use schemars::JsonSchema;
use serde::Deserialize;

/// It takes none.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NoArgs {}

/// Passes each block on.
struct Forward;

impl Kind for Forward {
    const NAME: &'static str = "kit-forward";
    const ABOUT: &'static str = "passes each block on";
    type Args = NoArgs;

    fn ports(_args: &NoArgs) -> Result<Ports, ArgsError> {
        Ok(Ports::new(PortList::one(PortType::any()), PortList::one(PortType::any())))
    }

    fn make(_args: NoArgs) -> Result<Box<dyn Job>, ArgsError> {
        Ok(Box::new(Forward))
    }
}

impl Job for Forward {
    fn step(&mut self, step: &Step<'_>, out: &mut dyn Emit) -> Result<Flow, JobError> {
        out.emit(Port(0), &step.inputs[0][0])?;
        Ok(Flow::Again)
    }
}

fn main() -> ExitCode {
    executable::main::<Forward>()
}
