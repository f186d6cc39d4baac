//! `fill`: blocks filled with their numbers, of the size that the pipe has.

use std::path::PathBuf;

use pipeloom_job::{
    ArgsError, CodecName, Emit, Flow, Job, JobError, Kind, Port, PortList, PortType, Ports, Setup, Step,
};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::pattern;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// How many blocks.
    count: u64,
    /// A file that is made when the job is set up.
    #[serde(default)]
    ready: Option<PathBuf>,
}

pub(crate) struct Fill {
    size: usize,
    number: u64,
    count: u64,
    ready: Option<PathBuf>,
}

impl Kind for Fill {
    const NAME: &'static str = "fill";
    const ABOUT: &'static str = "sends blocks that are filled with their numbers";
    type Args = Args;

    fn ports(_args: &Args) -> Result<Ports, ArgsError> {
        Ok(Ports::new(PortList::none(), PortList::one(PortType::codecs(&[CodecName::Bytes]))))
    }

    fn make(args: Args) -> Result<Box<dyn Job>, ArgsError> {
        Ok(Box::new(Fill { size: 0, number: 0, count: args.count, ready: args.ready }))
    }
}

impl Job for Fill {
    fn setup(&mut self, setup: &Setup) -> Result<(), JobError> {
        self.size = setup.outputs.first().and_then(|port| port.codec.block_size()).unwrap_or_default();
        super::show_ready(self.ready.as_deref())
    }

    fn step(&mut self, _step: &Step<'_>, out: &mut dyn Emit) -> Result<Flow, JobError> {
        if self.number == self.count {
            return Ok(Flow::Done);
        }
        self.number += 1;
        pattern::fill(out.reserve(Port(0), self.size)?, self.number);
        out.commit(None)?;
        Ok(if self.number == self.count { Flow::Done } else { Flow::Again })
    }
}
