//! How long a job's steps take, for those who call jobs.
//!
//! Blocks are gathered before they are handed over. After a step that took long they are not: whoever waits for them would
//! wait for the next step too.

use std::time::{Duration, Instant};

/// After a step that took longer than this, what it emitted is handed over at once.
const LONG_STEP: Duration = Duration::from_micros(20);

/// While steps are this short, the clock is read only after several of them: reading it would cost as much as they do.
const SHORT_STEP: Duration = Duration::from_micros(1);

/// At most so many. A job whose steps grow long all at once keeps blocks back for this many steps, once.
const SHORT_STEPS: u32 = 128;

/// Tells when a step was long.
#[derive(Debug)]
pub struct Pace {
    looked: Instant,
    /// Steps since then.
    steps: u32,
    /// After so many the clock is read.
    look_after: u32,
}

impl Pace {
    /// A job that begins a step now.
    pub fn starting_now() -> Pace {
        Pace { looked: Instant::now(), steps: 0, look_after: 1 }
    }

    /// The time until now was spent waiting.
    pub fn waited(&mut self) {
        (self.looked, self.steps) = (Instant::now(), 0);
    }

    /// How many steps may be made before the clock is read.
    #[inline]
    pub fn unwatched(&self) -> u32 {
        self.look_after.saturating_sub(self.steps).max(1)
    }

    /// A step is done; was it, or one shortly before it, long?
    #[inline]
    pub fn stepped(&mut self) -> bool {
        self.stepped_by(1)
    }

    /// The same of several steps.
    #[inline]
    pub fn stepped_by(&mut self, steps: u32) -> bool {
        self.steps += steps;
        if self.steps < self.look_after {
            return false;
        }
        self.looked_at(Instant::now())
    }

    fn looked_at(&mut self, now: Instant) -> bool {
        let took = now.saturating_duration_since(self.looked);
        self.look_after = if took / self.steps < SHORT_STEP { SHORT_STEPS.min(2 * self.look_after) } else { 1 };
        let short = SHORT_STEP * self.steps;
        (self.looked, self.steps) = (now, 0);
        took > LONG_STEP + short
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_read_after_every_step_unless_steps_are_short() {
        let mut pace = Pace::starting_now();
        let start = pace.looked;
        pace.steps = 1;
        assert!(!pace.looked_at(start + Duration::from_nanos(100)));
        assert_eq!(pace.look_after, 2);
        pace.steps = 2;
        assert!(pace.looked_at(start + Duration::from_millis(5)));
        assert_eq!(pace.look_after, 1);
    }

    #[test]
    fn many_short_steps_are_no_long_one() {
        let mut pace = Pace::starting_now();
        let start = pace.looked;
        pace.steps = SHORT_STEPS;
        assert!(!pace.looked_at(start + 60 * SHORT_STEP));
        pace.steps = SHORT_STEPS;
        assert!(pace.looked_at(pace.looked + SHORT_STEPS * SHORT_STEP + 2 * LONG_STEP));
    }
}
