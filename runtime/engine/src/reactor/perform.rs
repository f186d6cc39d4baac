//! Doing what the supervisor asks for.

use std::thread;
use std::time::Duration;

use pipeloom_config::{Body, Executable, JobId, Limits};
use pipeloom_events::{Cause, CauseKind, Event as RunEvent, StopReason};
use pipeloom_os::OsError;
use pipeloom_os::poller::Interest;
use pipeloom_os::process::Signal;
use pipeloom_os::scheduling;
use pipeloom_os::warden::Reach;

use super::program::{Logs, Program, Streams};
use super::token::{Stream, Token, warden_token};
use super::turn::Reactor;
use crate::flow::{Controls, Lose, Renewal, Runner};
use crate::program_limits;
use crate::program_spawn::{PrepareError, Prepared, prepare};
use crate::supervise::{Action, At, Event, Incarnation, NativeEnd, Over, StopSignal};
use crate::wire::{ChildEnds, Life};

/// The stack that a native job takes of its thread. It is reserved, and the system gives what of it is touched: some
/// kilobytes, as a rule. Of jobs on one thread each is called from inside the one before it.
const STACK_BYTES: usize = 2 << 20;

impl Reactor {
    pub(super) fn perform(&mut self, action: Action) {
        match action {
            Action::Start(at) => self.start(at),
            Action::StartAgain(at, over, after) => self.starts_again(at, over, after),
            Action::StartTogether(at, over, first) => self.starts_with(at, over, first),
            Action::EndLife(job) => self.controls.get(&job).into_iter().for_each(Controls::interrupt),
            Action::Lose(pipe) => self.relays.renew_source(pipe, Renewal::Lose),
            Action::TakeAll(pipe) => self.relays.renew_source(pipe, Renewal::TakeAll),
            Action::LoseInputs { at, pipes, awaited, round } => self.lose_inputs(at, Lose { pipes, awaited, round }),
            Action::NewEpoch(job, epoch) => self.begin_epoch(job, epoch),
            Action::LastLife(job, well) => self.end_lives(job, well),
            Action::CountLeftovers(at) => self.count_leftovers(at),
            Action::Release(job) => {
                let settled = self.fifos.job_gone(job);
                self.warn_of(settled);
            }
            Action::Signal(at, signal) => self.signal(at, signal),
            Action::Drain(job) => self.end_native(job, Controls::ask_to_drain),
            Action::StopNative(job) => self.end_native(job, Controls::ask_to_stop),
            Action::Abandon(pipe) => {
                let over = self.relays.let_go_of(pipe);
                self.events.extend(over.into_iter().map(Event::RelayOver));
            }
            Action::Arm(timer, after) => self.timers.arm(timer, self.now() + after),
            Action::Ended(job, end, note) => self.publisher.job_ended(job, end, note),
            Action::Failed(job, cause) => self.failed(job, cause),
            Action::Warn(job, message) => self.publisher.warn(Some(job), message),
            Action::Stopping(reason) => {
                if let StopReason::Internal(fault) = &reason {
                    self.fault = Some(fault.clone());
                }
                self.publisher.publish(RunEvent::Stopping { reason });
            }
            Action::StillRunning(jobs) => {
                let jobs = jobs.into_iter().map(|job| self.network[job].name.to_string()).collect();
                self.publisher.publish(RunEvent::StillRunning { jobs });
            }
            Action::LookWhetherOpened(at) => self.look_whether_opened(at),
            Action::LookAtIntake(at) => {
                let read = self.relays.read_by(&self.network, at.job);
                self.events.push_back(Event::Intake(at, read));
            }
            Action::CheckOpened => self.check_opened(),
            Action::Finish(outcome) => self.outcome = Some(outcome),
        }
    }

    fn end_native(&mut self, job: JobId, ask: impl FnOnce(&Controls)) {
        let told = self.requests.job_stops(job, &self.poller);
        self.warn_of(told);
        if let Some(controls) = self.controls.get(&job) {
            ask(controls);
        }
    }

