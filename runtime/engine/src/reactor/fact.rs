//! What native jobs' threads and handles say to the reactor.

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use pipeloom_config::{JobId, PipeId};
use pipeloom_job::Report;
use pipeloom_os::doorbell::Doorbell;

use crate::flow::Returned;
use crate::supervise::{At, Command};
use crate::wire::{FifoId, Side};

/// A job that reports faster than its reports are taken waits. There is room for all of them from the start.
const REPORTS: usize = 128;

/// Something that happened outside the reactor's thread.
#[derive(Debug)]
pub(crate) enum Fact {
    /// A native job is over.
    Returned(At, Returned),
    /// A native job has lost what it was to lose before its next life; which time this was asked for.
    Lost(At, u32),
    /// The thread of a native job ends with this life, which is about to be told over.
    NoOtherLife(At),
    /// A native job has seen the ends of all its inputs.
    InputsOver(At),
    /// A native job has seen the end of this pipe's stream.
    EndSeen(PipeId),
    /// The runtime has closed its end of a FIFO.
    EndClosed(FifoId, Side),
    /// A program has written far fewer blocks than it was given compute blocks.
    FarBehind(JobId),
    /// A native job is held back by a full queue that may grow.
    HeldBack(JobId),
    /// Somebody wants something of the run.
    Command(Command),
    /// Somebody wants the run to be paused.
    Pause,
    /// Somebody wants it to go on.
    Resume,
}

/// The way to the reactor. Clones lead to the same one.
#[derive(Clone, Debug)]
pub(crate) struct FactSender {
    facts: Sender<Fact>,
    reports: Sender<(JobId, Report)>,
    bell: Doorbell,
}

/// The reactor's end.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) facts: Receiver<Fact>,
    pub(crate) reports: Receiver<(JobId, Report)>,
}

/// A new way to a reactor that listens to `bell`.
pub(crate) fn facts(bell: &Doorbell) -> (FactSender, Facts) {
    let (facts_in, facts) = unbounded();
    let (reports_in, reports) = bounded(REPORTS);
    (FactSender { facts: facts_in, reports: reports_in, bell: bell.clone() }, Facts { facts, reports })
}

impl FactSender {
    /// Says something. Never waits. Once the run is over nobody listens, and nothing is lost by that.
    pub(crate) fn send(&self, fact: Fact) {
        let _ = self.facts.send(fact);
        self.bell.ring();
    }

    /// Passes on a native job's report; waits while too many are on their way.
    pub(crate) fn report(&self, job: JobId, report: Report) {
        let _ = self.reports.send((job, report));
        self.bell.ring();
    }
}
