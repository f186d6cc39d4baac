//! Jobs that are started again.
//!
//! A life that is over is followed by another one if the job's policy says so, the run is not being stopped, the job was not
//! given all there is on its inputs, and somebody reads what it writes. The thread of a native job must wait for it, too: that of
//! one that could not read or write a pipe does not, as the same would happen again. The next life begins when the time of
//! the back-off has passed, nothing is left of the one before, and all that it wrote is forwarded: so numbers can go on behind
//! its last block.

use pipeloom_config::{JobId, RestartPolicy};
use pipeloom_events::{Cause, CauseKind, JobEnd};

use super::at::At;
use super::backoff::Backoff;
use super::facts::{Action, Over, Timer};
use super::health::Signs;
use super::job::{Job, Life, Processes};
use super::open::after;
use super::supervisor::Supervisor;
use crate::counted::counted;

impl Supervisor {
    /// A life of a job is over. If another one is to follow, it is asked for; else the job is over, too.
    pub(super) fn life_over(&mut self, id: JobId, over: Over, out: &mut Vec<Action>) {
        if self.is_together(id) {
            self.member_over(id, over, out);
        } else if let Some(over) = self.next_life(id, over, out) {
            self.job_over(id, over, out);
        }
    }

    /// Asks for another life if there may be one. If not, gives back how the job is over.
    fn next_life(&mut self, id: JobId, over: Over, out: &mut Vec<Action>) -> Option<Over> {
        let (at, now, is_of_no_use) = (self.at(id), self.now, self.is_of_no_use(id));
        let job = &mut self.jobs[id.index()];
        let is_program = job.is_executable;
        let follows = |backoff: &&mut Backoff| is_followed(backoff.policy().policy, is_program, &over);
        let may_follow = self.stopping.is_none() && !job.no_other_life;
        let Some(backoff) = job.backoff.as_mut().filter(|_| may_follow).filter(follows) else { return Some(over) };
        if is_of_no_use {
            return Some(self.without_another(id, over));
        }
        let Some(wait) = backoff.next(now) else {
            let policy = backoff.policy();
            let times = counted(policy.max_restarts.into(), "time", "times");
            let used_up = format!("restarted {times} within {} s", policy.window.as_secs_f64());
            return Some(over.into_failure().with_note(&used_up));
        };
        job.life = Life::BackingOff { passed: false };
        job.over = Some(over.clone());
        self.open.backing_off.insert(id.index());
        out.push(Action::StartAgain(at, over, wait));
        out.push(Action::Arm(Timer::Backoff(at), wait));
        self.end_with(id, out);
        None
    }

    /// The time before the next life has passed.
    pub(super) fn backed_off(&mut self, at: At) {
        if let Life::BackingOff { passed } = &mut self.jobs[at.job.index()].life {
            *passed = true;
        }
    }

    /// Begins the next lives of jobs for which nothing is left to be waited for.
    pub(super) fn start_again(&mut self, out: &mut Vec<Action>) {
        self.go_on_together(out);
        let mut next = 0;
        while let Some(at) = after(&self.open.backing_off, &mut next) {
            let id = self.ids[at];
            if !matches!(self.jobs[at].life, Life::BackingOff { .. }) {
                self.open.backing_off.remove(&at);
                continue;
            }
            if self.is_together(id) {
                continue;
            }
            if self.is_of_no_use(id) {
                self.end_backing_off(id, out);
                continue;
            }
            let job = &self.jobs[at];
            let is_ready = job.life == Life::BackingOff { passed: true } && !job.is_there();
            if is_ready && self.is_written_out(id) {
                self.begin_life(id, out);
            }
        }
    }

    /// Whether all that the last life of a job wrote is forwarded. Pipes of native jobs outlive their lives.
    pub(super) fn is_written_out(&self, id: JobId) -> bool {
        let job = &self.jobs[id.index()];
        !job.is_executable || job.outputs.iter().all(|pipe| self.pipes[pipe.index()].is_drained())
    }

    pub(super) fn begin_life(&mut self, id: JobId, out: &mut Vec<Action>) {
        let job = &mut self.jobs[id.index()];
        job.incarnation = job.incarnation.next();
        (job.over, job.exit, job.asked, job.signs) = (None, None, false, Signs::default());
        for pipe in &job.outputs {
            self.pipes[pipe.index()].drained = false;
        }
        self.start(id, out);
    }

