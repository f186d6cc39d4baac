//! What the supervisor asks for is done, as the reactor does it. What must never be asked for is noted.

use pipeloom_config::{JobId, PipeId};
use pipeloom_events::CauseKind;
use pipeloom_os::process::{Exit, Signal};

use super::being::{News, Told};
use super::planted::Planted;
use super::process::Process;
use super::wiring::Ends;
use super::world::World;
use crate::flow::Renewal;
use crate::supervise::{Action, At, Event, LAST_WORD, StopSignal, Timer};

impl World {
    pub(super) fn perform(&mut self, action: Action) {
        self.note("    asks for", &action);
        if self.finished {
            self.ledger.is_wrong(format!("{action:?} after the end"));
        }
        match action {
            Action::Start(at) => self.start(at),
            Action::StartAgain(at, ..) | Action::StartTogether(at, ..) => {
                let has_lives = self.network[at.job].has_lives();
                let stopping = self.stopping;
                let being = self.being(at.job);
                let wrong = stopping || being.last || !has_lives || being.at != at;
                being.awaited = true;
                being.rested |= matches!(action, Action::StartTogether(..));
                self.ledger.is_wrong_if(wrong, || format!("{at:?} is to be followed by another life"));
            }
            Action::Lose(_) if self.planted == Some(Planted::KeepWhatWaits) => {}
            Action::Lose(pipe) => self.wiring.renew_source(pipe, Renewal::Lose, None),
            Action::TakeAll(pipe) => self.wiring.renew_source(pipe, Renewal::TakeAll, None),
            Action::LoseInputs { at, pipes, round, .. } if self.planted == Some(Planted::KeepWhatWaits) => {
                self.ledger.lost_inputs(at.job, &pipes);
                self.events.push_back(Event::Lost(at, round));
            }
            Action::LoseInputs { at, pipes, awaited, round } => {
                pipes.iter().for_each(|&pipe| self.wiring.renew_source(pipe, Renewal::Lost, None));
                self.wiring.clear(at.job, &pipes, awaited);
                self.ledger.lost_inputs(at.job, &pipes);
                self.events.push_back(Event::Lost(at, round));
            }
            Action::NewEpoch(job, epoch) => self.begin_epoch(job, epoch),
            Action::LastLife(job, well) => {
                let was_last = std::mem::replace(&mut self.being(job).last, true);
                self.ledger.is_wrong_if(was_last, || format!("{job:?} has a last life twice"));
                let is_counted = self.wiring.lines_up(job);
                self.ledger.last_life(job, well, is_counted);
                self.wiring.end_lives(job, well);
            }
            Action::CountLeftovers(at) => {
                let being = self.being(at.job);
                let count = usize::from(being.another.is_some());
                being.counted = true;
                self.warden.push_back(News::Leftovers(at, count));
            }
            Action::Release(job) => self.being(job).release(),
            Action::Signal(at, signal) => self.signal(at, signal),
            Action::Drain(job) | Action::StopNative(job) | Action::EndLife(job) => {
                self.ledger.is_wrong(format!("{job:?} is taken for a native job"));
            }
            Action::Abandon(pipe) => {
                self.ledger.left_early(pipe);
                let over = self.wiring.let_go_of(pipe);
                self.events.extend(over.into_iter().map(Event::RelayOver));
            }
            Action::Arm(timer, after) => {
                self.is_last_word = if timer == Timer::Ladder { after == LAST_WORD } else { self.is_last_word };
                self.timers.insert(timer, self.now + after);
            }
            Action::Ended(job, ..) => self.verdict(job, false),
            Action::Failed(job, cause) => {
                let is_news = cause.kind != CauseKind::Stuck;
                self.ledger.is_wrong_if(!is_news && !self.gave_up, || format!("{job:?} is left behind too early"));
                if is_news {
                    self.verdict(job, true);
                }
            }
            Action::Stopping(_) => self.stopping = true,
            Action::Finish(_) => self.finish(),
            Action::Warn(..) | Action::StillRunning(_) | Action::CheckOpened => {}
            // No network here says when its programs should have begun, or read.
            Action::LookWhetherOpened(_) | Action::LookAtIntake(_) => {}
        }
    }

