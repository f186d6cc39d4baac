//! The machine that decides.

use std::collections::HashSet;
use std::time::Duration;

use pipeloom_config::{JobId, Network, OnFailure, Pass, PipeId, PipeSpec, Taking};
use pipeloom_events::{Cause, CauseKind, JobEnd, Outcome, StopReason};
use pipeloom_os::process::Exit;

use super::at::At;
use super::facts::{Action, Command, Event, NativeEnd, Over, StopSignal, Timer};
use super::job::{Job, Life, Processes};
use super::ladder::{Rung, STILL_RUNNING_EVERY, Stopping};
use super::machine::{Machine, Tick};
use super::open::{Open, after};
use super::together::Together;
use crate::counted::counted;

/// After this time it is said which executables have opened none of their FIFOs.
const OPENED_WITHIN: Duration = Duration::from_secs(30);

/// Decides what follows from what happens in a run.
#[derive(Debug)]
pub(crate) struct Supervisor {
    pub(super) ids: Vec<JobId>,
    pub(super) jobs: Vec<Job>,
    pub(super) pipes: Vec<Pipe>,
    /// Jobs that are being started again together.
    pub(super) together: Vec<Together>,
    /// How often some of them were asked to lose what waits between them.
    pub(super) losing_rounds: u32,
    /// The newest epoch.
    pub(super) epoch: u32,
    /// Where something is to be looked at again.
    pub(super) open: Open,
    /// The place of each job when readers come before their writers.
    readers_first: Vec<usize>,
    pub(super) stopping: Option<Stopping>,
    time_limit: Option<Duration>,
    failed: bool,
    pub(super) finished: bool,
    /// When that happened which is being decided about.
    pub(super) now: Tick,
}

/// What the supervisor knows of a pipe.
#[derive(Debug)]
pub(super) struct Pipe {
    pub(super) id: PipeId,
    pub(super) name: String,
    pub(super) writer: Option<JobId>,
    pub(super) readers: Vec<JobId>,
    /// Its readers take its blocks by their numbers.
    pub(super) in_step: bool,
    /// What its reader has not done is given to it again.
    pub(super) keeps: bool,
    /// The runtime forwards it.
    pub(super) forwarded: bool,
    /// The runtime forwards it and is not done.
    pub(super) relayed: bool,
    /// It leads from program to program through a FIFO, which is kept open for reading while the reader's process is there.
    pub(super) held_open: bool,
    /// All that the life at hand of its writer wrote is forwarded.
    pub(super) drained: bool,
    /// Its last block carried the finished bit.
    pub(super) finished: bool,
    /// The runtime has seen the end of what its writer wrote.
    pub(super) end_seen: bool,
    /// The runtime has said that nobody reads it any more.
    pub(super) readers_gone: bool,
    /// Its writer has told that it wrote all.
    pub(super) written_told: bool,
    /// For its reader it ended inside a block, so many bytes in.
    pub(super) torn: Option<u64>,
}

impl Pipe {
    /// Whether all that the life at hand of its writer wrote is forwarded.
    pub(super) fn is_drained(&self) -> bool {
        self.drained || !self.relayed
    }
}

impl Supervisor {
    /// A supervisor for one run. `relayed` are the pipes that the runtime forwards; `seed` makes what is random.
    pub(crate) fn new(network: &Network, relayed: &[PipeId], time_limit: Option<Duration>, seed: u64) -> Supervisor {
        let relayed: HashSet<PipeId> = relayed.iter().copied().collect();
        let pipes = network.pipes().map(|(id, pipe)| Pipe {
            id,
            name: pipe.name.to_string(),
            writer: pipe.writer.map(|end| end.job),
            readers: pipe.readers.iter().map(|end| end.job).collect(),
            in_step: pipe.taking == Taking::InStep,
            keeps: pipe.delivery.window().is_some(),
            forwarded: relayed.contains(&id),
            relayed: relayed.contains(&id),
            held_open: is_held_open(network, pipe),
            drained: false,
            finished: false,
            end_seen: false,
            readers_gone: false,
            written_told: false,
            torn: None,
        });
        let job = |((id, spec), seed)| Job::new(spec, network.has_pipes_by_life(id), network.restarted_with(id), seed);
        Supervisor {
            ids: network.jobs().map(|(id, _)| id).collect(),
            jobs: network.jobs().zip(seed..).map(job).collect(),
            together: Vec::new(),
            losing_rounds: 0,
            epoch: 0,
            pipes: pipes.collect(),
            open: Open::default(),
            readers_first: readers_first(network),
            stopping: None,
            time_limit,
            failed: false,
            finished: false,
            now: Tick::default(),
        }
    }