    /// Begins a life of a job.
    pub(super) fn start(&mut self, id: JobId, out: &mut Vec<Action>) {
        let (at, now) = (self.at(id), self.now);
        let job = &mut self.jobs[id.index()];
        job.life = if job.is_executable { Life::Starting } else { Life::Running };
        job.processes = Processes::Main;
        job.backoff.iter_mut().for_each(|backoff| backoff.begins(now));
        out.push(Action::Start(at));
    }

    /// The run is being stopped: there are no more lives.
    pub(super) fn stop_restarts(&mut self, out: &mut Vec<Action>) {
        self.together.clear();
        for at in 0..self.jobs.len() {
            if matches!(self.jobs[at].life, Life::BackingOff { .. }) {
                self.stop_backing_off(self.ids[at], out);
            }
        }
    }

    /// A job that was to be started again ends as if it had been asked to.
    pub(super) fn stop_backing_off(&mut self, id: JobId, out: &mut Vec<Action>) {
        let note = match self.jobs[id.index()].over.take() {
            Some(Over::Failed(cause)) => format!("was to be started again after it had failed: {}", cause.message),
            _ => "was to be started again".to_owned(),
        };
        self.job_over(id, Over::Ended(JobEnd::Stopped, Some(note)), out);
    }

    /// Another life would be of no use any more: the job is over as its last life was.
    pub(super) fn end_backing_off(&mut self, id: JobId, out: &mut Vec<Action>) {
        if let Some(over) = self.jobs[id.index()].over.take() {
            let over = self.without_another(id, over);
            self.job_over(id, over, out);
        }
    }

    /// How a life was over after which another one would be of no use. Of a failure people should know why none follows.
    fn without_another(&self, id: JobId, over: Over) -> Over {
        let is_kept = self.pipes.iter().any(|pipe| pipe.keeps && pipe.readers.contains(&id));
        match &over {
            Over::Failed(_) if self.jobs[id.index()].inputs_over && is_kept => {
                over.with_note("not started again, as all of its input was done")
            }
            Over::Failed(_) if self.jobs[id.index()].inputs_over => over.with_note(
                "not started again, as it had been given all of its input (what it had not done is given again with \
                 `delivery = \"at-least-once\"`)",
            ),
            _ => over,
        }
    }

    /// Whether a life of a job would have nothing to do, or to do it for nobody.
    pub(super) fn is_of_no_use(&self, id: JobId) -> bool {
        let job = &self.jobs[id.index()];
        let outputs = || job.outputs.iter().map(|pipe| &self.pipes[pipe.index()]);
        let is_unread = outputs().next().is_some() && job.outputs.iter().all(|&pipe| self.nobody_reads(pipe));
        job.inputs_over || is_unread || outputs().any(|pipe| pipe.finished)
    }

    /// The life of a job that is at hand, or was last.
    pub(crate) fn at(&self, id: JobId) -> At {
        At { job: id, incarnation: self.jobs[id.index()].incarnation }
    }
}

impl Job {
    /// Whether it could be started again, if this life of it were over.
    pub(super) fn may_live_again(&self) -> bool {
        self.has_lives
    }
}

impl Over {
    /// Whoever ends again and again has failed, however well he does it.
    fn into_failure(self) -> Over {
        match self {
            Over::Ended(_, note) => {
                let message = note.unwrap_or_else(|| "ended before its stream was finished".to_owned());
                Over::Failed(Cause { kind: CauseKind::Exit, message, last_lines: Vec::new() })
            }
            failed => failed,
        }
    }

    /// The same, with something more to be known.
    fn with_note(self, note: &str) -> Over {
        match self {
            Over::Ended(end, None) => Over::Ended(end, Some(note.to_owned())),
            Over::Ended(end, Some(before)) => Over::Ended(end, Some(format!("{before}; {note}"))),
            Over::Failed(mut cause) => {
                cause.message = format!("{}; {note}", cause.message);
                Over::Failed(cause)
            }
        }
    }
}

/// Whether a life that ended like this is followed by another one. A native job that ends well has ended its streams.
fn is_followed(policy: RestartPolicy, is_program: bool, over: &Over) -> bool {
    match (policy, over) {
        (RestartPolicy::Never, _) | (RestartPolicy::OnFailure, Over::Ended(..)) => false,
        (RestartPolicy::OnFailure | RestartPolicy::Always, Over::Failed(_)) => true,
        (RestartPolicy::Always, Over::Ended(end, _)) => is_program && *end == JobEnd::Ended,
    }
}
