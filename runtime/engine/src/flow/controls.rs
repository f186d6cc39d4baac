//! What a native job's thread and the rest of the runtime share, and where that thread waits.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pipeloom_config::{JobId, PipeId};
use pipeloom_job::Report;
use pipeloom_job::burst::Asked;
use pipeloom_os::doorbell::{Doorbell, Interest, wait};

use super::{Debt, Returned};
use crate::reactor::{Fact, FactSender};
use crate::supervise::{At, Incarnation};
use crate::watch::Stance;

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
    /// What the job is asked to do: any of the three below. They share a word because it is looked at before each step.
    asked: AtomicU8,
    /// The life of the job that may begin; 0 for none.
    life: AtomicU32,
    /// The epoch of what it makes without inputs.
    epoch: AtomicU32,
    /// What the thread is to lose before its next life begins.
    lose: Mutex<Option<Lose>>,
    /// No other life will begin.
    last_life: AtomicBool,
    /// What the thread sleeps for, as a [`SleepsFor`].
    sleeps_for: AtomicU8,
}

/// A source makes no more blocks.
const DRAIN: u8 = 1;
/// The job is not called any more, and nothing it emits is wanted.
const STOP: u8 = 2;
/// The life at hand ends, and another one will begin.
const INTERRUPT: u8 = 4;

/// What ends a life, of a job with inputs and of a source.
const STOPS: u8 = STOP | INTERRUPT;
const DRAINS: u8 = DRAIN | INTERRUPT;

/// What a job's thread sleeps for, as far as its pipes are concerned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SleepsFor {
    /// It is awake, or sleeps for something else.
    Other,
    /// For blocks on its inputs.
    Blocks,
    /// For room on its outputs.
    Room,
}

/// What comes after a life of a native job.
#[derive(Debug)]
pub(crate) enum Next {
    /// Another one.
    Life(Incarnation),
    /// This is done first.
    Lose(Lose),
    /// None.
    Nothing,
}

/// The job and others are started again together, and nobody writes any more: what waits between them is lost.
#[derive(Debug)]
pub(crate) struct Lose {
    /// The inputs whose writers are among them.
    pub(crate) pipes: Vec<PipeId>,
    /// The epoch that all other inputs will show, if they will.
    pub(crate) awaited: Option<u32>,
    /// Which time it is that this is asked for.
    pub(crate) round: u32,
}

impl Controls {
    pub(crate) fn new(job: JobId, bell: Doorbell, facts: FactSender, debts: Vec<Debt>) -> Controls {
        Controls { job, bell, flags: Arc::default(), facts, debts: debts.into() }
    }

    /// Asks a source to make no more blocks.
    pub(crate) fn ask_to_drain(&self) {
        self.ask(DRAIN);
    }

    /// Asks the job to end at its next block.
    pub(crate) fn ask_to_stop(&self) {
        self.ask(STOP | DRAIN);
    }

    /// Ends the life of the job at its next block, or while it waits. Its thread stays.
    pub(crate) fn interrupt(&self) {
        self.ask(INTERRUPT);
    }

    fn ask(&self, what: u8) {
        self.flags.asked.fetch_or(what, Ordering::SeqCst);
        self.bell.ring_always();
    }

    #[inline]
    fn is_asked(&self, any_of: u8) -> bool {
        self.flags.asked.load(Ordering::SeqCst) & any_of != 0
    }

    /// Has the thread, whose job's life is over, lose what waits.
    pub(crate) fn ask_to_lose(&self, lose: Lose) {
        *self.flags.lose.lock().unwrap_or_else(PoisonError::into_inner) = Some(lose);
        self.bell.ring_always();
    }

    /// Tells that it has.
    pub(crate) fn tell_lost(&self, life: Incarnation, round: u32) {
        self.facts.send(Fact::Lost(At { job: self.job, incarnation: life }, round));
    }

    /// What the next life makes without inputs belongs to this epoch.
    pub(crate) fn set_epoch(&self, epoch: u32) {
        self.flags.epoch.store(epoch, Ordering::SeqCst);
    }

