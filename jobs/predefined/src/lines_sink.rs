//! `lines-sink`: writes lines to a file or to standard output.
//!
//! ```toml
//! [jobs.show]
//! use = "lines-sink"
//! inputs = ["levels"]
//! ```
//!
//! A block of `lines` or `json` becomes a line; the bytes of a `stream` are written as they are. On a terminal each line
//! is shown at once; elsewhere what comes is written within half a second while more comes, and at the end. When the
//! reader of standard output goes away, the job ends.

use std::path::PathBuf;

use pipeloom_job::{Codec, CodecName, Emit, Flow, Job, JobError, JobKind, PortList, PortType, Ports, Setup, Step};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::files::{self, Drain};

/// The arguments of `lines-sink`.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LinesSinkArgs {
    /// The file; `-` for standard output.
    pub path: PathBuf,
}

impl Default for LinesSinkArgs {
    fn default() -> LinesSinkArgs {
        LinesSinkArgs { path: "-".into() }
    }
}

/// `lines-sink` by name.
pub const KIND: JobKind = JobKind {
    name: "lines-sink",
    about: "writes lines to a file or to standard output",
    args: || schemars::schema_for!(LinesSinkArgs),
    ports: |args| {
        let blocks = files::is_standard(&args.parse::<LinesSinkArgs>()?.path);
        let lines = PortType::codecs(&[CodecName::Lines, CodecName::Json, CodecName::Stream]);
        Ok(Ports { blocks, ..Ports::new(PortList::one(lines), PortList::none()) })
    },
    new: |args| Ok(Box::new(LinesSink { args: args.parse()?, lines: true, drain: None })),
};

struct LinesSink {
    args: LinesSinkArgs,
    /// Whether a block is a line.
    lines: bool,
    drain: Option<Drain>,
}

impl Job for LinesSink {
    fn setup(&mut self, setup: &Setup) -> Result<(), JobError> {
        self.lines = setup.inputs.iter().all(|port| port.codec != Codec::Stream);
        self.drain = Some(Drain::create(&self.args.path, setup)?);
        Ok(())
    }

    fn step(&mut self, step: &Step<'_>, _out: &mut dyn Emit) -> Result<Flow, JobError> {
        let Some(drain) = &mut self.drain else { return Ok(Flow::Done) };
        let put = if self.lines { Drain::put_line } else { Drain::put };
        drain.step(|drain| step.inputs.iter().copied().flatten().try_for_each(|block| put(drain, block.bytes)))
    }

    fn end(&mut self, _out: &mut dyn Emit) -> Result<(), JobError> {
        self.drain.take().map_or(Ok(()), Drain::end)
    }
}
