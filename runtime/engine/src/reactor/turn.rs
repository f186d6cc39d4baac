//! One turn of the reactor's loop, again and again until the run is over.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use pipeloom_config::{JobId, Network, PipeId};
use pipeloom_events::Outcome;
use pipeloom_os::OsError;
use pipeloom_os::doorbell::Doorbell;
use pipeloom_os::poller::{Interest, Poller, Ready};
use pipeloom_os::warden::Warden;

use super::fact::Facts;
use super::pausing::Pausing;
use super::program::Program;
use super::relays::{News, Relays};
use super::requests::Requests;
use super::timers::Timers;
use super::token::{Stream, Token};
use super::watchdog::Watchdog;
use crate::flow::{Clock, Controls, FlowError, Runner};
use crate::program_spawn::Inherited;
use crate::publish::Publisher;
use crate::run_dir::RunDir;
use crate::supervise::{Action, Event, Machine, Supervisor, Tick};
use crate::wire::{ChildEnds, Fifos, Lives};

/// What a reactor is made of.
pub(crate) struct Parts {
    pub(crate) network: Arc<Network>,
    pub(crate) run_dir: RunDir,
    pub(crate) supervisor: Supervisor,
    /// `None` for a network without executables.
    pub(crate) warden: Option<Warden>,
    pub(crate) fifos: Fifos,
    pub(crate) runners: HashMap<JobId, Box<Runner>>,
    pub(crate) controls: HashMap<JobId, Controls>,
    pub(crate) programs: HashMap<JobId, ChildEnds>,
    pub(crate) relays: Relays,
    pub(crate) watchdog: Watchdog,
    pub(crate) lives: Lives,
    pub(crate) requests: Requests,
    pub(crate) facts: Facts,
    pub(crate) bell: Doorbell,
    pub(crate) clock: Clock,
    pub(crate) publisher: Publisher,
}

/// The loop and all that it works on.
pub(crate) struct Reactor {
    pub(super) network: Arc<Network>,
    pub(super) run_dir: RunDir,
    pub(super) supervisor: Supervisor,
    pub(super) warden: Option<Warden>,
    warden_writes: bool,
    pub(super) fifos: Fifos,
    /// Native jobs whose threads are not started yet.
    pub(super) runners: HashMap<JobId, Box<Runner>>,
    pub(super) controls: HashMap<JobId, Controls>,
    pub(super) threads: Vec<JoinHandle<()>>,
    /// What executables that have one life and are not started yet are given.
    pub(super) ends: HashMap<JobId, ChildEnds>,
    /// Executables that are started, by the place of their job.
    pub(super) programs: HashMap<usize, Program>,
    pub(super) inherited: Inherited,
    /// What they say is read into this.
    pub(super) said: Vec<u8>,
    pub(super) relays: Relays,
    pub(super) watchdog: Watchdog,
    pub(super) lives: Lives,
    pub(super) requests: Requests,
    pub(super) facts: Facts,
    bell: Doorbell,
    pub(super) clock: Clock,
    pub(super) pausing: Pausing,
    pub(super) timers: Timers,
    pub(super) poller: Poller,
    pub(super) publisher: Publisher,
    pub(super) events: VecDeque<Event>,
    /// Pipes that were forwarded to their end, and perhaps not yet taken.
    run_down: Vec<PipeId>,
    pub(super) outcome: Option<Outcome>,
    /// Native jobs that did not return are not waited for.
    pub(super) left_behind: bool,
    /// What went wrong in the runtime itself.
    pub(super) fault: Option<String>,
    /// Programs could not be asked for: the way to the warden is broken.
    broken: Option<OsError>,
}

