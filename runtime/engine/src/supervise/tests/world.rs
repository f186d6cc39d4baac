//! A made-up world around a supervisor: processes, threads, relays and timers that do what they may do, and what they are
//! asked to.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use pipeloom_config::{JobId, PipeId};
use pipeloom_events::{CauseKind, JobEnd};
use pipeloom_os::process::{Exit, Signal};

use super::{Run, SIGPIPE, SUCCESS, cause};
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

/// What was said of a job.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Ended,
    Failed,
}

/// The world, and what it has seen of the supervisor's doings.
pub(super) struct World {
    pub(super) run: Run,
    jobs: BTreeMap<JobId, Standing>,
    /// Executables for which an answer on what they left is due.
    counting: BTreeSet<JobId>,
    relays: BTreeSet<PipeId>,
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
    Returned(JobId, NativeEnd),
    RelayOver(PipeId),
    RelayFailed(PipeId),
    /// A program has told of a pipe what it wrote, and another one that it ended inside a block.
    Misread(PipeId),
    WardenLost,
    Due(Timer),
    Command(Command),
}

impl World {
    pub(super) fn new(run: Run, relayed: &[&str], begin: Vec<Action>) -> World {
        let relays = relayed.iter().map(|name| run.pipe(name)).collect();
        let jobs = run.network.jobs().map(|(id, _)| (id, Standing::Waiting)).collect();
        let mut world = World {
            run,
            jobs,
            counting: BTreeSet::new(),
            relays,
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

    /// Everything that may happen now. What brings the run nearer to its end comes first.
    pub(super) fn possible(&self) -> Vec<Happening> {
        let mut possible = Vec::new();
        for (&job, &standing) in &self.jobs {
            match (standing, self.is_program(job)) {
                (Standing::Alive, false) => {
                    let ends = [JobEnd::Finished, JobEnd::Ended, JobEnd::Unneeded, JobEnd::Stopped];
                    possible.extend(ends.map(|end| Happening::Returned(job, NativeEnd::Ended(end))));
                    possible.push(Happening::Returned(job, NativeEnd::Torn(5)));
                    possible.push(Happening::Returned(job, NativeEnd::Failed(cause(CauseKind::Error, "no"))));
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
        for &job in self.jobs.keys().filter(|&&job| self.jobs[&job] == Standing::Left) {
            possible.push(Happening::Counted(job, 0));
            if self.counting.contains(&job) && self.warden {
                possible.push(Happening::Counted(job, 2));
            }
        }
        possible.extend(self.relays.iter().map(|&pipe| Happening::RelayOver(pipe)));
        possible.extend(self.all_exits(SIGPIPE));
        let wrote = |&&pipe: &&PipeId| {
            let writer = self.run.network[pipe].writer;
            writer.is_none_or(|writer| !matches!(self.jobs[&writer.job], Standing::Waiting | Standing::Spawning))
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
            Happening::Counted(_, count) => *count == 0,
            _ => false,
        };
        self.possible().into_iter().find(inevitable)
    }

    /// The pipes from one program to another that nobody forwards, while both are there.
    fn between_programs(&self) -> impl Iterator<Item = PipeId> {
        let is_there = |job: JobId| self.is_program(job) && self.jobs[&job] == Standing::Alive;
        let pipes = self.run.network.pipes().filter(move |(id, pipe)| {
            let mut ends = pipe.writer.iter().chain(&pipe.readers);
            !self.relays.contains(id) && ends.all(|end| is_there(end.job))
        });
        pipes.map(|(id, _)| id)
    }

    /// All executables end in one look, in no order.
    fn all_exits(&self, exit: Exit) -> Option<Happening> {
        let alive = |(&job, &standing): (&JobId, &Standing)| {
            (standing == Standing::Alive && self.is_program(job)).then_some((job, exit))
        };
        let exits: Vec<_> = self.jobs.iter().filter_map(alive).collect();
        (self.warden && exits.len() > 1).then_some(Happening::Exited(exits))
    }

    pub(super) fn happens(&mut self, happening: Happening) {
        let event = match happening {
            Happening::Spawned(job) => {
                self.jobs.insert(job, Standing::Alive);
                Event::Spawned(job)
            }
            Happening::SpawnFailed(job) => {
                self.jobs.insert(job, Standing::Gone);
                Event::SpawnFailed(job, "no".to_owned())
            }
            Happening::Exited(exits) => {
                self.jobs.extend(exits.iter().map(|&(job, _)| (job, Standing::Left)));
                Event::Exited(exits)
            }
            Happening::Counted(job, count) => {
                self.counting.remove(&job);
                if count == 0 {
                    self.jobs.insert(job, Standing::Gone);
                }
                Event::Leftovers(job, count)
            }
            Happening::Returned(job, end) => {
                self.jobs.insert(job, Standing::Gone);
                Event::Returned(job, end)
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
            Happening::Misread(pipe) => {
                self.tell(Event::WrittenTold(pipe));
                Event::ReadTorn(pipe, 3)
            }
            Happening::WardenLost => {
                self.warden = false;
                let programs: Vec<JobId> = self.jobs.keys().copied().filter(|&job| self.is_program(job)).collect();
                self.jobs.extend(programs.into_iter().map(|job| (job, Standing::Gone)));
                Event::WardenLost
            }
            Happening::Due(timer) => {
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
            let after_the_end = self.finished > 0;
            match &action {
                Action::Start(job) => {
                    if after_the_end || self.jobs[job] != Standing::Waiting {
                        self.wrong.push(format!("{action:?} of a job that is {:?}", self.jobs[job]));
                    }
                    let standing = if self.is_program(*job) { Standing::Spawning } else { Standing::Alive };
                    self.jobs.insert(*job, standing);
                }
                Action::Signal(job, _) | Action::Drain(job) | Action::StopNative(job) => {
                    if self.jobs[job] == Standing::Gone {
                        self.wrong.push(format!("{action:?} to a job that is gone"));
                    }
                    if matches!(action, Action::Signal(..)) != self.is_program(*job) {
                        self.wrong.push(format!("{action:?} to a job of the other kind"));
                    }
                }
                Action::CountLeftovers(job) => {
                    self.counting.insert(*job);
                }
                Action::Abandon(pipe) => {
                    self.relays.remove(pipe);
                }
                Action::Arm(timer, after) => {
                    self.timers.insert(*timer, *after);
                }
                Action::Finish(_) => {
                    self.finished += 1;
                    let there = self.jobs.iter().find(|(_, standing)| **standing != Standing::Gone);
                    if let Some((job, standing)) = there
                        && !self.gave_up
                    {
                        self.wrong.push(format!("{action:?} while {job:?} is {standing:?}"));
                    }
                }
                Action::Ended(..) | Action::Failed(..) | Action::Release(_) | Action::Warn(..) => {}
                Action::Stopping(_) | Action::StillRunning(_) | Action::CheckOpened => {}
            }
            self.check_verdict(&action);
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
