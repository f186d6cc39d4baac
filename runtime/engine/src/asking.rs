//! What a run is asked for from any thread: to stop, to pause.

use crate::reactor::{Fact, FactSender};
use crate::supervise::Command;

/// Stops a run. Clones stop the same one; once it is over they do nothing.
#[derive(Clone, Debug)]
pub struct Stopper {
    facts: FactSender,
}

/// Pauses a run, and lets it go on. Clones are about the same one; once it is over they do nothing.
#[derive(Clone, Debug)]
pub struct Pauser {
    facts: FactSender,
}

impl Stopper {
    pub(crate) const fn new(facts: FactSender) -> Stopper {
        Stopper { facts }
    }

    /// Asks the run to end: sources are stopped, what is on its way runs down, then the rest is stopped. A run that is paused
    /// goes on for that.
    pub fn stop(&self) {
        self.facts.send(Fact::Command(Command::Stop));
    }

    /// Ends the run at once.
    pub fn kill(&self) {
        self.facts.send(Fact::Command(Command::Kill));
    }
}

impl Pauser {
    pub(crate) const fn new(facts: FactSender) -> Pauser {
        Pauser { facts }
    }

    /// Halts all executables and has native jobs wait before their next step. Time limits and all other times of the run do
    /// not go on meanwhile; what is in pipes may still move, and senders and receivers work as far as the pipes allow.
    /// [`Paused`](pipeloom_events::Event::Paused) tells when all executables are halted.
    pub fn pause(&self) {
        self.facts.send(Fact::Pause);
    }

    /// Lets a paused run go on, which [`Resumed`](pipeloom_events::Event::Resumed) tells.
    pub fn resume(&self) {
        self.facts.send(Fact::Resume);
    }
}
