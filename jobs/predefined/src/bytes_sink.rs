//! `bytes-sink`: writes payloads to a file or to standard output, one after another.
//!
//! ```toml
//! [jobs.save]
//! use = "bytes-sink"
//! args = { path = "${run}/samples.f32" }
//! inputs = ["samples"]
//! ```
//!
//! Nothing is written between blocks, neither heads nor lengths. What comes is written as soon as no more has
//! come, or within half a second. When the reader of standard output goes away, the job ends.
//!
//! If the job is started again, each life goes on behind what is in the file. A job that may be started again writes after
//! every step, so that nothing that counts as done is lost with it; that is slower.

use std::path::PathBuf;

use pipeloom_job::{CodecName, Emit, Flow, Job, JobError, JobKind, PortList, PortType, Ports, Setup, Step};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::files::{self, Drain};

/// The arguments of `bytes-sink`.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BytesSinkArgs {
    /// The file; `-` for standard output. If the job is started again, further bytes are added to it.
    pub path: PathBuf,
}

/// `bytes-sink` by name.
pub const KIND: JobKind = JobKind {
    name: "bytes-sink",
    about: "writes payloads to a file or to standard output, one after another",
    args: &|| schemars::schema_for!(BytesSinkArgs),
    ports: &|args| {
        let blocks = files::is_standard(&args.parse::<BytesSinkArgs>()?.path);
        let bytes = PortType::codecs(&[CodecName::Bytes, CodecName::Framed, CodecName::Stream]);
        Ok(Ports { blocks, ..Ports::new(PortList::one(bytes), PortList::none()) })
    },
    new: &|args| Ok(Box::new(BytesSink { args: args.parse()?, drain: None })),
};

struct BytesSink {
    args: BytesSinkArgs,
    drain: Option<Drain>,
}

impl Job for BytesSink {
    fn setup(&mut self, setup: &Setup) -> Result<(), JobError> {
        self.drain = Some(Drain::create(&self.args.path, setup)?);
        Ok(())
    }

    fn step(&mut self, step: &Step<'_>, _out: &mut dyn Emit) -> Result<Flow, JobError> {
        let Some(drain) = &mut self.drain else { return Ok(Flow::Done) };
        drain.step(|drain| step.inputs.iter().copied().flatten().try_for_each(|block| drain.put(block.bytes)))
    }

    fn idle(&mut self) -> Result<(), JobError> {
        self.drain.as_mut().map_or(Ok(()), Drain::idle)
    }

    fn end(&mut self, _out: &mut dyn Emit) -> Result<(), JobError> {
        self.drain.take().map_or(Ok(()), Drain::end)
    }
}