impl Reactor {
    pub(crate) fn new(mut parts: Parts) -> Result<Reactor, OsError> {
        let poller = Poller::new()?;
        poller.add(&parts.bell, Token::Bell.number(), Interest::READABLE)?;
        poller.add(parts.fifos.watch(), Token::Watch.number(), Interest::READABLE)?;
        if let Some(warden) = &parts.warden {
            poller.add(warden, Token::Warden.number(), Interest::READABLE)?;
        }
        parts.requests.listen(&poller)?;
        Ok(Reactor {
            network: parts.network,
            run_dir: parts.run_dir,
            supervisor: parts.supervisor,
            warden: parts.warden,
            warden_writes: false,
            fifos: parts.fifos,
            runners: parts.runners,
            controls: parts.controls,
            threads: Vec::new(),
            ends: parts.programs,
            programs: HashMap::new(),
            inherited: Inherited::default(),
            said: Vec::new(),
            relays: parts.relays,
            watchdog: parts.watchdog,
            lives: parts.lives,
            requests: parts.requests,
            facts: parts.facts,
            bell: parts.bell,
            clock: parts.clock,
            pausing: Pausing::No,
            timers: Timers::default(),
            poller,
            publisher: parts.publisher,
            events: VecDeque::from([Event::Begin]),
            run_down: Vec::new(),
            outcome: None,
            left_behind: false,
            fault: None,
            broken: None,
        })
    }

    /// Starts all jobs. To be called once, by whoever has made it: it may be a while until it works on a thread of its own.
    pub(crate) fn begin(&mut self) {
        self.decide();
    }

    /// Works until the run is over. An error is one of the runtime itself.
    pub(crate) fn run(&mut self) -> Result<Outcome, OsError> {
        let mut ready = Vec::new();
        loop {
            self.relays.wake_rung();
            self.turn_relays()?;
            self.decide();
            self.publisher.tell_followers();
            if let Some(error) = self.broken.take() {
                return Err(error);
            }
            if let Some(outcome) = self.outcome {
                return Ok(outcome);
            }
            // The announcement comes before the last look: until then nobody who rings makes a system call.
            self.bell.prepare_to_sleep();
            let busy = self.take_facts() || !self.events.is_empty() || self.relays.has_due();
            let timeout = if busy { Some(Duration::ZERO) } else { self.time_to_wait() };
            self.poller.wait(&mut ready, timeout)?;
            self.bell.stay_awake();
            for ready in &ready {
                self.on_ready(ready)?;
            }
            self.turn_relays()?;
            while let Some(timer) = self.timers.pop(self.now()) {
                self.events.push_back(Event::Due(timer));
            }
            self.watch_groups();
            self.watch_warden()?;
        }
    }

    /// Lets go of all that is left, and says what went wrong in that. Threads that have been left behind are not waited for.
    pub(crate) fn close(mut self) -> (Publisher, Option<String>) {
        if self.outcome.is_none() {
            // The runtime has failed: nobody waits for a job that may never return.
            self.left_behind = true;
            self.clock.go_on();
            self.controls.values().for_each(Controls::ask_to_stop);
        }
        let places: Vec<usize> = self.programs.keys().copied().collect();
        for place in places {
            Stream::ALL.into_iter().for_each(|stream| self.hear_program(place, stream));
        }
        self.take_facts();
        let ended = self.warden.take().map_or(Ok(()), Warden::shutdown);
        if ended.is_err() {
            pipeloom_os::process::kill_run(&self.publisher.run().to_string());
        }
        drop(self.relays);
        for thread in self.threads {
            let left_behind = self.left_behind && !thread.is_finished();
            if !left_behind && thread.join().is_err() {
                log::error!("a job's thread panicked outside its job");
            }
        }
        (self.publisher, self.fault.or(ended.err().map(|error| error.to_string())))
    }

    pub(super) fn now(&self) -> Tick {
        Tick(self.clock.now())
    }

    /// Has the supervisor decide about all that happened, and does what it asks for, until nothing is left.
    fn decide(&mut self) {
        if self.events.is_empty() {
            return;
        }
        let mut actions: Vec<Action> = Vec::new();
        while let Some(event) = self.events.pop_front() {
            let now = self.now();
            self.supervisor.on(now, event, &mut actions);
            for action in actions.drain(..) {
                self.perform(action);
            }
        }
        // All programs that are to be started go out together.
        let broken = self.warden.as_mut().and_then(|warden| warden.flush().err());
        self.broken = self.broken.take().or(broken);
        self.publisher.show_lives(&self.supervisor);
    }

