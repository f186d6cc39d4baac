//! When to look at a group.

use std::time::Duration;

/// After this time of being held back it is looked for the first time, and while things move.
pub(crate) const USUAL: Duration = Duration::from_millis(200);

/// After something was done: one step is often not enough.
const SOON: Duration = Duration::from_millis(25);

/// While nothing moves because somebody is at work, it is looked less and less often, down to this.
const SELDOM: Duration = Duration::from_secs(1);

/// When to look next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Pace {
    pause: Duration,
    /// The time of the run.
    pub(super) due: Duration,
}

impl Pace {
    /// Somebody is held back.
    pub(super) fn starting(now: Duration) -> Pace {
        Pace { pause: USUAL, due: now + USUAL }
    }

    /// Things have moved.
    pub(super) fn moved(self, now: Duration) -> Pace {
        Pace::after((2 * self.pause).min(USUAL), now)
    }

    /// Nothing has moved, and that is as it should be.
    pub(super) fn patient(self, now: Duration) -> Pace {
        Pace::after((2 * self.pause).min(SELDOM), now)
    }

    /// Something was done about it.
    pub(super) fn acted(now: Duration) -> Pace {
        Pace::after(SOON, now)
    }

    fn after(pause: Duration, now: Duration) -> Pace {
        Pace { pause, due: now + pause }
    }
}
