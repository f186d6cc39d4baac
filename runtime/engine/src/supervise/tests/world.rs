//! A made-up world around a supervisor: processes, threads, relays and timers that do what they may do, and what they are
//! asked to.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use pipeloom_config::{Health, JobId, PipeId};
use pipeloom_events::{CauseKind, JobEnd};
use pipeloom_os::process::{Exit, Signal};

use super::{Run, SIGPIPE, SUCCESS, cause, table};
use crate::supervise::at::{At, Incarnation};
use crate::supervise::facts::{Action, Command, Event, NativeEnd, Timer};
use crate::supervise::ladder::LAST_WORD;

/// How a job stands in the world.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Standing {
    Waiting,
    /// An executable that the warden was asked to start.
    Spawning,
    /// Its main process, or its thread, is there.
    Alive,
    /// Its main process has ended; what it left is not known, or was told to be there.
    Left,
    Gone,
}

/// A job in the world.
#[derive(Clone, Copy, Debug)]
struct Being {
    at: At,
    standing: Standing,
    /// It was said that it will be started again, and it was not yet.
    awaited: bool,
    /// The time before that has passed.
    rested: bool,
    /// It was said that there is no other life.
    last: bool,
    /// Its thread is over.
    threadless: bool,
}

/// What was said of a job.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Ended,
    Failed,
}

/// The world, and what it has seen of the supervisor's doings.
pub(super) struct World {
    pub(super) run: Run,
    jobs: BTreeMap<JobId, Being>,
    /// Executables for which an answer on what they left is due.
    counting: BTreeSet<JobId>,
    /// Those for which an answer is due whether they have opened a FIFO.
    looking: BTreeSet<At>,
    /// Those for which an answer is due what they have read.
    reading: BTreeSet<At>,
    /// Those who are to lose what waits for them, each with the round.
    losing: BTreeMap<At, u32>,
    relays: BTreeSet<PipeId>,
    /// Relays that have forwarded all that the last life of their writer wrote.
    drained: BTreeSet<PipeId>,
    stopping: bool,
    timers: BTreeMap<Timer, Duration>,
    verdicts: BTreeMap<JobId, Verdict>,
    /// The time for the last word is over: whoever is still there is left behind.
    gave_up: bool,
    warden: bool,
    pub(super) finished: usize,
    /// What the supervisor must never do, and did.
    pub(super) wrong: Vec<String>,
}

/// All that may happen next.
#[derive(Debug)]
pub(super) enum Happening {
    Spawned(JobId),
    SpawnFailed(JobId),
    Exited(Vec<(JobId, Exit)>),
    Counted(JobId, usize),
    /// It has opened a FIFO, or it is told that it has not; perhaps of a life that is over.
    Opened(At, bool),
    Ready(JobId),
    Spoke(JobId),
    /// What it has read, if more waits; perhaps of a life that is over.
    Intake(At, Option<u64>),
    Returned(JobId, NativeEnd),
    /// A native job has failed, and its thread is over.
    ReturnedForGood(JobId),
    RelayOver(PipeId),
    RelayFailed(PipeId),
    /// All that a life of a pipe's writer wrote is forwarded; whether that was the end of the stream.
    Drained(PipeId, bool),
    /// A program that may live again was given all there is.
    InputsOver(JobId),
    /// A job has lost what waited for it; perhaps in a round that does not count any more.
    Lost(At, u32),
    /// The end of a life before the one at hand is told late.
    Stale(At),
    /// A program has told of a pipe what it wrote, and another one that it ended inside a block.
    Misread(PipeId),
    WardenLost,
    Due(Timer),
    Command(Command),
}

