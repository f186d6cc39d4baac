//! A run whose supervisor, relays and lineups are the real ones, and all around them is simulated.
//!
//! It does what the reactor does: tells the supervisor what happens, does what that asks for, and works the forwarders.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use pipeloom_config::{JobId, Network, PipeId};
use pipeloom_os::doorbell::Doorbell;

use super::being::{Being, News};
use super::ledger::Ledger;
use super::planted::Planted;
use super::wiring::Wiring;
use crate::supervise::{Action, At, Event, Machine, Supervisor, Tick, Timer};
use crate::watch::Watch;

/// What is special about a run.
#[derive(Clone, Copy, Default)]
pub(super) struct With {
    /// A bug.
    pub(super) planted: Option<Planted>,
    /// What happens is told.
    pub(super) told: bool,
}

/// A run.
pub(super) struct World {
    pub(super) random: Rng,
    pub(super) network: Arc<Network>,
    pub(super) supervisor: Supervisor,
    pub(super) wiring: Wiring,
    pub(super) bell: Doorbell,
    /// The clock.
    pub(super) now: Duration,
    pub(super) timers: BTreeMap<Timer, Duration>,
    /// Jobs that may come to wait for each other, in groups, and who watches them.
    pub(super) groups: Vec<(Vec<JobId>, Watch)>,
    pub(super) events: VecDeque<Event>,
    /// What the warden has said and nobody has heard yet.
    pub(super) warden: VecDeque<News>,
    pub(super) jobs: BTreeMap<JobId, Being>,
    pub(super) stopping: bool,
    /// After the time for the ladder's next stage, whoever is still there is left behind.
    pub(super) is_last_word: bool,
    /// That time has passed.
    pub(super) gave_up: bool,
    pub(super) finished: bool,
    pub(super) ledger: Ledger,
    pub(super) planted: Option<Planted>,
    /// All that happens, if it is to be told.
    pub(super) history: Option<Vec<String>>,
}

impl World {
    pub(super) fn new(network: Arc<Network>, mut random: Rng, bell: &Doorbell, with: With) -> World {
        let With { planted, told } = with;
        let wiring = Wiring::new(network.clone(), bell.clone(), planted, &mut random);
        let groups = wiring.plan.groups.clone().into_iter().map(|jobs| (jobs, Watch::default()));
        let relayed: Vec<PipeId> = network.pipes().map(|(id, _)| id).collect();
        let supervisor = Supervisor::new(&network, &relayed, None, random.u64(..));
        let mut world = World {
            jobs: network.jobs().map(|(id, _)| (id, Being::new(id))).collect(),
            ledger: Ledger::new(network.clone()),
            random,
            network,
            supervisor,
            wiring,
            bell: bell.clone(),
            now: Duration::ZERO,
            timers: BTreeMap::new(),
            groups: groups.collect(),
            events: VecDeque::from([Event::Begin]),
            warden: VecDeque::new(),
            stopping: false,
            is_last_word: false,
            gave_up: false,
            finished: false,
            planted,
            history: told.then(Vec::new),
        };
        world.decide();
        world
    }

    pub(super) fn being(&mut self, job: JobId) -> &mut Being {
        self.jobs.get_mut(&job).unwrap_or_else(|| unreachable!("every job is there"))
    }

    pub(super) fn tell(&mut self, event: Event) {
        self.events.push_back(event);
    }

    /// Has the supervisor decide about all that happened, and does what it asks for.
    pub(super) fn decide(&mut self) {
        let mut actions = Vec::new();
        while let Some(event) = self.events.pop_front() {
            let event = self.as_it_comes(event);
            self.note("is told", &event);
            self.supervisor.on(Tick(self.now), event, &mut actions);
            if self.planted == Some(Planted::RespawnWhileStopping) {
                self.respawn(&mut actions);
            }
            for action in actions.drain(..) {
                self.perform(action);
            }
            self.wiring.wake_all();
        }
    }

    /// Has jobs that end while the run is being stopped begin anew.
    fn respawn(&self, actions: &mut Vec<Action>) {
        let again = |action: &Action| match action {
            Action::Ended(job, ..) if self.stopping && self.network[*job].has_lives() => {
                let At { job, incarnation } = self.supervisor.at(*job);
                Some(Action::Start(At { job, incarnation: incarnation.next() }))
            }
            _ => None,
        };
        let again: Vec<Action> = actions.iter().filter_map(again).collect();
        actions.extend(again);
    }

    /// An event as it comes to the supervisor.
    fn as_it_comes(&self, event: Event) -> Event {
        if self.planted != Some(Planted::BelieveStaleFacts) {
            return event;
        }
        match event {
            Event::Exited(exits) => {
                Event::Exited(exits.into_iter().map(|(at, exit)| (self.supervisor.at(at.job), exit)).collect())
            }
            Event::Leftovers(at, count) => Event::Leftovers(self.supervisor.at(at.job), count),
            other => other,
        }
    }

    pub(super) fn note(&mut self, what: &str, of: &impl Debug) {
        self.history.iter_mut().for_each(|history| history.push(format!("{what} {of:?}")));
    }
}
