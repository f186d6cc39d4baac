//! Signs of life that do not come in time.

use std::time::Duration;

use pipeloom_events::CauseKind;
use pipeloom_os::process::{Exit, Signal};

use super::{Run, SUCCESS, cause};
use crate::sample::Sample;
use crate::supervise::at::At;
use crate::supervise::facts::{Action, Command, Event, Over, StopSignal, Timer};
use crate::supervise::job::Life;

const KILLED: Exit = Exit::Signal { signal: Signal::KILL, core: false };

const NOTHING_OPENED: &str = "has opened none of its pipes and has not said that it is ready after 2 s; \
                              does it open the paths behind its flags, or does it need a longer `start_timeout_seconds`?";

/// Two executables in a row; of the first, the table ends with these lines.
fn pair(lines: &str) -> Sample {
    Sample::new().program("writer", &[], &["lines"]).with(lines).program("reader", &["lines"], &[])
}

/// What is done to a job that hangs.
fn ended(run: &Run, at: At) -> [Action; 2] {
    [Action::Signal(at, StopSignal::Ask), Action::Arm(Timer::Grace(at), run.network[at.job].stop.grace)]
}

/// It is said that this life has opened nothing, as it was to be looked for.
fn opens_nothing(run: &mut Run, at: At) -> Vec<Action> {
    assert_eq!(run.due(Timer::Begin(at)), [Action::LookWhetherOpened(at)]);
    run.told(Event::Opened(at, false))
}

#[test]
fn a_start_is_timed_from_when_the_program_runs() {
    let (mut run, _) = Run::begin(pair("start_timeout_seconds = 2"), &[], None);
    let [writer, reader] = ["writer", "reader"].map(|name| run.at(name));
    assert_eq!(run.told(Event::Spawned(writer)), [Action::Arm(Timer::Begin(writer), Duration::from_secs(2))]);
    assert_eq!(run.told(Event::Spawned(reader)), []);
}

#[test]
fn who_opens_nothing_in_time_is_asked_then_killed_and_has_failed_by_that_name() {
    for exit in [SUCCESS, KILLED] {
        let (mut run, _) = Run::begin(pair("start_timeout_seconds = 2"), &[], None);
        let writer = run.at("writer");
        run.told(Event::Spawned(writer));
        assert_eq!(opens_nothing(&mut run, writer), ended(&run, writer));
        assert_eq!(run.due(Timer::Grace(writer)), [Action::Signal(writer, StopSignal::Kill)]);
        let failed = run.failed("writer", CauseKind::Hung, NOTHING_OPENED);
        assert!(run.exits("writer", exit).contains(&failed), "{exit}");
    }
}

#[test]
fn who_opens_a_pipe_or_says_that_it_is_ready_or_is_gone_is_left_alone() {
    type Sign = fn(&mut Run, At);
    let signs: [Sign; 3] = [
        |run, at| drop(run.told(Event::Opened(at, true))),
        |run, at| drop(run.told(Event::Ready(at))),
        |run, _| drop(run.is_gone("writer", SUCCESS)),
    ];
    for (number, sign) in signs.into_iter().enumerate() {
        let (mut run, _) = Run::begin(pair("start_timeout_seconds = 2"), &[], None);
        let writer = run.at("writer");
        run.told(Event::Spawned(writer));
        sign(&mut run, writer);
        assert_eq!(run.due(Timer::Begin(writer)), [], "sign {number}");
        assert_eq!(run.told(Event::Opened(writer, false)), [], "sign {number}");
    }
}

#[test]
fn a_hang_is_a_failure_that_is_restarted_like_any_other() {
    let sample = pair("start_timeout_seconds = 2\nrestart.policy = \"on-failure\"");
    let (mut run, _) = Run::begin(sample, &["lines"], None);
    let first = run.at("writer");
    run.told(Event::Spawned(first));
    opens_nothing(&mut run, first);
    let again = |action: &Action| {
        matches!(action, Action::StartAgain(at, Over::Failed(why), _)
            if *at == first && *why == cause(CauseKind::Hung, NOTHING_OPENED))
    };
    let actions = run.is_gone("writer", KILLED);
    assert!(actions.iter().any(again), "{actions:?}");
    run.told(Event::Drained(first, run.pipe("lines"), false));
    run.due(Timer::Backoff(first));
    let second = run.supervisor.at(run.job("writer"));
    assert_ne!(second, first);
    run.told(Event::Spawned(second));
    // What was found of the life before is no news.
    assert_eq!(run.told(Event::Opened(first, false)), []);
    assert_eq!(run.due(Timer::Begin(first)), []);
    assert_eq!(run.supervisor.life(second.job), Life::Running);
}

