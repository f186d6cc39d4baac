//! The two ends of a pipe of the kernel, as far as blocks on their way need them.
//!
//! A run has the kernel's own. A simulation has others, whose peers do what a seed says.

use std::io::IoSlice;
use std::os::fd::{AsFd, BorrowedFd};

use pipeloom_os::OsError;
use pipeloom_os::pipe::{Io, ReadEnd, WriteEnd};
use pipeloom_os::splice::Spliced;

/// The end that is read.
pub(crate) trait FarEnd: Send {
    /// Reads what is there, at most `buffer.len()` bytes. Never waits.
    fn read(&mut self, buffer: &mut [u8]) -> Result<Io, OsError>;

    /// Bytes in the pipe now.
    fn queued(&self) -> Result<usize, OsError>;

    /// What to wait for.
    fn fd(&self) -> Option<BorrowedFd<'_>>;
}

/// The end that is written.
pub(crate) trait NearEnd: Send {
    /// Writes what there is room for, in order. Never waits.
    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> Result<Io, OsError>;

    /// Whether somebody has the other end open.
    fn has_reader(&self) -> Result<bool, OsError>;

    /// Bytes that the pipe can hold.
    fn capacity(&self) -> Result<usize, OsError>;

    /// Bytes in the pipe now.
    fn queued(&self) -> Result<usize, OsError>;

    /// What to wait for.
    fn fd(&self) -> Option<BorrowedFd<'_>>;
}

/// A far end from which bytes can go on to a near end without anybody looking at them.
pub(crate) trait SpliceTo<N>: FarEnd {
    /// Moves at most `most` bytes on to `to`. Never waits.
    fn splice(&mut self, to: &mut N, most: usize) -> Result<Spliced, OsError>;

    /// Has at most the first `most` bytes in `to` as well; here they stay. Never waits.
    fn tee(&self, to: &mut N, most: usize) -> Result<Spliced, OsError>;
}

impl FarEnd for ReadEnd {
    fn read(&mut self, buffer: &mut [u8]) -> Result<Io, OsError> {
        ReadEnd::read(self, buffer)
    }

    fn queued(&self) -> Result<usize, OsError> {
        ReadEnd::queued(self)
    }

    fn fd(&self) -> Option<BorrowedFd<'_>> {
        Some(self.as_fd())
    }
}

impl SpliceTo<WriteEnd> for ReadEnd {
    fn splice(&mut self, to: &mut WriteEnd, most: usize) -> Result<Spliced, OsError> {
        ReadEnd::splice(self, to, most)
    }

    fn tee(&self, to: &mut WriteEnd, most: usize) -> Result<Spliced, OsError> {
        ReadEnd::tee(self, to, most)
    }
}

impl NearEnd for WriteEnd {
    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> Result<Io, OsError> {
        WriteEnd::write_vectored(self, slices)
    }

    fn has_reader(&self) -> Result<bool, OsError> {
        self.state().map(|state| !state.no_reader)
    }

    fn capacity(&self) -> Result<usize, OsError> {
        WriteEnd::capacity(self)
    }

    fn queued(&self) -> Result<usize, OsError> {
        WriteEnd::queued(self)
    }

    fn fd(&self) -> Option<BorrowedFd<'_>> {
        Some(self.as_fd())
    }
}
