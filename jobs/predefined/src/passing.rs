//! Passing blocks on as they are, from one pipe to another.

use pipeloom_job::codec::EncodeError;
use pipeloom_job::typed::InputError;
use pipeloom_job::{Block, Codec, CodecName, Emit, JobError, Port, PortSetup, Seq, Setup, Step};

/// Why blocks cannot be passed on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PassError {
    #[error("a block of codec {from} (pipe {input}) is none of codec {to} (pipe {output})")]
    Codec { from: CodecName, input: String, to: CodecName, output: String },
    #[error("block {block} for pipe {output}: {source}")]
    Size { block: Seq, output: String, source: EncodeError },
}

impl From<PassError> for JobError {
    fn from(error: PassError) -> JobError {
        JobError::failed(error)
    }
}

/// Whether blocks of one pipe keep their meaning on another.
pub(crate) fn check(input: &PortSetup, output: &PortSetup) -> Result<(), PassError> {
    let (from, to) = (input.codec.name(), output.codec.name());
    let keeps_meaning = from == to
        || (from == CodecName::Json && to == CodecName::Lines)
        || matches!(to, CodecName::Bytes | CodecName::Framed | CodecName::Stream);
    if keeps_meaning {
        return Ok(());
    }
    let (input, output) = (input.pipe.clone(), output.pipe.clone());
    Err(PassError::Codec { from, input, to, output })
}

/// Whether blocks of each input keep their meaning on each output.
pub(crate) fn check_all(setup: &Setup) -> Result<(), PassError> {
    setup.inputs.iter().try_for_each(|input| setup.outputs.iter().try_for_each(|output| check(input, output)))
}

/// Whether a payload has the size that a pipe wants; `block` is the compute block it belongs to.
#[inline(always)]
pub(crate) fn check_size(block: Seq, got: usize, output: &PortSetup) -> Result<(), PassError> {
    match output.codec {
        Codec::Bytes { block_size } if block_size != got => Err(wrong_size(block, got, block_size, output)),
        _ => Ok(()),
    }
}

#[cold]
fn wrong_size(block: Seq, got: usize, expected: usize, output: &PortSetup) -> PassError {
    PassError::Size { block, output: output.pipe.clone(), source: EncodeError::WrongSize { expected, got } }
}

/// The block of a step on input `input`, for jobs that pass one block on for each compute block.
#[inline(always)]
pub(crate) fn only<'a>(step: &Step<'a>, input: usize, port: &PortSetup) -> Result<&'a Block<'a>, InputError> {
    match step.inputs[input] {
        [only] => Ok(only),
        several => Err(wrong_count(step.number, several.len(), input, port)),
    }
}

#[cold]
fn wrong_count(block: Seq, got: usize, input: usize, port: &PortSetup) -> InputError {
    InputError::Count { input, pipe: port.pipe.clone(), block, got }
}

/// Sends a block of compute block `number` on with its own head.
#[inline(always)]
pub(crate) fn pass(
    number: Seq,
    block: &Block<'_>,
    to: Port,
    output: &PortSetup,
    out: &mut dyn Emit,
) -> Result<(), JobError> {
    check_size(number, block.bytes.len(), output)?;
    Ok(out.emit(to, block)?)
}