#[test]
fn while_the_run_is_being_stopped_the_ladder_sees_to_those_who_hang() {
    let (mut run, _) = Run::begin(pair("start_timeout_seconds = 2"), &[], None);
    let writer = run.at("writer");
    run.told(Event::Spawned(writer));
    run.told(Event::Command(Command::Stop));
    assert_eq!(run.due(Timer::Begin(writer)), []);
    assert_eq!(run.told(Event::Opened(writer, false)), []);
}

const SILENT: &str = "has said nothing on its control channel for 3 s; does it hang in a step, or does it need a longer \
                      `heartbeat_seconds`? A program without a kit writes {\"alive\": true} there";

/// The timer for the next word, so many seconds from now.
fn word(at: At, seconds: u64) -> Action {
    Action::Arm(Timer::Word(at), Duration::from_secs(seconds))
}

#[test]
fn silence_is_timed_from_the_start_and_from_each_word() {
    let (mut run, _) = Run::begin(pair("heartbeat_seconds = 3"), &[], None);
    let writer = run.at("writer");
    assert_eq!(run.told_at(1, Event::Spawned(writer)), [word(writer, 3)]);
    assert_eq!(run.told_at(2, Event::Spoke(writer)), []);
    assert_eq!(run.told_at(4, Event::Due(Timer::Word(writer))), [word(writer, 1)]);
    assert_eq!(run.told_at(5, Event::Due(Timer::Word(writer))), ended(&run, writer));
    assert!(run.exits("writer", SUCCESS).contains(&run.failed("writer", CauseKind::Hung, SILENT)));
}

#[test]
fn a_word_that_is_told_together_with_the_end_of_its_time_counts() {
    let (mut run, _) = Run::begin(pair("heartbeat_seconds = 3"), &[], None);
    let writer = run.at("writer");
    run.told_at(0, Event::Spawned(writer));
    // Whoever tells was late itself.
    run.told_at(9, Event::Spoke(writer));
    assert_eq!(run.told_at(9, Event::Due(Timer::Word(writer))), [word(writer, 3)]);
}

#[test]
fn where_the_start_is_timed_silence_is_timed_after_it() {
    for sign in [|at| Event::Opened(at, true), Event::Ready] {
        let (mut run, _) = Run::begin(pair("start_timeout_seconds = 2\nheartbeat_seconds = 3"), &[], None);
        let writer = run.at("writer");
        run.told_at(0, Event::Spawned(writer));
        assert_eq!(run.told_at(1, sign(writer)), [word(writer, 3)]);
        // The second sign is none of a start.
        assert_eq!(run.told_at(2, Event::Ready(writer)), []);
    }
}

const UNREAD: &str = "has read nothing for 4 s though blocks wait on lines, numbers; does it hang, or does it need a longer \
                      `stall_seconds`?";

/// An executable with two inputs that may read nothing for 4 s, and runs since the beginning.
fn reader() -> (Run, At) {
    let sample = Sample::new().program("writer", &[], &["lines"]).program("other", &[], &["numbers"]);
    let sample = sample.program("reader", &["lines", "numbers"], &[]).with("stall_seconds = 4");
    let (mut run, _) = Run::begin(sample, &["lines", "numbers"], None);
    let reader = run.at("reader");
    assert_eq!(run.told_at(0, Event::Spawned(reader)), [Action::Arm(Timer::Intake(reader), Duration::from_secs(1))]);
    (run, reader)
}

/// What is said at one look after the other, a second apart, as to what was read; and what comes of the last.
fn looks(run: &mut Run, at: At, said: &[Option<u64>]) -> Vec<Action> {
    let mut actions = Vec::new();
    for (seconds, read) in (1..).zip(said) {
        assert_eq!(actions, [], "after {seconds} s");
        let looked = run.told_at(seconds, Event::Due(Timer::Intake(at)));
        assert_eq!(looked, [Action::LookAtIntake(at), Action::Arm(Timer::Intake(at), Duration::from_secs(1))]);
        actions = run.told_at(seconds, Event::Intake(at, *read));
    }
    actions
}

#[test]
fn who_reads_nothing_though_blocks_wait_is_asked_to_end_and_has_failed_by_that_name() {
    let (mut run, reader) = reader();
    assert_eq!(looks(&mut run, reader, &[Some(9), Some(9), Some(9), Some(9), Some(9)]), ended(&run, reader));
    assert!(run.exits("reader", SUCCESS).contains(&run.failed("reader", CauseKind::Hung, UNREAD)));
}

#[test]
fn whatever_is_read_or_need_not_be_read_begins_the_time_anew() {
    for between in [None, Some(10)] {
        let (mut run, reader) = reader();
        let said = [Some(9), Some(9), Some(9), Some(9), between, Some(10), Some(10), Some(10)];
        assert_eq!(looks(&mut run, reader, &said), [], "{between:?}");
    }
}

#[test]
fn who_has_gone_is_not_looked_at() {
    let (mut run, reader) = reader();
    run.is_gone("reader", SUCCESS);
    assert_eq!(run.due(Timer::Intake(reader)), []);
}
