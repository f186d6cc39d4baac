//! Why a pipe cannot be read or written.

use std::fmt;
use std::sync::Arc;

use pipeloom_job::codec::{EncodeError, EncodeValueError, FrameError};
use pipeloom_os::OsError;
use pipeloom_spool::SpoolError;

use super::Unkept;
use super::leg_queue::Overflow;
use super::stamp::Unasked;
use crate::run_dir::RunDirError;

/// Why a pipe cannot be read or written.
#[derive(Debug)]
pub(crate) struct FlowError {
    pub(crate) pipe: Arc<str>,
    pub(crate) kind: FlowErrorKind,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum FlowErrorKind {
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error(transparent)]
    Encode(#[from] EncodeError),
    #[error(transparent)]
    EncodeValue(#[from] EncodeValueError),
    #[error(transparent)]
    Os(#[from] OsError),
    #[error(transparent)]
    Unasked(#[from] Unasked),
    #[error(transparent)]
    Overflow(#[from] Overflow),
    #[error(transparent)]
    Spool(SpoolError),
    #[error(transparent)]
    RunDir(#[from] RunDirError),
    #[error(
        "a block of {bytes} bytes has come, and there is room for {max} at most in what the pipe may keep on disk: make that \
         larger (`spool = {{ max_bytes = ... }}`)"
    )]
    SmallSpool {
        /// How long the block is.
        bytes: usize,
        /// How long one may be.
        max: u64,
    },
    #[error(
        "its spool is full of blocks that its reader has been given and does only when it has ended (`ack = \"end\"`): make \
         `spool.max_bytes` larger"
    )]
    StuckAtEnd,
    #[error(transparent)]
    Unkept(#[from] Unkept),
}

impl From<SpoolError> for FlowErrorKind {
    fn from(error: SpoolError) -> FlowErrorKind {
        match error {
            // No block of the pipe is longer than blocks may be, so it is the spool that is too small.
            SpoolError::TooLong { bytes, max } => FlowErrorKind::SmallSpool { bytes, max },
            error => FlowErrorKind::Spool(error),
        }
    }
}

impl FlowError {
    pub(crate) fn new(pipe: &Arc<str>, kind: impl Into<FlowErrorKind>) -> FlowError {
        FlowError { pipe: pipe.clone(), kind: kind.into() }
    }
}

impl fmt::Display for FlowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pipe {}: {}", self.pipe, self.kind)
    }
}

impl std::error::Error for FlowError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.kind)
    }
}