impl World {
    pub(super) fn new(run: Run, relayed: &[&str], begin: Vec<Action>) -> World {
        let relays = relayed.iter().map(|name| run.pipe(name)).collect();
        let being = |job| {
            let at = At::first(job);
            Being { at, standing: Standing::Waiting, awaited: false, rested: false, last: false, threadless: false }
        };
        let jobs = run.network.jobs().map(|(id, _)| (id, being(id))).collect();
        let mut world = World {
            run,
            jobs,
            counting: BTreeSet::new(),
            looking: BTreeSet::new(),
            reading: BTreeSet::new(),
            losing: BTreeMap::new(),
            relays,
            drained: BTreeSet::new(),
            stopping: false,
            timers: BTreeMap::new(),
            verdicts: BTreeMap::new(),
            gave_up: false,
            warden: true,
            finished: 0,
            wrong: Vec::new(),
        };
        world.take(begin);
        world
    }

    fn is_program(&self, job: JobId) -> bool {
        self.run.network[job].executable().is_some()
    }

    fn has_lives(&self, job: JobId) -> bool {
        self.run.network[job].has_lives()
    }

    fn standing(&self, job: JobId) -> Standing {
        self.jobs[&job].standing
    }

    fn set(&mut self, job: JobId, standing: Standing) {
        self.jobs.entry(job).and_modify(|being| being.standing = standing);
    }

    /// Whether the supervisor has all jobs in states that stand in the tables.
    pub(super) fn all_can_be(&self) -> bool {
        self.run.supervisor.jobs.iter().all(|job| table::can_be(&job.life, &job.processes))
    }

    /// Everything that may happen now. What brings the run nearer to its end comes first.
    pub(super) fn possible(&self) -> Vec<Happening> {
        let mut possible = Vec::new();
        for (&job, being) in &self.jobs {
            match (being.standing, self.is_program(job)) {
                (Standing::Alive, false) => {
                    let ends = [JobEnd::Finished, JobEnd::Ended, JobEnd::Unneeded, JobEnd::Stopped];
                    possible.extend(ends.map(|end| Happening::Returned(job, NativeEnd::Ended(end))));
                    possible.push(Happening::Returned(job, NativeEnd::Torn(5)));
                    possible.push(Happening::Returned(job, NativeEnd::Failed(cause(CauseKind::Error, "no"))));
                    possible.push(Happening::ReturnedForGood(job));
                }
                (Standing::Spawning, true) if self.warden => {
                    possible.push(Happening::Spawned(job));
                    possible.push(Happening::SpawnFailed(job));
                }
                (Standing::Alive, true) if self.warden => {
                    let killed = Exit::Signal { signal: Signal::KILL, core: false };
                    possible.extend(
                        [SUCCESS, Exit::Code(1), SIGPIPE, killed].map(|exit| Happening::Exited(vec![(job, exit)])),
                    );
                }
                _ => {}
            }
        }
        for &job in self.jobs.keys().filter(|&&job| self.standing(job) == Standing::Left) {
            possible.push(Happening::Counted(job, 0));
            if self.counting.contains(&job) && self.warden {
                possible.push(Happening::Counted(job, 2));
            }
        }
        possible.extend(self.losing.iter().map(|(&at, &round)| Happening::Lost(at, round)));
        possible.extend(self.looking.iter().map(|&at| Happening::Opened(at, false)));
        possible.extend(self.reading.iter().flat_map(|&at| [None, Some(7)].map(|read| Happening::Intake(at, read))));
        let is_alive = |&&job: &&JobId| self.is_program(job) && self.standing(job) == Standing::Alive;
        let is_timed = |&&job: &&JobId| self.run.network[job].health != Health::default();
        for &job in self.jobs.keys().filter(is_alive).filter(is_timed) {
            possible.extend([
                Happening::Opened(self.jobs[&job].at, true),
                Happening::Ready(job),
                Happening::Spoke(job),
            ]);
        }
        let is_written_out = |&&pipe: &&PipeId| {
            let writer = self.run.network[pipe].writer.map(|end| end.job);
            let writer = writer.filter(|&job| self.has_lives(job) && self.is_program(job));
            let is_still = |job| matches!(self.standing(job), Standing::Left | Standing::Gone);
            writer.is_some_and(|job| is_still(job) && !self.drained.contains(&pipe))
        };
        for &pipe in self.relays.iter().filter(is_written_out) {
            possible.extend([false, true].map(|finished| Happening::Drained(pipe, finished)));
        }
        possible.extend(
            self.timers.keys().filter(|timer| matches!(timer, Timer::Backoff(_))).map(|&timer| Happening::Due(timer)),
        );
        possible.extend(self.relays.iter().map(|&pipe| Happening::RelayOver(pipe)));
        possible.extend(self.all_exits(SIGPIPE));
        let takes =
            |&&job: &&JobId| self.has_lives(job) && self.is_program(job) && self.standing(job) == Standing::Alive;
        let reads = |&&job: &&JobId| !self.run.network[job].inputs.is_empty();
        possible.extend(self.jobs.keys().filter(takes).filter(reads).map(|&job| Happening::InputsOver(job)));
        let earlier = |being: &Being| {
            let number = being.at.incarnation.number();
            (number > 1).then(|| At { incarnation: Incarnation::of(number - 1), ..being.at })
        };
        possible.extend(self.jobs.values().filter_map(earlier).map(Happening::Stale));
        let wrote = |&&pipe: &&PipeId| {
            let writer = self.run.network[pipe].writer;
            writer.is_none_or(|writer| !matches!(self.standing(writer.job), Standing::Waiting | Standing::Spawning))
        };
        possible.extend(self.relays.iter().filter(wrote).map(|&pipe| Happening::RelayFailed(pipe)));
        possible.extend(self.between_programs().map(Happening::Misread));
        possible.extend(self.timers.keys().map(|&timer| Happening::Due(timer)));
        possible.extend([Command::Stop, Command::Kill].map(Happening::Command));
        if self.warden && self.jobs.keys().any(|&job| self.is_program(job)) {
            possible.push(Happening::WardenLost);
        }
        possible
    }