    /// The sources begin in this epoch.
    pub(crate) fn beginning(self, epoch: u32) -> Supervisor {
        Supervisor { epoch, ..self }
    }

    /// What a job is doing.
    pub(crate) fn life(&self, id: JobId) -> Life {
        self.jobs[id.index()].life
    }

    /// Whether a job has ended or failed for good.
    pub(crate) fn is_over(&self, id: JobId) -> bool {
        self.jobs[id.index()].is_over()
    }

    /// Whether processes may be there that a job left.
    pub(crate) fn is_leaving(&self, id: JobId) -> bool {
        matches!(self.jobs[id.index()].processes, Processes::Left { .. })
    }

    fn begin(&mut self, out: &mut Vec<Action>) {
        for at in 0..self.ids.len() {
            self.start(self.ids[at], out);
        }
        out.push(Action::Arm(Timer::Opened, OPENED_WITHIN));
        out.extend(self.time_limit.map(|limit| Action::Arm(Timer::TimeLimit, limit)));
    }

    fn exited(&mut self, mut exits: Vec<(At, Exit)>, out: &mut Vec<Action>) {
        exits.retain(|(at, _)| self.runs(*at, true));
        // A reader's end may stand behind that of its writer in the list, and explain it.
        exits.sort_by_key(|(at, _)| self.readers_first[at.job.index()]);
        let ids: Vec<JobId> = exits.iter().map(|(at, _)| at.job).collect();
        for (at, exit) in &exits {
            let job = &mut self.jobs[at.job.index()];
            (job.exit, job.exited_just_now) = (Some(*exit), true);
        }
        let mut failed = Vec::new();
        for (at, exit) in exits {
            let id = at.job;
            let job = &mut self.jobs[id.index()];
            job.processes = Processes::Left { told: false, timed: false };
            out.push(Action::Release(id));
            out.push(Action::CountLeftovers(at));
            if job.is_over() {
                // Failed before, over a pipe that cannot be forwarded: what that has made of it is no news.
                continue;
            }
            let asked = job.asked;
            match self.verdict(id, exit, asked) {
                Some(Over::Failed(cause)) => failed.push((id, cause)),
                Some(over) => self.life_over(id, over, out),
                None if self.is_together(id) => {
                    self.life_over(id, Over::Ended(JobEnd::Stopped, Some(exit.to_string())), out);
                }
                None => {
                    self.jobs[id.index()].life = Life::Unexplained(exit);
                    self.open.unexplained.insert(id.index());
                }
            }
        }
        // A reader that fails at the same time as its writer does so because of that, as its stream was cut off.
        for (id, cause) in failed.into_iter().rev() {
            self.life_over(id, Over::Failed(cause), out);
        }
        ids.iter().for_each(|id| self.jobs[id.index()].exited_just_now = false);
    }

    fn returned(&mut self, id: JobId, end: NativeEnd, out: &mut Vec<Action>) {
        let job = &mut self.jobs[id.index()];
        job.processes = Processes::None;
        if job.is_over() {
            return;
        }
        let over = match end {
            NativeEnd::Ended(end) => Over::Ended(end, None),
            NativeEnd::Torn(bytes) => {
                let note = format!(
                    "its input was cut off inside a block, after {} of it",
                    counted(bytes as u64, "byte", "bytes")
                );
                Over::Ended(JobEnd::Ended, Some(note))
            }
            NativeEnd::Failed(cause) => Over::Failed(cause),
        };
        self.life_over(id, over, out);
    }

