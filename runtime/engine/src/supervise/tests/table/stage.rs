//! The network that the tables are about, how it comes into a state, and what an event makes of that.

use std::time::Duration;

use pipeloom_config::Network;
use pipeloom_events::{CauseKind, JobEnd};
use pipeloom_os::process::{Exit, Signal};

use super::kinds::{self, Concerns};
use crate::sample::Sample;
use crate::supervise::at::At;
use crate::supervise::facts::{Action, Command, Event, NativeEnd, Timer};
use crate::supervise::job::Job;
use crate::supervise::machine::{Machine, Tick};
use crate::supervise::tests::{Run, SIGPIPE, cause};

const SIGKILL: Exit = Exit::Signal { signal: Signal::KILL, core: false };

/// When that happens which the tables are about; what led to it has happened at 0. All times of the job's health have passed.
const NOW: Tick = Tick(Duration::from_secs(2));

/// `source` writes to `job`, and `job` to `sink`, by way of a relay. `job` is a program that may be started again, and must
/// show that it does not hang.
pub(super) fn program() -> Network {
    let lines = "on_failure = \"isolate\"\nrestart.policy = \"on-failure\"\nstart_timeout_seconds = 1\n\
                 heartbeat_seconds = 1\nstall_seconds = 1\nstop.linger_seconds = \"eof\"";
    around(|sample| sample.program("job", &["in"], &["out"]).with(lines))
}

/// The same with a source that takes those behind it along when it is started again.
pub(super) fn together() -> Network {
    let restart = "restart = { policy = \"on-failure\", scope = \"downstream\" }";
    let chain = Sample::new().native("source", &[], &["in"]).with(restart).program("job", &["in"], &["out"]);
    chain.with("on_failure = \"isolate\"").native("sink", &["out"], &[]).network()
}

/// The same with a native job that may be made anew.
pub(super) fn native() -> Network {
    let lines = "on_failure = \"isolate\"\nrestart.policy = \"on-failure\"";
    around(|sample| sample.native("job", &["in"], &["out"]).with(lines))
}

/// The same with a program that has one life, and whose failure stops the run.
pub(super) fn fragile() -> Network {
    around(|sample| sample.program("job", &["in"], &["out"]))
}

fn around(job: impl Fn(Sample) -> Sample) -> Network {
    job(Sample::new().native("source", &[], &["in"])).native("sink", &["out"], &[]).network()
}

/// A run of such a network.
#[derive(Debug)]
pub(super) struct Stage {
    run: Run,
}

impl Stage {
    /// After these events, of which each has the name of its row.
    pub(super) fn after(network: &Network, history: &[&str]) -> Stage {
        let mut stage = Stage { run: Run::unbegun(network.clone(), &["out"], None) };
        for name in history {
            let event = stage.event(name, stage.at());
            stage.tell(Tick::default(), event);
        }
        stage
    }

    /// The life of the job that is at hand.
    pub(super) fn at(&self) -> At {
        self.run.supervisor.at(self.run.job("job"))
    }

    /// The event of this row, told of this life of the job.
    pub(super) fn event(&self, name: &str, at: At) -> Event {
        let (reads, writes) = (self.run.pipe("in"), self.run.pipe("out"));
        match name {
            "begin" => Event::Begin,
            "stop" => Event::Command(Command::Stop),
            "kill" => Event::Command(Command::Kill),
            "spawned" => Event::Spawned(at),
            "spawn failed" => Event::SpawnFailed(at, "no".to_owned()),
            "exited: 0" => Event::Exited(vec![(at, Exit::Code(0))]),
            "exited: 1" => Event::Exited(vec![(at, Exit::Code(1))]),
            "exited: PIPE" => Event::Exited(vec![(at, SIGPIPE)]),
            "exited: KILL" => Event::Exited(vec![(at, SIGKILL)]),
            "opened" => Event::Opened(at, true),
            "opened nothing" => Event::Opened(at, false),
            "ready" => Event::Ready(at),
            "spoke" => Event::Spoke(at),
            "intake: no need" => Event::Intake(at, None),
            "intake: the same" => Event::Intake(at, Some(7)),
            "intake: more" => Event::Intake(at, Some(8)),
            "nothing left" => Event::Leftovers(at, 0),
            "some left" => Event::Leftovers(at, 2),
            "returned" => Event::Returned(at, NativeEnd::Ended(JobEnd::Finished)),
            "returned torn" => Event::Returned(at, NativeEnd::Torn(5)),
            "returned failed" => Event::Returned(at, NativeEnd::Failed(cause(CauseKind::Error, "no"))),
            "drained" => Event::Drained(at, writes, false),
            "drained finished" => Event::Drained(at, writes, true),
            "no other life" => Event::NoOtherLife(at),
            "inputs over" => Event::InputsOver(at),
            "lost" => Event::Lost(at, 1),
            "end seen" => Event::EndSeen(writes),
            "written told" => Event::WrittenTold(reads),
            "read torn" => Event::ReadTorn(reads, 3),
            "readers gone" => Event::ReadersGone(writes),
            "relay over" => Event::RelayOver(writes),
            "relay failed" => Event::RelayFailed(writes, "no".to_owned()),
            "input failed" => Event::InputFailed(at.job, "no".to_owned()),
            "stands still" => Event::StandsStill(writes, "no".to_owned()),
            "warden lost" => Event::WardenLost,
            "due begin" => Event::Due(Timer::Begin(at)),
            "due word" => Event::Due(Timer::Word(at)),
            "due intake" => Event::Due(Timer::Intake(at)),
            "due linger" => Event::Due(Timer::Linger(at)),
            "due grace" => Event::Due(Timer::Grace(at)),
            "due backoff" => Event::Due(Timer::Backoff(at)),
            "due ladder" => Event::Due(Timer::Ladder),
            "due still running" => Event::Due(Timer::StillRunning),
            "due time limit" => Event::Due(Timer::TimeLimit),
            "due opened" => Event::Due(Timer::Opened),
            // Without a row: only what has gone before.
            "source failed" => {
                let source = self.run.supervisor.at(self.run.job("source"));
                Event::Returned(source, NativeEnd::Failed(cause(CauseKind::Error, "no")))
            }
            "source rested" => Event::Due(Timer::Backoff(self.run.supervisor.at(self.run.job("source")))),
            "source lost" => Event::Lost(self.run.supervisor.at(self.run.job("source")), 1),
            "sink stopped" => {
                let sink = self.run.supervisor.at(self.run.job("sink"));
                Event::Returned(sink, NativeEnd::Ended(JobEnd::Stopped))
            }
            "sink lost" => Event::Lost(self.run.supervisor.at(self.run.job("sink")), 1),
            other => panic!("no event is called {other:?}"),
        }
    }

