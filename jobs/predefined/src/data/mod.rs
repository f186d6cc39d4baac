//! `data`: sends values that are given in the network file, in a CSV file or in a file of JSON lines.
//!
//! ```toml
//! [jobs.settings]
//! use = "data"
//! args = { values = [1, 2.5, { gain = 3 }], repeat = 2 }
//! outputs = ["settings"]
//!
//! [pipes.settings]
//! codec = "json"
//! ```
//!
//! Either `values` or `path` is given. In a file of JSON lines each line is a value; blank lines are passed over. In a CSV file
//! the first row has the names of the columns and each further row becomes an object. A cell that is a JSON number is a number
//! there, `true` and `false` are truth values, an empty cell is `null`, anything else is a text; digits stay as they are.
//!
//! Under `lines` a block is a text without its quotes, a number or a truth value; anything else is an error. A custom
//! codec says itself what it takes.
//!
//! With `repeat` all values are sent so many times; a file is read anew each time. If the job is started again, each life sends
//! them from the beginning.

mod cell;
mod read;

use std::num::NonZeroU64;
use std::path::PathBuf;

use pipeloom_job::codec::EncodeValueError;
use pipeloom_job::typed::OutputError;
use pipeloom_job::{
    Args, ArgsError, Codec, CodecName, Emit, Flow, Job, JobError, JobKind, Port, PortList, PortSetup, PortType, Ports,
    Setup, Step,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use read::{Texts, Values};

/// The arguments of `data`.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({"values": [1]}))]
pub struct DataArgs {
    /// The values themselves. If the job is started again, each life begins with the first one.
    pub values: Option<Vec<Value>>,
    /// The file they are in. If the job is started again, each life reads it from the beginning.
    pub path: Option<PathBuf>,
    /// What the file is; unless given, its name tells: `.csv`, or `.jsonl` and `.ndjson`.
    pub format: Option<DataFormat>,
    /// How often all values are sent.
    #[serde(default = "once")]
    pub repeat: NonZeroU64,
}

const fn once() -> NonZeroU64 {
    NonZeroU64::MIN
}

/// What a file of values is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DataFormat {
    /// A header row, then rows of cells (RFC 4180).
    Csv,
    /// A JSON value in each line.
    JsonLines,
}

/// `data` by name.
pub const KIND: JobKind = JobKind {
    name: "data",
    about: "sends values from the network file, a CSV file or a file of JSON lines",
    args: &|| schemars::schema_for!(DataArgs),
    ports: &|args| {
        checked(args)?;
        let values = PortType::values(&[CodecName::Json, CodecName::Lines]);
        Ok(Ports::new(PortList::none(), PortList::one(values)))
    },
    new: &|args| {
        let (values, repeat) = checked(args)?;
        Ok(Box::new(Data { values, rounds: repeat.get(), texts: None, next: None, output: None, payload: Vec::new() }))
    },
};

fn checked(args: &Args) -> Result<(Values, NonZeroU64), ArgsError> {
    let DataArgs { values, path, format, repeat } = args.parse()?;
    let values = match (values, path) {
        (Some(_), None) if format.is_some() => return Err(ArgsError::at("format", "only with `path`")),
        (Some(values), None) => Values::Given(values),
        (None, Some(path)) => {
            let format = match (format, path.extension().and_then(|extension| extension.to_str())) {
                (Some(format), _) => format,
                (None, Some("csv")) => DataFormat::Csv,
                (None, Some("jsonl" | "ndjson")) => DataFormat::JsonLines,
                _ => return Err(ArgsError::at("path", "its name does not tell what it is; `format` does")),
            };
            Values::File { path, format }
        }
        (None, None) => {
            return Err(ArgsError { path: Vec::new(), message: "either `values` or `path` must be given".to_owned() });
        }
        (Some(_), Some(_)) => return Err(ArgsError::at("path", "`values` are given already")),
    };
    Ok((values, repeat))
}

struct Data {
    values: Values,
    /// How many times are left to send all values, with the one that goes on.
    rounds: u64,
    texts: Option<Texts>,
    /// The value that is sent next, as JSON: the last one must be known to be the last.
    next: Option<String>,
    output: Option<PortSetup>,
    /// What is sent where that is not the JSON itself; its memory is used again.
    payload: Vec<u8>,
}

impl Data {
    /// The next value as JSON; `None` after the last one.
    fn read(&mut self) -> Result<Option<String>, JobError> {
        if let Some(text) = self.texts.as_mut().and_then(Iterator::next) {
            return Ok(Some(text?));
        }
        if self.rounds <= 1 {
            return Ok(None);
        }
        self.rounds -= 1;
        let mut texts = self.values.texts()?;
        let first = texts.next().transpose()?;
        self.texts = Some(texts);
        // Where there is none now, further rounds would have none either.
        Ok(first)
    }

    fn send(&mut self, text: &str, out: &mut dyn Emit) -> Result<(), JobError> {
        let payload = match &self.output {
            Some(PortSetup { codec: codec @ (Codec::Lines | Codec::Custom(_)), pipe }) => {
                self.payload.clear();
                let failed = |source| OutputError::Value { output: 0, pipe: pipe.clone(), source };
                encode(*codec, text, &mut self.payload).map_err(failed)?;
                &self.payload
            }
            _ => text.as_bytes(),
        };
        out.reserve(Port(0), payload.len())?.copy_from_slice(payload);
        Ok(out.commit(None)?)
    }
}

/// Adds a JSON value as a payload of codec `lines` or a custom one. In a line a number keeps its digits.
fn encode(codec: Codec, text: &str, payload: &mut Vec<u8>) -> Result<(), EncodeValueError> {
    match text.as_bytes() {
        [b'-' | b'0'..=b'9', ..] if codec == Codec::Lines => {
            payload.extend_from_slice(text.as_bytes());
            Ok(())
        }
        _ => {
            let value: Value = serde_json::from_str(text).map_err(EncodeValueError::Json)?;
            codec.encode(&value, payload)
        }
    }
}

impl Job for Data {
    fn setup(&mut self, setup: &Setup) -> Result<(), JobError> {
        self.values.resolve(setup);
        self.output = setup.outputs.first().cloned();
        self.texts = Some(self.values.texts()?);
        self.next = self.read()?;
        Ok(())
    }

    fn step(&mut self, _step: &Step<'_>, out: &mut dyn Emit) -> Result<Flow, JobError> {
        let Some(text) = self.next.take() else { return Ok(Flow::Done) };
        let next = self.read();
        self.send(&text, out)?;
        self.next = next?;
        Ok(if self.next.is_some() { Flow::Again } else { Flow::Done })
    }
}
