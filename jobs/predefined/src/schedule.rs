//! Times at which a source sends: each so many intervals after the run's start, so that delays do not add up.

use std::time::Duration;

use pipeloom_job::{ArgsError, Flow};

/// When blocks are due.
pub(crate) struct Schedule {
    interval_nanos: u128,
    /// How many blocks were sent.
    sent: u64,
}

impl Schedule {
    /// A schedule with this many seconds from one block to the next; with 0, blocks are due at once.
    pub(crate) fn new(interval_seconds: f64) -> Result<Schedule, ArgsError> {
        let interval = Duration::try_from_secs_f64(interval_seconds)
            .map_err(|error| ArgsError::at("interval_seconds", error.to_string()))?;
        Ok(Schedule { interval_nanos: interval.as_nanos(), sent: 0 })
    }

    /// Whether blocks wait for their time.
    #[inline]
    pub(crate) const fn is_timed(&self) -> bool {
        self.interval_nanos > 0
    }

    /// A block was sent: what a source returns to be called for the next one.
    #[inline]
    pub(crate) fn sent(&mut self) -> Flow {
        self.sent += 1;
        if self.is_timed() { Flow::Until(self.due()) } else { Flow::Again }
    }

    /// When the next block is due, since the run's start.
    fn due(&self) -> Duration {
        const SECOND: u128 = Duration::from_secs(1).as_nanos();
        let nanos = self.interval_nanos.saturating_mul(self.sent.into());
        Duration::new(u64::try_from(nanos / SECOND).unwrap_or(u64::MAX), (nanos % SECOND) as u32)
    }
}
