//! From the program into the network.

use std::fmt;
use std::marker::PhantomData;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use pipeloom_job::batch::Cursor;
use pipeloom_job::{Batch, Block, Codec, Emit, Flow, Head, Job, JobError, Port, Step};
use serde::Serialize;

use super::error::SendError;
use super::exchange::Exchange;

/// Sends values of type `T` into a pipe of a run; had from [`crate::Handle::sender`].
///
/// A full pipe makes the call wait. When it is dropped the stream ends; only [`Sender::send_last`] marks the last block as such
/// for sure, as whoever only stops sending is heard of behind a block that may be on its way.
pub struct Sender<T> {
    end: SenderEnd,
    value: PhantomData<fn(&T)>,
}

/// A sender whose values can be of any type yet. Dropping it ends the stream.
pub(super) struct SenderEnd {
    pub(super) exchange: Arc<Exchange>,
    pub(super) pipe: String,
    pub(super) codec: Codec,
    pub(super) empty: Head,
    pub(super) scratch: Vec<u8>,
}

impl<T: Serialize> Sender<T> {
    pub(super) const fn new(end: SenderEnd) -> Sender<T> {
        Sender { end, value: PhantomData }
    }

    /// Sends a value. Waits while the pipe is full.
    ///
    /// # Errors
    /// If the codec cannot hold the value, or nobody takes values any more.
    pub fn send(&mut self, value: &T) -> Result<(), SendError> {
        self.send_with(self.end.empty, value)
    }

    /// Sends a value with a head. Reset and finished are the runtime's to write.
    ///
    /// # Errors
    /// As [`Sender::send`].
    pub fn send_with(&mut self, head: Head, value: &T) -> Result<(), SendError> {
        self.end.send(head, value, None, false)
    }

    /// Sends a value if there is room for it now.
    ///
    /// # Errors
    /// As [`Sender::send`], and [`SendError::Full`] if there is no room.
    pub fn try_send(&mut self, value: &T) -> Result<(), SendError> {
        self.end.send(self.end.empty, value, Some(Instant::now()), false)
    }

    /// Sends a value if there is room for it within `time`.
    ///
    /// # Errors
    /// As [`Sender::send`], and [`SendError::Full`] if there was no room.
    pub fn send_within(&mut self, value: &T, time: Duration) -> Result<(), SendError> {
        self.end.send(self.end.empty, value, Instant::now().checked_add(time), false)
    }

    /// Sends the last value, which carries the finished mark, and ends the stream.
    ///
    /// # Errors
    /// As [`Sender::send`].
    pub fn send_last(mut self, value: &T) -> Result<(), SendError> {
        self.end.send(self.end.empty, value, None, true)
    }

    /// Ends the stream, as dropping does.
    pub fn finish(self) {}

    /// Whether values are still taken. What was taken may still come to nothing if the run fails.
    pub fn is_wanted(&self) -> bool {
        !self.end.exchange.lock().is_over
    }
}

impl SenderEnd {
    /// Waits for room to `deadline`, or for ever.
    fn send<T: Serialize>(
        &mut self,
        head: Head,
        value: &T,
        deadline: Option<Instant>,
        last: bool,
    ) -> Result<(), SendError> {
        self.scratch.clear();
        self.codec
            .encode(value, &mut self.scratch)
            .map_err(|source| SendError::Value { pipe: self.pipe.clone(), source })?;
        let (exchange, bytes) = (&self.exchange, self.scratch.len());
        let mut state = exchange.wait(exchange.lock(), deadline, |state| exchange.has_room(state, bytes));
        if state.is_over {
            return Err(SendError::Over { pipe: self.pipe.clone() });
        }
        if !exchange.has_room(&state, bytes) {
            return Err(SendError::Full { pipe: self.pipe.clone() });
        }
        state.push(&Block::new(head.resized(self.empty.size()).unmarked(), &self.scratch));
        state.is_ended = last;
        exchange.wake_job(&mut state);
        Ok(())
    }
}

impl Drop for SenderEnd {
    fn drop(&mut self) {
        self.exchange.lock().is_ended = true;
        self.exchange.host_is_gone();
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("pipe", &self.end.pipe).finish_non_exhaustive()
    }
}

/// The source that emits what the program sends.
pub(super) struct SenderJob {
    pub(super) exchange: Arc<Exchange>,
    pub(super) taken: Batch,
}

/// What the exchange had.
enum Took {
    Blocks { last: bool },
    Nothing,
    End,
}

impl SenderJob {
    fn take(&mut self) -> Took {
        self.taken.clear();
        let mut state = self.exchange.lock();
        if state.batch.is_empty() {
            if state.is_ended {
                return Took::End;
            }
            self.exchange.job_will_wait(&mut state);
            return Took::Nothing;
        }
        std::mem::swap(&mut state.batch, &mut self.taken);
        self.exchange.wake_host(&mut state);
        Took::Blocks { last: state.is_ended }
    }
}

impl Job for SenderJob {
    fn step(&mut self, _step: &Step<'_>, out: &mut dyn Emit) -> Result<Flow, JobError> {
        let last = match self.take() {
            Took::Blocks { last } => last,
            Took::Nothing => return Ok(Flow::Readable(self.exchange.job.as_fd().as_raw_fd())),
            Took::End => return Ok(Flow::Done),
        };
        let mut cursor = Cursor::default();
        while let Some((_, block)) = self.taken.pass(&mut cursor) {
            out.emit(Port(0), &block)?;
        }
        Ok(if last { Flow::Done } else { Flow::Again })
    }
}

impl Drop for SenderJob {
    fn drop(&mut self) {
        self.exchange.job_is_over();
    }
}
