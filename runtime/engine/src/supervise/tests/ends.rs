//! How jobs end, and what follows from it.

use std::time::Duration;

use pipeloom_events::{CauseKind, JobEnd, Outcome, StopReason};
use pipeloom_os::process::{Exit, Signal};

use super::{Run, SIGPIPE, SUCCESS, cause};
use crate::sample::Sample;
use crate::supervise::facts::{Action, Event, NativeEnd, StopSignal, Timer};

/// Two executables in a row.
fn pair() -> Sample {
    Sample::new().program("writer", &[], &["lines"]).program("reader", &["lines"], &[])
}

/// The same by way of a pipe without a name, whose reader may close it and live on.
fn unnamed() -> Sample {
    let sample = Sample::new().program("writer", &[], &["lines"]).with("pass = \"stdio\"");
    sample.program("reader", &["lines"], &[]).with("pass = \"stdio\"")
}

/// What every failure of a job leads to that stops the run.
fn stopping_after(run: &Run, name: &str) -> [Action; 3] {
    [
        Action::Stopping(StopReason::JobFailed(name.to_owned())),
        Action::Arm(Timer::StillRunning, Duration::from_secs(2)),
        Action::Arm(Timer::Ladder, run.network[run.job(name)].stop.drain),
    ]
}

#[test]
fn all_jobs_are_started_in_the_files_order_and_the_clocks_are_set() {
    let sample = pair().native("other", &[], &["numbers"]).native("sink", &["numbers"], &[]);
    let limit = Duration::from_secs(60);
    let (run, actions) = Run::begin(sample, &[], Some(limit));
    let mut expected: Vec<Action> =
        ["writer", "reader", "other", "sink"].iter().map(|name| Action::Start(run.at(name))).collect();
    expected.push(Action::Arm(Timer::Opened, Duration::from_secs(30)));
    expected.push(Action::Arm(Timer::TimeLimit, limit));
    assert_eq!(actions, expected);
}

#[test]
fn a_run_is_over_when_the_last_process_and_the_last_thread_are_gone() {
    let mut run = Run::of(pair().native("sink", &["lines"], &[]), &[]);
    let ended = run.ended("writer", JobEnd::Ended, None);
    let after_exit = run.after_exit("writer");
    assert_eq!(run.exits("writer", SUCCESS), [after_exit.as_slice(), &[ended]].concat());
    assert_eq!(run.leaves("writer", 0), []);
    run.is_gone("reader", SUCCESS);
    let ended = run.ended("sink", JobEnd::Finished, None);
    assert_eq!(run.returns("sink", NativeEnd::Ended(JobEnd::Finished)), [ended, Action::Finish(Outcome::Finished)]);
}

#[test]
fn a_run_is_not_over_while_a_pipe_is_still_forwarded() {
    let mut run = Run::of(pair(), &["lines"]);
    run.is_gone("writer", SUCCESS);
    let actions = run.is_gone("reader", SUCCESS);
    assert!(!actions.contains(&Action::Finish(Outcome::Finished)), "{actions:?}");
    let lines = run.pipe("lines");
    assert_eq!(run.told(Event::RelayOver(lines)), [Action::Finish(Outcome::Finished)]);
}

#[test]
fn a_failure_stops_the_run_and_its_readers_first_take_what_was_written() {
    let mut run = Run::of(pair(), &[]);
    let expected = [
        run.after_exit("writer").as_slice(),
        &[run.failed("writer", CauseKind::Exit, "exit status 3")],
        &stopping_after(&run, "writer"),
    ]
    .concat();
    assert_eq!(run.exits("writer", Exit::Code(3)), expected);
    run.leaves("writer", 0);
    assert_eq!(run.is_gone("reader", SUCCESS).last(), Some(&Action::Finish(Outcome::Failed)));
}

#[test]
fn nothing_is_waited_for_when_nobody_reads_what_the_failed_job_had_written() {
    let mut run = Run::of(pair(), &[]);
    let ask = Action::Signal(run.at("writer"), StopSignal::Ask);
    let drain = run.network[run.job("writer")].stop.drain;
    let actions = run.exits("reader", Exit::Code(3));
    assert!(actions.ends_with(&[ask, Action::Arm(Timer::Ladder, drain)]), "{actions:?}");
}

