//! The time of a run.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The time since the run's start, without the time in which the run was paused. It never goes back. Clones are the same
/// clock.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    start: Instant,
    /// When that was, since 1970.
    started: Duration,
    halts: Arc<Halts>,
}

#[derive(Debug, Default)]
struct Halts {
    /// What `lost` says, for those who look often.
    is_halted: AtomicBool,
    lost: Mutex<Lost>,
    goes_on: Condvar,
}

/// The time in which the clock stood still.
#[derive(Debug, Default)]
struct Lost {
    /// How much that was, up to the last time it went on.
    before: Duration,
    /// Since when it stands still.
    since: Option<Instant>,
}

impl Clock {
    pub(crate) fn starting_now() -> Clock {
        let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Clock { start: Instant::now(), started, halts: Arc::default() }
    }

    pub(crate) fn now(&self) -> Duration {
        // The system's clock is looked at while this one can be neither halted nor go on.
        let lost = self.lock();
        let now = lost.since.unwrap_or_else(Instant::now);
        now.saturating_duration_since(self.start).saturating_sub(lost.before)
    }

    /// Stands still from now on.
    pub(crate) fn halt(&self) {
        let mut lost = self.lock();
        lost.since.get_or_insert_with(Instant::now);
        self.halts.is_halted.store(true, Ordering::Relaxed);
    }

    /// Goes on, and says how long it stood still.
    pub(crate) fn go_on(&self) -> Duration {
        let mut lost = self.lock();
        let halted = lost.since.take().map_or(Duration::ZERO, |since| since.elapsed());
        lost.before += halted;
        self.halts.is_halted.store(false, Ordering::Relaxed);
        self.halts.goes_on.notify_all();
        halted
    }

    #[inline]
    pub(crate) fn is_halted(&self) -> bool {
        self.halts.is_halted.load(Ordering::Relaxed)
    }

    /// Where it is seen whether it stands still.
    pub(crate) fn halted(&self) -> &AtomicBool {
        &self.halts.is_halted
    }

    /// Waits until it goes on, if it stands still.
    #[inline]
    pub(crate) fn wait_while_halted(&self) {
        if self.is_halted() {
            self.wait_until_it_goes_on();
        }
    }

    #[cold]
    fn wait_until_it_goes_on(&self) {
        let waited = self.halts.goes_on.wait_while(self.lock(), |lost| lost.since.is_some());
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// When `at` is or was, in nanoseconds since 1970, if nobody has set the system's clock since the start.
    pub(crate) fn nanos_since_1970(&self, at: Instant) -> u64 {
        let since = self.started + at.saturating_duration_since(self.start);
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
    }

    fn lock(&self) -> MutexGuard<'_, Lost> {
        self.halts.lost.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    /// Lets the system's clock go on by so much.
    fn pass(time: Duration) {
        let start = Instant::now();
        while start.elapsed() < time {
            thread::yield_now();
        }
    }

    #[test]
    fn time_does_not_pass_while_it_is_halted() {
        let outside = Instant::now();
        let clock = Clock::starting_now();
        clock.halt();
        let halted_at = clock.now();
        pass(Duration::from_millis(2));
        assert_eq!(clock.now(), halted_at);
        // Halted once more it is still halted since the first time.
        clock.halt();
        let halted = clock.go_on();
        assert!(halted >= Duration::from_millis(2), "{halted:?}");
        assert!(clock.now() >= halted_at);
        let now = clock.now();
        assert!(now + halted <= outside.elapsed(), "the time in which it was halted counts");
        assert_eq!(clock.go_on(), Duration::ZERO);
    }

    #[test]
    fn whoever_waits_for_it_goes_on_with_it() {
        let clock = Clock::starting_now();
        clock.wait_while_halted();
        clock.halt();
        let waiting = thread::spawn({
            let clock = clock.clone();
            move || {
                clock.wait_while_halted();
                clock.now()
            }
        });
        let halted_at = clock.now();
        clock.go_on();
        assert!(waiting.join().unwrap() >= halted_at);
    }
}
