//! A plugin with the job `smooth`: each level, mixed with the one before.

use pipeloom_job::typed::{Connector, ConnectorJob, Output};
use pipeloom_job::{ArgsError, CodecName, Flow, Job, JobError, Kind, PortList, PortType, Ports, export_jobs};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How loud a tone is.
#[derive(Serialize, Deserialize)]
struct Tone {
    name: String,
    decibels: f64,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SmoothArgs {
    /// How much of the level before is in each, from 0 to 1.
    weight: f64,
}

struct Smooth {
    weight: f64,
    before: Option<f64>,
}

impl Kind for Smooth {
    const NAME: &'static str = "smooth";
    const ABOUT: &'static str = "mixes each level with the one before";
    type Args = SmoothArgs;

    fn ports(args: &SmoothArgs) -> Result<Ports, ArgsError> {
        if !(0.0..=1.0).contains(&args.weight) {
            return Err(ArgsError::at("weight", "must be from 0 to 1"));
        }
        let tones = || PortList::one(PortType::codecs(&[CodecName::Json, CodecName::Bincode]).one_block());
        Ok(Ports::new(tones(), tones()))
    }

    fn make(SmoothArgs { weight }: SmoothArgs) -> Result<Box<dyn Job>, ArgsError> {
        Ok(ConnectorJob::boxed(Smooth { weight, before: None }))
    }
}

impl Connector for Smooth {
    type In = Tone;
    type Out = Tone;

    fn step(&mut self, tone: Tone, out: &mut Output<'_, Tone>) -> Result<Flow, JobError> {
        let before = self.before.unwrap_or(tone.decibels);
        let decibels = self.weight * before + (1.0 - self.weight) * tone.decibels;
        self.before = Some(decibels);
        out.send(&Tone { decibels, ..tone })?;
        Ok(Flow::Again)
    }
}

export_jobs! { Smooth }
