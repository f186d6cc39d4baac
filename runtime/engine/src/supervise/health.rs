//! Executables that are to show within a time that they do not hang.
//!
//! One that does not is asked to end, and killed after its grace. It has failed, however it ends then.

use pipeloom_events::{Cause, CauseKind};

use super::at::At;
use super::facts::{Action, StopSignal, Timer};
use super::job::Processes;
use super::machine::Tick;
use super::supervisor::Supervisor;

/// How often it is looked what a job has read in the time in which it may read nothing.
const LOOKS: u32 = 4;

/// The signs of life that one life of an executable has given.
#[derive(Debug, Default)]
pub(super) struct Signs {
    /// It has opened one of its FIFOs, or has said that it is ready.
    pub(super) has_begun: bool,
    /// When it has last said something.
    last_word: Tick,
    /// What it had read when blocks first waited that it has not read since, and when that was seen.
    waiting_since: Option<(u64, Tick)>,
    /// It gave none in time, and is being stopped.
    pub(super) hung: Option<Cause>,
}

impl Supervisor {
    /// The executable runs.
    pub(super) fn await_signs(&mut self, at: At, out: &mut Vec<Action>) {
        match self.jobs[at.job.index()].health.start_timeout {
            Some(time) => out.push(Action::Arm(Timer::Begin(at), time)),
            None => self.has_begun(at, out),
        }
        self.watch_intake(at, out);
    }

    /// It is looked again and again what it has read.
    fn watch_intake(&mut self, at: At, out: &mut Vec<Action>) {
        let stall = self.jobs[at.job.index()].health.stall;
        out.extend(stall.map(|time| Action::Arm(Timer::Intake(at), time / LOOKS)));
    }

    /// It is time to look what it has read.
    pub(super) fn look_at_intake(&mut self, at: At, out: &mut Vec<Action>) {
        if self.is_at_work(at) {
            out.push(Action::LookAtIntake(at));
            self.watch_intake(at, out);
        }
    }

    /// So many bytes has an executable read so far, and more wait; `None` if it need not read.
    pub(super) fn has_read(&mut self, at: At, read: Option<u64>, out: &mut Vec<Action>) {
        let now = self.now;
        let job = &mut self.jobs[at.job.index()];
        let before = job.signs.waiting_since.filter(|(before, _)| read == Some(*before));
        let waiting_since = before.or(read.map(|read| (read, now)));
        job.signs.waiting_since = waiting_since;
        let Some((stall, (_, since))) = job.health.stall.zip(waiting_since) else { return };
        if now.0.saturating_sub(since.0) < stall {
            return;
        }
        let inputs = self.pipes.iter().filter(|pipe| pipe.readers.contains(&at.job)).map(|pipe| pipe.name.as_str());
        let message = format!(
            "has read nothing for {} s though blocks wait on {}; does it hang, or does it need a longer `stall_seconds`?",
            stall.as_secs_f64(),
            inputs.collect::<Vec<_>>().join(", ")
        );
        self.hangs(at, message, out);
    }

    /// An executable has opened one of its FIFOs, or has said that it is ready, or nobody asks for that. From now on it is not to
    /// be silent.
    pub(super) fn has_begun(&mut self, at: At, out: &mut Vec<Action>) {
        let now = self.now;
        let job = &mut self.jobs[at.job.index()];
        if !std::mem::replace(&mut job.signs.has_begun, true) {
            job.signs.last_word = now;
            out.extend(job.health.heartbeat.map(|time| Action::Arm(Timer::Word(at), time)));
        }
    }

    /// An executable has said something on its control channel.
    pub(super) fn has_spoken(&mut self, at: At) {
        self.jobs[at.job.index()].signs.last_word = self.now;
    }

    /// It should have said something by now.
    pub(super) fn should_have_spoken(&mut self, at: At, out: &mut Vec<Action>) {
        let job = &self.jobs[at.job.index()];
        let Some(time) = job.health.heartbeat else { return };
        let silent = self.now.0.saturating_sub(job.signs.last_word.0);
        if silent < time {
            // A timer for each word would be moved at each word.
            out.push(Action::Arm(Timer::Word(at), time - silent));
            return;
        }
        let message = format!(
            "has said nothing on its control channel for {} s; does it hang in a step, or does it need a longer \
             `heartbeat_seconds`? A program without a kit writes {{\"alive\": true}} there",
            time.as_secs_f64()
        );
        self.hangs(at, message, out);
    }

    /// It should have opened one of its FIFOs by now.
    pub(super) fn should_have_begun(&mut self, at: At, out: &mut Vec<Action>) {
        if !self.jobs[at.job.index()].signs.has_begun && self.is_at_work(at) {
            out.push(Action::LookWhetherOpened(at));
        }
    }

    /// It has been looked at, and has opened none.
    pub(super) fn has_opened_nothing(&mut self, at: At, out: &mut Vec<Action>) {
        let job = &self.jobs[at.job.index()];
        if let Some(time) = job.health.start_timeout.filter(|_| !job.signs.has_begun) {
            let message = format!(
                "has opened none of its pipes and has not said that it is ready after {} s; \
                 does it open the paths behind its flags, or does it need a longer `start_timeout_seconds`?",
                time.as_secs_f64()
            );
            self.hangs(at, message, out);
        }
    }

    fn hangs(&mut self, at: At, message: String, out: &mut Vec<Action>) {
        if self.is_at_work(at) {
            let job = &mut self.jobs[at.job.index()];
            job.signs.hung = Some(Cause { kind: CauseKind::Hung, message, last_lines: Vec::new() });
            out.push(Action::Signal(at, StopSignal::Ask));
            out.push(Action::Arm(Timer::Grace(at), job.stop.grace));
        }
    }

    /// Whether an executable's main process is there, and nobody has asked it to end. While the run is being stopped, the
    /// ladder sees to those who hang.
    fn is_at_work(&self, at: At) -> bool {
        let job = &self.jobs[at.job.index()];
        let is_asked = job.asked || job.signs.hung.is_some() || self.stopping.is_some();
        job.processes == Processes::Main && !job.is_over() && !is_asked
    }
}
