//! The reactor's doorbell, for each of those who may be waited for on the reactor's thread.
//!
//! All that is forwarded waits on one thread, with one doorbell. Whoever works the other end of a channel rings it for the
//! forwarder it is about, so that the reactor looks at that one, and not at thousands whose channels are still. Forwarders are
//! known by what they are about before they are made: a relay by its pipe, a lineup by its job.

use pipeloom_config::{JobId, Network, PipeId};
use pipeloom_os::doorbell::{Doorbell, Parts};

/// The reactor's doorbell, by what it is rung for. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Bells {
    bell: Doorbell,
    parts: Parts,
    pipes: usize,
    jobs: usize,
}

/// What the doorbell was rung for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum RungFor {
    /// A forwarder, by its [number](Bells::numbers).
    Forwarder(usize),
    /// Those that have to do with the logged times of executables.
    Times,
}

impl Bells {
    /// The doorbell `bell` of the reactor that works this network.
    pub(crate) fn new(bell: Doorbell, network: &Network) -> Bells {
        let (pipes, jobs) = (network.pipes().len(), network.jobs().len());
        // The last part is that of the times.
        Bells { bell, parts: Parts::new(pipes + jobs + 1), pipes, jobs }
    }

    /// Rung for no forwarder: whoever rings it has left word elsewhere.
    pub(crate) fn plain(&self) -> &Doorbell {
        &self.bell
    }

    /// Rung for what forwards a pipe.
    pub(crate) fn relay(&self, pipe: PipeId) -> Doorbell {
        self.bell.for_part(&self.parts, self.relay_number(pipe))
    }

    /// Rung for what puts the inputs of a job in step.
    pub(crate) fn lineup(&self, job: JobId) -> Doorbell {
        self.bell.for_part(&self.parts, self.lineup_number(job))
    }

    /// Rung for all that waits for the times of executables to be told.
    pub(crate) fn times(&self) -> Doorbell {
        self.bell.for_part(&self.parts, self.numbers())
    }

    /// How many numbers there are for forwarders.
    pub(crate) const fn numbers(&self) -> usize {
        self.pipes + self.jobs
    }

    /// The number of what forwards a pipe.
    pub(crate) const fn relay_number(&self, pipe: PipeId) -> usize {
        pipe.index()
    }

    /// The number of what puts the inputs of a job in step.
    pub(crate) const fn lineup_number(&self, job: JobId) -> usize {
        self.pipes + job.index()
    }

    /// Whether anybody has rung for something that was not taken yet.
    pub(crate) fn any(&self) -> bool {
        self.parts.any()
    }

    /// Hands to `each` what was rung for since the last time.
    pub(crate) fn take(&self, mut each: impl FnMut(RungFor)) {
        let times = self.numbers();
        self.parts.take(|part| each(if part == times { RungFor::Times } else { RungFor::Forwarder(part) }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Sample, job, pipe};

    #[test]
    fn each_forwarder_is_told_apart() {
        let network = Sample::new().program("w", &[], &["p"]).program("r", &["p"], &[]).network();
        let bells = Bells::new(Doorbell::new().unwrap(), &network);
        let (pipe, job) = (pipe(&network, "p"), job(&network, "r"));
        [bells.times(), bells.lineup(job), bells.relay(pipe)].iter().for_each(Doorbell::ring);
        bells.plain().ring();
        let mut rung = Vec::new();
        bells.take(|what| rung.push(what));
        let numbers = [bells.relay_number(pipe), bells.lineup_number(job)].map(RungFor::Forwarder);
        assert_eq!(rung, [&numbers[..], &[RungFor::Times]].concat());
        assert!(!bells.any());
    }
}
