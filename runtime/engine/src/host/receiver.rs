//! From the network to the program.

use std::fmt;
use std::iter::FusedIterator;
use std::marker::PhantomData;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use pipeloom_job::batch::Cursor;
use pipeloom_job::{Batch, Codec, Emit, Flow, Job, JobError, Step};
use serde::de::DeserializeOwned;

pub use pipeloom_job::typed::Headed;

use super::error::ReceiveError;
use super::exchange::Exchange;

/// Receives values of type `T` from a pipe of a run; had from [`crate::Handle::receiver`].
///
/// It is an iterator that waits for the next value and ends with the stream. What is not received makes the pipe's writer
/// wait in the end; when the receiver is dropped, the pipe has one reader less.
///
/// The end of the stream does not say that all went well: a program that fails closes its pipes too. [`crate::Handle::wait`]
/// tells, and [`Receiver::is_finished`] whether the writer has said that the last value is the last.
pub struct Receiver<T> {
    end: ReceiverEnd,
    value: PhantomData<fn() -> T>,
}

/// A receiver whose values can be of any type yet. Dropping it tells the job that nobody reads any more.
pub(super) struct ReceiverEnd {
    pub(super) exchange: Arc<Exchange>,
    pub(super) pipe: String,
    pub(super) codec: Codec,
    pub(super) taken: Taken,
}

/// Blocks that the program has and has not looked at.
#[derive(Default)]
pub(super) struct Taken {
    batch: Batch,
    cursor: Cursor,
    /// How many were looked at.
    received: u64,
    /// Whether the last one of these was marked as the last.
    is_finished: bool,
    /// The cut was told.
    is_told: bool,
}

impl<T: DeserializeOwned> Receiver<T> {
    pub(super) const fn new(end: ReceiverEnd) -> Receiver<T> {
        Receiver { end, value: PhantomData }
    }

    /// The next value with its head; waits for it. `None` at the end of the stream.
    ///
    /// # Errors
    /// If the block holds no such value, or, once, if the run was ended before the stream was.
    pub fn recv(&mut self) -> Result<Option<Headed<T>>, ReceiveError> {
        self.end.receive(None)
    }

    /// The next value, if it is there.
    ///
    /// # Errors
    /// As [`Receiver::recv`], and [`ReceiveError::Empty`] if there is none now.
    pub fn try_recv(&mut self) -> Result<Option<Headed<T>>, ReceiveError> {
        self.end.receive(Some(Instant::now()))
    }

    /// The next value, if it comes within `time`.
    ///
    /// # Errors
    /// As [`Receiver::recv`], and [`ReceiveError::Empty`] if none came.
    pub fn recv_within(&mut self, time: Duration) -> Result<Option<Headed<T>>, ReceiveError> {
        self.end.receive(Instant::now().checked_add(time))
    }

    /// The values with their heads.
    pub const fn headed(self) -> Headeds<T> {
        Headeds(self)
    }

    /// Whether the value received last was the last, by its writer's own word.
    pub const fn is_finished(&self) -> bool {
        self.end.taken.is_finished
    }
}

impl<T: DeserializeOwned> Iterator for Receiver<T> {
    type Item = Result<T, ReceiveError>;

    fn next(&mut self) -> Option<Result<T, ReceiveError>> {
        Some(self.recv().transpose()?.map(|headed| headed.value))
    }
}

impl<T: DeserializeOwned> FusedIterator for Receiver<T> {}

/// The values of a [`Receiver`] with their heads.
#[derive(Debug)]
pub struct Headeds<T>(Receiver<T>);

impl<T: DeserializeOwned> Iterator for Headeds<T> {
    type Item = Result<Headed<T>, ReceiveError>;

    fn next(&mut self) -> Option<Result<Headed<T>, ReceiveError>> {
        self.0.recv().transpose()
    }
}

impl ReceiverEnd {
    fn receive<T: DeserializeOwned>(&mut self, deadline: Option<Instant>) -> Result<Option<Headed<T>>, ReceiveError> {
        if self.taken.is_used_up() && !self.take_more(deadline)? {
            return Ok(None);
        }
        let Some((_, block)) = self.taken.batch.pass(&mut self.taken.cursor) else { return Ok(None) };
        self.taken.received += 1;
        self.taken.is_finished = block.head.is_finished();
        match self.codec.decode(block.bytes) {
            Ok(value) => Ok(Some(Headed { head: block.head, value })),
            Err(source) => Err(ReceiveError::Value { pipe: self.pipe.clone(), block: self.taken.received, source }),
        }
    }

    /// Whether there is more.
    fn take_more(&mut self, deadline: Option<Instant>) -> Result<bool, ReceiveError> {
        self.taken.clear();
        let exchange = &self.exchange;
        let mut state = exchange.wait(exchange.lock(), deadline, |state| !state.batch.is_empty() || state.is_ended);
        if !state.batch.is_empty() {
            std::mem::swap(&mut state.batch, &mut self.taken.batch);
            exchange.wake_job(&mut state);
            return Ok(true);
        }
        let pipe = || self.pipe.clone();
        match (state.is_ended, state.is_over) {
            (true, _) => Ok(false),
            (false, false) => Err(ReceiveError::Empty { pipe: pipe() }),
            (false, true) if self.taken.is_told => Ok(false),
            (false, true) => {
                self.taken.is_told = true;
                Err(ReceiveError::Cut { pipe: pipe() })
            }
        }
    }
}

impl Taken {
    fn is_used_up(&self) -> bool {
        self.cursor.passed() == self.batch.len()
    }

    fn clear(&mut self) {
        self.batch.clear();
        self.cursor = Cursor::default();
    }
}

impl Drop for ReceiverEnd {
    fn drop(&mut self) {
        self.exchange.host_is_gone();
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("pipe", &self.end.pipe).finish_non_exhaustive()
    }
}

/// The sink that takes what the program receives.
pub(super) struct ReceiverJob {
    pub(super) exchange: Arc<Exchange>,
}

impl Job for ReceiverJob {
    fn step(&mut self, step: &Step<'_>, _out: &mut dyn Emit) -> Result<Flow, JobError> {
        let mut state = self.exchange.lock();
        if state.is_left {
            return Ok(Flow::Done);
        }
        let blocks = step.inputs.first().into_iter().flat_map(|blocks| blocks.iter());
        blocks.for_each(|block| state.push(block));
        self.exchange.wake_host(&mut state);
        if self.exchange.has_room(&state, 0) {
            return Ok(Flow::Again);
        }
        // The next compute block waits in the pipe until the program has taken these.
        self.exchange.job_will_wait(&mut state);
        Ok(Flow::Readable(self.exchange.job.as_fd().as_raw_fd()))
    }

    fn end(&mut self, _out: &mut dyn Emit) -> Result<(), JobError> {
        let mut state = self.exchange.lock();
        state.is_ended = true;
        self.exchange.wake_host(&mut state);
        Ok(())
    }
}

impl Drop for ReceiverJob {
    fn drop(&mut self) {
        self.exchange.job_is_over();
    }
}