#[test]
fn an_isolated_failure_lets_the_rest_run_on_and_fails_the_run_in_the_end() {
    let isolated = Sample::new().program("writer", &[], &["lines"]).with("on_failure = \"isolate\"");
    let mut run = Run::of(isolated.program("reader", &["lines"], &[]), &[]);
    let failed = run.failed("writer", CauseKind::Exit, "killed by SIGKILL");
    let expected = [run.after_exit("writer").as_slice(), &[failed]].concat();
    assert_eq!(run.exits("writer", Exit::Signal { signal: Signal::KILL, core: false }), expected);
    run.leaves("writer", 0);
    assert_eq!(run.is_gone("reader", SUCCESS).last(), Some(&Action::Finish(Outcome::Failed)));
}

#[test]
fn a_job_that_ends_the_run_stops_the_rest() {
    let ends =
        Sample::new().program("writer", &[], &["lines"]).program("reader", &["lines"], &[]).with("ends_run = true");
    let mut run = Run::of(ends, &[]);
    let actions = run.exits("reader", SUCCESS);
    assert!(actions.contains(&Action::Stopping(StopReason::JobEnded("reader".to_owned()))), "{actions:?}");
    // It has no outputs, so nobody has to be waited for.
    assert!(actions.contains(&Action::Signal(run.at("writer"), StopSignal::Ask)), "{actions:?}");
    run.leaves("reader", 0);
    // Who does what the run has asked for has not failed.
    let note = run.ended("writer", JobEnd::Stopped, Some("killed by SIGTERM"));
    let actions = run.is_gone("writer", Exit::Signal { signal: "TERM".parse().unwrap(), core: false });
    assert_eq!(actions.last(), Some(&Action::Finish(Outcome::Finished)));
    assert!(actions.contains(&note), "{actions:?}");
}

#[test]
fn a_broken_pipe_is_explained_by_the_end_of_a_reader_whenever_that_is_told() {
    let note = Some("killed by SIGPIPE, after its readers had ended");
    type Telling = fn(&mut Run) -> Vec<Action>;
    let tellings: [(&str, Telling); 5] = [
        ("before", |run| [run.exits("reader", SUCCESS), run.exits("writer", SIGPIPE)].concat()),
        ("after", |run| [run.exits("writer", SIGPIPE), run.exits("reader", SUCCESS)].concat()),
        ("in one look, before", |run| {
            let exits = vec![(run.at("reader"), SUCCESS), (run.at("writer"), SIGPIPE)];
            run.told(Event::Exited(exits))
        }),
        ("in one look, after", |run| {
            let exits = vec![(run.at("writer"), SIGPIPE), (run.at("reader"), SUCCESS)];
            run.told(Event::Exited(exits))
        }),
        ("by the relay", |run| {
            let lines = run.pipe("lines");
            [run.exits("writer", SIGPIPE), run.told(Event::ReadersGone(lines))].concat()
        }),
    ];
    for (when, telling) in tellings {
        let mut run = Run::of(unnamed(), &[]);
        let unneeded = run.ended("writer", JobEnd::Unneeded, note);
        let actions = telling(&mut run);
        assert_eq!(actions.iter().filter(|action| **action == unneeded).count(), 1, "told {when}: {actions:?}");
        assert!(!actions.iter().any(|action| matches!(action, Action::Failed(..))), "told {when}: {actions:?}");
    }
}

#[test]
fn of_failures_told_together_the_first_writers_is_the_cause_on_a_cycle_too() {
    let ring = Sample::new().program("mix", &["echo"], &["mixed"]).program("delay", &["mixed"], &["echo", "heard"]);
    let ring = ring.pipe("echo", "cycle = true\noptional = {}\nwhen_full = \"drop-oldest\"");
    let mut run = Run::of(ring.program("end", &["heard"], &[]), &[]);
    let exits = ["mix", "delay", "end"].map(|name| (run.at(name), Exit::Code(1)));
    let actions = run.told(Event::Exited(exits.to_vec()));
    let first = actions.iter().find(|action| matches!(action, Action::Failed(..)));
    assert_eq!(first, Some(&run.failed("mix", CauseKind::Exit, "exit status 1")), "{actions:?}");
}

