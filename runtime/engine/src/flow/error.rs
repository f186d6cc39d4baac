//! Why a pipe cannot be read or written.

use std::fmt;
use std::sync::Arc;

use pipeloom_job::codec::{EncodeError, EncodeValueError, FrameError};
use pipeloom_os::OsError;
use pipeloom_spool::SpoolError;

use super::Unkept;
use super::leg_queue::Overflow;
use super::stamp::Unasked;

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
    Spool(#[from] SpoolError),
    #[error(
        "its spool is full of blocks that its reader has been given and does only when it has ended (`ack = \"end\"`): make \
         `spool.max_bytes` larger"
    )]
    StuckAtEnd,
    #[error(transparent)]
    Unkept(#[from] Unkept),
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
