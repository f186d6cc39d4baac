//! Ctrl-Z: the run is paused, this process halts for its shell, and later both go on.

use std::mem;

use pipeloom_engine::Pauser;
use pipeloom_events::Event;
use pipeloom_os::signals::halt_this_process;

use crate::term::out;

/// Halts a run together with its process.
pub(crate) struct Halting {
    pauser: Pauser,
    /// Somebody has asked for it, and the run is not paused yet.
    is_asked: bool,
}

impl Halting {
    pub(crate) const fn new(pauser: Pauser) -> Halting {
        Halting { pauser, is_asked: false }
    }

    /// Somebody asks for it. Whether to halt at once: whoever asks twice does not want to wait for the run.
    pub(crate) fn ask(&mut self) -> bool {
        self.pauser.pause();
        mem::replace(&mut self.is_asked, true)
    }

    /// The run is to stop, and does not pause before that.
    pub(crate) const fn give_up(&mut self) {
        self.is_asked = false;
    }

    /// Whether this is what was waited for before halting.
    pub(crate) const fn is_due(&self, event: &Event) -> bool {
        self.is_asked && matches!(event, Event::Paused)
    }

    /// Halts this process. When it goes on, so does the run.
    pub(crate) fn halt(&mut self) {
        self.is_asked = false;
        if let Err(error) = halt_this_process() {
            out::warn(error);
        }
        self.pauser.resume();
    }
}
