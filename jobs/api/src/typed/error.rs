//! What can go wrong between a value and its block.

use crate::batch::Seq;
use crate::codec::{DecodeValueError, EncodeValueError};
use crate::job::{JobError, PortSetup};
use crate::step::Port;

/// Why a job's values cannot be read from its inputs.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// A block does not hold the value.
    #[error("block {block} of input {input} (pipe {pipe}): {source}")]
    Value {
        /// The input's place in the file's list, from 0.
        input: usize,
        /// The pipe's name.
        pipe: String,
        /// The number of the compute block.
        block: Seq,
        /// What is wrong with it.
        source: DecodeValueError,
    },
    /// The compute block has several blocks, or none, where one is taken.
    #[error(
        "compute block {block} has {got} blocks on input {input} (pipe {pipe}), where the job takes one: it needs block_count = 1"
    )]
    Count {
        /// The input's place in the file's list, from 0.
        input: usize,
        /// The pipe's name.
        pipe: String,
        /// The number of the compute block.
        block: Seq,
        /// How many blocks there are.
        got: usize,
    },
    /// The job has fewer inputs than it takes.
    #[error("there is no input {input}")]
    Missing {
        /// The input's place in the file's list, from 0.
        input: usize,
    },
}

/// Why a value cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The pipe's codec cannot hold the value.
    #[error("a value for output {output} (pipe {pipe}): {source}")]
    Value {
        /// The output's place in the file's list, from 0.
        output: usize,
        /// The pipe's name.
        pipe: String,
        /// What is wrong with it.
        source: EncodeValueError,
    },
    /// The job has fewer outputs than it uses.
    #[error("there is no output {output}")]
    Missing {
        /// The output's place in the file's list, from 0.
        output: usize,
    },
}

impl OutputError {
    pub(super) fn value(to: Port, port: &PortSetup, source: EncodeValueError) -> OutputError {
        OutputError::Value { output: to.index(), pipe: port.pipe.clone(), source }
    }
}

impl From<InputError> for JobError {
    fn from(error: InputError) -> JobError {
        JobError::failed(error)
    }
}

impl From<OutputError> for JobError {
    fn from(error: OutputError) -> JobError {
        JobError::failed(error)
    }
}
