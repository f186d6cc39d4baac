//! What the reactor hears: from native jobs' threads and handles, from the warden, and from executables.

use std::collections::HashMap;

use pipeloom_config::JobId;
use pipeloom_events::{Cause, CauseKind, JobEnd};
use pipeloom_job::Report;
use pipeloom_os::OsError;
use pipeloom_os::warden::{Token as WardenToken, WardenEvent};

use super::fact::Fact;
use super::program::{Program, Said};
use super::token::{Stream, place_and_life};
use super::turn::Reactor;
use crate::flow::{Ending, FAR_BEHIND, Returned};
use crate::supervise::{Event, NativeEnd};

impl Reactor {
    /// Whether there was anything.
    pub(super) fn take_facts(&mut self) -> bool {
        let mut some = false;
        while let Ok((job, report)) = self.facts.reports.try_recv() {
            self.publisher.report(job, report);
            some = true;
        }
        while let Ok(fact) = self.facts.facts.try_recv() {
            some = true;
            match fact {
                Fact::Returned(at, returned) => {
                    let told = self.requests.job_over(at.job, &self.poller);
                    self.warn_of(told);
                    self.events.push_back(Event::Returned(at, native_end(returned)));
                }
                Fact::Lost(at, round) => self.events.push_back(Event::Lost(at, round)),
                Fact::NoOtherLife(at) => self.events.push_back(Event::NoOtherLife(at)),
                Fact::InputsOver(at) => self.events.push_back(Event::InputsOver(at)),
                Fact::HeldBack(job) => self.watchdog.held_back(job, self.clock.now()),
                Fact::EndSeen(pipe) => self.events.push_back(Event::EndSeen(pipe)),
                Fact::FarBehind(job) => self.publisher.warn(Some(job), far_behind()),
                Fact::Command(command) => {
                    // What is halted could not do what it will be asked for.
                    self.resume();
                    self.events.push_back(Event::Command(command));
                }
                Fact::Pause => self.pause(),
                Fact::Resume => self.resume(),
                Fact::EndClosed(fifo, side) => {
                    let settled = self.fifos.end_gone(fifo, side);
                    self.warn_of(settled);
                }
            }
        }
        some
    }

    pub(super) fn hear_warden(&mut self) -> Result<(), OsError> {
        while let Some(warden) = &mut self.warden
            && let Some(event) = warden.next_event()?
        {
            match event {
                WardenEvent::Spawned { token, pidfd, .. } => {
                    if let Some(program) = program(&mut self.programs, token) {
                        let at = program.at;
                        program.is_born(pidfd.pid());
                        // One that has failed meanwhile, over a pipe, is never told to begin after its end.
                        if !self.supervisor.is_over(at.job) {
                            self.publisher.job_started(at, Some(pidfd.pid()));
                        }
                        self.events.push_back(Event::Spawned(at));
                    }
                }
                WardenEvent::SpawnFailed { token, error } => {
                    if let Some(program) = program(&mut self.programs, token) {
                        program.is_stillborn();
                        self.events.push_back(Event::SpawnFailed(program.at, error.to_string()));
                    }
                }
                WardenEvent::Exited(exits) => {
                    // What a native job has told of its end before it broke these programs' pipes is to be heard before.
                    self.take_facts();
                    let at = |(token, exit)| program(&mut self.programs, token).map(|program| (program.at, exit));
                    let exits: Vec<_> = exits.into_iter().filter_map(at).collect();
                    for (at, exit) in &exits {
                        self.publisher.process_gone(at.job);
                        self.hear_of_pipes(at.job);
                        if let Some(program) = self.programs.get_mut(&at.job.index()) {
                            program.has_ended(*exit);
                        }
                    }
                    // Whether a program had done all that it was given is to be known before its end is judged.
                    self.relays.wake_rung();
                    exits.iter().for_each(|(at, _)| self.relays.wake_around(&self.network, at.job));
                    self.turn_relays()?;
                    self.events.push_back(Event::Exited(exits));
                }
                WardenEvent::Leftovers { token, pids } => {
                    if let Some(program) = program(&mut self.programs, token) {
                        self.events.push_back(Event::Leftovers(program.at, pids.len()));
                    }
                }
                WardenEvent::Paused => self.is_paused(),
                WardenEvent::Lost => {
                    self.poller.remove(&*warden)?;
                    self.warden = None;
                    self.is_paused();
                    pipeloom_os::process::kill_run(&self.publisher.run().to_string());
                    self.programs.values_mut().for_each(Program::is_stillborn);
                    self.events.push_back(Event::WardenLost);
                }
            }
        }
        Ok(())
    }

