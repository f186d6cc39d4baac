//! What can go wrong at a program's ends of pipes.

use pipeloom_job::codec::{DecodeValueError, EncodeValueError};

/// Why a program does not get an end of a pipe.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EndError {
    /// The network has no such pipe.
    #[error("the network has no pipe `{pipe}`")]
    NoPipe {
        /// The name.
        pipe: String,
    },
    /// Another job has this end.
    #[error("no {side} is at pipe `{pipe}`: add `JobBuilder::{side}` for it when the network is built")]
    NotOurs {
        /// The pipe.
        pipe: String,
        /// `sender` or `receiver`.
        side: &'static str,
    },
    /// It can be had once, and somebody has it.
    #[error("the {side} of pipe `{pipe}` was taken before")]
    Taken {
        /// The pipe.
        pipe: String,
        /// `sender` or `receiver`.
        side: &'static str,
    },
    /// The pipe was built for values of another type.
    #[error("pipe `{pipe}` has values of type `{built}`, not `{asked}`")]
    Type {
        /// The pipe.
        pipe: String,
        /// The type of its values.
        built: &'static str,
        /// The type that was asked for.
        asked: &'static str,
    },
}

/// Why a value is not sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// It cannot be written by the pipe's codec.
    #[error("pipe `{pipe}`: {source}")]
    Value {
        /// The pipe.
        pipe: String,
        /// What is wrong with it.
        source: EncodeValueError,
    },
    /// There is no room for it, or there was none in the given time.
    #[error("pipe `{pipe}` is full")]
    Full {
        /// The pipe.
        pipe: String,
    },
    /// No value is wanted any more: all readers have ended, or the run has, or is being stopped.
    #[error("nobody takes values from pipe `{pipe}` any more")]
    Over {
        /// The pipe.
        pipe: String,
    },
}

/// Why no value is received.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// A block does not hold a value of the type. The next call gives the next one.
    #[error("block {block} of pipe `{pipe}`: {source}")]
    Value {
        /// The pipe.
        pipe: String,
        /// Which of the blocks that were received, from 1.
        block: u64,
        /// What is wrong with it.
        source: DecodeValueError,
    },
    /// There is none, or there was none in the given time.
    #[error("pipe `{pipe}` has no value yet")]
    Empty {
        /// The pipe.
        pipe: String,
    },
    /// The run was ended before the stream was.
    #[error("the run was ended before pipe `{pipe}` was at its end")]
    Cut {
        /// The pipe.
        pipe: String,
    },
}
