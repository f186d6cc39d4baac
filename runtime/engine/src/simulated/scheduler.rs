//! Who does something next: drawn from a seed, among all who can.

use pipeloom_config::JobId;
use pipeloom_os::process::{Exit, Signal};

use super::process::Process;
use super::world::World;
use crate::supervise::{At, Command, Event, Incarnation, Timer};

/// More than any run takes to come to its end.
const MANY: usize = 20_000;

/// What may happen next.
#[derive(Clone, Copy, Debug)]
enum Happening {
    Spawn(JobId),
    Act(JobId),
    /// A process ends as it was asked to.
    Obey(JobId),
    AnotherGoes(JobId),
    Hear(JobId),
    HearWarden,
    Turn(usize),
    TargetGone(usize, usize),
}

/// What comes from outside, at any time, and only so often.
pub(super) struct Fate {
    kills: u32,
    command: Option<(usize, Command)>,
    /// Facts of earlier lives that are told late.
    stale: bool,
}

impl Fate {
    pub(super) fn any(random: &mut fastrand::Rng) -> Fate {
        let command = match random.u8(..6) {
            0 => Some(Command::Stop),
            1 => Some(Command::Kill),
            _ => None,
        };
        Fate {
            kills: random.u32(..4),
            command: command.map(|command| (random.usize(..300), command)),
            stale: random.bool(),
        }
    }
}

impl World {
    /// Lets things happen until the run is over, or nothing can happen any more.
    pub(super) fn run(&mut self, mut fate: Fate) {
        for step in 0..MANY {
            if self.finished {
                let there = self.jobs.values().any(|being| being.process.is_some() || being.another.is_some());
                let is_left = there && self.warden.is_empty() && self.timers.is_empty();
                self.ledger.is_wrong_if(is_left, || "a process is left".to_owned());
                self.ledger.check(&self.wiring.tallies);
                return;
            }
            self.fate(step, &mut fate);
            let mut possible = self.possible();
            let waits_only = possible.is_empty();
            if waits_only && !self.can_wait() {
                self.ledger.is_wrong(format!("it stands still: {:?}", self.jobs));
                return;
            }
            if waits_only || (self.can_wait() && self.random.u8(..64) == 0) {
                self.time_passes();
                continue;
            }
            let next = possible.swap_remove(self.random.usize(..possible.len()));
            self.note("happens", &next);
            self.happens(next);
        }
        self.ledger.is_wrong(format!("it comes to no end: {:?}", self.jobs));
    }

    /// Whether a timer could bring something about.
    fn can_wait(&self) -> bool {
        let means = |timer: &&Timer| !matches!(timer, Timer::StillRunning | Timer::Opened);
        self.timers.keys().any(|timer| means(&timer)) || self.is_watched()
    }

    fn fate(&mut self, step: usize, fate: &mut Fate) {
        if let Some((_, command)) = fate.command.take_if(|(at, _)| *at == step) {
            self.tell(Event::Command(command));
            self.decide();
        }
        if fate.kills > 0 && self.random.u8(..64) == 0 {
            let alive = self.jobs.values().filter(|being| being.process.is_some()).map(|being| being.at.job);
            let alive: Vec<JobId> = alive.collect();
            if let Some(&job) = self.random.choice(&alive) {
                fate.kills -= 1;
                self.dies(job, Exit::Signal { signal: Signal::KILL, core: false });
            }
        }
        if fate.stale && self.random.u8(..64) == 0 {
            let lived = self.jobs.values().map(|being| being.at).filter(|at| at.incarnation != Incarnation::FIRST);
            let lived: Vec<At> = lived.collect();
            if let Some(at) = self.random.choice(&lived).copied() {
                let earlier = At { incarnation: Incarnation::of(at.incarnation.number() - 1), ..at };
                let exited = Event::Exited(vec![(earlier, Exit::Code(1))]);
                let fact = if self.random.bool() { exited } else { Event::Leftovers(earlier, 0) };
                self.tell(fact);
                self.decide();
            }
        }
    }

    /// All that can happen now.
    fn possible(&mut self) -> Vec<Happening> {
        let mut possible = Vec::new();
        for (&job, being) in &self.jobs {
            let can_act = being.process.as_ref().is_some_and(Process::can_act);
            possible.extend(being.spawning.then_some(Happening::Spawn(job)));
            possible.extend(can_act.then_some(Happening::Act(job)));
            possible.extend(being.asked.then_some(Happening::Obey(job)));
            possible.extend(being.another.is_some().then_some(Happening::AnotherGoes(job)));
            possible.extend((!being.says.is_empty()).then_some(Happening::Hear(job)));
        }
        possible.extend((!self.warden.is_empty()).then_some(Happening::HearWarden));
        let forwarders = self.wiring.forwarders.iter().enumerate();
        possible.extend(forwarders.filter(|(_, worked)| worked.is_ready()).map(|(place, _)| Happening::Turn(place)));
        possible.extend(self.wiring.gone_target().map(|(place, leg)| Happening::TargetGone(place, leg)));
        possible
    }

    fn happens(&mut self, happening: Happening) {
        match happening {
            Happening::Spawn(job) if self.random.u8(..64) == 0 => self.cannot_spawn(job),
            Happening::Spawn(job) => self.spawn(job),
            Happening::Act(job) => self.act(job),
            Happening::Obey(job) => {
                let signal = Signal::TERM;
                let exit = if self.random.bool() { Exit::Code(0) } else { Exit::Signal { signal, core: false } };
                self.exits(job, exit);
            }
            Happening::AnotherGoes(job) => self.another_goes(job),
            Happening::Hear(job) => self.hear(job),
            Happening::HearWarden => self.hear_warden(),
            Happening::Turn(place) => self.turn(place),
            Happening::TargetGone(place, leg) => self.target_gone(place, leg),
        }
    }
}
