//! The ladder of stopping, its timers, and who asks for it.

use std::time::Duration;

use pipeloom_events::{CauseKind, JobEnd, Outcome, StopReason};
use pipeloom_os::process::{Exit, Signal};

use super::{Run, SIGPIPE, SUCCESS};
use crate::sample::Sample;
use crate::supervise::facts::{Action, Command, Event, NativeEnd, StopSignal, Timer};
use crate::supervise::ladder::{LAST_WORD, STILL_RUNNING_EVERY};

/// Every kind of job: `source` and `count` are sources, `filter` and `sink` are not; `count` and `sink` are native.
fn every_kind() -> Sample {
    Sample::new()
        .program("source", &[], &["lines"])
        .with("stop = { drain_seconds = 7, grace_seconds = 11 }")
        .native("count", &[], &["numbers"])
        .program("filter", &["lines"], &["found"])
        .native("sink", &["found", "numbers"], &[])
}

/// What a stop begins with, whoever wants it.
fn beginning(reason: StopReason) -> [Action; 2] {
    [Action::Stopping(reason), Action::Arm(Timer::StillRunning, STILL_RUNNING_EVERY)]
}

fn ask(run: &Run, name: &str) -> Action {
    Action::Signal(run.at(name), StopSignal::Ask)
}

fn kill(run: &Run, name: &str) -> Action {
    Action::Signal(run.at(name), StopSignal::Kill)
}

#[test]
fn the_ladder_asks_sources_then_all_then_kills_then_leaves() {
    let mut run = Run::of(every_kind(), &["lines"]);
    let (drain, grace) = (Duration::from_secs(7), Duration::from_secs(11));

    let sources = [ask(&run, "source"), Action::Drain(run.job("count")), Action::Arm(Timer::Ladder, drain)];
    let expected = [beginning(StopReason::Interrupted).as_slice(), &sources].concat();
    assert_eq!(run.told(Event::Command(Command::Stop)), expected);

    let all = [
        ask(&run, "source"),
        Action::Arm(Timer::Grace(run.at("source")), grace),
        Action::StopNative(run.job("count")),
        ask(&run, "filter"),
        Action::Arm(Timer::Grace(run.at("filter")), Duration::from_secs(5)),
        Action::StopNative(run.job("sink")),
        Action::Arm(Timer::Ladder, grace),
    ];
    assert_eq!(run.due(Timer::Ladder), all);

    let filter = run.at("filter");
    assert_eq!(run.due(Timer::Grace(filter)), [kill(&run, "filter")]);
    run.is_gone("filter", Exit::Signal { signal: Signal::KILL, core: false });

    let kills = [
        ask(&run, "source"),
        kill(&run, "source"),
        Action::StopNative(run.job("count")),
        Action::StopNative(run.job("sink")),
        Action::Abandon(run.pipe("lines")),
        Action::Arm(Timer::Ladder, LAST_WORD),
    ];
    assert_eq!(run.due(Timer::Ladder), kills);

    run.is_gone("source", Exit::Signal { signal: Signal::KILL, core: false });
    run.returns("count", NativeEnd::Ended(JobEnd::Stopped));
    let stuck = run.failed("sink", CauseKind::Stuck, "did not end when it was asked to, and was left behind");
    assert_eq!(run.due(Timer::Ladder), [stuck, Action::Finish(Outcome::Interrupted)]);
}

#[test]
fn a_run_that_drains_in_time_is_stopped_no_further() {
    let mut run = Run::of(every_kind(), &[]);
    run.told(Event::Command(Command::Stop));
    run.is_gone("source", SUCCESS);
    run.returns("count", NativeEnd::Ended(JobEnd::Stopped));
    // Not asked yet, so it has just ended; the source was asked.
    let ended = run.ended("filter", JobEnd::Ended, None);
    assert!(run.is_gone("filter", SUCCESS).contains(&ended));
    let ended = run.ended("sink", JobEnd::Finished, None);
    let finish = Action::Finish(Outcome::Interrupted);
    assert_eq!(run.returns("sink", NativeEnd::Ended(JobEnd::Finished)), [ended, finish]);
}

#[test]
fn a_second_wish_to_stop_kills_at_once() {
    let mut run = Run::of(every_kind(), &[]);
    run.told(Event::Command(Command::Stop));
    let actions = run.told(Event::Command(Command::Kill));
    for name in ["source", "filter"] {
        assert!(actions.contains(&kill(&run, name)), "{name}: {actions:?}");
    }
    for name in ["count", "sink"] {
        assert!(actions.contains(&Action::StopNative(run.job(name))), "{name}: {actions:?}");
    }
    assert!(!actions.iter().any(|action| matches!(action, Action::Stopping(_))), "it is being stopped already");
    assert_eq!(actions.last(), Some(&Action::Arm(Timer::Ladder, LAST_WORD)));
}

#[test]
fn the_same_wish_twice_changes_nothing() {
    let mut run = Run::of(every_kind(), &[]);
    run.told(Event::Command(Command::Stop));
    assert_eq!(run.told(Event::Command(Command::Stop)), []);
    run.told(Event::Command(Command::Kill));
    assert_eq!(run.told(Event::Command(Command::Kill)), []);
    assert_eq!(run.told(Event::Command(Command::Stop)), []);
}