    /// Says what went wrong where going on is right.
    pub(super) fn warn_of(&mut self, result: Result<(), OsError>) {
        if let Err(error) = result {
            self.publisher.warn(None, error.to_string());
        }
    }

    fn on_ready(&mut self, ready: &Ready) -> Result<(), OsError> {
        match Token::from_number(ready.token) {
            Some(Token::Bell) => {
                self.bell.woke();
                let retried = self.requests.retry(&self.poller);
                self.warn_of(retried);
            }
            Some(Token::Warden) => self.hear_warden()?,
            Some(Token::Watch) => self.hear_opens()?,
            Some(Token::Program(place, stream)) => self.hear_program(place, stream),
            Some(Token::RelaySource(place)) => self.relays.wake(place),
            Some(Token::RelayTarget(place, leg)) if ready.error => self.relays.target_gone(place, leg),
            Some(Token::RelayTarget(place, _)) => self.relays.wake(place),
            Some(Token::Listener) => {
                let accepted = self.requests.accept(&self.poller);
                self.warn_of(accepted);
            }
            Some(Token::Connection(place)) => {
                let answered = self.requests.ready(place, ready, &self.poller);
                self.warn_of(answered);
            }
            None => {}
        }
        Ok(())
    }

    pub(super) fn turn_relays(&mut self) -> Result<(), OsError> {
        let mut news = Vec::new();
        self.relays.turn(&self.poller, &mut news)?;
        let now = self.clock.now();
        self.relays.held_up().for_each(|job| self.watchdog.held_back(job, now));
        self.relays.tick(self.clock.now(), &mut news);
        for news in news {
            match news {
                News::Over(place) => {
                    // Told before the writer can see that its pipe is broken.
                    self.events.extend(self.relays.left_early(place).iter().copied().map(Event::ReadersGone));
                    self.decide();
                    let run_down = self.relays.let_go(place);
                    self.run_down.extend(run_down);
                }
                News::Warning(message) => self.publisher.warn(None, message),
                News::Failed(pipe, error) => self.events.push_back(Event::RelayFailed(pipe, error.to_string())),
                News::LegFailed(place, leg, error) => self.leg_failed(place, leg, &error),
                News::Drained(pipe, finished) => {
                    let writer = self.network[pipe].writer.map(|end| self.supervisor.at(end.job));
                    self.events.extend(writer.map(|at| Event::Drained(at, pipe, finished)));
                }
                News::AllGiven(job) => self.events.push_back(Event::InputsOver(self.supervisor.at(job))),
            }
        }
        self.end_relays();
        Ok(())
    }

    /// One reader cannot be given any more. The others can.
    fn leg_failed(&mut self, place: usize, leg: usize, error: &FlowError) {
        let Some(pipe) = self.relays.pipe_at(place) else { return };
        let (reader, run_down) = self.relays.let_go_of_leg(place, leg, &self.network);
        self.run_down.extend(run_down);
        self.events.push_back(match reader {
            Some(job) => Event::InputFailed(job, error.to_string()),
            None => Event::RelayFailed(pipe, error.to_string()),
        });
    }

    /// A relay is over once its blocks are taken: a reader outside the network that has not come yet is waited for.
    fn end_relays(&mut self) {
        let taken = |pipe: PipeId| {
            let external = self.network[pipe].external.as_ref();
            external.is_none_or(|external| self.fifos.is_settled(&external.path))
        };
        let (over, waiting) = std::mem::take(&mut self.run_down).into_iter().partition(|pipe| taken(*pipe));
        self.run_down = waiting;
        let over: Vec<PipeId> = over;
        self.events.extend(over.into_iter().map(Event::RelayOver));
    }

    /// Waits for room on the warden's socket only while something is to be sent.
    fn watch_warden(&mut self) -> Result<(), OsError> {
        if let Some(warden) = &self.warden
            && warden.wants_write() != self.warden_writes
        {
            self.warden_writes = !self.warden_writes;
            let interest = if self.warden_writes { Interest::BOTH } else { Interest::READABLE };
            self.poller.modify(warden, Token::Warden.number(), interest)?;
        }
        Ok(())
    }
}