#[test]
fn a_broken_pipe_is_explained_by_a_native_reader_too_even_one_that_fails() {
    let sample = || Sample::new().program("writer", &[], &["lines"]).native("reader", &["lines"], &[]);
    for end in
        [NativeEnd::Ended(JobEnd::Ended), NativeEnd::Failed(cause(CauseKind::Error, "no more")), NativeEnd::Torn(3)]
    {
        let mut run = Run::of(sample(), &[]);
        assert_eq!(run.exits("writer", SIGPIPE), run.after_exit("writer"));
        let note = Some("killed by SIGPIPE, after its readers had ended");
        let unneeded = run.ended("writer", JobEnd::Unneeded, note);
        let actions = run.returns("reader", end);
        assert!(actions.contains(&unneeded), "{actions:?}");
    }
}

/// A writer died of a broken pipe that none of its readers can have left, as it had one of its own, to a host perhaps.
#[track_caller]
fn breaks_by_itself(mut run: Run) {
    let failed = run.failed("writer", CauseKind::Exit, "killed by SIGPIPE");
    let actions = run.exits("writer", SIGPIPE);
    assert!(actions.contains(&failed), "{actions:?}");
}

#[test]
fn a_broken_pipe_is_a_failure_where_the_runtime_knows_that_nobody_has_left() {
    breaks_by_itself(Run::of(pair(), &["lines"]));
    // Through a FIFO, which the runtime holds open while the reader's process is there.
    breaks_by_itself(Run::of(pair(), &[]));
    let outside = Sample::new().program("writer", &[], &["lines"]);
    breaks_by_itself(Run::of(outside.pipe("lines", "external = \"reader\"\npath = \"/lines\""), &["lines"]));
}

#[test]
fn a_broken_pipe_is_not_explained_by_a_reader_that_saw_the_end() {
    let sample = || Sample::new().program("writer", &[], &["lines"]).native("reader", &["lines"], &[]);
    let mut run = Run::of(sample(), &[]);
    let lines = run.pipe("lines");
    assert_eq!(run.exits("writer", SIGPIPE), run.after_exit("writer"));
    let failed = run.failed("writer", CauseKind::Exit, "killed by SIGPIPE");
    assert!(run.told(Event::EndSeen(lines)).contains(&failed));
}

#[test]
fn a_writer_that_broke_by_itself_is_started_again() {
    let again = Sample::new().program("writer", &[], &["lines"]).with("restart.policy = \"on-failure\"");
    let mut run = Run::of(again.program("reader", &["lines"], &[]), &["lines"]);
    let actions = run.exits("writer", SIGPIPE);
    assert!(actions.iter().any(|action| matches!(action, Action::StartAgain(..))), "{actions:?}");
}

/// The reader has told that the stream ended inside a block, and the writer, if it was not cut off, what it wrote.
fn torn(writer_told: bool) -> Run {
    let mut run = Run::of(pair(), &[]);
    let lines = run.pipe("lines");
    if writer_told {
        assert_eq!(run.told(Event::WrittenTold(lines)), []);
    }
    assert_eq!(run.told(Event::ReadTorn(lines, 7)), []);
    run
}

