//! Pipes of the kernel, simulated: bounded, at an end once the writer is gone, and broken once the reader is.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::os::fd::BorrowedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pipeloom_os::OsError;
use pipeloom_os::pipe::Io;
use pipeloom_os::splice::Spliced;

use crate::flow::{FarEnd, NearEnd, SpliceTo};

/// One pipe. A process and the runtime have an end each.
#[derive(Clone, Debug)]
pub(super) struct Pipe(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    bytes: VecDeque<u8>,
    capacity: usize,
    has_writer: bool,
    has_reader: bool,
}

impl Pipe {
    pub(super) fn new(capacity: usize) -> Pipe {
        Pipe(Arc::new(Mutex::new(State { bytes: VecDeque::new(), capacity, has_writer: true, has_reader: true })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a read would do anything: there are bytes, or there will be none.
    pub(super) fn is_readable(&self) -> bool {
        let state = self.state();
        !state.bytes.is_empty() || !state.has_writer
    }

    /// Whether a write would do anything: there is room, or nobody reads.
    pub(super) fn is_writable(&self) -> bool {
        let state = self.state();
        state.bytes.len() < state.capacity || !state.has_reader
    }

    pub(super) fn has_writer(&self) -> bool {
        self.state().has_writer
    }

    pub(super) fn has_reader(&self) -> bool {
        self.state().has_reader
    }

    pub(super) fn is_empty(&self) -> bool {
        self.state().bytes.is_empty()
    }

    pub(super) fn read(&self, buffer: &mut [u8]) -> Io {
        let mut state = self.state();
        let count = buffer.len().min(state.bytes.len());
        buffer.iter_mut().zip(state.bytes.drain(..count)).for_each(|(to, from)| *to = from);
        match count {
            0 if state.has_writer => Io::WouldBlock,
            0 => Io::End,
            count => Io::Some(count),
        }
    }

    /// Writes what there is room for.
    pub(super) fn write(&self, bytes: &[u8]) -> Io {
        let mut state = self.state();
        let count = bytes.len().min(state.capacity - state.bytes.len());
        match count {
            _ if !state.has_reader => Io::End,
            0 => Io::WouldBlock,
            count => {
                state.bytes.extend(&bytes[..count]);
                Io::Some(count)
            }
        }
    }

    pub(super) fn writer_goes(&self) {
        self.state().has_writer = false;
    }

    pub(super) fn reader_goes(&self) {
        self.state().has_reader = false;
    }
}

/// The runtime's end of a pipe that a process writes.
pub(super) struct Far(pub(super) Pipe);

/// The runtime's end of a pipe that a process reads.
pub(super) struct Near(pub(super) Pipe);

impl FarEnd for Far {
    fn read(&mut self, buffer: &mut [u8]) -> Result<Io, OsError> {
        Ok(self.0.read(buffer))
    }

    fn queued(&self) -> Result<usize, OsError> {
        Ok(self.0.state().bytes.len())
    }

    fn fd(&self) -> Option<BorrowedFd<'_>> {
        None
    }
}

impl SpliceTo<Near> for Far {
    fn splice(&mut self, to: &mut Near, most: usize) -> Result<Spliced, OsError> {
        let came = self.tee(to, most);
        if let Ok(Spliced::Some(count)) = came {
            self.0.state().bytes.drain(..count);
        }
        came
    }

    fn tee(&self, to: &mut Near, most: usize) -> Result<Spliced, OsError> {
        let (from, mut to) = (self.0.state(), to.0.state());
        let there = from.bytes.len().min(most);
        let count = there.min(to.capacity - to.bytes.len());
        Ok(match count {
            _ if !to.has_reader => Spliced::Gone,
            0 if there == 0 && !from.has_writer => Spliced::End,
            0 if there == 0 => Spliced::Empty,
            0 => Spliced::Full,
            count => {
                to.bytes.extend(from.bytes.range(..count));
                Spliced::Some(count)
            }
        })
    }
}

impl NearEnd for Near {
    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> Result<Io, OsError> {
        let mut written = 0;
        for slice in slices {
            match self.0.write(slice) {
                Io::Some(count) => written += count,
                other if written == 0 => return Ok(other),
                _ => break,
            }
        }
        Ok(Io::Some(written))
    }

    fn has_reader(&self) -> Result<bool, OsError> {
        Ok(self.0.has_reader())
    }

    fn capacity(&self) -> Result<usize, OsError> {
        Ok(self.0.state().capacity)
    }

    fn queued(&self) -> Result<usize, OsError> {
        Ok(self.0.state().bytes.len())
    }

    fn fd(&self) -> Option<BorrowedFd<'_>> {
        None
    }
}

impl Drop for Far {
    fn drop(&mut self) {
        self.0.reader_goes();
    }
}

impl Drop for Near {
    fn drop(&mut self) {
        self.0.writer_goes();
    }
}
