//! A program with the job `grade`: what people say of a level.

use std::process::ExitCode;

use pipeloom_job::typed::{Connector, ConnectorJob, Output};
use pipeloom_job::{ArgsError, Flow, Job, JobError, Kind, PortList, PortType, Ports, executable};
use schemars::JsonSchema;
use serde::Deserialize;

/// The bit that is set on loud tones.
const LOUD: usize = 4;

#[derive(Deserialize)]
struct Tone {
    name: String,
    decibels: f64,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GradeArgs {}

struct Grade;

impl Kind for Grade {
    const NAME: &'static str = "grade";
    const ABOUT: &'static str = "says how loud a tone is";
    type Args = GradeArgs;

    fn ports(_args: &GradeArgs) -> Result<Ports, ArgsError> {
        Ok(Ports::new(PortList::one(PortType::any().one_block()), PortList::one(PortType::any())))
    }

    fn make(_args: GradeArgs) -> Result<Box<dyn Job>, ArgsError> {
        Ok(ConnectorJob::boxed(Grade))
    }
}

impl Connector for Grade {
    type In = Tone;
    type Out = String;

    fn step(&mut self, Tone { name, decibels }: Tone, out: &mut Output<'_, String>) -> Result<Flow, JobError> {
        let grade = if out.head().bit(LOUD) { "loud" } else { "quiet" };
        out.send(&format!("{name} is {grade} ({decibels:.1} dB)"))?;
        Ok(Flow::Again)
    }
}

fn main() -> ExitCode {
    executable::main::<Grade>()
}
