//! One job's life, and how the end of a program is judged.

use pipeloom_config::{Health, JobId, JobSpec, Limits, OnFailure, PipeId, StopPolicy};
use pipeloom_events::{Cause, CauseKind, JobEnd};
use pipeloom_os::process::{Exit, Signal};

use super::at::Incarnation;
use super::backoff::Backoff;
use super::facts::Over;
use super::health::Signs;
use crate::program_limits;

/// What the supervisor knows of a job.
#[derive(Debug)]
pub(crate) struct Job {
    pub(super) name: String,
    /// All pipes that it reads.
    pub(super) inputs: Vec<PipeId>,
    /// All pipes that it writes, or the runtime for it.
    pub(super) outputs: Vec<PipeId>,
    /// What the runtime tells of it.
    pub(super) times: Option<PipeId>,
    pub(super) is_source: bool,
    pub(super) is_executable: bool,
    pub(super) on_failure: OnFailure,
    pub(super) ends_run: bool,
    /// What an executable may use at most.
    pub(super) limits: Limits,
    pub(super) stop: StopPolicy,
    /// What signs of life it has to give.
    pub(super) health: Health,
    /// Those that this life of it has given.
    pub(super) signs: Signs,
    pub(super) life: Life,
    pub(super) incarnation: Incarnation,
    /// Whether it may have more than one life.
    pub(super) has_lives: bool,
    /// Those that are started again with it.
    pub(super) scope: Vec<JobId>,
    /// `None` for a job that is never the reason for a restart.
    pub(super) backoff: Option<Backoff>,
    /// How its last life ended, while the next one is waited for.
    pub(super) over: Option<Over>,
    /// Whether the life at hand is the last one of a native job, as its thread ends with it.
    pub(super) no_other_life: bool,
    /// Whether it has been given all that there is on its inputs.
    pub(super) inputs_over: bool,
    /// What is or may be there of it.
    pub(super) processes: Processes,
    /// Whether the job was asked to end.
    pub(super) asked: bool,
    /// How its main process ended.
    pub(super) exit: Option<Exit>,
    /// Whether the end of its main process came to light together with those that are being judged.
    pub(super) exited_just_now: bool,
}

/// A job's life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Life {
    /// Not started yet.
    Waiting,
    /// Being started.
    Starting,
    /// Running.
    Running,
    /// Its life is over, and the next one begins once this time has passed, nothing is left of it, and all that it wrote is
    /// forwarded.
    BackingOff {
        /// Whether the time has passed.
        passed: bool,
    },
    /// Its end cannot be judged yet. It ended by a broken pipe, and a reader may have closed it and live on; the first of them that
    /// ends explains it. Or its input ended inside a block, and the end of that pipe's writer is not known.
    Unexplained(Exit),
    /// Ended.
    Ended,
    /// Failed.
    Failed,
}

/// What is there of a job, whatever has become of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Processes {
    None,
    /// The main process of an executable, or the thread of a native job.
    Main,
    /// Perhaps others that an executable left.
    Left {
        /// Whether they were told of and have to go.
        told: bool,
        /// Whether the time that they may stay is running.
        timed: bool,
    },
}

/// What is known of a program's readers when it ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Readers {
    /// It has no outputs.
    None,
    /// None has left it: a pipe that broke for it was none of these.
    AllThere,
    /// Of some nobody knows whether they have closed their pipe.
    Unknown,
    /// Some have ended.
    SomeGone,
    /// All have ended, and not because they saw the end of what it wrote.
    AllLeftEarly,
}

impl Job {
    /// Whether it `has_lives`, even if it is one, the network says; `scope` are those that are started again with it, and
    /// `seed` makes what is random about its restarts.
    pub(crate) fn new(spec: &JobSpec, has_lives: bool, scope: Vec<JobId>, seed: u64) -> Job {
        let backoff = spec.restart.is_possible().then(|| Backoff::new(spec.restart.clone(), seed));
        Job {
            name: spec.name.to_string(),
            inputs: spec.inputs.clone(),
            outputs: spec.outputs.clone(),
            times: spec.times,
            is_source: spec.is_source(),
            is_executable: spec.executable().is_some(),
            on_failure: spec.on_failure,
            ends_run: spec.ends_run,
            limits: spec.executable().map(|executable| executable.limits.clone()).unwrap_or_default(),
            stop: spec.stop.clone(),
            health: spec.health.clone(),
            signs: Signs::default(),
            life: Life::Waiting,
            incarnation: Incarnation::FIRST,
            has_lives,
            scope,
            backoff,
            over: None,
            no_other_life: false,
            inputs_over: false,
            processes: Processes::None,
            asked: false,
            exit: None,
            exited_just_now: false,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self.life, Life::Ended | Life::Failed)
    }

