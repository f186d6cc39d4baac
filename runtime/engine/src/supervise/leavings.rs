//! What a job leaves behind when its main process has ended.

use std::time::Duration;

use pipeloom_config::PipeId;

use super::at::At;
use super::facts::{Action, StopSignal, Timer};
use super::job::{Life, Processes};
use super::open::after;
use super::supervisor::Supervisor;

/// How long what a job has left may stay after its pipes have ended, if it may stay as long as it holds them.
const AFTER_THE_END: Duration = Duration::from_millis(200);

impl Supervisor {
    /// So many processes are left of a job.
    pub(super) fn leftovers(&mut self, at: At, count: usize, out: &mut Vec<Action>) {
        let job = &mut self.jobs[at.job.index()];
        let Processes::Left { told, .. } = job.processes else { return };
        if count == 0 {
            job.processes = Processes::None;
            self.take_what_is_written(at, out);
            return;
        }
        if told {
            return;
        }
        job.processes = Processes::Left { told: true, timed: job.stop.linger.is_some() };
        self.open.lingering.insert(at.job.index());
        let job = &self.jobs[at.job.index()];
        out.extend(job.stop.linger.map(|linger| Action::Arm(Timer::Linger(at), linger)));
    }

    /// Nobody writes to the outputs of a job any more that is to be started again: what is in them is taken, whatever waits
    /// behind. Its readers may wait for others that wait for the job's next life, which begins only after that.
    fn take_what_is_written(&self, at: At, out: &mut Vec<Action>) {
        let job = &self.jobs[at.job.index()];
        if matches!(job.life, Life::BackingOff { .. }) && !self.is_together(at.job) {
            let left = job.outputs.iter().filter(|pipe| !self.pipes[pipe.index()].is_drained());
            out.extend(left.map(|&pipe| Action::TakeAll(pipe)));
        }
    }

    /// The time that they may stay is over.
    pub(super) fn lingered(&mut self, at: At, out: &mut Vec<Action>) {
        if self.is_leaving(at.job) {
            out.push(Action::Warn(at.job, "left processes behind, which are stopped now".to_owned()));
            out.push(Action::Signal(at, StopSignal::Kill));
        }
    }

    /// What a job has left behind may stay while its pipes are held. Once they have ended it is about to end, or it never
    /// had to do with them.
    pub(super) fn end_lingering(&mut self, out: &mut Vec<Action>) {
        let mut next = 0;
        while let Some(place) = after(&self.open.lingering, &mut next) {
            let job = &self.jobs[place];
            let stays = job.processes == Processes::Left { told: true, timed: false };
            if !stays {
                self.open.lingering.remove(&place);
            } else if job.outputs.iter().all(|&pipe| self.has_run_down(pipe)) {
                self.jobs[place].processes = Processes::Left { told: true, timed: true };
                out.push(Action::Arm(Timer::Linger(self.at(self.ids[place])), AFTER_THE_END));
            }
        }
    }

    /// Whether nothing comes out of a pipe any more.
    fn has_run_down(&self, id: PipeId) -> bool {
        let pipe = &self.pipes[id.index()];
        if pipe.forwarded { pipe.is_drained() } else { self.nobody_reads(id) }
    }
}