#[test]
fn a_stream_that_ends_inside_a_block_though_its_writer_ended_well_fails_its_reader() {
    let message = "pipe lines: its stream ended inside a block, after 7 bytes of it, but its writer writer has written \
                   whole blocks: the two ends cut the stream in different ways; look at the codec that each of them uses";
    type Telling = fn(&mut Run) -> Vec<Action>;
    let tellings: [(&str, Telling); 3] = [
        ("the writer first", |run| [run.exits("writer", SUCCESS), run.exits("reader", SUCCESS)].concat()),
        ("the reader first", |run| [run.exits("reader", SUCCESS), run.exits("writer", SUCCESS)].concat()),
        ("in one look", |run| {
            let exits = vec![(run.at("writer"), SUCCESS), (run.at("reader"), SUCCESS)];
            run.told(Event::Exited(exits))
        }),
    ];
    for (when, telling) in tellings {
        let mut run = torn(true);
        let actions = telling(&mut run);
        assert!(actions.contains(&run.failed("reader", CauseKind::Flow, message)), "{when}: {actions:?}");
        assert!(actions.contains(&run.ended("writer", JobEnd::Ended, None)), "{when}: {actions:?}");
    }
}

#[test]
fn a_stream_that_ends_inside_a_block_is_an_end_where_its_writer_was_cut_off() {
    let killed = Exit::Signal { signal: Signal::KILL, core: false };
    for (told, writers_exit) in [(false, killed), (false, SUCCESS), (true, killed), (true, Exit::Code(1))] {
        for reader_first in [true, false] {
            let mut run = torn(told);
            let mut exits = [("writer", writers_exit), ("reader", SUCCESS)];
            if reader_first {
                exits.reverse();
            }
            let actions = exits.map(|(name, exit)| run.exits(name, exit)).concat();
            assert!(actions.contains(&run.ended("reader", JobEnd::Ended, None)), "{told} {writers_exit}: {actions:?}");
        }
    }
}

#[test]
fn a_stream_that_ends_inside_a_block_is_an_end_where_its_writer_fails_over_another_pipe() {
    let sample = Sample::new().program("writer", &[], &["lines", "more"]).program("reader", &["lines"], &[]);
    for reader_first in [true, false] {
        let mut run = Run::of(sample.clone().program("other", &["more"], &[]), &["more"]);
        let (lines, more) = (run.pipe("lines"), run.pipe("more"));
        run.told(Event::WrittenTold(lines));
        run.told(Event::ReadTorn(lines, 7));
        let no_line = Event::RelayFailed(more, "no line".to_owned());
        let actions = if reader_first {
            [run.exits("reader", SUCCESS), run.told(no_line)].concat()
        } else {
            [run.told(no_line), run.exits("reader", SUCCESS)].concat()
        };
        assert!(actions.contains(&run.ended("reader", JobEnd::Ended, None)), "{actions:?}");
    }
}

#[test]
fn an_explanation_goes_up_a_chain_of_broken_pipes() {
    let unnamed = |sample: Sample| sample.with("pass = \"stdio\"\nsteps = \"each\"");
    let chain = unnamed(Sample::new().program("a", &[], &["ab"]));
    let chain = unnamed(unnamed(chain.program("b", &["ab"], &["bc"])).program("c", &["bc"], &[]));
    let mut run = Run::of(chain, &[]);
    assert_eq!(run.is_gone("a", SIGPIPE), run.after_exit("a"));
    assert_eq!(run.is_gone("b", SIGPIPE), run.after_exit("b"));
    let note = Some("killed by SIGPIPE, after its readers had ended");
    let explained = [run.ended("a", JobEnd::Unneeded, note), run.ended("b", JobEnd::Unneeded, note)];
    let mut actions = run.is_gone("c", SUCCESS);
    assert_eq!(actions.pop(), Some(Action::Finish(Outcome::Finished)));
    assert!(actions.ends_with(&explained), "{actions:?}");
}

#[test]
fn a_status_other_than_0_is_no_failure_once_all_readers_have_ended() {
    let sample = || Sample::new().program("writer", &[], &["a", "b"]).native("x", &["a"], &[]).native("y", &["b"], &[]);
    let mut run = Run::of(sample(), &[]);
    run.returns("x", NativeEnd::Ended(JobEnd::Ended));
    let failed = run.failed("writer", CauseKind::Exit, "exit status 1");
    assert!(run.exits("writer", Exit::Code(1)).contains(&failed));

    let mut run = Run::of(sample(), &[]);
    run.returns("x", NativeEnd::Ended(JobEnd::Ended));
    run.returns("y", NativeEnd::Ended(JobEnd::Ended));
    let unneeded = run.ended("writer", JobEnd::Unneeded, Some("exit status 1, after its readers had ended"));
    assert!(run.exits("writer", Exit::Code(1)).contains(&unneeded));
}