    fn begin_epoch(&mut self, job: JobId, epoch: u32) {
        self.ledger.begins_anew(self.supervisor.at(job), epoch);
        for pipe in self.network.clone()[job].outputs.clone() {
            self.wiring.renew_source(pipe, Renewal::NewEpoch(epoch), None);
        }
    }

    /// A job is told to have ended or failed once, but a failure may still be found after it has ended.
    fn verdict(&mut self, job: JobId, failed: bool) {
        let before = self.being(job).verdict.replace(failed);
        self.ledger.is_wrong_if(before.is_some_and(|before| before || !failed), || {
            format!("the end of {job:?} is told twice")
        });
    }

    fn start(&mut self, at: At) {
        let outputs = self.network[at.job].outputs.clone();
        let (stopping, finished) = (self.stopping, self.finished);
        let being = self.being(at.job);
        let first = being.told == Told::Waiting && being.at == at;
        let again = being.told == Told::Gone && at.incarnation == being.at.incarnation.next();
        let is_right = !finished && (first || (again && being.awaited && being.rested && !being.last && !stopping));
        // What one life has must be gone before the next one begins.
        let is_alone = being.process.is_none() && being.another.is_none() && !being.spawning;
        let (was, told) = (being.at, being.told);
        self.ledger.is_wrong_if(!is_right || !is_alone, || {
            format!("{at:?} is started after {was:?}, which is {told:?}; alone: {is_alone}, stopping: {stopping}")
        });
        let is_drained = outputs.iter().all(|pipe| self.is_drained(*pipe));
        self.ledger.is_wrong_if(!is_drained, || format!("{at:?} is started before all was forwarded"));
        if !is_alone {
            return;
        }
        let forgotten = outputs.iter().any(|pipe| !self.is_forwarded(*pipe));
        self.ledger.begin_life(at, forgotten);
        let Ends { inputs, outputs, done } = self.wiring.begin_life(at, &mut self.random);
        self.being(at.job).begin(at, inputs, outputs, done);
    }

    fn is_forwarded(&self, pipe: PipeId) -> bool {
        self.wiring.relay(pipe).is_some_and(|worked| worked.forwarder.is_some())
    }

    /// Whether nothing is left in the pipe of the kernel from which a pipe is forwarded.
    fn is_drained(&self, pipe: PipeId) -> bool {
        let source = self.wiring.relay(pipe).and_then(|worked| worked.source.as_ref());
        source.is_none_or(|source| source.is_empty() || !source.has_reader())
    }

    fn signal(&mut self, at: At, signal: StopSignal) {
        let being = self.being(at.job);
        let wrong = being.at != at || matches!(being.told, Told::Waiting | Told::Gone);
        self.ledger.is_wrong_if(wrong, || format!("{signal:?} to {at:?}, which is not there"));
        if self.being(at.job).spawning {
            self.spawn(at.job);
        }
        match signal {
            StopSignal::Ask => {
                let being = self.being(at.job);
                being.asked |= being.process.as_ref().is_some_and(Process::listens);
            }
            StopSignal::Kill => {
                self.dies(at.job, Exit::Signal { signal: Signal::KILL, core: false });
                self.another_goes(at.job);
            }
        }
    }

    fn finish(&mut self) {
        let was_finished = std::mem::replace(&mut self.finished, true);
        let there = self.jobs.values().find(|being| being.told != Told::Gone).map(|being| being.at);
        self.ledger.is_wrong_if(was_finished, || "the run ends twice".to_owned());
        if let Some(at) = there.filter(|_| !self.gave_up) {
            self.ledger.is_wrong(format!("the run ends while {at:?} is there"));
        }
    }
}
