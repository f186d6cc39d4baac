//! All stands still, and goes on.
//!
//! The run's clock is halted at once: no timer is due any more, and native jobs wait for it before their next step. The
//! warden halts the executables. The supervisor learns of none of this: for it no time passes.

use std::mem;
use std::time::Duration;

use pipeloom_events::Event;

use super::turn::Reactor;

/// Whether the run is paused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Pausing {
    No,
    /// The warden has not yet said that all executables are halted.
    Asked,
    /// And this has been told.
    Paused,
}

impl Reactor {
    pub(super) fn pause(&mut self) {
        if self.pausing != Pausing::No {
            return;
        }
        self.pausing = Pausing::Asked;
        self.clock.halt();
        match &mut self.warden {
            Some(warden) => {
                let asked = warden.pause();
                self.warn_of(asked);
            }
            None => self.is_paused(),
        }
    }

    /// All executables are halted, or gone.
    pub(super) fn is_paused(&mut self) {
        // Meanwhile it may go on again.
        if self.pausing == Pausing::Asked {
            self.pausing = Pausing::Paused;
            self.publisher.publish(Event::Paused);
        }
    }

    pub(super) fn resume(&mut self) {
        let before = mem::replace(&mut self.pausing, Pausing::No);
        if before == Pausing::No {
            return;
        }
        let asked = self.warden.as_mut().map_or(Ok(()), |warden| warden.resume());
        self.warn_of(asked);
        let paused = self.clock.go_on();
        if before == Pausing::Paused {
            self.publisher.publish(Event::Resumed { seconds: paused.as_secs_f64() });
        }
    }

    /// How long until the next timer is due; for ever while the clock stands still.
    pub(super) fn time_to_wait(&self) -> Option<Duration> {
        let now = self.now();
        let relays = self.relays.due().map(|due| due.saturating_sub(now.0));
        let groups = self.watchdog.due().map(|due| due.saturating_sub(now.0));
        let next = self.timers.next(now).into_iter().chain(relays).chain(groups).min();
        next.filter(|_| self.pausing == Pausing::No)
    }
}