    /// The epoch that was set; 0 if none was.
    pub(crate) fn epoch(&self) -> u32 {
        self.flags.epoch.load(Ordering::SeqCst)
    }

    /// Whether the life at hand is ended for another one.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.is_asked(INTERRUPT) && !self.is_asked(STOP)
    }

    /// Lets this life of the job begin, whose thread waits for it.
    pub(crate) fn begin_life(&self, incarnation: Incarnation) {
        self.flags.asked.fetch_and(!INTERRUPT, Ordering::SeqCst);
        self.flags.life.store(incarnation.number(), Ordering::SeqCst);
        self.bell.ring_always();
    }

    /// Says that no other life will begin.
    pub(crate) fn end_lives(&self) {
        self.flags.last_life.store(true, Ordering::SeqCst);
        self.bell.ring_always();
    }

    /// Waits for what comes after this life.
    pub(crate) fn wait_for_next_after(&self, incarnation: Incarnation) -> Next {
        loop {
            self.prepare_to_sleep();
            if let Some(next) = self.next_after(incarnation) {
                self.stay_awake();
                return next;
            }
            self.sleep(&mut [], None);
        }
    }

    fn next_after(&self, incarnation: Incarnation) -> Option<Next> {
        if self.flags.last_life.load(Ordering::SeqCst) || self.is_asked(STOP) {
            return Some(Next::Nothing);
        }
        let lose = self.flags.lose.lock().unwrap_or_else(PoisonError::into_inner).take();
        let next = Incarnation::of(self.flags.life.load(Ordering::SeqCst));
        lose.map(Next::Lose).or((next > incarnation).then_some(Next::Life(next)))
    }

    #[inline]
    pub(crate) fn must_stop(&self) -> bool {
        self.is_asked(STOPS)
    }

    /// The same, for a burst.
    pub(crate) fn stop(&self) -> Asked<'_> {
        Asked::any_of(STOPS, &self.flags.asked)
    }

    #[inline]
    pub(crate) fn must_drain(&self) -> bool {
        self.is_asked(DRAINS)
    }

    /// The same, for a burst.
    pub(crate) fn drain(&self) -> Asked<'_> {
        Asked::any_of(DRAINS, &self.flags.asked)
    }

    pub(crate) fn report(&self, what: Report) {
        self.facts.report(self.job, what);
    }

    /// Tells how a life of the job ended, and before that which of its inputs' ends it saw.
    pub(crate) fn tell_end(&self, life: Incarnation, ended_pipes: impl Iterator<Item = PipeId>, returned: Returned) {
        ended_pipes.for_each(|pipe| self.facts.send(Fact::EndSeen(pipe)));
        self.facts.send(Fact::Returned(At { job: self.job, incarnation: life }, returned));
    }

    /// Tells that the thread ends with this life of the job. To be told before how that ended.
    pub(crate) fn tell_no_other_life(&self, life: Incarnation) {
        self.facts.send(Fact::NoOtherLife(At { job: self.job, incarnation: life }));
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

    /// What the thread waits for, as others may see it.
    pub(crate) fn stance(&self) -> Stance {
        match self.flags.sleeps_for.load(Ordering::SeqCst) {
            at if at == SleepsFor::Blocks as u8 => Stance::READS,
            at if at == SleepsFor::Room as u8 => Stance::WRITES,
            _ => Stance::BUSY,
        }
    }

    /// Tells that the job is held back by a full queue.
    pub(crate) fn tell_held_back(&self) {
        self.facts.send(Fact::HeldBack(self.job));
    }

    /// Waits as [`Controls::sleep`] does, and lets others see what for.
    pub(crate) fn sleep_for(&self, what: SleepsFor, interests: &mut [Interest<'_>], timeout: Option<Duration>) {
        self.flags.sleeps_for.store(what as u8, Ordering::SeqCst);
        self.sleep(interests, timeout);
        self.flags.sleeps_for.store(SleepsFor::Other as u8, Ordering::SeqCst);
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