    /// Hears what a program has told of its pipes that has ended, and what the writers of its inputs told before it saw
    /// their ends.
    fn hear_of_pipes(&mut self, job: JobId) {
        let network = self.network.clone();
        let writers = network[job].inputs.iter().filter_map(|pipe| network[*pipe].writer).map(|end| end.job);
        for told in writers.chain([job]) {
            self.hear_program(told.index(), Stream::Control);
        }
    }

    pub(super) fn hear_program(&mut self, place: usize, stream: Stream) {
        let Some(program) = self.programs.get_mut(&place) else { return };
        let (at, job, poller) = (program.at, program.at.job, &self.poller);
        let (mut said, mut told, mut done) = (Vec::new(), Vec::new(), Vec::new());
        let (mut is_ready, mut is_over) = (false, false);
        program.read(stream, &mut self.said, &mut said, |fd| {
            // It is open, and was added: this cannot fail.
            let _ = poller.remove(fd);
        });
        let is_awaited = stream == Stream::Control && self.network[job].health.heartbeat.is_some();
        if is_awaited && said.iter().any(|said| !matches!(said, Said::End)) {
            self.events.push_back(Event::Spoke(at));
        }
        for said in said {
            match said {
                Said::Line { stderr, text } => self.publisher.line(job, stderr, text),
                Said::Report(Report::Pipe(report)) => told.push(report),
                Said::Report(Report::Done(compute_blocks)) => done.push(compute_blocks),
                Said::Report(Report::Ready) => is_ready = true,
                Said::Report(report) => self.publisher.report(job, report),
                Said::Wrong(message) => {
                    if let Some(message) = program.complaints.add(message) {
                        self.publisher.warn(Some(job), message);
                    }
                }
                Said::Trouble(message) => self.publisher.warn(Some(job), message),
                Said::End => is_over = true,
            }
        }
        told.iter().for_each(|report| self.events.extend(program.tell(report)));
        for compute_blocks in done {
            if let Err(wrong) = program.has_done(compute_blocks)
                && let Some(message) = program.complaints.add(wrong.to_string())
            {
                self.publisher.warn(Some(job), message);
            }
        }
        if let Some(rest) = program.complaints.rest().filter(|_| is_over) {
            self.publisher.warn(Some(job), rest);
        }
        if is_ready {
            self.hear_ready(at);
        }
    }
}

/// The life of a program that a warden's token stands for, while it is at hand: what is told of one before it is no news.
fn program(programs: &mut HashMap<usize, Program>, token: WardenToken) -> Option<&mut Program> {
    let (place, life) = place_and_life(token);
    programs.get_mut(&place).filter(|program| program.at.incarnation == life)
}

/// What the end of a native job means.
fn native_end(returned: Returned) -> NativeEnd {
    let failed = |kind, message| NativeEnd::Failed(Cause { kind, message, last_lines: Vec::new() });
    match returned {
        Returned::Ended(Ending::Finished) => NativeEnd::Ended(JobEnd::Finished),
        Returned::Ended(Ending::EndedUnfinished) => NativeEnd::Ended(JobEnd::Ended),
        Returned::Ended(Ending::Torn { bytes }) => NativeEnd::Torn(bytes),
        Returned::Unneeded => NativeEnd::Ended(JobEnd::Unneeded),
        Returned::Stopped => NativeEnd::Ended(JobEnd::Stopped),
        Returned::Failed(error) => failed(CauseKind::Error, error.to_string()),
        Returned::Panicked(message) => failed(CauseKind::Panic, format!("panicked: {message}")),
        Returned::Flow(error) => failed(CauseKind::Flow, error.to_string()),
    }
}

/// What people are told of a program that may write fewer blocks than it should.
fn far_behind() -> String {
    format!(
        "it has written {FAR_BEHIND} blocks less than it was given compute blocks, and their numbers and heads are kept for it: \
         if it does not write one block for each, say `steps = \"free\"`"
    )
}