    pub(super) fn nobody_reads(&self, pipe: PipeId) -> bool {
        let pipe = &self.pipes[pipe.index()];
        pipe.readers_gone
            || (!pipe.readers.is_empty() && pipe.readers.iter().all(|reader| self.jobs[reader.index()].is_over()))
    }

    /// A job is over: it ended or failed, and has no other life.
    pub(super) fn job_over(&mut self, id: JobId, over: Over, out: &mut Vec<Action>) {
        let job = &mut self.jobs[id.index()];
        let had_lives = job.may_live_again() && !job.is_over();
        let well = matches!(over, Over::Ended(JobEnd::Ended | JobEnd::Finished, _));
        let stops = match over {
            Over::Ended(end, note) => {
                job.life = Life::Ended;
                out.push(Action::Ended(id, end, note));
                job.ends_run.then(|| StopReason::JobEnded(job.name.clone()))
            }
            Over::Failed(cause) => {
                job.life = Life::Failed;
                self.failed = true;
                out.push(Action::Failed(id, cause));
                (job.on_failure == OnFailure::Stop).then(|| StopReason::JobFailed(job.name.clone()))
            }
        };
        if had_lives {
            out.push(Action::LastLife(id, well));
        }
        if let Some(reason) = stops {
            self.stop(reason, Rung::Drain(id), out);
        }
        self.explain(out);
    }

    pub(super) fn fail(&mut self, id: JobId, cause: Cause, out: &mut Vec<Action>) {
        self.job_over(id, Over::Failed(cause), out);
    }

    /// Looks again at programs whose end could not be judged.
    fn explain(&mut self, out: &mut Vec<Action>) {
        self.judge_unexplained(false, out);
    }

    /// Judges programs whose end could not be judged; once all are `asked` to end, there is nothing to be explained.
    pub(super) fn judge_unexplained(&mut self, asked: bool, out: &mut Vec<Action>) {
        let mut next = 0;
        while let Some(at) = after(&self.open.unexplained, &mut next) {
            let Life::Unexplained(exit) = self.jobs[at].life else {
                self.open.unexplained.remove(&at);
                continue;
            };
            if let Some(over) = self.verdict(self.ids[at], exit, asked) {
                self.life_over(self.ids[at], over, out);
            }
        }
    }

    /// A pipe cannot be forwarded: its writer has written what is no block, or if that is outside the network, a reader
    /// cannot get any more.
    fn relay_failed(&mut self, id: PipeId, message: String, out: &mut Vec<Action>) {
        let pipe = &mut self.pipes[id.index()];
        pipe.relayed = false;
        pipe.readers_gone = true;
        let blamed = pipe.writer.or(pipe.readers.first().copied());
        out.push(Action::Abandon(id));
        if let Some(blamed) = blamed {
            self.fail_by_pipe(blamed, message, out);
        }
    }

    /// A job fails over a pipe that the runtime forwards. It does not know of that, and is asked to end.
    fn fail_by_pipe(&mut self, id: JobId, message: String, out: &mut Vec<Action>) {
        if self.jobs[id.index()].life == Life::Failed {
            return;
        }
        self.fail(id, Cause { kind: CauseKind::Flow, message, last_lines: Vec::new() }, out);
        let job = &self.jobs[id.index()];
        if job.processes == Processes::Main && !job.asked {
            self.ask_to_end(id.index(), out);
        }
    }

    /// Jobs wait for each other for ever: the one fails that writes the pipe whose queue is full. If the run is being stopped,
    /// nobody waits for long.
    fn stands_still(&mut self, id: PipeId, message: String, out: &mut Vec<Action>) {
        let pipe = &self.pipes[id.index()];
        if self.stopping.is_some() {
            return;
        }
        match pipe.writer {
            Some(writer) if !pipe.relayed => {
                if !self.jobs[writer.index()].is_over() {
                    self.fail_by_pipe(writer, message, out);
                }
            }
            _ => self.relay_failed(id, message, out),
        }
    }

