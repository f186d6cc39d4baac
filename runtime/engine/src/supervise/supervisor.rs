//! The machine that decides.

use std::time::Duration;

use pipeloom_config::{JobId, Network, OnFailure, PipeId};
use pipeloom_events::{Cause, CauseKind, JobEnd, Outcome, StopReason};
use pipeloom_os::process::Exit;

use super::facts::{Action, Command, Event, NativeEnd, StopSignal, Timer};
use super::job::{Job, Life, Processes, Verdict};
use super::ladder::{Rung, STILL_RUNNING_EVERY, Stopping};
use super::machine::{Machine, Tick};

/// After this time it is said which executables have opened none of their FIFOs.
const OPENED_WITHIN: Duration = Duration::from_secs(30);

/// How long what a job has left may stay after its pipes have ended, if it may stay as long as it holds them.
const AFTER_THE_END: Duration = Duration::from_millis(200);

/// Decides what follows from what happens in a run.
#[derive(Debug)]
pub(crate) struct Supervisor {
    pub(super) ids: Vec<JobId>,
    pub(super) jobs: Vec<Job>,
    pub(super) pipes: Vec<Pipe>,
    /// The place of each job when readers come before their writers.
    readers_first: Vec<usize>,
    pub(super) stopping: Option<Stopping>,
    time_limit: Option<Duration>,
    failed: bool,
    finished: bool,
}

/// What the supervisor knows of a pipe.
#[derive(Debug)]
pub(super) struct Pipe {
    pub(super) id: PipeId,
    pub(super) name: String,
    pub(super) writer: Option<JobId>,
    pub(super) readers: Vec<JobId>,
    /// The runtime forwards it.
    pub(super) forwarded: bool,
    /// The runtime forwards it and is not done.
    pub(super) relayed: bool,
    /// The runtime has seen the end of what its writer wrote.
    pub(super) end_seen: bool,
    /// The runtime has said that nobody reads it any more.
    pub(super) readers_gone: bool,
    /// Its writer has told that it wrote all.
    pub(super) written_told: bool,
    /// For its reader it ended inside a block, so many bytes in.
    pub(super) torn: Option<u64>,
}

impl Supervisor {
    /// A supervisor for one run. `relayed` are the pipes that the runtime forwards.
    pub(crate) fn new(network: &Network, relayed: &[PipeId], time_limit: Option<Duration>) -> Supervisor {
        let pipes = network.pipes().map(|(id, pipe)| Pipe {
            id,
            name: pipe.name.to_string(),
            writer: pipe.writer.map(|end| end.job),
            readers: pipe.readers.iter().map(|end| end.job).collect(),
            forwarded: relayed.contains(&id),
            relayed: relayed.contains(&id),
            end_seen: false,
            readers_gone: false,
            written_told: false,
            torn: None,
        });
        Supervisor {
            ids: network.jobs().map(|(id, _)| id).collect(),
            jobs: network.jobs().map(|(_, spec)| Job::new(spec)).collect(),
            pipes: pipes.collect(),
            readers_first: readers_first(network),
            stopping: None,
            time_limit,
            failed: false,
            finished: false,
        }
    }

    /// What a job is doing.
    pub(crate) fn life(&self, id: JobId) -> Life {
        self.jobs[id.index()].life
    }

    /// Whether processes may be there that a job left.
    pub(crate) fn is_leaving(&self, id: JobId) -> bool {
        matches!(self.jobs[id.index()].processes, Processes::Left { .. })
    }

    fn begin(&mut self, out: &mut Vec<Action>) {
        for (job, &id) in self.jobs.iter_mut().zip(&self.ids) {
            job.life = if job.is_executable { Life::Starting } else { Life::Running };
            job.processes = Processes::Main;
            out.push(Action::Start(id));
        }
        out.push(Action::Arm(Timer::Opened, OPENED_WITHIN));
        out.extend(self.time_limit.map(|limit| Action::Arm(Timer::TimeLimit, limit)));
    }

