//! Doing what the supervisor asks for.

use std::path::Path;
use std::thread;

use pipeloom_config::{Body, JobId, Limits};
use pipeloom_events::{Cause, CauseKind, Event as RunEvent, StopReason};
use pipeloom_os::poller::Interest;
use pipeloom_os::process::{Signal, has_open};
use pipeloom_os::scheduling;
use pipeloom_os::warden::{Reach, Token as WardenToken};

use super::program::{Program, Streams};
use super::token::{Stream, Token};
use super::turn::Reactor;
use crate::flow::{BirthTeller, Controls, Runner};
use crate::log_file::LogFile;
use crate::program_limits;
use crate::program_spawn::{PrepareError, Prepared, prepare};
use crate::supervise::{Action, Event, NativeEnd, StopSignal};

impl Reactor {
    pub(super) fn perform(&mut self, action: Action) {
        match action {
            Action::Start(job) => self.start(job),
            Action::CountLeftovers(job) => self.count_leftovers(job),
            Action::Release(job) => {
                let settled = self.fifos.job_gone(job);
                self.warn_of(settled);
            }
            Action::Signal(job, signal) => self.signal(job, signal),
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

    fn start(&mut self, job: JobId) {
        match &self.network.clone()[job].body {
            Body::Native(_) => self.start_native(job),
            Body::Executable(executable) => {
                let Some(mut ends) = self.ends.remove(&job) else { return };
                self.warn_of_limits(job, &executable.limits);
                let birth = ends.birth.take();
                let run = self.publisher.run();
                let prepared = prepare(&self.network, job, executable, ends, run, &self.run_dir);
                if let Err(error) = prepared.and_then(|prepared| self.start_program(job, prepared, birth)) {
                    self.events.push_back(Event::SpawnFailed(job, error.to_string()));
                }
            }
        }
    }

    /// What a job gets less than its file says is never kept from people.
    fn warn_of_limits(&mut self, job: JobId, limits: &Limits) {
        match program_limits::lowered(limits) {
            Ok(warnings) => warnings.into_iter().for_each(|warning| self.publisher.warn(Some(job), warning)),
            Err(error) => self.publisher.warn(Some(job), error.to_string()),
        }
    }

    fn start_native(&mut self, job: JobId) {
        let Some(runner) = self.runners.remove(&job) else { return };
        let thread = thread::Builder::new().name(self.network[job].name.to_string());
        match thread.spawn(move || run(runner)) {
            Ok(thread) => {
                self.threads.push(thread);
                self.publisher.job_started(job, None);
            }
            Err(error) => {
                let message = format!("no thread for it: {error}");
                let cause = Cause { kind: CauseKind::Start, message, last_lines: Vec::new() };
                self.events.push_back(Event::Returned(job, NativeEnd::Failed(cause)));
            }
        }
    }

    fn start_program(
        &mut self,
        job: JobId,
        prepared: Prepared,
        birth: Option<BirthTeller>,
    ) -> Result<(), PrepareError> {
        let Prepared { spawn, stdout, stderr, control, told } = prepared;
        let (logs, name) = (self.run_dir.logs(), &self.network[job].name);
        let log = |stream: &str| LogFile::new(logs.join(format!("{name}.{stream}.log")));
        let streams = Streams { stdout, stderr, control };
        let program = Program::new(job, streams, log("stdout"), log("stderr"), birth, told);
        let place = job.index();
        for (stream, fd) in program.streams() {
            self.poller.add(fd, Token::Program(place, stream).number(), Interest::READABLE)?;
        }
        self.programs.insert(place, program);
        if let Some(warden) = &mut self.warden {
            warden.spawn(WardenToken(place as u64), spawn)?;
        }
        Ok(())
    }

    fn count_leftovers(&mut self, job: JobId) {
        let asked = match &mut self.warden {
            Some(warden) => warden.leftovers(WardenToken(job.index() as u64)),
            None => {
                self.events.push_back(Event::Leftovers(job, 0));
                Ok(())
            }
        };
        self.warn_of(asked);
    }

    fn signal(&mut self, job: JobId, signal: StopSignal) {
        let (signal, reach) = match signal {
            StopSignal::Ask => {
                // The check has seen that the signal has a name.
                (self.network[job].stop.signal.parse().unwrap_or(Signal::TERM), Reach::Group)
            }
            StopSignal::Kill => (Signal::KILL, Reach::Everything),
        };
        let sent = match &mut self.warden {
            Some(warden) => warden.signal(WardenToken(job.index() as u64), signal, reach),
            None => Ok(()),
        };
        self.warn_of(sent);
    }

    /// Reports a failure with what the job said last.
    fn failed(&mut self, job: JobId, mut cause: Cause) {
        self.left_behind |= cause.kind == CauseKind::Stuck;
        self.hear_program(job.index(), Stream::Stderr);
        if let Some(program) = self.programs.get(&job.index()) {
            cause.last_lines = program.last_lines();
        }
        self.publisher.job_failed(job, cause);
    }

    fn check_opened(&mut self) {
        let idle = |&(job, ref paths): &(JobId, Vec<&Path>)| {
            let pid = self.publisher.pid(job);
            pid.is_some_and(|pid| !paths.iter().any(|path| has_open(pid, path)))
        };
        let mut jobs: Vec<JobId> = self.fifos.by_job().filter(idle).map(|(job, _)| job).collect();
        jobs.sort_unstable();
        for job in jobs {
            let message = "has none of its pipes open after 30 s; does it open the paths behind its flags?";
            self.publisher.warn(Some(job), message.to_owned());
        }
    }
}

/// What the thread of a native job does.
fn run(runner: Runner) {
    // The reactor waits for its turn, and threads inherit that. A job may keep time, and is as good as any program.
    if let Err(error) = scheduling::as_by_default() {
        log::debug!("{error}");
    }
    runner.run();
}
