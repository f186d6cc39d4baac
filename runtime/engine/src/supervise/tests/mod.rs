//! The supervisor under made-up histories.
//!
//! ```text
//! circle     jobs that wait for each other
//! ends       how jobs end, and what follows from it
//! health     signs of life that do not come in time
//! stopping   the ladder, its timers, and who asks for it
//! table      each state and each event, and what comes of them
//! together   jobs that are started again together
//! world      a made-up world around it, in which only what can happen happens
//! history    any history of that world
//! ```

mod circle;
mod ends;
mod health;
mod history;
mod stopping;
mod table;
mod together;
mod world;

use std::time::Duration;

use pipeloom_config::{JobId, Network, PipeId};
use pipeloom_events::{Cause, CauseKind, JobEnd};
use pipeloom_os::process::{Exit, Signal};

use super::at::At;
use super::facts::{Action, Event, NativeEnd, Timer};
use super::machine::{Machine, Tick};
use super::supervisor::Supervisor;
use crate::sample::{self, Sample};

const SUCCESS: Exit = Exit::Code(0);
const SIGPIPE: Exit = Exit::Signal { signal: Signal::PIPE, core: false };

/// A supervisor in the middle of a run.
#[derive(Debug)]
struct Run {
    network: Network,
    supervisor: Supervisor,
}

impl Run {
    /// A run of this network that has just begun; all its jobs run. `relayed` names the pipes that the runtime forwards.
    fn of(sample: Sample, relayed: &[&str]) -> Run {
        let (mut run, _) = Run::begin(sample, relayed, None);
        let programs = run.network.jobs().filter(|(_, job)| job.executable().is_some());
        let programs: Vec<JobId> = programs.map(|(id, _)| id).collect();
        for id in programs {
            assert_eq!(run.told(Event::Spawned(At::first(id))), []);
        }
        run
    }

    /// A run of this network, and what the supervisor asks for at its beginning.
    fn begin(sample: Sample, relayed: &[&str], time_limit: Option<Duration>) -> (Run, Vec<Action>) {
        let mut run = Run::unbegun(sample.network(), relayed, time_limit);
        let actions = run.told(Event::Begin);
        (run, actions)
    }

    /// A run of this network that has not begun.
    fn unbegun(network: Network, relayed: &[&str], time_limit: Option<Duration>) -> Run {
        let relayed: Vec<PipeId> = relayed.iter().map(|name| sample::pipe(&network, name)).collect();
        let supervisor = Supervisor::new(&network, &relayed, time_limit, 1);
        Run { network, supervisor }
    }

    fn told(&mut self, event: Event) -> Vec<Action> {
        self.told_at(0, event)
    }

    /// It is told so many seconds after the run's beginning.
    fn told_at(&mut self, seconds: u64, event: Event) -> Vec<Action> {
        let mut actions = Vec::new();
        self.supervisor.on(Tick(Duration::from_secs(seconds)), event, &mut actions);
        actions
    }

    fn job(&self, name: &str) -> JobId {
        sample::job(&self.network, name)
    }

    /// The first life of a job.
    fn at(&self, name: &str) -> At {
        At::first(self.job(name))
    }

    fn pipe(&self, name: &str) -> PipeId {
        sample::pipe(&self.network, name)
    }

    fn exits(&mut self, name: &str, exit: Exit) -> Vec<Action> {
        let at = self.supervisor.at(self.job(name));
        self.told(Event::Exited(vec![(at, exit)]))
    }

    /// The main process has ended, and nothing is left of it.
    fn is_gone(&mut self, name: &str, exit: Exit) -> Vec<Action> {
        let mut actions = self.exits(name, exit);
        actions.extend(self.leaves(name, 0));
        actions
    }

    fn leaves(&mut self, name: &str, count: usize) -> Vec<Action> {
        let at = self.supervisor.at(self.job(name));
        self.told(Event::Leftovers(at, count))
    }

    fn returns(&mut self, name: &str, end: NativeEnd) -> Vec<Action> {
        let at = self.supervisor.at(self.job(name));
        self.told(Event::Returned(at, end))
    }

    fn due(&mut self, timer: Timer) -> Vec<Action> {
        self.told(Event::Due(timer))
    }

    /// What is asked for whenever the main process of this executable has ended.
    fn after_exit(&self, name: &str) -> [Action; 2] {
        [Action::Release(self.job(name)), Action::CountLeftovers(self.at(name))]
    }

    fn ended(&self, name: &str, end: JobEnd, note: Option<&str>) -> Action {
        Action::Ended(self.job(name), end, note.map(str::to_owned))
    }

    fn failed(&self, name: &str, kind: CauseKind, message: &str) -> Action {
        Action::Failed(self.job(name), cause(kind, message))
    }
}

fn cause(kind: CauseKind, message: &str) -> Cause {
    Cause { kind, message: message.to_owned(), last_lines: Vec::new() }
}
