//! `bytes-source`: the bytes of a file or of standard input.
//!
//! ```toml
//! [jobs.read]
//! use = "bytes-source"
//! args = { path = "samples.f32", pad = true }
//! outputs = ["samples"]
//!
//! [pipes.samples]
//! codec = "bytes"
//! block_size = 1024
//! ```
//!
//! Under `bytes` the file is cut into blocks of the pipe's `block_size`. What is left at the end and does not fill a block
//! is an error, because a reader would take it for something else; with `pad = true` it is filled up with zeros. Under
//! `stream` the bytes are sent as they come.
//!
//! The last block of a file carries the finished mark. Bytes from a terminal or a pipe are sent as they come, so that
//! the mark is only set if the end is there together with the last block; else the job ends without it.

use std::path::PathBuf;

use pipeloom_job::{
    CodecName, Emit, Flow, Job, JobError, JobKind, Port, PortList, PortType, Ports, Setup, StandardInput, Step, Steps,
};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::files::{self, Came, Feed, Place};

/// The longest block under `stream`, in bytes.
const CHUNK_BYTES: usize = 64 * 1024;

/// The arguments of `bytes-source`.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BytesSourceArgs {
    /// The file; `-` for standard input. If the job is started again, each life reads a file from the beginning.
    pub path: PathBuf,
    /// Whether a short last block is filled up with zeros; without it, it is an error.
    #[serde(default)]
    pub pad: bool,
}

/// `bytes-source` by name.
pub const KIND: JobKind = JobKind {
    name: "bytes-source",
    about: "sends the bytes of a file or of standard input in blocks of a fixed size",
    args: &|| schemars::schema_for!(BytesSourceArgs),
    ports: &|args| {
        let blocks = files::is_standard(&args.parse::<BytesSourceArgs>()?.path);
        let standard_input = if blocks { StandardInput::Needed } else { StandardInput::Unused };
        let bytes = PortType::codecs(&[CodecName::Bytes, CodecName::Stream]);
        Ok(Ports { steps: Steps::Free, blocks, standard_input, ..Ports::new(PortList::none(), PortList::one(bytes)) })
    },
    new: &|args| Ok(Box::new(BytesSource { args: args.parse()?, open: None })),
};

/// Why the last bytes cannot be sent.
#[derive(Debug, thiserror::Error)]
#[error("{place} ends {bytes} bytes into block {block} of {block_size} bytes; pad = true fills it up with zeros")]
struct ShortBlock {
    place: Place,
    block: u64,
    bytes: usize,
    block_size: usize,
}

struct BytesSource {
    args: BytesSourceArgs,
    open: Option<Blocks>,
}

impl Job for BytesSource {
    fn setup(&mut self, setup: &Setup) -> Result<(), JobError> {
        let size = setup.outputs.first().and_then(|port| port.codec.block_size());
        let feed = Feed::open(&self.args.path, setup)?;
        self.open = Some(Blocks { feed, size, pad: self.args.pad, sent: 0 });
        Ok(())
    }

    fn step(&mut self, _step: &Step<'_>, out: &mut dyn Emit) -> Result<Flow, JobError> {
        self.open.as_mut().map_or(Ok(Flow::Done), |blocks| blocks.step(out))
    }
}

struct Blocks {
    feed: Feed,
    /// The size of a block in bytes; `None` for any.
    size: Option<usize>,
    pad: bool,
    sent: u64,
}

impl Blocks {
    fn step(&mut self, out: &mut dyn Emit) -> Result<Flow, JobError> {
        // A block may be the last one unless there is more than it: look at what comes after it.
        while !self.feed.is_ended() && self.feed.waiting().len() <= self.size.unwrap_or(0) {
            if self.feed.read()? == Came::NotYet {
                break;
            }
        }
        let waiting = self.feed.waiting().len();
        let size = self.size.unwrap_or(waiting.min(CHUNK_BYTES));
        if waiting == 0 && self.feed.is_ended() {
            return Ok(Flow::Done);
        }
        if waiting == 0 || (waiting < size && !self.feed.is_ended()) {
            return Ok(self.feed.when_ready());
        }
        if waiting < size && !self.pad {
            let (place, block) = (self.feed.place().clone(), self.sent + 1);
            return Err(JobError::failed(ShortBlock { place, block, bytes: waiting, block_size: size }));
        }
        let (filled, rest) = out.reserve(Port(0), size)?.split_at_mut(waiting.min(size));
        filled.copy_from_slice(&self.feed.waiting()[..filled.len()]);
        rest.fill(0);
        self.feed.take(size);
        self.sent += 1;
        out.commit(None)?;
        Ok(if self.feed.is_ended() && self.feed.waiting().is_empty() { Flow::Done } else { Flow::Again })
    }
}