    fn exited(&mut self, mut exits: Vec<(JobId, Exit)>, out: &mut Vec<Action>) {
        // A reader's end may stand behind that of its writer in the list, and explain it.
        exits.sort_by_key(|(id, _)| self.readers_first[id.index()]);
        let ids: Vec<JobId> = exits.iter().map(|(id, _)| *id).collect();
        for (id, exit) in &exits {
            let job = &mut self.jobs[id.index()];
            (job.exit, job.exited_just_now) = (Some(*exit), true);
        }
        let mut failed = Vec::new();
        for (id, exit) in exits {
            let job = &mut self.jobs[id.index()];
            job.processes = Processes::Left { told: false, timed: false };
            out.push(Action::Release(id));
            out.push(Action::CountLeftovers(id));
            if job.is_over() {
                // Failed before, over a pipe that cannot be forwarded: what that has made of it is no news.
                continue;
            }
            let asked = job.asked;
            match self.verdict(id, exit, asked) {
                Verdict::Failed(cause) => failed.push((id, cause)),
                verdict => self.conclude(id, exit, verdict, out),
            }
        }
        // A reader that fails at the same time as its writer does so because of that, as its stream was cut off.
        for (id, cause) in failed.into_iter().rev() {
            self.fail(id, cause, out);
        }
        ids.iter().for_each(|id| self.jobs[id.index()].exited_just_now = false);
    }

    fn returned(&mut self, id: JobId, end: NativeEnd, out: &mut Vec<Action>) {
        let job = &mut self.jobs[id.index()];
        job.processes = Processes::None;
        if job.is_over() {
            return;
        }
        match end {
            NativeEnd::Ended(end) => self.end(id, end, None, out),
            NativeEnd::Torn(bytes) => {
                let note = format!("its input was cut off inside a block, after {bytes} bytes of it");
                self.end(id, JobEnd::Ended, Some(note), out);
            }
            NativeEnd::Failed(cause) => self.fail(id, cause, out),
        }
    }

    pub(super) fn nobody_reads(&self, pipe: PipeId) -> bool {
        let pipe = &self.pipes[pipe.index()];
        pipe.readers_gone
            || (!pipe.readers.is_empty() && pipe.readers.iter().all(|reader| self.jobs[reader.index()].is_over()))
    }

    fn conclude(&mut self, id: JobId, exit: Exit, verdict: Verdict, out: &mut Vec<Action>) {
        match verdict {
            Verdict::Unexplained => self.jobs[id.index()].life = Life::Unexplained(exit),
            Verdict::Ended(end, note) => self.end(id, end, note, out),
            Verdict::Failed(cause) => self.fail(id, cause, out),
        }
    }

    fn end(&mut self, id: JobId, end: JobEnd, note: Option<String>, out: &mut Vec<Action>) {
        let job = &mut self.jobs[id.index()];
        job.life = Life::Ended;
        out.push(Action::Ended(id, end, note));
        if job.ends_run {
            let reason = StopReason::JobEnded(job.name.clone());
            self.stop(reason, Rung::Drain(id), out);
        }
        self.explain(out);
    }

    pub(super) fn fail(&mut self, id: JobId, cause: Cause, out: &mut Vec<Action>) {
        let job = &mut self.jobs[id.index()];
        job.life = Life::Failed;
        self.failed = true;
        let stops = (job.on_failure == OnFailure::Stop).then(|| StopReason::JobFailed(job.name.clone()));
        out.push(Action::Failed(id, cause));
        if let Some(reason) = stops {
            self.stop(reason, Rung::Drain(id), out);
        }
        self.explain(out);
    }

    /// Looks again at programs whose end could not be judged.
    fn explain(&mut self, out: &mut Vec<Action>) {
        for at in 0..self.jobs.len() {
            if let Life::Unexplained(exit) = self.jobs[at].life {
                let verdict = self.verdict(self.ids[at], exit, false);
                if verdict != Verdict::Unexplained {
                    self.conclude(self.ids[at], exit, verdict, out);
                }
            }
        }
    }

    fn leftovers(&mut self, id: JobId, count: usize, out: &mut Vec<Action>) {
        let job = &mut self.jobs[id.index()];
        let Processes::Left { told, .. } = job.processes else { return };
        if count == 0 {
            job.processes = Processes::None;
            return;
        }
        if told {
            return;
        }
        job.processes = Processes::Left { told: true, timed: job.stop.linger.is_some() };
        out.extend(job.stop.linger.map(|linger| Action::Arm(Timer::Linger(id), linger)));
    }

