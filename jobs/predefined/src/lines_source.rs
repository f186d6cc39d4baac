//! `lines-source`: the lines of a file or of standard input.
//!
//! ```toml
//! [jobs.read]
//! use = "lines-source"
//! args = { path = "words.txt" }
//! outputs = ["words"]
//!
//! [pipes.words]
//! codec = "lines"
//! ```
//!
//! A block is a line without its line break (`\n`; a `\r` before it is kept). A last line without a line break is a block
//! too. Under `json` each line must be JSON, and under a custom codec each is a text. Else lines are bytes: whether they are
//! UTF-8 is for the reader to say.
//!
//! The last line of a file carries the finished mark. Lines from a terminal or a pipe are sent as they come, so that
//! the mark is only set if the end is there together with the last line; else the job ends without it.
//!
//! If the job is started again, each life reads a file from the beginning. Standard input goes on, without what was read ahead.

use std::path::PathBuf;

use pipeloom_job::codec::{DecodeValueError, EncodeValueError};
use pipeloom_job::{
    Codec, CodecName, Emit, Flow, Job, JobError, JobKind, Port, PortList, PortType, Ports, Setup, StandardInput, Step,
    Steps,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::files::{self, Came, Feed, Place};

/// The longest line, in bytes: as long as a block may be unless a pipe says otherwise.
const MAX_LINE_BYTES: usize = 256 << 20;

/// The arguments of `lines-source`.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinesSourceArgs {
    /// The file; `-` for standard input. If the job is started again, each life reads a file from the beginning.
    pub path: PathBuf,
}

/// `lines-source` by name.
pub const KIND: JobKind = JobKind {
    name: "lines-source",
    about: "sends the lines of a file or of standard input",
    args: &|| schemars::schema_for!(LinesSourceArgs),
    ports: &|args| {
        let blocks = files::is_standard(&args.parse::<LinesSourceArgs>()?.path);
        let standard_input = if blocks { StandardInput::Needed } else { StandardInput::Unused };
        let lines = PortType::values(&[CodecName::Lines, CodecName::Json]);
        Ok(Ports { steps: Steps::Free, blocks, standard_input, ..Ports::new(PortList::none(), PortList::one(lines)) })
    },
    new: &|args| Ok(Box::new(LinesSource { args: args.parse()?, open: None })),
};

/// Why a line cannot be sent.
#[derive(Debug, thiserror::Error)]
enum LineError {
    #[error("line {line} of {place} is longer than {MAX_LINE_BYTES} bytes")]
    TooLong { line: u64, place: Place },
    #[error("line {line} of {place} is not JSON: {source}")]
    Json { line: u64, place: Place, source: DecodeValueError },
    #[error("line {line} of {place} is no text: {source}")]
    Text { line: u64, place: Place, source: DecodeValueError },
    #[error("line {line} of {place} cannot be sent: {source}")]
    Value { line: u64, place: Place, source: EncodeValueError },
}

impl From<LineError> for JobError {
    fn from(error: LineError) -> JobError {
        JobError::failed(error)
    }
}

struct LinesSource {
    args: LinesSourceArgs,
    open: Option<Lines>,
}

impl Job for LinesSource {
    fn setup(&mut self, setup: &Setup) -> Result<(), JobError> {
        let codec = setup.outputs.first().map_or(Codec::Lines, |port| port.codec);
        let feed = Feed::open(&self.args.path, setup)?;
        self.open = Some(Lines { feed, codec, searched: 0, sent: 0, payload: Vec::new() });
        Ok(())
    }

    fn step(&mut self, _step: &Step<'_>, out: &mut dyn Emit) -> Result<Flow, JobError> {
        self.open.as_mut().map_or(Ok(Flow::Done), |lines| lines.step(out))
    }
}

struct Lines {
    feed: Feed,
    /// What its output has.
    codec: Codec,
    /// How many of the bytes that wait were searched for a line break already.
    searched: usize,
    sent: u64,
    /// What a custom codec makes of a line; its memory is used again.
    payload: Vec<u8>,
}

impl Lines {
    fn step(&mut self, out: &mut dyn Emit) -> Result<Flow, JobError> {
        loop {
            let waiting = self.feed.waiting().len();
            let unsearched = &self.feed.waiting()[self.searched..];
            let line = memchr::memchr(b'\n', unsearched).map(|at| self.searched + at);
            self.searched = line.unwrap_or(waiting);
            let (len, next) = match line {
                // It may be the last one: have a look at what comes after it.
                Some(len) if len + 1 == waiting && self.feed.read()? == Came::More => continue,
                Some(len) => (len, len + 1),
                None if self.feed.is_ended() => match waiting {
                    0 => return Ok(Flow::Done),
                    len => (len, len),
                },
                None if waiting > MAX_LINE_BYTES => {
                    let place = self.feed.place().clone();
                    return Err(LineError::TooLong { line: self.sent + 1, place }.into());
                }
                None => match self.feed.read()? {
                    Came::NotYet => return Ok(self.feed.when_ready()),
                    Came::More | Came::End => continue,
                },
            };
            self.send(len, out)?;
            self.feed.take(next);
            self.searched = 0;
            return Ok(match self.feed.waiting().len() {
                0 if self.feed.is_ended() => Flow::Done,
                0 => self.feed.when_ready(),
                _ => Flow::Again,
            });
        }
    }

    fn send(&mut self, len: usize, out: &mut dyn Emit) -> Result<(), JobError> {
        let line = &self.feed.waiting()[..len];
        self.sent += 1;
        let place = || self.feed.place().clone();
        let payload = match self.codec {
            Codec::Json => {
                let json = Codec::Json.decode::<IgnoredAny>(line);
                json.map_err(|source| LineError::Json { line: self.sent, place: place(), source })?;
                line
            }
            Codec::Custom(_) => {
                let text = Codec::Lines.decode::<&str>(line);
                let text = text.map_err(|source| LineError::Text { line: self.sent, place: place(), source })?;
                self.payload.clear();
                let encoded = self.codec.encode(text, &mut self.payload);
                encoded.map_err(|source| LineError::Value { line: self.sent, place: place(), source })?;
                &self.payload
            }
            _ => line,
        };
        out.reserve(Port(0), payload.len())?.copy_from_slice(payload);
        Ok(out.commit(None)?)
    }
}