#[test]
fn what_a_program_leaves_may_linger_and_is_then_killed() {
    let mut run = Run::of(pair(), &[]);
    let (writer, life) = (run.job("writer"), run.at("writer"));
    run.exits("writer", SUCCESS);
    assert_eq!(run.leaves("writer", 2), [Action::Arm(Timer::Linger(life), Duration::from_millis(200))]);
    assert!(run.supervisor.is_leaving(writer));
    assert_eq!(run.leaves("writer", 1), [], "its time runs already");
    let told = "left processes behind, which are stopped now".to_owned();
    let killed = [Action::Warn(writer, told), Action::Signal(life, StopSignal::Kill)];
    assert_eq!(run.due(Timer::Linger(life)), killed);
    run.is_gone("reader", SUCCESS);
    assert_eq!(run.leaves("writer", 0), [Action::Finish(Outcome::Finished)]);
}

#[test]
fn what_a_program_leaves_may_be_gone_before_its_time_is_over() {
    let mut run = Run::of(pair(), &[]);
    let life = run.at("writer");
    run.exits("writer", SUCCESS);
    run.leaves("writer", 1);
    assert_eq!(run.leaves("writer", 0), []);
    assert_eq!(run.due(Timer::Linger(life)), []);
}

#[test]
fn what_a_program_leaves_may_stay_until_its_pipes_end_if_the_file_says_so() {
    let patient = Sample::new().program("writer", &[], &["lines"]).with("stop = { linger_seconds = \"eof\" }");
    let mut run = Run::of(patient.program("reader", &["lines"], &[]), &[]);
    run.exits("writer", SUCCESS);
    assert_eq!(run.leaves("writer", 1), []);
}

#[test]
fn a_program_that_cannot_be_started_fails_and_leaves_nothing_to_be_counted() {
    let (mut run, _) = Run::begin(pair(), &[], None);
    let writer = run.job("writer");
    let expected = [
        &[Action::Release(writer), run.failed("writer", CauseKind::Start, "no memory")],
        stopping_after(&run, "writer").as_slice(),
    ]
    .concat();
    assert_eq!(run.told(Event::SpawnFailed(run.at("writer"), "no memory".to_owned())), expected);
    assert_eq!(run.is_gone("reader", SUCCESS).last(), Some(&Action::Finish(Outcome::Failed)));
}

#[test]
fn native_jobs_end_in_their_own_ways() {
    let torn = "its input was cut off inside a block, after 7 bytes of it";
    let table = [
        (NativeEnd::Ended(JobEnd::Finished), JobEnd::Finished, None),
        (NativeEnd::Ended(JobEnd::Unneeded), JobEnd::Unneeded, None),
        (NativeEnd::Ended(JobEnd::Stopped), JobEnd::Stopped, None),
        (NativeEnd::Torn(7), JobEnd::Ended, Some(torn)),
    ];
    for (told, end, note) in table {
        let mut run = Run::of(Sample::new().native("only", &[], &[]), &[]);
        let expected = [run.ended("only", end, note), Action::Finish(Outcome::Finished)];
        assert_eq!(run.returns("only", told), expected);
    }
    let mut run = Run::of(Sample::new().native("only", &[], &[]), &[]);
    let panicked = cause(CauseKind::Panic, "panicked: index out of bounds");
    let actions = run.returns("only", NativeEnd::Failed(panicked.clone()));
    assert_eq!(actions.first(), Some(&Action::Failed(run.job("only"), panicked)));
    assert_eq!(actions.last(), Some(&Action::Finish(Outcome::Failed)));
}

