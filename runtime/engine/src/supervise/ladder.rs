//! The stages of stopping a run.

use std::time::Duration;

use pipeloom_config::JobId;
use pipeloom_events::{Cause, CauseKind, StopReason};

use super::facts::{Action, StopSignal, Timer};
use super::job::Processes;
use super::supervisor::Supervisor;

/// How often it is said who is still there.
pub(super) const STILL_RUNNING_EVERY: Duration = Duration::from_secs(2);

/// How long after the last stage native jobs may take to return.
pub(crate) const LAST_WORD: Duration = Duration::from_millis(500);

/// A run that is being stopped.
#[derive(Debug)]
pub(super) struct Stopping {
    pub(super) reason: StopReason,
    pub(super) rung: Rung,
}

/// How far the stopping is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Rung {
    /// The readers of a job that failed or ended take what it had written.
    Drain(JobId),
    /// The sources are asked to end; the ends of their streams run down.
    Sources,
    /// All are asked to end.
    All,
    /// All are killed.
    Kill,
    /// What does not return is left behind.
    Leave,
}

impl Supervisor {
    /// Begins to stop the run at this stage, or goes on to it; a stop that is further stays where it is.
    pub(super) fn stop(&mut self, reason: StopReason, rung: Rung, out: &mut Vec<Action>) {
        let is_drained_again = |at: Rung| matches!((at, rung), (Rung::Drain(_), Rung::Drain(_)));
        match &mut self.stopping {
            // Whichever of two jobs fails first, the time to drain is not begun anew by the other one.
            Some(stopping) if stopping.rung >= rung || is_drained_again(stopping.rung) => return,
            Some(stopping) => stopping.rung = rung,
            None => {
                out.push(Action::Stopping(reason.clone()));
                out.push(Action::Arm(Timer::StillRunning, STILL_RUNNING_EVERY));
                self.stopping = Some(Stopping { reason, rung });
                self.stop_restarts(out);
            }
        }
        self.enter(rung, out);
    }

    /// Does what a stage asks for, and arms the time for the next one.
    fn enter(&mut self, rung: Rung, out: &mut Vec<Action>) {
        if rung >= Rung::All {
            self.judge_unexplained(true, out);
        }
        let mut there: Vec<usize> = (0..self.jobs.len()).filter(|&at| self.jobs[at].is_there()).collect();
        match rung {
            Rung::Drain(id) => out.push(Action::Arm(Timer::Ladder, self.jobs[id.index()].stop.drain)),
            Rung::Sources => {
                there.retain(|&at| self.jobs[at].is_source);
                there.iter().for_each(|&at| self.ask(at, Action::Drain(self.ids[at]), out));
                let drain = self.jobs.iter().map(|job| job.stop.drain).max().unwrap_or_default();
                out.push(Action::Arm(Timer::Ladder, drain));
            }
            Rung::All => {
                there.iter().for_each(|&at| self.ask_to_end(at, out));
                let grace = self.jobs.iter().map(|job| job.stop.grace).max().unwrap_or_default();
                out.push(Action::Arm(Timer::Ladder, grace));
            }
            Rung::Kill => {
                for &at in &there {
                    self.ask(at, Action::StopNative(self.ids[at]), out);
                    if self.jobs[at].is_executable {
                        out.push(Action::Signal(self.at(self.ids[at]), StopSignal::Kill));
                    }
                }
                self.abandon_relays(out);
                out.push(Action::Arm(Timer::Ladder, LAST_WORD));
            }
            Rung::Leave => {
                for at in there {
                    self.leave(at, out);
                }
            }
        }
    }

    /// Goes on to the next stage.
    pub(super) fn climb(&mut self, out: &mut Vec<Action>) {
        let Some(stopping) = &mut self.stopping else { return };
        stopping.rung = match stopping.rung {
            Rung::Drain(_) => Rung::Sources,
            Rung::Sources => Rung::All,
            Rung::All => Rung::Kill,
            Rung::Kill | Rung::Leave => Rung::Leave,
        };
        let rung = stopping.rung;
        self.enter(rung, out);
    }

    /// Goes on as soon as nobody takes any more of what a job had written.
    pub(super) fn end_drain(&mut self, out: &mut Vec<Action>) {
        if let Some(Stopping { rung: Rung::Drain(id), .. }) = self.stopping {
            let job = &self.jobs[id.index()];
            if job.outputs.iter().copied().chain(job.times).all(|pipe| self.nobody_reads(pipe)) {
                self.climb(out);
            }
        }
    }

    /// Asks a job to end, and gives it its time for that.
    pub(super) fn ask_to_end(&mut self, at: usize, out: &mut Vec<Action>) {
        self.ask(at, Action::StopNative(self.ids[at]), out);
        if self.jobs[at].is_executable {
            out.push(Action::Arm(Timer::Grace(self.at(self.ids[at])), self.jobs[at].stop.grace));
        }
    }

    /// Asks a job to end, a native one by `native`.
    fn ask(&mut self, at: usize, native: Action, out: &mut Vec<Action>) {
        self.jobs[at].asked = true;
        let program = Action::Signal(self.at(self.ids[at]), StopSignal::Ask);
        out.push(if self.jobs[at].is_executable { program } else { native });
    }

    /// Goes on without a job that does not end.
    fn leave(&mut self, at: usize, out: &mut Vec<Action>) {
        self.jobs[at].processes = Processes::None;
        // A thread must be told of, whatever was said of its job: nobody may wait for it.
        if !self.jobs[at].is_over() || !self.jobs[at].is_executable {
            let message = "did not end when it was asked to, and was left behind".to_owned();
            self.fail(self.ids[at], Cause { kind: CauseKind::Stuck, message, last_lines: Vec::new() }, out);
        }
    }

    /// Lets go of all that the runtime forwards.
    pub(super) fn abandon_relays(&mut self, out: &mut Vec<Action>) {
        for pipe in self.pipes.iter_mut().filter(|pipe| pipe.relayed) {
            pipe.relayed = false;
            out.push(Action::Abandon(pipe.id));
        }
    }
}
