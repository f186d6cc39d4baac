//! A forwarder with the kit for Rust, which may sign what it forwards.

use std::process::ExitCode;

use pipeloom_bench::signature::sign;
use pipeloom_job::{ArgsError, Emit, Flow, Job, JobError, Kind, Port, PortList, PortType, Ports, Step, executable};
use schemars::JsonSchema;
use serde::Deserialize;

/// What it is asked.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// Each block gets this process's signature.
    #[serde(default)]
    sign: bool,
}

/// Passes each block on.
struct Forward(Args);

impl Kind for Forward {
    const NAME: &'static str = "kit-forward";
    const ABOUT: &'static str = "passes each block on";
    type Args = Args;

    fn ports(_args: &Args) -> Result<Ports, ArgsError> {
        Ok(Ports::new(PortList::one(PortType::any()), PortList::one(PortType::any())))
    }

    fn make(args: Args) -> Result<Box<dyn Job>, ArgsError> {
        Ok(Box::new(Forward(args)))
    }
}

impl Job for Forward {
    fn step(&mut self, step: &Step<'_>, out: &mut dyn Emit) -> Result<Flow, JobError> {
        let block = &step.inputs[0][0];
        if self.0.sign {
            let payload = out.reserve(Port(0), block.bytes.len())?;
            payload.copy_from_slice(block.bytes);
            sign(payload, std::process::id());
            out.commit(None)?;
        } else {
            out.emit(Port(0), block)?;
        }
        Ok(Flow::Again)
    }
}

fn main() -> ExitCode {
    executable::main::<Forward>()
}
