//! What is tested: a job, or a kind of job with arguments.

use serde_json::{Map, Value};

use crate::args::{Args, ArgsError};
use crate::codec::{Codec, CodecName};
use crate::job::{Job, JobKind, PortType, Ports};

/// Where a job under test comes from.
pub(super) enum Subject {
    /// It is there; nothing is known of its ports.
    Job(Box<dyn Job>),
    /// It is made when it is run.
    Kind(JobKind, Args),
}

impl Subject {
    pub(super) fn kind(kind: JobKind, args: Value) -> Result<Subject, ArgsError> {
        match args {
            Value::Object(table) => Ok(Subject::Kind(kind, Args::new(table))),
            _ => Err(ArgsError { path: Vec::new(), message: "arguments are a table".to_owned() }),
        }
    }

    /// Without arguments.
    pub(super) fn plain(kind: JobKind) -> Subject {
        Subject::Kind(kind, Args::new(Map::new()))
    }

    /// What the job promises, where it is of a known kind.
    pub(super) fn ports(&self) -> Result<Option<Ports>, ArgsError> {
        match self {
            Subject::Job(_) => Ok(None),
            Subject::Kind(kind, args) => (kind.ports)(args).map(Some),
        }
    }

    pub(super) fn into_job(self) -> Result<Box<dyn Job>, ArgsError> {
        match self {
            Subject::Job(job) => Ok(job),
            Subject::Kind(kind, args) => (kind.new)(&args),
        }
    }
}

/// The codec that a port is tested with where the test names none: `json` if the port takes it, as it is the most
/// forgiving one, else the first that it names. `bytes` get the size that the port knows, or else the one given.
pub(super) fn usual_codec(port: &PortType, block_size: Option<usize>) -> Option<Codec> {
    let json = port.takes(CodecName::Json).then_some(CodecName::Json);
    let name = json.or_else(|| port.codecs.first().copied())?;
    Codec::built_in(name, port.block_size.or(block_size))
}
