//! The names of all states, events and actions. Nothing here has a wildcard: what is new does not compile before it has a name,
//! and then the tables lack it.

use pipeloom_config::{JobId, PipeId};
use pipeloom_events::JobEnd;

use crate::supervise::at::Incarnation;
use crate::supervise::facts::{Action, Command, Event, NativeEnd, Over, StopSignal, Timer};
use crate::supervise::job::{Life, Processes};
use crate::supervise::ladder::Rung;

/// A function that names each variant, and the list of all names.
macro_rules! names {
    ($function:ident, $all:ident, $type:ty: $($pattern:pat => $name:literal),* $(,)?) => {
        pub(super) const $all: &[&str] = &[$($name),*];

        pub(super) fn $function(it: &$type) -> &'static str {
            match it { $($pattern => $name),* }
        }
    };
}

names! { event, EVENTS, Event:
    Event::Begin => "begin",
    Event::Command(Command::Stop) => "stop",
    Event::Command(Command::Kill) => "kill",
    Event::Spawned(_) => "spawned",
    Event::SpawnFailed(..) => "spawn failed",
    Event::Exited(_) => "exited",
    Event::Opened(_, true) => "opened",
    Event::Opened(_, false) => "opened nothing",
    Event::Ready(_) => "ready",
    Event::Spoke(_) => "spoke",
    Event::Intake(..) => "intake",
    Event::Leftovers(_, 0) => "nothing left",
    Event::Leftovers(..) => "some left",
    Event::Returned(_, NativeEnd::Ended(_)) => "returned",
    Event::Returned(_, NativeEnd::Torn(_)) => "returned torn",
    Event::Returned(_, NativeEnd::Failed(_)) => "returned failed",
    Event::Drained(_, _, false) => "drained",
    Event::Drained(_, _, true) => "drained finished",
    Event::NoOtherLife(_) => "no other life",
    Event::InputsOver(_) => "inputs over",
    Event::Lost(..) => "lost",
    Event::EndSeen(_) => "end seen",
    Event::WrittenTold(_) => "written told",
    Event::ReadTorn(..) => "read torn",
    Event::ReadersGone(_) => "readers gone",
    Event::RelayOver(_) => "relay over",
    Event::RelayFailed(..) => "relay failed",
    Event::InputFailed(..) => "input failed",
    Event::StandsStill(..) => "stands still",
    Event::WardenLost => "warden lost",
    Event::Due(Timer::Begin(_)) => "due begin",
    Event::Due(Timer::Word(_)) => "due word",
    Event::Due(Timer::Intake(_)) => "due intake",
    Event::Due(Timer::Linger(_)) => "due linger",
    Event::Due(Timer::Grace(_)) => "due grace",
    Event::Due(Timer::Backoff(_)) => "due backoff",
    Event::Due(Timer::Ladder) => "due ladder",
    Event::Due(Timer::StillRunning) => "due still running",
    Event::Due(Timer::TimeLimit) => "due time limit",
    Event::Due(Timer::Opened) => "due opened",
}

names! { life, LIVES, Life:
    Life::Waiting => "waiting",
    Life::Starting => "starting",
    Life::Running => "running",
    Life::BackingOff { passed: false } => "resting",
    Life::BackingOff { passed: true } => "rested",
    Life::Unexplained(_) => "unclear",
    Life::Ended => "ended",
    Life::Failed => "failed",
}

names! { processes, PROCESSES, Processes:
    Processes::None => "gone",
    Processes::Main => "there",
    Processes::Left { told: false, .. } => "left",
    Processes::Left { told: true, timed: false } => "told",
    Processes::Left { told: true, timed: true } => "timed",
}

names! { rung, RUNGS, Option<Rung>:
    None => "running",
    Some(Rung::Drain(_)) => "draining",
    Some(Rung::Sources) => "sources",
    Some(Rung::All) => "all",
    Some(Rung::Kill) => "killing",
    Some(Rung::Leave) => "leaving",
}

