//! What a machine is.

use std::time::Duration;

/// A point in time: since the run's start, monotonic.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Tick(pub(crate) Duration);

impl std::ops::Add<Duration> for Tick {
    type Output = Tick;

    fn add(self, time: Duration) -> Tick {
        Tick(self.0 + time)
    }
}

/// A decider without input, output or clock: told what happened, it says what is to be done.
pub(crate) trait Machine {
    /// What it is told.
    type Event;
    /// What it asks for.
    type Action;

    /// Takes one event at time `now` and appends what is to be done to `out`, in order.
    fn on(&mut self, now: Tick, event: Self::Event, out: &mut Vec<Self::Action>);
}
