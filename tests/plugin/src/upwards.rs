//! `upwards`: numbers from 1, and what people say in between.

use pipeloom_job::lines::{Lines, Next};
use pipeloom_job::typed::{Output, Source, SourceJob};
use pipeloom_job::{ArgsError, CodecName, Flow, Job, JobError, Kind, PortList, PortType, Ports, Setup, Steps};
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpwardsArgs {
    /// The last number. Without it the job sends the lines that are sent to it instead.
    to: Option<u64>,
}

pub(crate) struct Upwards {
    to: Option<u64>,
    at: u64,
    lines: Option<Lines>,
}

impl Kind for Upwards {
    const NAME: &'static str = "upwards";
    const ABOUT: &'static str = "sends numbers from 1, or what it is told";
    type Args = UpwardsArgs;

    fn ports(args: &UpwardsArgs) -> Result<Ports, ArgsError> {
        let texts = PortList::one(PortType::codecs(&[CodecName::Lines]));
        let lines = args.to.is_none();
        Ok(Ports { steps: Steps::Free, lines, ..Ports::new(PortList::none(), texts) })
    }

    fn make(args: UpwardsArgs) -> Result<Box<dyn Job>, ArgsError> {
        Ok(SourceJob::boxed(Upwards { to: args.to, at: 0, lines: None }))
    }
}

impl Source for Upwards {
    type Out = String;

    fn setup(&mut self, setup: &Setup) -> Result<(), JobError> {
        self.lines = setup.lines.clone();
        Ok(())
    }

    fn step(&mut self, out: &mut Output<'_, String>) -> Result<Flow, JobError> {
        if let Some(to) = self.to {
            self.at += 1;
            out.send(&self.at.to_string())?;
            return Ok(if self.at == to { Flow::Done } else { Flow::Again });
        }
        let Some(lines) = &self.lines else { return Ok(Flow::Done) };
        match lines.next() {
            Next::Line(line) => out.send(&line)?,
            Next::Empty => return Ok(lines.when_ready()),
            Next::Closed => return Ok(Flow::Done),
        }
        Ok(Flow::Again)
    }
}
