//! What a native job's thread and the rest of the runtime share, and where that thread waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use pipeloom_config::{JobId, PipeId};
use pipeloom_job::Report;
use pipeloom_os::doorbell::{Doorbell, Interest, wait};

use super::{Debt, Returned};
use crate::reactor::{Fact, FactSender};
use crate::supervise::{At, Incarnation};

/// What a native job's thread and the rest of the runtime share.
#[derive(Clone)]
pub(crate) struct Controls {
    job: JobId,
    bell: Doorbell,
    flags: Arc<Flags>,
    facts: FactSender,
    /// What is to be settled before the thread waits.
    debts: Arc<[Debt]>,
}

#[derive(Default)]
struct Flags {
    /// A source makes no more blocks.
    drain: AtomicBool,
    /// The job is not called any more, and nothing it emits is wanted.
    stop: AtomicBool,
    /// The life of the job that may begin; 0 for none.
    life: AtomicU32,
    /// No other life will begin.
    last_life: AtomicBool,
}

impl Controls {
    pub(crate) fn new(job: JobId, bell: Doorbell, facts: FactSender, debts: Vec<Debt>) -> Controls {
        Controls { job, bell, flags: Arc::default(), facts, debts: debts.into() }
    }

    /// Asks a source to make no more blocks.
    pub(crate) fn ask_to_drain(&self) {
        self.flags.drain.store(true, Ordering::SeqCst);
        self.bell.ring_always();
    }

    /// Asks the job to end at its next block.
    pub(crate) fn ask_to_stop(&self) {
        self.flags.stop.store(true, Ordering::SeqCst);
        self.ask_to_drain();
    }

    /// Lets this life of the job begin, whose thread waits for it.
    pub(crate) fn begin_life(&self, incarnation: Incarnation) {
        self.flags.life.store(incarnation.number(), Ordering::SeqCst);
        self.bell.ring_always();
    }

    /// Says that no other life will begin.
    pub(crate) fn end_lives(&self) {
        self.flags.last_life.store(true, Ordering::SeqCst);
        self.bell.ring_always();
    }

    /// Waits for the life after this one; `None` if there will be none.
    pub(crate) fn wait_for_life_after(&self, incarnation: Incarnation) -> Option<Incarnation> {
        loop {
            self.prepare_to_sleep();
            let over = self.flags.last_life.load(Ordering::SeqCst) || self.must_stop();
            let next = Incarnation::of(self.flags.life.load(Ordering::SeqCst));
            if over || next > incarnation {
                self.stay_awake();
                return (!over).then_some(next);
            }
            self.sleep(&mut [], None);
        }
    }

    pub(crate) fn must_stop(&self) -> bool {
        self.flags.stop.load(Ordering::SeqCst)
    }

    pub(crate) fn must_drain(&self) -> bool {
        self.flags.drain.load(Ordering::SeqCst)
    }

    pub(crate) fn report(&self, what: Report) {
        self.facts.report(self.job, what);
    }

    /// Tells how a life of the job ended, and before that which of its inputs' ends it saw.
    pub(crate) fn tell_end(&self, life: Incarnation, ended_pipes: impl Iterator<Item = PipeId>, returned: Returned) {
        ended_pipes.for_each(|pipe| self.facts.send(Fact::EndSeen(pipe)));
        self.facts.send(Fact::Returned(At { job: self.job, incarnation: life }, returned));
    }

    /// Tells that this life of the job has seen the ends of all its inputs.
    pub(crate) fn tell_inputs_over(&self, life: Incarnation) {
        self.facts.send(Fact::InputsOver(At { job: self.job, incarnation: life }));
    }

    pub(crate) fn prepare_to_sleep(&self) {
        self.bell.prepare_to_sleep();
    }

    pub(crate) fn stay_awake(&self) {
        self.bell.stay_awake();
    }

    /// Waits for the doorbell, a descriptor, or the time.
    pub(crate) fn sleep(&self, interests: &mut [Interest<'_>], timeout: Option<Duration>) {
        self.debts.iter().for_each(Debt::settle);
        if let Err(error) = wait(&self.bell, interests, timeout) {
            // Nothing is lost: the caller looks at everything again.
            log::error!("{error}");
        }
    }
}