#[test]
fn the_first_reason_for_a_stop_is_the_runs_outcome() {
    let mut run = Run::of(every_kind(), &[]);
    run.due(Timer::TimeLimit);
    run.told(Event::Command(Command::Kill));
    for name in ["source", "filter"] {
        run.is_gone(name, Exit::Signal { signal: Signal::KILL, core: false });
    }
    run.returns("count", NativeEnd::Ended(JobEnd::Stopped));
    let actions = run.returns("sink", NativeEnd::Ended(JobEnd::Stopped));
    assert_eq!(actions.last(), Some(&Action::Finish(Outcome::TimeLimit)));
}

#[test]
fn a_run_whose_time_is_over_is_stopped_from_its_sources_on() {
    let mut run = Run::of(every_kind(), &[]);
    let actions = run.due(Timer::TimeLimit);
    assert_eq!(actions[..2], beginning(StopReason::TimeLimit));
    assert!(actions.contains(&ask(&run, "source")) && !actions.contains(&ask(&run, "filter")), "{actions:?}");
}

#[test]
fn the_time_limit_hurries_a_run_that_drains_after_a_failure() {
    let mut run = Run::of(every_kind(), &[]);
    run.exits("source", Exit::Code(1));
    let actions = run.due(Timer::TimeLimit);
    assert!(actions.contains(&Action::Drain(run.job("count"))), "{actions:?}");
}

#[test]
fn it_is_said_again_and_again_who_is_still_there() {
    let mut run = Run::of(every_kind(), &[]);
    run.told(Event::Command(Command::Stop));
    run.returns("count", NativeEnd::Ended(JobEnd::Stopped));
    let there = vec![run.job("source"), run.job("filter"), run.job("sink")];
    let again = Action::Arm(Timer::StillRunning, STILL_RUNNING_EVERY);
    assert_eq!(run.due(Timer::StillRunning), [Action::StillRunning(there), again.clone()]);
    run.is_gone("source", SUCCESS);
    let there = vec![run.job("filter"), run.job("sink")];
    assert_eq!(run.due(Timer::StillRunning), [Action::StillRunning(there), again]);
}

#[test]
fn nobody_is_killed_for_a_grace_that_is_over_when_he_has_gone() {
    let mut run = Run::of(every_kind(), &[]);
    run.told(Event::Command(Command::Stop));
    run.due(Timer::Ladder);
    let source = run.at("source");
    run.is_gone("source", SUCCESS);
    assert_eq!(run.due(Timer::Grace(source)), []);
}

#[test]
fn a_program_that_waits_for_its_explanation_is_gone_and_gets_no_signal() {
    let mut run = Run::of(every_kind(), &[]);
    run.is_gone("source", SIGPIPE);
    let actions = [run.told(Event::Command(Command::Stop)), run.due(Timer::Ladder), run.due(Timer::Ladder)].concat();
    let source = run.at("source");
    let signals: Vec<_> =
        actions.iter().filter(|action| matches!(action, Action::Signal(id, _) if *id == source)).collect();
    assert!(signals.is_empty(), "{signals:?}");
}

#[test]
fn with_the_warden_all_executables_are_gone_and_native_jobs_are_asked() {
    let mut run = Run::of(every_kind(), &["lines"]);
    let note = Some("killed because the warden was gone");
    let reason = StopReason::Internal("the warden, the parent of all executables, was killed".to_owned());
    let expected = [
        &[Action::Release(run.job("source")), run.ended("source", JobEnd::Stopped, note)],
        [Action::Release(run.job("filter")), run.ended("filter", JobEnd::Stopped, note)].as_slice(),
        &beginning(reason),
        &[Action::StopNative(run.job("count")), Action::StopNative(run.job("sink"))],
        &[Action::Arm(Timer::Ladder, Duration::from_secs(11))],
    ]
    .concat();
    assert_eq!(run.told(Event::WardenLost), expected);
    run.returns("count", NativeEnd::Ended(JobEnd::Stopped));
    let ended = run.ended("sink", JobEnd::Stopped, None);
    let over = [ended, Action::Abandon(run.pipe("lines")), Action::Finish(Outcome::Internal)];
    assert_eq!(run.returns("sink", NativeEnd::Ended(JobEnd::Stopped)), over);
}

#[test]
fn a_drain_goes_on_as_soon_as_the_last_reader_has_gone() {
    let fan_out = Sample::new().program("writer", &[], &["lines"]).native("x", &["lines"], &[]);
    let fan_out = fan_out.native("y", &["lines"], &[]).native("other", &[], &["z"]).native("sink", &["z"], &[]);
    let mut run = Run::of(fan_out, &["lines"]);
    run.exits("writer", Exit::Code(1));
    run.leaves("writer", 0);
    let drains = Action::Drain(run.job("other"));
    assert!(!run.returns("x", NativeEnd::Ended(JobEnd::Ended)).contains(&drains));
    assert!(run.returns("y", NativeEnd::Ended(JobEnd::Ended)).contains(&drains));
}

#[test]
fn a_drain_has_its_time_and_no_more() {
    let mut run = Run::of(every_kind(), &[]);
    let actions = run.exits("source", Exit::Code(1));
    assert_eq!(actions.last(), Some(&Action::Arm(Timer::Ladder, Duration::from_secs(7))));
    run.leaves("source", 0);
    assert!(run.due(Timer::Ladder).contains(&Action::Drain(run.job("count"))));
}