    /// What must happen sooner or later, whatever anybody wants.
    pub(super) fn inevitable(&self) -> Option<Happening> {
        let inevitable = |happening: &Happening| match happening {
            Happening::Spawned(_) | Happening::Exited(_) | Happening::Returned(..) | Happening::RelayOver(_) => true,
            Happening::Drained(_, finished) => !finished,
            Happening::Due(timer) => matches!(timer, Timer::Backoff(_)),
            Happening::Counted(_, count) => *count == 0,
            Happening::Lost(..) => true,
            _ => false,
        };
        self.possible().into_iter().find(inevitable)
    }

    /// The pipes from one program to another that nobody forwards, while both are there.
    fn between_programs(&self) -> impl Iterator<Item = PipeId> {
        let is_there = |job: JobId| self.is_program(job) && self.standing(job) == Standing::Alive;
        let pipes = self.run.network.pipes().filter(move |(id, pipe)| {
            let mut ends = pipe.writer.iter().chain(&pipe.readers);
            !self.relays.contains(id) && ends.all(|end| is_there(end.job))
        });
        pipes.map(|(id, _)| id)
    }

    /// All executables end in one look, in no order.
    fn all_exits(&self, exit: Exit) -> Option<Happening> {
        let alive = |(&job, being): (&JobId, &Being)| {
            (being.standing == Standing::Alive && self.is_program(job)).then_some((job, exit))
        };
        let exits: Vec<_> = self.jobs.iter().filter_map(alive).collect();
        (self.warden && exits.len() > 1).then_some(Happening::Exited(exits))
    }