    /// A pipe cannot be forwarded: its writer has written what is no block, or if that is outside the network, a reader
    /// cannot get any more.
    fn relay_failed(&mut self, id: PipeId, message: String, out: &mut Vec<Action>) {
        let pipe = &mut self.pipes[id.index()];
        pipe.relayed = false;
        pipe.readers_gone = true;
        let blamed = pipe.writer.or(pipe.readers.first().copied());
        out.push(Action::Abandon(id));
        if let Some(blamed) = blamed.filter(|blamed| self.jobs[blamed.index()].life != Life::Failed) {
            self.fail(blamed, Cause { kind: CauseKind::Flow, message, last_lines: Vec::new() }, out);
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
                let note = Some("killed because the warden was gone".to_owned());
                out.push(Action::Ended(self.ids[at], JobEnd::Stopped, note));
            }
        }
        let reason = StopReason::Internal("the warden, the parent of all executables, was killed".to_owned());
        self.stop(reason, Rung::All, out);
    }

    fn kill_leftovers(&mut self, id: JobId, out: &mut Vec<Action>) {
        out.push(Action::Warn(id, "left processes behind, which are stopped now".to_owned()));
        out.push(Action::Signal(id, StopSignal::Kill));
    }

    /// What a job has left behind may stay while its pipes are held. Once they have ended it is about to end, or it never
    /// had to do with them.
    fn end_lingering(&mut self, out: &mut Vec<Action>) {
        for at in 0..self.jobs.len() {
            let job = &self.jobs[at];
            let stays = job.processes == Processes::Left { told: true, timed: false };
            if stays && job.outputs.iter().all(|&pipe| self.has_run_down(pipe)) {
                self.jobs[at].processes = Processes::Left { told: true, timed: true };
                out.push(Action::Arm(Timer::Linger(self.ids[at]), AFTER_THE_END));
            }
        }
    }

    /// Whether nothing comes out of a pipe any more.
    fn has_run_down(&self, id: PipeId) -> bool {
        let pipe = &self.pipes[id.index()];
        if pipe.forwarded { !pipe.relayed } else { self.nobody_reads(id) }
    }

    fn due(&mut self, timer: Timer, out: &mut Vec<Action>) {
        match timer {
            Timer::Linger(id) if self.is_leaving(id) => self.kill_leftovers(id, out),
            Timer::Grace(id) if self.jobs[id.index()].is_there() => out.push(Action::Signal(id, StopSignal::Kill)),
            Timer::Linger(_) | Timer::Grace(_) => {}
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
        if self.finished || !self.jobs.iter().all(Job::is_gone) {
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

    fn on(&mut self, _now: Tick, event: Event, out: &mut Vec<Action>) {
        match event {
            Event::Begin => self.begin(out),
            Event::Command(Command::Stop) => self.stop(StopReason::Interrupted, Rung::Sources, out),
            Event::Command(Command::Kill) => self.stop(StopReason::Interrupted, Rung::Kill, out),
            Event::Spawned(id) => {
                if self.jobs[id.index()].life == Life::Starting {
                    self.jobs[id.index()].life = Life::Running;
                }
            }
            Event::SpawnFailed(id, message) => {
                self.jobs[id.index()].processes = Processes::None;
                out.push(Action::Release(id));
                if !self.jobs[id.index()].is_over() {
                    self.fail(id, Cause { kind: CauseKind::Start, message, last_lines: Vec::new() }, out);
                }
            }
            Event::Exited(exits) => self.exited(exits, out),
            Event::Leftovers(id, count) => self.leftovers(id, count, out),
            Event::Returned(id, end) => self.returned(id, end, out),
            Event::EndSeen(pipe) => self.pipes[pipe.index()].end_seen = true,
            Event::WrittenTold(pipe) => self.pipes[pipe.index()].written_told = true,
            Event::ReadTorn(pipe, bytes) => self.pipes[pipe.index()].torn = Some(bytes),
            Event::ReadersGone(pipe) => {
                self.pipes[pipe.index()].readers_gone = true;
                self.explain(out);
            }
            Event::RelayOver(pipe) => self.pipes[pipe.index()].relayed = false,
            Event::RelayFailed(pipe, message) => self.relay_failed(pipe, message, out),
            Event::WardenLost => self.warden_lost(out),
            Event::Due(timer) => self.due(timer, out),
        }
        self.end_drain(out);
        self.end_lingering(out);
        self.finish_if_over(out);
    }
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
