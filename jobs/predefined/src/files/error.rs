//! What can go wrong with a file: always with its path.

use std::io;

use pipeloom_job::JobError;

use super::place::Place;

/// A call on a file that failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {call} {place}: {source}")]
pub(crate) struct FileError {
    call: &'static str,
    place: Place,
    source: io::Error,
}

impl FileError {
    pub(super) fn new(call: &'static str, place: &Place, source: io::Error) -> FileError {
        FileError { call, place: place.clone(), source }
    }

    /// Whether the other end of a pipe has gone: for a writer an end like any other.
    pub(super) fn is_reader_gone(&self) -> bool {
        self.source.kind() == io::ErrorKind::BrokenPipe
    }
}

impl From<FileError> for JobError {
    fn from(error: FileError) -> JobError {
        JobError::failed(error)
    }
}
