//! Why a program could not do its work.

use std::any::Any;
use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::args::ArgsError;
use crate::batch::Seq;
use crate::codec::{CodecName, EncodeError, FrameError};
use crate::job::{JobError, PortList};
use crate::panics::panic_message;
use crate::ring::RingError;

/// Why a program failed. It ends with exit code 1 then.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProgramError {
    #[error(transparent)]
    Arguments(#[from] ArgumentError),
    #[error("{place}: {}{error}{}", at(&.error.path), .place.remedy())]
    Args { place: ArgsPlace, error: ArgsError },
    #[error(transparent)]
    Ports(#[from] PortsError),
    #[error(transparent)]
    Pipe(#[from] PipeError),
    #[error("SIGTERM cannot be heard: {0}")]
    Signal(io::Error),
    #[error("failed to wait: {0}")]
    Wait(io::Error),
    #[error(transparent)]
    Job(#[from] JobError),
    #[error("panicked: {0}")]
    Panicked(String),
    #[error(
        "it sent {blocks} blocks on pipe {pipe} in compute block {number}, where one is expected; a kind of job that sends \
         more or less says so in its ports (`Steps::Free`)"
    )]
    Uneven { blocks: u64, pipe: String, number: Seq },
}

impl ProgramError {
    /// The job panicked, with this payload.
    pub(super) fn panicked(panic: &(dyn Any + Send)) -> ProgramError {
        ProgramError::Panicked(panic_message(panic).unwrap_or("no message").to_owned())
    }
}

fn at(path: &[String]) -> String {
    if path.is_empty() { String::new() } else { format!("{}: ", path.join(".")) }
}

/// Where the job's arguments were said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ArgsPlace {
    Flag,
    Variable,
}

impl ArgsPlace {
    const fn remedy(self) -> &'static str {
        match self {
            ArgsPlace::Flag => "",
            ArgsPlace::Variable => "; it is the table `args` of the job in the network file that says them",
        }
    }
}

impl fmt::Display for ArgsPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ArgsPlace::Flag => "--args",
            ArgsPlace::Variable => "PIPELOOM_ARGS, the job's `args`",
        })
    }
}

/// What is wrong with what the program was started with.
#[derive(Debug, thiserror::Error)]
pub(super) enum ArgumentError {
    #[error("PIPELOOM_PIPES: {0}")]
    Table(serde_json::Error),
    #[error("PIPELOOM_PIPES has version {0}, and this program understands 1 and 2: build it with a newer pipeloom-job")]
    Version(u32),
    #[error("pipe {pipe}: codec {codec} is none that this program knows")]
    Codec { pipe: String, codec: String },
    #[error("pipe {pipe}: {what}")]
    Entry { pipe: String, what: &'static str },
    #[error("argument {0} is not understood{hint}", hint = super::surroundings::HINT)]
    Unknown(String),
    #[error("{flag} needs a value: {what}")]
    Value { flag: &'static str, what: &'static str },
    #[error("{place}: {error}")]
    Json { place: ArgsPlace, error: serde_json::Error },
}

/// The pipes are none that the job takes.
#[derive(Debug, thiserror::Error)]
pub(super) enum PortsError {
    #[error("it takes {takes} as {side}, and has {has}")]
    Count { takes: PortList, side: &'static str, has: usize },
    #[error("pipe {pipe} has codec {codec}, and the job takes {}", list(.takes))]
    Codec { pipe: String, codec: CodecName, takes: Vec<CodecName> },
    #[error("pipe {pipe} has blocks of {has} bytes, and the job takes blocks of {takes}")]
    Size { pipe: String, has: usize, takes: usize },
    #[error("pipe {pipe} has block_count {has}, and the job takes one block at a time")]
    Blocks { pipe: String, has: usize },
    #[error("it takes lines that people send to it, which a program does not get: use it in the runtime's process")]
    Lines,
}

fn list(codecs: &[CodecName]) -> String {
    codecs.iter().map(|codec| codec.as_str()).collect::<Vec<_>>().join(" or ")
}

/// What went wrong with a pipe.
#[derive(Debug, thiserror::Error)]
#[error("pipe {pipe}: {kind}")]
pub(super) struct PipeError {
    pub(super) pipe: String,
    pub(super) kind: PipeErrorKind,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum PipeErrorKind {
    #[error("failed to open {}: {error}", .path.display())]
    Open { path: PathBuf, error: io::Error },
    #[error("failed to use descriptor {number}: {error}")]
    Descriptor { number: i32, error: io::Error },
    #[error("failed to read: {0}")]
    Read(io::Error),
    #[error("failed to write: {0}")]
    Write(io::Error),
    #[error("failed to wait: {0}")]
    Wait(io::Error),
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error(transparent)]
    Damaged(#[from] RingError),
    #[error(transparent)]
    Encode(#[from] EncodeError),
    #[error(
        "the stream ended inside a block, after {bytes} bytes of it: its writer was cut off, or its blocks are not what the \
         pipe's codec, block_size and heads say"
    )]
    Torn { bytes: usize },
    #[error(
        "a block for which there is no compute block: it is block {number}. One block is expected on each output for each \
         compute block; say `steps = \"free\"` if the job writes more or less"
    )]
    Unasked { number: u64 },
}