    /// Whether there is anybody to be asked or killed.
    pub(super) fn is_there(&self) -> bool {
        self.processes != Processes::None
    }

    pub(super) fn is_gone(&self) -> bool {
        self.is_over() && !self.is_there()
    }
}

/// Judges the end of a program. `None`: it cannot be said yet.
pub(super) fn judge(exit: Exit, asked: bool, readers: Readers, limits: &Limits) -> Option<Over> {
    if exit.is_success() {
        return Some(Over::Ended(if asked { JobEnd::Stopped } else { JobEnd::Ended }, None));
    }
    if asked {
        return Some(Over::Ended(JobEnd::Stopped, Some(exit.to_string())));
    }
    let unneeded = || Some(Over::Ended(JobEnd::Unneeded, Some(format!("{exit}, after its readers had ended"))));
    match (exit, readers) {
        (Exit::Signal { signal: Signal::PIPE, .. }, Readers::Unknown) => None,
        (Exit::Signal { signal: Signal::PIPE, .. }, Readers::SomeGone) => unneeded(),
        (_, Readers::AllLeftEarly) if may_follow_from_no_readers(exit) => unneeded(),
        _ => Some(failed(exit, limits)),
    }
}

/// Whether a program may have ended like this because nobody reads what it writes. Whoever is killed, or crashes, is so whatever
/// has become of its readers.
fn may_follow_from_no_readers(exit: Exit) -> bool {
    match exit {
        Exit::Code(_) => true,
        // In many a language an error that nobody handles, such as that of a broken pipe, is SIGABRT. SIGTERM, SIGHUP and SIGINT
        // ask a program to end: whoever sends them may well know that it has nothing to do any more.
        Exit::Signal { signal, .. } => {
            [Signal::PIPE, Signal::ABRT, Signal::TERM, Signal::HUP, Signal::INT].contains(&signal)
        }
    }
}

fn failed(exit: Exit, limits: &Limits) -> Over {
    let message = program_limits::failure(exit, limits);
    Over::Failed(Cause { kind: CauseKind::Exit, message, last_lines: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn by(signal: Signal) -> Exit {
        Exit::Signal { signal, core: false }
    }

    #[test]
    fn every_end_in_every_company_has_one_meaning() {
        use Readers::{AllLeftEarly, AllThere, None as NoReaders, SomeGone, Unknown};
        let ended = |end| move |over: &Option<Over>| matches!(over, Some(Over::Ended(e, _)) if *e == end);
        let failed = |over: &Option<Over>| matches!(over, Some(Over::Failed(_)));
        type Row<'a> = (Exit, bool, &'a [Readers], &'a dyn Fn(&Option<Over>) -> bool);
        let everybody: &[Readers] = &[NoReaders, AllThere, Unknown, SomeGone, AllLeftEarly];
        let table: [Row<'_>; 15] = [
            (Exit::Code(0), false, everybody, &ended(JobEnd::Ended)),
            (Exit::Code(0), true, everybody, &ended(JobEnd::Stopped)),
            (Exit::Code(1), true, everybody, &ended(JobEnd::Stopped)),
            (Exit::Code(1), false, &[NoReaders, AllThere, Unknown, SomeGone], &failed),
            (Exit::Code(1), false, &[AllLeftEarly], &ended(JobEnd::Unneeded)),
            (by(Signal::PIPE), false, &[SomeGone, AllLeftEarly], &ended(JobEnd::Unneeded)),
            (by(Signal::PIPE), false, &[Unknown], &Option::is_none),
            (by(Signal::PIPE), false, &[NoReaders, AllThere], &failed),
            (by(Signal::PIPE), true, everybody, &ended(JobEnd::Stopped)),
            (by(Signal::TERM), false, &[AllLeftEarly], &ended(JobEnd::Unneeded)),
            (by(Signal::ABRT), false, &[AllLeftEarly], &ended(JobEnd::Unneeded)),
            (by(Signal::TERM), false, &[NoReaders, AllThere, Unknown, SomeGone], &failed),
            (by(Signal::KILL), false, everybody, &failed),
            (by(Signal::XCPU), false, everybody, &failed),
            (by(Signal::KILL), true, everybody, &ended(JobEnd::Stopped)),
        ];
        for (exit, asked, readers, expected) in table {
            for &readers in readers {
                let over = judge(exit, asked, readers, &Limits::default());
                assert!(expected(&over), "{exit}, asked: {asked}, {readers:?}: {over:?}");
            }
        }
    }
}