    fn start(&mut self, at: At) {
        let network = self.network.clone();
        match &network[at.job].body {
            Body::Native(_) if at.incarnation == Incarnation::FIRST => self.start_native(at),
            Body::Native(_) => self.start_native_again(at),
            Body::Executable(executable) => {
                if let Err(error) = self.start_executable(at, executable) {
                    self.events.push_back(Event::SpawnFailed(at, error.to_string()));
                }
            }
        }
    }

    fn start_executable(&mut self, at: At, executable: &Executable) -> Result<(), PrepareError> {
        let ends = match self.ends.remove(&at.job) {
            Some(ends) => ends,
            None => self.begin_life(at)?,
        };
        self.warn_of_limits(at.job, &executable.limits);
        let run = self.publisher.run();
        let prepared = prepare(&self.network, at, executable, ends, run, &self.run_dir, &self.inherited)?;
        if self.network[at.job].health.start_timeout.is_some() {
            self.fifos.await_job(at.job)?;
        }
        self.start_program(at, prepared)
    }

    /// Makes what this life of an executable needs, and has the relays and the lineup around it take it up.
    fn begin_life(&mut self, at: At) -> Result<ChildEnds, OsError> {
        let Life { ends, outlets, lines, done, inlets, warnings } = self.lives.begin(at, &mut self.fifos)?;
        warnings.into_iter().for_each(|message| self.publisher.warn(Some(at.job), message));
        for (pipe, inlet) in inlets {
            self.relays.renew_source(pipe, Renewal::Source(inlet));
        }
        self.relays.renew_targets(at.job, Renewal::Targets { outlets, lines, done });
        Ok(ends)
    }

    /// There is no other life of a job: its readers see the end, and its writers that it is gone.
    fn end_lives(&mut self, job: JobId, well: bool) {
        if let Some(controls) = self.controls.get(&job) {
            controls.end_lives();
            return;
        }
        for &pipe in &self.network.clone()[job].outputs {
            self.relays.renew_source(pipe, Renewal::NoSource);
        }
        self.relays.renew_targets(job, Renewal::NoTargets { well });
        self.lives.end(job);
    }

    /// What a job gets less than its file says is never kept from people.
    fn warn_of_limits(&mut self, job: JobId, limits: &Limits) {
        match program_limits::lowered(limits) {
            Ok(warnings) => warnings.into_iter().for_each(|warning| self.publisher.warn(Some(job), warning)),
            Err(error) => self.publisher.warn(Some(job), error.to_string()),
        }
    }

    /// The thread of its last life waits for this one.
    fn start_native_again(&mut self, at: At) {
        if let Some(controls) = self.controls.get(&at.job) {
            controls.begin_life(at.incarnation);
            self.publisher.job_started(at, None);
        }
    }

    fn start_native(&mut self, at: At) {
        let job = at.job;
        let Some(runner) = self.runners.remove(&job) else {
            // The thread of the job that writes for it works it.
            self.publisher.job_started(at, None);
            return;
        };
        let name = self.network[job].name.to_string();
        let thread = thread::Builder::new().name(name).stack_size(runner.jobs * STACK_BYTES);
        match thread.spawn(move || run(runner)) {
            Ok(thread) => {
                self.threads.push(thread);
                self.publisher.job_started(at, None);
            }
            Err(error) => {
                let message = format!("no thread for it: {error}");
                let cause = Cause { kind: CauseKind::Start, message, last_lines: Vec::new() };
                self.events.push_back(Event::NoOtherLife(at));
                self.events.push_back(Event::Returned(at, NativeEnd::Failed(cause)));
            }
        }
    }

    fn start_program(&mut self, at: At, prepared: Prepared) -> Result<(), PrepareError> {
        let job = at.job;
        let Prepared { spawn, stdout, stderr, control, tellers } = prepared;
        let place = job.index();
        let logs = match self.end_program(place) {
            Some(logs) => logs,
            None => Logs::new(&self.run_dir.logs(), self.network[job].name.as_str()),
        };
        let streams = Streams { stdout, stderr, control };
        let program = Program::new(at, streams, logs, tellers);
        for (stream, fd) in program.streams() {
            self.poller.add(fd, Token::Program(place, stream).number(), Interest::READABLE)?;
        }
        self.programs.insert(place, program);
        if let Some(warden) = &mut self.warden {
            warden.spawn(warden_token(at), spawn)?;
        }
        Ok(())
    }