    pub(super) fn happens(&mut self, happening: Happening) {
        let event = match happening {
            Happening::Spawned(job) => {
                self.set(job, Standing::Alive);
                Event::Spawned(self.jobs[&job].at)
            }
            Happening::SpawnFailed(job) => {
                self.set(job, Standing::Gone);
                Event::SpawnFailed(self.jobs[&job].at, "no".to_owned())
            }
            Happening::Exited(exits) => {
                exits.iter().for_each(|&(job, _)| self.set(job, Standing::Left));
                Event::Exited(exits.into_iter().map(|(job, exit)| (self.jobs[&job].at, exit)).collect())
            }
            Happening::Counted(job, count) => {
                self.counting.remove(&job);
                if count == 0 {
                    self.set(job, Standing::Gone);
                }
                Event::Leftovers(self.jobs[&job].at, count)
            }
            Happening::Opened(at, opened) => {
                self.looking.remove(&at);
                Event::Opened(at, opened)
            }
            Happening::Intake(at, read) => {
                self.reading.remove(&at);
                Event::Intake(at, read)
            }
            Happening::Spoke(job) => Event::Spoke(self.jobs[&job].at),
            Happening::Ready(job) => Event::Ready(self.jobs[&job].at),
            Happening::Returned(job, end) => {
                self.set(job, Standing::Gone);
                Event::Returned(self.jobs[&job].at, end)
            }
            Happening::ReturnedForGood(job) => {
                self.set(job, Standing::Gone);
                self.jobs.entry(job).and_modify(|being| being.threadless = true);
                let at = self.jobs[&job].at;
                self.tell(Event::NoOtherLife(at));
                Event::Returned(at, NativeEnd::Failed(cause(CauseKind::Flow, "no")))
            }
            Happening::RelayOver(pipe) => {
                self.relays.remove(&pipe);
                self.tell(Event::ReadersGone(pipe));
                Event::RelayOver(pipe)
            }
            Happening::RelayFailed(pipe) => {
                self.relays.remove(&pipe);
                Event::RelayFailed(pipe, "no".to_owned())
            }
            Happening::Drained(pipe, finished) => {
                self.drained.insert(pipe);
                let writer = self.run.network[pipe].writer.map(|end| self.jobs[&end.job].at);
                let Some(writer) = writer else { unreachable!("a pipe that is drained has a writer") };
                Event::Drained(writer, pipe, finished)
            }
            Happening::Lost(at, round) => {
                self.losing.remove(&at);
                Event::Lost(at, round)
            }
            Happening::InputsOver(job) => Event::InputsOver(self.jobs[&job].at),
            Happening::Stale(at) if self.is_program(at.job) => Event::Exited(vec![(at, Exit::Code(1))]),
            Happening::Stale(at) => Event::Returned(at, NativeEnd::Failed(cause(CauseKind::Error, "late"))),
            Happening::Misread(pipe) => {
                self.tell(Event::WrittenTold(pipe));
                Event::ReadTorn(pipe, 3)
            }
            Happening::WardenLost => {
                self.warden = false;
                let programs: Vec<JobId> = self.jobs.keys().copied().filter(|&job| self.is_program(job)).collect();
                programs.into_iter().for_each(|job| self.set(job, Standing::Gone));
                Event::WardenLost
            }
            Happening::Due(timer) => {
                if let Timer::Backoff(at) = timer {
                    self.jobs.entry(at.job).and_modify(|being| being.rested |= being.at == at);
                }
                self.gave_up |= self.timers.remove(&timer) == Some(LAST_WORD);
                Event::Due(timer)
            }
            Happening::Command(command) => Event::Command(command),
        };
        self.tell(event);
    }

    fn tell(&mut self, event: Event) {
        let actions = self.run.told(event);
        self.take(actions);
    }