    /// The parent of all executables is gone, and so are they.
    fn warden_lost(&mut self, out: &mut Vec<Action>) {
        for at in 0..self.jobs.len() {
            let job = &mut self.jobs[at];
            if !job.is_executable || job.is_gone() {
                continue;
            }
            job.processes = Processes::None;
            out.push(Action::Release(self.ids[at]));
            if !job.is_over() {
                job.life = Life::Ended;
                let has_lives = job.may_live_again();
                let note = Some("killed because the warden was gone".to_owned());
                out.push(Action::Ended(self.ids[at], JobEnd::Stopped, note));
                out.extend(has_lives.then(|| Action::LastLife(self.ids[at], false)));
            }
        }
        let reason = StopReason::Internal("the warden, the parent of all executables, was killed".to_owned());
        self.stop(reason, Rung::All, out);
    }

    fn due(&mut self, timer: Timer, out: &mut Vec<Action>) {
        match timer {
            Timer::Begin(at) => self.should_have_begun(at, out),
            Timer::Word(at) => self.should_have_spoken(at, out),
            Timer::Intake(at) => self.look_at_intake(at, out),
            Timer::Linger(at) => self.lingered(at, out),
            Timer::Grace(at) => {
                let job = &self.jobs[at.job.index()];
                out.extend((job.is_executable && job.is_there()).then_some(Action::Signal(at, StopSignal::Kill)));
            }
            Timer::Backoff(at) => self.backed_off(at),
            Timer::Ladder => self.climb(out),
            Timer::StillRunning => {
                let there = self.ids.iter().copied().filter(|id| self.jobs[id.index()].is_there()).collect();
                out.push(Action::StillRunning(there));
                out.push(Action::Arm(Timer::StillRunning, STILL_RUNNING_EVERY));
            }
            Timer::TimeLimit => self.stop(StopReason::TimeLimit, Rung::Sources, out),
            Timer::Opened => out.push(Action::CheckOpened),
        }
    }

    fn finish_if_over(&mut self, out: &mut Vec<Action>) {
        if self.finished {
            return;
        }
        // Who is gone stays so.
        while self.jobs.get(self.open.gone).is_some_and(Job::is_gone) {
            self.open.gone += 1;
        }
        if self.open.gone < self.jobs.len() {
            return;
        }
        if self.stopping.as_ref().is_some_and(|stopping| stopping.rung >= Rung::All) {
            self.abandon_relays(out);
        } else if self.pipes.iter().any(|pipe| pipe.relayed) {
            return;
        }
        self.finished = true;
        out.push(Action::Finish(self.outcome()));
    }

    fn outcome(&self) -> Outcome {
        match self.stopping.as_ref().map(|stopping| &stopping.reason) {
            Some(StopReason::Internal(_)) => Outcome::Internal,
            Some(StopReason::Interrupted) => Outcome::Interrupted,
            Some(StopReason::TimeLimit) => Outcome::TimeLimit,
            _ if self.failed => Outcome::Failed,
            _ => Outcome::Finished,
        }
    }
}

impl Machine for Supervisor {
    type Event = Event;
    type Action = Action;