    /// What this event leads to.
    pub(super) fn told(mut self, event: Event) -> Told {
        let states = |stage: &Stage| [stage.life(), stage.processes(), stage.rung()];
        self.run.supervisor.now = NOW;
        let (before, was) = (states(&self), format!("{:?}", self.run.supervisor));
        let actions = self.tell(NOW, event);
        let [life, processes, rung] = states(&self).map(Some);
        let [old_life, old_processes, old_rung] = before.map(Some);
        let is = format!("{:?}", self.run.supervisor);
        let named = |action: &Action| {
            let (concerns, words) = kinds::action(action);
            let job = match concerns {
                Concerns::Run => return (None, words),
                Concerns::Job(job) => job,
                Concerns::Pipe(pipe) => self.run.network[pipe].writer.unwrap().job,
            };
            (Some(self.run.network[job].name.to_string()), words)
        };
        Told {
            life: life.filter(|_| life != old_life),
            processes: processes.filter(|_| processes != old_processes),
            rung: rung.filter(|_| rung != old_rung),
            is_noted: was != is,
            actions: actions.iter().map(named).collect(),
        }
    }

    fn tell(&mut self, now: Tick, event: Event) -> Vec<Action> {
        let mut actions = Vec::new();
        self.run.supervisor.on(now, event, &mut actions);
        actions
    }

    pub(super) fn job(&self) -> &Job {
        &self.run.supervisor.jobs[self.run.job("job").index()]
    }

    /// What the job is doing, and what is there of it.
    pub(super) fn life_and_processes(&self) -> String {
        format!("{} {}", self.life(), self.processes())
    }

    fn life(&self) -> &'static str {
        let job = self.job();
        match kinds::life(&job.life) {
            "running" if job.signs.hung.is_some() => "hanging",
            "running" if job.signs.has_begun && job.is_executable => "begun",
            life => life,
        }
    }

    /// What is there of the job.
    pub(super) fn processes(&self) -> &'static str {
        kinds::processes(&self.job().processes)
    }

    /// How far the run is.
    pub(super) fn rung(&self) -> &'static str {
        let rung = self.run.supervisor.stopping.as_ref().map(|stopping| stopping.rung);
        if self.run.supervisor.finished { "finished" } else { kinds::rung(&rung) }
    }
}

/// What an event has led to: the next states where they are others, and what is asked for, with the job that it concerns.
#[derive(Debug)]
pub(super) struct Told {
    life: Option<&'static str>,
    processes: Option<&'static str>,
    rung: Option<&'static str>,
    /// Something is remembered that may change what comes of later events.
    is_noted: bool,
    actions: Vec<(Option<String>, String)>,
}

impl Told {
    /// As far as it concerns the job that the tables are about.
    pub(super) fn of_the_job(self) -> String {
        let changes = [self.life, self.processes];
        let actions = self.actions.into_iter().filter(|(of, _)| of.as_deref() == Some("job"));
        in_words(&changes, actions.map(|(_, words)| words), self.is_noted)
    }

    /// As far as it concerns the run and whoever is in it.
    pub(super) fn of_the_run(self) -> String {
        let named = |(of, words)| match of {
            Some(name) => format!("{words} {name}"),
            None => words,
        };
        in_words(&[self.rung], self.actions.into_iter().map(named), self.is_noted)
    }
}

fn in_words(changes: &[Option<&str>], actions: impl Iterator<Item = String>, is_noted: bool) -> String {
    let changes = changes.iter().flatten().map(|state| format!("now {state}"));
    let words: Vec<String> = changes.chain(actions).collect();
    match words.as_slice() {
        [] if is_noted => "noted".to_owned(),
        [] => "nothing".to_owned(),
        words => words.join(", "),
    }
}