    fn take(&mut self, actions: Vec<Action>) {
        for action in actions {
            match &action {
                Action::Start(at) => {
                    self.check_start(*at);
                    let standing = if self.is_program(at.job) { Standing::Spawning } else { Standing::Alive };
                    let last = self.jobs[&at.job].last;
                    let being = Being { at: *at, standing, awaited: false, rested: false, last, threadless: false };
                    self.jobs.insert(at.job, being);
                    let outputs = self.run.network[at.job].outputs.clone();
                    outputs.iter().for_each(|pipe| {
                        self.drained.remove(pipe);
                    });
                }
                Action::StartAgain(at, ..) | Action::StartTogether(at, ..) => {
                    let Being { last, threadless, .. } = self.jobs[&at.job];
                    if self.stopping || last || threadless || !self.has_lives(at.job) {
                        self.wrong.push(format!("{action:?} of a job that has no other life"));
                    }
                    let rested = matches!(action, Action::StartTogether(..));
                    self.jobs.entry(at.job).and_modify(|being| {
                        being.awaited = true;
                        being.rested |= rested;
                    });
                }
                Action::LastLife(job, _) => {
                    if self.jobs[job].last || !self.has_lives(*job) {
                        self.wrong.push(format!("{action:?} a second time, or of a job with one life"));
                    }
                    self.jobs.entry(*job).and_modify(|being| being.last = true);
                }
                Action::Signal(At { job, .. }, _) | Action::Drain(job) | Action::StopNative(job) => {
                    if self.standing(*job) == Standing::Gone {
                        self.wrong.push(format!("{action:?} to a job that is gone"));
                    }
                    if matches!(action, Action::Signal(..)) != self.is_program(*job) {
                        self.wrong.push(format!("{action:?} to a job of the other kind"));
                    }
                }
                Action::LookAtIntake(at) => {
                    if self.standing(at.job) != Standing::Alive {
                        self.wrong.push(format!("{action:?} of a job that does not run"));
                    }
                    self.reading.insert(*at);
                }
                Action::LookWhetherOpened(at) => {
                    if self.standing(at.job) != Standing::Alive {
                        self.wrong.push(format!("{action:?} of a job that does not run"));
                    }
                    self.looking.insert(*at);
                }
                Action::CountLeftovers(at) => {
                    self.counting.insert(at.job);
                }
                Action::Abandon(pipe) => {
                    self.relays.remove(pipe);
                }
                Action::Arm(timer, after) => {
                    self.timers.insert(*timer, *after);
                }
                Action::Finish(_) => {
                    self.finished += 1;
                    let there = self.jobs.iter().find(|(_, being)| being.standing != Standing::Gone);
                    if let Some((job, being)) = there
                        && !self.gave_up
                    {
                        self.wrong.push(format!("{action:?} while {job:?} is {being:?}"));
                    }
                }
                Action::LoseInputs { at, round, .. } => {
                    if self.standing(at.job) != Standing::Gone {
                        self.wrong.push(format!("{action:?} of a job that is not gone"));
                    }
                    self.losing.insert(*at, *round);
                }
                Action::EndLife(job) if self.is_program(*job) => {
                    self.wrong.push(format!("{action:?} to a job of the other kind"));
                }
                Action::EndLife(_) | Action::Lose(_) | Action::TakeAll(_) | Action::NewEpoch(..) => {}
                Action::Stopping(_) => self.stopping = true,
                Action::Ended(..) | Action::Failed(..) | Action::Release(_) | Action::Warn(..) => {}
                Action::StillRunning(_) | Action::CheckOpened => {}
            }
            self.check_verdict(&action);
        }
    }

    /// A job is started once; one that may live again is so only after all of its last life is gone.
    fn check_start(&mut self, at: At) {
        let Being { at: last, standing, awaited, rested, .. } = self.jobs[&at.job];
        let first = standing == Standing::Waiting && at == last;
        let outputs = &self.run.network[at.job].outputs;
        let is_drained = |pipe: &PipeId| self.drained.contains(pipe) || !self.relays.contains(pipe);
        let is_drained = !self.is_program(at.job) || outputs.iter().all(is_drained);
        let again = standing == Standing::Gone && at.incarnation == last.incarnation.next();
        let is_losing = self.losing.contains_key(&last);
        if self.finished > 0 || is_losing || !(first || (again && awaited && rested && is_drained && !self.stopping)) {
            self.wrong.push(format!("{at:?} is started after {:?}, drained: {is_drained}", self.jobs[&at.job]));
        }
    }

    /// A job ends once; a failure may still be found in what it has left, but only once.
    fn check_verdict(&mut self, action: &Action) {
        let (&job, verdict) = match action {
            Action::Ended(job, ..) => (job, Verdict::Ended),
            // That its thread is left behind has to be said of a job that has failed before, too.
            Action::Failed(_, cause) if cause.kind == CauseKind::Stuck => return,
            Action::Failed(job, _) => (job, Verdict::Failed),
            _ => return,
        };
        if self.verdicts.insert(job, verdict).is_some_and(|before| before >= verdict) {
            self.wrong.push(format!("{action:?} of a job that had ended or failed before"));
        }
    }
}
