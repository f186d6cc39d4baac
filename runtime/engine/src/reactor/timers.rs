//! What is due when.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::supervise::{Tick, Timer};

/// Timers of the supervisor. Each is armed once at a time; arming it again moves it.
#[derive(Default)]
pub(super) struct Timers {
    due: BTreeSet<(Tick, Timer)>,
    armed: BTreeMap<Timer, Tick>,
}

impl Timers {
    pub(super) fn arm(&mut self, timer: Timer, at: Tick) {
        if let Some(before) = self.armed.insert(timer, at) {
            self.due.remove(&(before, timer));
        }
        self.due.insert((at, timer));
    }

    /// How long until the next one.
    pub(super) fn next(&self, now: Tick) -> Option<Duration> {
        self.due.first().map(|(at, _)| at.0.saturating_sub(now.0))
    }

    /// One that is due.
    pub(super) fn pop(&mut self, now: Tick) -> Option<Timer> {
        let &(at, timer) = self.due.first().filter(|(at, _)| *at <= now)?;
        self.due.remove(&(at, timer));
        self.armed.remove(&timer);
        Some(timer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tick(seconds: u64) -> Tick {
        Tick(Duration::from_secs(seconds))
    }

    #[test]
    fn timers_come_in_order_and_arming_again_moves_one() {
        let mut timers = Timers::default();
        timers.arm(Timer::Ladder, tick(1));
        timers.arm(Timer::Opened, tick(2));
        timers.arm(Timer::Ladder, tick(3));
        assert_eq!(timers.next(tick(1)), Some(Duration::from_secs(1)));
        assert_eq!(timers.pop(tick(1)), None);
        assert_eq!(timers.pop(tick(5)), Some(Timer::Opened));
        assert_eq!(timers.pop(tick(5)), Some(Timer::Ladder));
        assert_eq!(timers.pop(tick(5)), None);
    }
}