/// Whom it concerns that something is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Concerns {
    Run,
    Job(JobId),
    /// The job that writes this pipe.
    Pipe(PipeId),
}

/// What is asked for, in a few words.
pub(super) fn action(action: &Action) -> (Concerns, String) {
    use Concerns::{Job, Pipe, Run};
    let (concerns, words) = match action {
        Action::Start(at) if at.incarnation == Incarnation::FIRST => (Job(at.job), "start"),
        Action::Start(at) => (Job(at.job), "start life 2"),
        Action::StartAgain(at, over, _) => return (Job(at.job), format!("start again, {}", how(over))),
        Action::StartTogether(at, over, _) => return (Job(at.job), format!("start together, {}", how(over))),
        Action::EndLife(job) => (Job(*job), "end life"),
        Action::Lose(pipe) => (Pipe(*pipe), "lose"),
        Action::TakeAll(pipe) => (Pipe(*pipe), "take all"),
        Action::LoseInputs { at, .. } => (Job(at.job), "lose inputs"),
        Action::NewEpoch(job, _) => (Job(*job), "new epoch"),
        Action::LastLife(job, true) => (Job(*job), "last life, well"),
        Action::LastLife(job, false) => (Job(*job), "last life"),
        Action::CountLeftovers(at) => (Job(at.job), "count"),
        Action::Release(job) => (Job(*job), "release"),
        Action::Signal(at, StopSignal::Ask) => (Job(at.job), "ask"),
        Action::Signal(at, StopSignal::Kill) => (Job(at.job), "kill"),
        Action::Drain(job) => (Job(*job), "drain"),
        Action::StopNative(job) => (Job(*job), "stop"),
        Action::Abandon(pipe) => (Pipe(*pipe), "abandon"),
        Action::Arm(timer, _) => (timer_of(timer), armed(timer)),
        Action::Ended(job, end, _) => return (Job(*job), format!("say {}", ended(*end))),
        Action::Failed(job, _) => (Job(*job), "say failed"),
        Action::Warn(job, _) => (Job(*job), "warn"),
        Action::Stopping(_) => (Run, "say stopping"),
        Action::StillRunning(_) => (Run, "say who is there"),
        Action::LookWhetherOpened(at) => (Job(at.job), "look whether opened"),
        Action::LookAtIntake(at) => (Job(at.job), "look at intake"),
        Action::CheckOpened => (Run, "look who opened nothing"),
        Action::Finish(_) => (Run, "finish"),
    };
    (concerns, words.to_owned())
}

fn timer_of(timer: &Timer) -> Concerns {
    match timer {
        Timer::Begin(at)
        | Timer::Word(at)
        | Timer::Intake(at)
        | Timer::Linger(at)
        | Timer::Grace(at)
        | Timer::Backoff(at) => Concerns::Job(at.job),
        Timer::Ladder | Timer::StillRunning | Timer::TimeLimit | Timer::Opened => Concerns::Run,
    }
}

fn armed(timer: &Timer) -> &'static str {
    match timer {
        Timer::Begin(_) => "arm begin",
        Timer::Word(_) => "arm word",
        Timer::Intake(_) => "arm intake",
        Timer::Linger(_) => "arm linger",
        Timer::Grace(_) => "arm grace",
        Timer::Backoff(_) => "arm backoff",
        Timer::Ladder => "arm ladder",
        Timer::StillRunning => "arm still running",
        Timer::TimeLimit => "arm time limit",
        Timer::Opened => "arm opened",
    }
}

fn how(over: &Over) -> &'static str {
    match over {
        Over::Ended(end, _) => ended(*end),
        Over::Failed(_) => "failed",
    }
}

fn ended(end: JobEnd) -> &'static str {
    match end {
        JobEnd::Finished => "finished",
        JobEnd::Ended => "ended",
        JobEnd::Unneeded => "unneeded",
        JobEnd::Stopped => "stopped",
    }
}
