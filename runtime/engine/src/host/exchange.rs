//! Where blocks wait between a program and its job.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use pipeloom_config::QueueLimits;
use pipeloom_job::{Batch, Block, Seq};
use pipeloom_os::OsError;
use pipeloom_os::doorbell::Doorbell;

/// What waits here waits beside what waits in the pipe, so it need only keep both sides busy.
const MOST: QueueLimits = QueueLimits { blocks: 256, bytes: 1 << 20 };

/// Blocks between a program and its job.
pub(super) struct Exchange {
    state: Mutex<State>,
    limits: QueueLimits,
    /// Wakes the program.
    host: Condvar,
    /// Wakes the job.
    pub(super) job: Doorbell,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) batch: Batch,
    /// The writing side has said that there are no more.
    pub(super) is_ended: bool,
    /// The program has gone.
    pub(super) is_left: bool,
    /// The job has gone.
    pub(super) is_over: bool,
    /// The job sleeps.
    job_waits: bool,
    /// The program sleeps.
    host_waits: bool,
}

impl Exchange {
    pub(super) fn new(pipe: QueueLimits) -> Result<Exchange, OsError> {
        let limits = QueueLimits { blocks: pipe.blocks.min(MOST.blocks), bytes: pipe.bytes.min(MOST.bytes) };
        Ok(Exchange { state: Mutex::default(), limits, host: Condvar::new(), job: Doorbell::new()? })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is room for one more block of so many bytes; an empty one has room for any.
    pub(super) fn has_room(&self, state: &State, bytes: usize) -> bool {
        let batch = &state.batch;
        batch.is_empty() || (batch.len() < self.limits.blocks && batch.bytes() + bytes <= self.limits.bytes)
    }

    /// The program waits until `is_ready`, or the job is over, but not longer than to `deadline`.
    pub(super) fn wait<'a>(
        &self,
        mut state: MutexGuard<'a, State>,
        deadline: Option<Instant>,
        is_ready: impl Fn(&State) -> bool,
    ) -> MutexGuard<'a, State> {
        while !is_ready(&state) && !state.is_over {
            state.host_waits = true;
            state = match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
                None => self.host.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(left) if left.is_zero() => break,
                Some(left) => self.host.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
        state
    }

    /// The job has something for the program, or room.
    pub(super) fn wake_host(&self, state: &mut State) {
        if std::mem::take(&mut state.host_waits) {
            self.host.notify_all();
        }
    }

    /// The program has something for the job, or room.
    pub(super) fn wake_job(&self, state: &mut State) {
        if std::mem::take(&mut state.job_waits) {
            self.job.ring_always();
        }
    }

    /// The job is going to wait for its doorbell. With the lock held, nobody rings for what it has just seen.
    pub(super) fn job_will_wait(&self, state: &mut State) {
        self.job.woke();
        state.job_waits = true;
    }

    /// The job is over.
    pub(super) fn job_is_over(&self) {
        let mut state = self.lock();
        state.is_over = true;
        self.wake_host(&mut state);
    }

    /// The program has let go of its side.
    pub(super) fn host_is_gone(&self) {
        let mut state = self.lock();
        state.is_left = true;
        self.wake_job(&mut state);
    }
}

impl State {
    /// Nobody looks at numbers here: the pipe has its own.
    pub(super) fn push(&mut self, block: &Block<'_>) {
        self.batch.push(Seq::FIRST, block);
    }
}
