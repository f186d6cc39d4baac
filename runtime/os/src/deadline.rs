//! How long a wait may still last, on the monotonic clock.

use std::time::{Duration, Instant};

use nix::{poll::ppoll, sys::time::TimeSpec};

use crate::call::raw;

/// A moment to wait for; none means for ever.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    /// `timeout` from now. One too long to be told apart from for ever is taken as that.
    pub(crate) fn after(timeout: Option<Duration>) -> Self {
        Self(timeout.and_then(|timeout| Instant::now().checked_add(timeout)))
    }

    /// What is left of it, zero once it has passed.
    pub(crate) fn left(self) -> Option<Duration> {
        self.0.map(|at| at.saturating_duration_since(Instant::now()))
    }
}

/// Lets others run for a moment. Only for what the kernel has no event for.
pub(crate) fn pause(moment: Duration) {
    // Cut short it was a shorter moment; whoever pauses looks again anyway.
    let _ = raw(|| ppoll(&mut [], Some(TimeSpec::from_duration(moment)), None));
}
