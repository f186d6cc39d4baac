//! `lines-sink`: writes lines to a file or to standard output.
//!
//! ```toml
//! [jobs.show]
//! use = "lines-sink"
//! inputs = ["levels"]
//! ```
//!
//! A block of `lines` or `json` becomes a line, and so does what a custom codec makes of a block: a text as it is, any other
//! value as JSON. The bytes of a `stream` are written as they are. On a terminal each line is shown at once; elsewhere what
//! comes is written as soon as no more has come, or within half a second. When the reader of standard output goes away,
//! the job ends.
//!
//! If the job is started again, each life goes on behind what is in the file. A job that may be started again writes after
//! every step, so that nothing that counts as done is lost with it; that is slower.

use std::path::PathBuf;

use pipeloom_job::typed::InputError;
use pipeloom_job::{
    Block, Codec, CodecName, Emit, Flow, Job, JobError, JobKind, PortList, PortSetup, PortType, Ports, Setup, Step,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::files::{self, Drain};

/// The arguments of `lines-sink`.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LinesSinkArgs {
    /// The file; `-` for standard output. If the job is started again, further lines are added to it.
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
    args: &|| schemars::schema_for!(LinesSinkArgs),
    ports: &|args| {
        let blocks = files::is_standard(&args.parse::<LinesSinkArgs>()?.path);
        let lines = PortType::values(&[CodecName::Lines, CodecName::Json, CodecName::Stream]);
        Ok(Ports { blocks, ..Ports::new(PortList::one(lines), PortList::none()) })
    },
    new: &|args| Ok(Box::new(LinesSink { args: args.parse()?, open: None })),
};

struct LinesSink {
    args: LinesSinkArgs,
    /// What it reads, and where that is written.
    open: Option<(PortSetup, Drain)>,
}

impl Job for LinesSink {
    fn setup(&mut self, setup: &Setup) -> Result<(), JobError> {
        let Some(input) = setup.inputs.first().cloned() else { return Ok(()) };
        let create = if input.codec.has_blocks() { Drain::create_lines } else { Drain::create };
        self.open = Some((input, create(&self.args.path, setup)?));
        Ok(())
    }

    fn step(&mut self, step: &Step<'_>, _out: &mut dyn Emit) -> Result<Flow, JobError> {
        let Some((input, drain)) = &mut self.open else { return Ok(Flow::Done) };
        let blocks = || step.inputs.iter().copied().flatten();
        match input.codec {
            Codec::Custom(_) => {
                let lines: Vec<String> = blocks().map(|block| line(step, block, input)).collect::<Result<_, _>>()?;
                drain.step(|drain| lines.iter().try_for_each(|line| drain.put_line(line.as_bytes())))
            }
            Codec::Stream => drain.step(|drain| blocks().try_for_each(|block| drain.put(block.bytes))),
            _ => drain.step(|drain| blocks().try_for_each(|block| drain.put_line(block.bytes))),
        }
    }

    fn idle(&mut self) -> Result<(), JobError> {
        self.open.as_mut().map_or(Ok(()), |(_, drain)| drain.idle())
    }

    fn end(&mut self, _out: &mut dyn Emit) -> Result<(), JobError> {
        self.open.take().map_or(Ok(()), |(_, drain)| drain.end())
    }
}

/// What a custom codec makes of a block, as a line.
fn line(step: &Step<'_>, block: &Block<'_>, input: &PortSetup) -> Result<String, InputError> {
    match input.codec.decode(block.bytes) {
        Ok(Value::String(text)) => Ok(text),
        Ok(value) => Ok(value.to_string()),
        Err(source) => Err(InputError::Value { input: 0, pipe: input.pipe.clone(), block: step.number, source }),
    }
}
