//! `gain`: numbers, multiplied.

use pipeloom_job::typed::{Connector, ConnectorJob, Output};
use pipeloom_job::{ArgsError, CodecName, Flow, Job, JobError, Kind, PortList, PortType, Ports};
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GainArgs {
    /// What each number is multiplied by; not 0.
    factor: f64,
}

pub(crate) struct Gain(f64);

impl Kind for Gain {
    const NAME: &'static str = "gain";
    const ABOUT: &'static str = "multiplies numbers";
    type Args = GainArgs;

    fn ports(args: &GainArgs) -> Result<Ports, ArgsError> {
        if args.factor == 0.0 {
            return Err(ArgsError::at("factor", "would silence all"));
        }
        let numbers = PortType::codecs(&[CodecName::Json, CodecName::Bytes]).block_size(size_of::<f64>());
        Ok(Ports::new(PortList::one(numbers.clone().one_block()), PortList::one(numbers)))
    }

    fn make(args: GainArgs) -> Result<Box<dyn Job>, ArgsError> {
        Ok(ConnectorJob::boxed(Gain(args.factor)))
    }
}

impl Connector for Gain {
    type In = f64;
    type Out = f64;

    fn step(&mut self, value: f64, out: &mut Output<'_, f64>) -> Result<Flow, JobError> {
        out.send(&(value * self.0))?;
        Ok(Flow::Again)
    }
}