    /// Hears the rest of what the last life of a program has said, and gives its logs for the next one.
    fn end_program(&mut self, place: usize) -> Option<Logs> {
        Stream::ALL.into_iter().for_each(|stream| self.hear_program(place, stream));
        let program = self.programs.remove(&place)?;
        for (_, fd) in program.streams() {
            let removed = self.poller.remove(fd);
            self.warn_of(removed);
        }
        Some(program.into_logs())
    }

    fn count_leftovers(&mut self, at: At) {
        let asked = match &mut self.warden {
            Some(warden) => warden.leftovers(warden_token(at)),
            None => {
                self.events.push_back(Event::Leftovers(at, 0));
                Ok(())
            }
        };
        self.warn_of(asked);
    }

    fn signal(&mut self, at: At, signal: StopSignal) {
        let (signal, reach) = match signal {
            StopSignal::Ask => {
                // The check has seen that the signal has a name.
                (self.network[at.job].stop.signal.parse().unwrap_or(Signal::TERM), Reach::Group)
            }
            StopSignal::Kill => (Signal::KILL, Reach::Everything),
        };
        let sent = match &mut self.warden {
            Some(warden) => warden.signal(warden_token(at), signal, reach),
            None => Ok(()),
        };
        self.warn_of(sent);
    }

    /// Reports a failure with what the job said last.
    fn failed(&mut self, job: JobId, cause: Cause) {
        self.left_behind |= cause.kind == CauseKind::Stuck;
        let cause = self.with_last_lines(job, cause);
        self.publisher.job_failed(job, cause);
    }

    /// Reports the end of a life, if it was a failure with what the job said last.
    fn starts_again(&mut self, at: At, over: Over, after: Duration) {
        let over = match over {
            Over::Failed(cause) => Over::Failed(self.with_last_lines(at.job, cause)),
            over @ Over::Ended(..) => {
                self.relays.renew_targets(at.job, Renewal::EndedWell);
                over
            }
        };
        self.publisher.job_restarting(at, over, after);
    }

    /// The same of a life that ends for the sake of another job.
    fn starts_with(&mut self, at: At, over: Over, first: JobId) {
        let over = match over {
            Over::Failed(cause) => Over::Failed(self.with_last_lines(at.job, cause)),
            over @ Over::Ended(..) => over,
        };
        self.publisher.job_restarting_with(at, over, first);
    }

    /// What has come for a job on these inputs is lost.
    fn lose_inputs(&mut self, at: At, lose: Lose) {
        lose.pipes.iter().for_each(|&pipe| self.relays.renew_source(pipe, Renewal::Lost));
        if let Some(controls) = self.controls.get(&at.job) {
            return controls.ask_to_lose(lose);
        }
        self.relays.clear(&self.network, at.job, &lose.pipes, lose.awaited);
        self.events.push_back(Event::Lost(at, lose.round));
    }

    /// What the next life of a job makes belongs to this epoch.
    fn begin_epoch(&mut self, job: JobId, epoch: u32) {
        if let Some(controls) = self.controls.get(&job) {
            return controls.set_epoch(epoch);
        }
        for &pipe in &self.network.clone()[job].outputs {
            self.relays.renew_source(pipe, Renewal::NewEpoch(epoch));
        }
    }

    fn with_last_lines(&mut self, job: JobId, mut cause: Cause) -> Cause {
        self.hear_program(job.index(), Stream::Stderr);
        if let Some(program) = self.programs.get(&job.index()) {
            cause.last_lines = program.last_lines();
        }
        cause
    }
}

/// What the thread of a native job does.
fn run(runner: Box<Runner>) {
    // The reactor waits for its turn, and threads inherit that. A job may keep time, and is as good as any program.
    if let Err(error) = scheduling::as_by_default() {
        log::debug!("{error}");
    }
    runner.run();
}