#[test]
fn a_native_job_whose_thread_is_over_is_not_started_again_without_one() {
    let source = || Sample::new().native("only", &[], &[]).with("restart.policy = \"on-failure\"");
    let failed = || NativeEnd::Failed(cause(CauseKind::Flow, "pipe a: no block"));
    let mut run = Run::of(source(), &[]);
    assert!(matches!(run.returns("only", failed())[..], [Action::StartAgain(..), Action::Arm(..)]));
    let mut run = Run::of(source(), &[]);
    assert_eq!(run.told(Event::NoOtherLife(run.at("only"))), []);
    let actions = run.returns("only", failed());
    assert_eq!(actions[0], run.failed("only", CauseKind::Flow, "pipe a: no block"));
    assert_eq!(actions.last(), Some(&Action::Finish(Outcome::Failed)));
}

#[test]
fn a_pipe_that_cannot_be_forwarded_fails_its_writer() {
    let mut run = Run::of(pair(), &["lines"]);
    let lines = run.pipe("lines");
    let message = "pipe lines: a block of 9 bytes".to_owned();
    let actions = run.told(Event::RelayFailed(lines, message.clone()));
    assert_eq!(actions[..2], [Action::Abandon(lines), run.failed("writer", CauseKind::Flow, &message)]);
}

#[test]
fn a_reader_that_cannot_be_given_any_more_fails_alone_and_is_asked_to_end() {
    let isolated = pair().with("on_failure = \"isolate\"").program("other", &["lines"], &[]);
    let mut run = Run::of(isolated, &["lines"]);
    let reader = run.job("reader");
    let grace = run.network[reader].stop.grace;
    let expected = [
        run.failed("reader", CauseKind::Flow, "overfull"),
        Action::Signal(run.at("reader"), StopSignal::Ask),
        Action::Arm(Timer::Grace(run.at("reader")), grace),
    ];
    assert_eq!(run.told(Event::InputFailed(reader, "overfull".to_owned())), expected);
}

#[test]
fn a_pipe_from_outside_that_cannot_be_forwarded_fails_its_reader() {
    let outside = Sample::new().program("reader", &["lines"], &[]);
    let outside = outside.pipe("lines", "external = \"writer\"\npath = \"/lines\"");
    let mut run = Run::of(outside, &["lines"]);
    let lines = run.pipe("lines");
    let actions = run.told(Event::RelayFailed(lines, "cut off".to_owned()));
    assert!(actions.contains(&run.failed("reader", CauseKind::Flow, "cut off")), "{actions:?}");
}

#[test]
fn a_program_that_has_failed_does_not_end_well_after_all() {
    // Its pipe could not be forwarded; then it died of that.
    for exit in [SIGPIPE, SUCCESS, Exit::Code(1)] {
        let mut run = Run::of(pair(), &["lines"]);
        let lines = run.pipe("lines");
        run.told(Event::RelayFailed(lines, "no line".to_owned()));
        let actions = run.exits("writer", exit);
        let verdict = |action: &Action| matches!(action, Action::Ended(..) | Action::Failed(..));
        assert!(!actions.iter().any(verdict), "{exit}: {actions:?}");
    }
}

#[test]
fn a_native_job_that_is_blamed_for_its_pipe_is_stopped_and_waited_for() {
    // It may sleep until tomorrow, and its thread was not asked to end.
    let sample = Sample::new().native("writer", &[], &["lines"]).program("reader", &["lines"], &[]);
    let mut run = Run::of(sample, &["lines"]);
    let lines = run.pipe("lines");
    let mut actions = run.told(Event::RelayFailed(lines, "no line".to_owned()));
    actions.extend(run.is_gone("reader", SUCCESS));
    assert!(!actions.iter().any(|action| matches!(action, Action::Finish(_))), "{actions:?}");
    assert!(actions.contains(&Action::Drain(run.job("writer"))), "{actions:?}");
    assert_eq!(run.returns("writer", NativeEnd::Ended(JobEnd::Unneeded)), [Action::Finish(Outcome::Failed)]);
}

#[test]
fn executables_that_open_nothing_are_looked_for_once() {
    let mut run = Run::of(pair(), &[]);
    assert_eq!(run.due(Timer::Opened), [Action::CheckOpened]);
}
