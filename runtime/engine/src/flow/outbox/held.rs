//! A job that waits for room.

use std::time::Instant;

use pipeloom_os::doorbell::Interest;

use crate::flow::{Controls, SleepsFor};
use crate::watch::HELD_BACK;

/// How long a job has been waiting for room, where somebody wants to know that.
pub(super) struct Held {
    told: bool,
}

impl Held {
    pub(super) fn new() -> Held {
        Held { told: false }
    }

    /// Sleeps until there may be room. If a queue that may grow has none for some time, that is told, once until the job is woken.
    pub(super) fn sleep(&mut self, controls: &Controls, interests: &mut [Interest<'_>], may_grow: bool) {
        if !may_grow || self.told {
            controls.sleep_for(SleepsFor::Room, interests, None);
            self.told = false;
            return;
        }
        let since = Instant::now();
        controls.sleep_for(SleepsFor::Room, interests, Some(HELD_BACK));
        if since.elapsed() >= HELD_BACK {
            self.told = true;
            controls.tell_held_back();
        }
    }
}