    fn on(&mut self, now: Tick, event: Event, out: &mut Vec<Action>) {
        self.now = now;
        // After the end nothing is news: a timer may have been due at the same time.
        if self.finished || !self.can_be(&event) {
            return;
        }
        match event {
            Event::Begin => self.begin(out),
            Event::Command(Command::Stop) => self.stop(StopReason::Interrupted, Rung::Sources, out),
            Event::Command(Command::Kill) => self.stop(StopReason::Interrupted, Rung::Kill, out),
            Event::Spawned(at) => {
                if self.jobs[at.job.index()].life == Life::Starting {
                    self.jobs[at.job.index()].life = Life::Running;
                    self.await_signs(at, out);
                }
            }
            Event::SpawnFailed(at, message) => {
                self.jobs[at.job.index()].processes = Processes::None;
                out.push(Action::Release(at.job));
                if !self.jobs[at.job.index()].is_over() {
                    self.fail(at.job, Cause { kind: CauseKind::Start, message, last_lines: Vec::new() }, out);
                }
            }
            Event::Opened(at, true) | Event::Ready(at) => self.has_begun(at, out),
            Event::Intake(at, read) => self.has_read(at, read, out),
            Event::Spoke(at) => self.has_spoken(at),
            Event::Opened(at, false) => self.has_opened_nothing(at, out),
            Event::Exited(exits) => self.exited(exits, out),
            Event::Leftovers(at, count) => self.leftovers(at, count, out),
            Event::Returned(at, end) => self.returned(at.job, end, out),
            Event::Drained(_, pipe, finished) => {
                let pipe = &mut self.pipes[pipe.index()];
                (pipe.drained, pipe.finished) = (true, pipe.finished || finished);
            }
            Event::Lost(at, round) => self.has_lost(at.job, round),
            Event::NoOtherLife(at) => self.jobs[at.job.index()].no_other_life = true,
            Event::InputsOver(at) => self.jobs[at.job.index()].inputs_over = true,
            Event::EndSeen(pipe) => {
                self.pipes[pipe.index()].end_seen = true;
                self.explain(out);
            }
            Event::WrittenTold(pipe) => self.pipes[pipe.index()].written_told = true,
            Event::ReadTorn(pipe, bytes) => self.pipes[pipe.index()].torn = Some(bytes),
            Event::ReadersGone(pipe) => {
                self.pipes[pipe.index()].readers_gone = true;
                self.explain(out);
            }
            Event::RelayOver(pipe) => self.pipes[pipe.index()].relayed = false,
            Event::RelayFailed(pipe, message) => self.relay_failed(pipe, message, out),
            Event::InputFailed(job, message) if !self.jobs[job.index()].is_over() => {
                self.fail_by_pipe(job, message, out)
            }
            Event::InputFailed(..) => {}
            Event::StandsStill(pipe, message) => self.stands_still(pipe, message, out),
            Event::WardenLost => self.warden_lost(out),
            Event::Due(timer) => self.due(timer, out),
        }
        self.start_again(out);
        self.end_drain(out);
        self.end_lingering(out);
        self.finish_if_over(out);
    }
}

/// Whether a pipe that is not forwarded stays open for reading until its reader's process is gone.
fn is_held_open(network: &Network, pipe: &PipeSpec) -> bool {
    let ends = pipe.writer.iter().chain(&pipe.readers);
    let passes: Option<Vec<Pass>> = ends.map(|end| Some(network[end.job].executable()?.pass)).collect();
    passes.is_some_and(|passes| passes.contains(&Pass::Path))
}

/// For each job its place in an order in which the readers of a job's outputs stand before it, but for pipes that lead
/// back.
fn readers_first(network: &Network) -> Vec<usize> {
    let leads_on = |pipe: &PipeId| !network[*pipe].cycle;
    let readers = |pipe: PipeId| network[pipe].readers.len();
    let mut unplaced: Vec<usize> =
        network.jobs().map(|(_, job)| job.written().filter(leads_on).map(readers).sum()).collect();
    let mut ready: Vec<JobId> = network.jobs().filter(|(id, _)| unplaced[id.index()] == 0).map(|(id, _)| id).collect();
    let mut places = vec![0; unplaced.len()];
    let mut place = 0;
    while let Some(id) = ready.pop() {
        places[id.index()] = place;
        place += 1;
        for writer in network[id].inputs.iter().copied().filter(leads_on).filter_map(|pipe| network[pipe].writer) {
            unplaced[writer.job.index()] -= 1;
            if unplaced[writer.job.index()] == 0 {
                ready.push(writer.job);
            }
        }
    }
    places
}
