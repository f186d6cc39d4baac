//! Jobs that are started again together.

use std::time::Duration;

use pipeloom_events::{CauseKind, JobEnd};
use pipeloom_os::process::{Exit, Signal};

use super::{Run, cause};
use crate::sample::Sample;
use crate::supervise::at::At;
use crate::supervise::facts::{Action, Command, Event, NativeEnd, Over, StopSignal, Timer};

const FAILURE: Exit = Exit::Code(1);
const ASKED: Exit = Exit::Signal { signal: Signal::TERM, core: false };
const STOPPED: NativeEnd = NativeEnd::Ended(JobEnd::Stopped);

const DOWNSTREAM: &str = "restart = { policy = \"on-failure\", scope = \"downstream\", max_restarts = 2 }";

/// A source that takes a native filter and a last program along.
fn chain() -> Run {
    let chain = Sample::new().program("source", &[], &["a"]).with(DOWNSTREAM);
    Run::of(chain.native("filter", &["a"], &["b"]).program("last", &["b"], &[]), &["a", "b"])
}

impl Run {
    fn now(&self, name: &str) -> At {
        self.supervisor.at(self.job(name))
    }

    fn next(&self, name: &str) -> At {
        let at = self.now(name);
        At { incarnation: at.incarnation.next(), ..at }
    }

    /// All that this life of a job wrote is forwarded.
    fn drained(&mut self, writer: &str, pipe: &str) -> Vec<Action> {
        let event = Event::Drained(self.now(writer), self.pipe(pipe), false);
        self.told(event)
    }

    fn rested(&mut self, name: &str) -> Vec<Action> {
        let at = self.now(name);
        self.due(Timer::Backoff(at))
    }

    fn lost(&mut self, name: &str, round: u32) -> Vec<Action> {
        let event = Event::Lost(self.now(name), round);
        self.told(event)
    }

    fn loses(&self, name: &str, pipes: &[&str], awaited: Option<u32>, round: u32) -> Action {
        let pipes = pipes.iter().map(|pipe| self.pipe(pipe)).collect();
        Action::LoseInputs { at: self.now(name), pipes, awaited, round }
    }

    /// The source of the chain has failed, and all of its members are gone and have rested. Gives the last actions.
    fn all_rest(&mut self) -> Vec<Action> {
        self.is_gone("source", FAILURE);
        self.rested("source");
        self.returns("filter", STOPPED);
        self.is_gone("last", ASKED);
        self.drained("source", "a")
    }
}

fn starts(actions: &[Action]) -> Vec<At> {
    let start = |action: &Action| if let Action::Start(at) = action { Some(*at) } else { None };
    actions.iter().filter_map(start).collect()
}

#[test]
fn the_lives_of_those_behind_a_job_that_failed_are_ended() {
    let mut run = chain();
    let (filter, last) = (run.job("filter"), run.now("last"));
    let actions = run.exits("source", FAILURE);
    assert!(matches!(actions[2..4], [Action::StartAgain(..), Action::Arm(Timer::Backoff(_), _)]), "{actions:?}");
    let expected = [
        Action::Lose(run.pipe("a")),
        Action::Lose(run.pipe("b")),
        Action::EndLife(filter),
        Action::Signal(last, StopSignal::Ask),
        Action::Arm(Timer::Grace(last), Duration::from_secs(5)),
    ];
    assert_eq!(actions[4..], expected);
    let stopped = || Over::Ended(JobEnd::Stopped, None);
    assert_eq!(
        run.returns("filter", STOPPED),
        [Action::StartTogether(run.now("filter"), stopped(), run.job("source"))]
    );
    assert_eq!(run.due(Timer::Grace(last)), [Action::Signal(last, StopSignal::Kill)]);
}

#[test]
fn all_begin_when_all_are_gone_and_have_lost_what_waits_and_the_first_has_rested() {
    let mut run = chain();
    let losing = [
        run.loses("source", &[], None, 1),
        run.loses("filter", &["a"], Some(1), 1),
        run.loses("last", &["b"], Some(1), 1),
    ];
    assert_eq!(run.all_rest(), losing);
    assert_eq!(run.lost("source", 1), []);
    assert_eq!(run.lost("last", 1), []);
    assert_eq!(run.lost("filter", 0), [], "that was another time");
    let next = ["source", "filter", "last"].map(|name| run.next(name));
    let mut expected: Vec<Action> = next.iter().map(|at| Action::NewEpoch(at.job, 1)).collect();
    expected.extend(next.map(Action::Start));
    assert_eq!(run.lost("filter", 1), expected);
}

#[test]
fn nobody_begins_before_the_back_off_is_over() {
    let mut run = chain();
    run.is_gone("source", FAILURE);
    run.returns("filter", STOPPED);
    run.is_gone("last", ASKED);
    run.drained("source", "a");
    let mut actions = Vec::new();
    ["source", "filter", "last"].iter().for_each(|name| actions.extend(run.lost(name, 1)));
    assert_eq!(starts(&actions), []);
    assert_eq!(starts(&run.rested("source")).len(), 3);
}

#[test]
fn a_job_that_is_over_for_good_stays_so_and_the_others_begin() {
    let mut run = chain();
    run.is_gone("source", FAILURE);
    run.rested("source");
    run.told(Event::NoOtherLife(run.at("filter")));
    let finished = run.returns("filter", NativeEnd::Ended(JobEnd::Finished));
    assert!(finished.contains(&run.ended("filter", JobEnd::Finished, None)), "{finished:?}");
    run.is_gone("last", ASKED);
    // Nobody reads what the source writes.
    let actions = run.drained("source", "a");
    assert_eq!(starts(&actions), []);
}

#[test]
fn who_fails_together_with_the_first_is_started_again_with_it_and_that_does_not_count() {
    let pair = Sample::new().program("source", &[], &["a"]).with(DOWNSTREAM);
    let pair = pair.program("sink", &["a"], &[]).with("restart = { policy = \"on-failure\", max_restarts = 1 }");
    let mut run = Run::of(pair, &["a"]);
    for round in 1..=2 {
        let exits = ["source", "sink"].map(|name| (run.now(name), FAILURE));
        let actions = run.told(Event::Exited(exits.to_vec()));
        let failed = Over::Failed(cause(CauseKind::Exit, "exit status 1"));
        assert!(actions.contains(&Action::StartTogether(run.now("sink"), failed, run.job("source"))), "{actions:?}");
        assert_eq!(actions.iter().filter(|action| matches!(action, Action::StartAgain(..))).count(), 1, "{actions:?}");
        run.leaves("source", 0);
        run.leaves("sink", 0);
        run.rested("source");
        run.drained("source", "a");
        run.lost("source", round);
        assert_eq!(starts(&run.lost("sink", round)).len(), 2);
    }
    let actions = run.exits("source", FAILURE);
    let used_up = "exit status 1; restarted 2 times within 60 s";
    assert!(actions.contains(&run.failed("source", CauseKind::Exit, used_up)), "{actions:?}");
    assert!(!actions.iter().any(|action| matches!(action, Action::Lose(_))), "{actions:?}");
}

#[test]
fn who_waits_for_a_restart_of_its_own_joins_in_and_all_wait_for_both() {
    let pair = Sample::new().program("source", &[], &["a"]).with(DOWNSTREAM);
    let mut run = Run::of(pair.program("sink", &["a"], &[]).with("restart.policy = \"on-failure\""), &["a"]);
    run.is_gone("sink", FAILURE);
    run.is_gone("source", FAILURE);
    run.rested("source");
    run.drained("source", "a");
    assert_eq!([run.lost("source", 1), run.lost("sink", 1)], [[], []]);
    assert_eq!(starts(&run.rested("sink")).len(), 2);
}

#[test]
fn two_that_fail_with_members_in_common_are_started_again_together() {
    let join = Sample::new().program("one", &[], &["a"]).with(DOWNSTREAM).program("two", &[], &["b"]).with(DOWNSTREAM);
    let mut run = Run::of(join.program("join", &["a", "b"], &[]), &["a", "b"]);
    run.is_gone("one", FAILURE);
    run.is_gone("join", ASKED);
    run.rested("one");
    let losing = run.drained("one", "a");
    // What comes from `two`, which is not started again yet, goes on.
    assert_eq!(losing, [run.loses("one", &[], None, 1), run.loses("join", &["a"], None, 1)]);
    run.is_gone("two", FAILURE);
    run.rested("two");
    let losing = run.drained("two", "b");
    let expected =
        [run.loses("two", &[], None, 2), run.loses("join", &["a", "b"], Some(1), 2), run.loses("one", &[], None, 2)];
    assert_eq!(losing, expected);
    // These are answers to what was asked before.
    assert_eq!([run.lost("one", 1), run.lost("join", 1)], [[], []]);
    let actions = ["one", "two", "join"].map(|name| run.lost(name, 2)).concat();
    assert_eq!(starts(&actions).len(), 3, "{actions:?}");
}

#[test]
fn a_join_with_an_input_from_outside_goes_on_with_its_count() {
    let join = Sample::new().program("one", &[], &["a"]).with(DOWNSTREAM).program("two", &[], &["b"]);
    let mut run = Run::of(join.program("join", &["a", "b"], &["c"]).program("sink", &["c"], &[]), &["a", "b", "c"]);
    run.is_gone("one", FAILURE);
    run.rested("one");
    run.is_gone("join", ASKED);
    run.is_gone("sink", ASKED);
    run.drained("join", "c");
    run.drained("one", "a");
    let actions = ["one", "join", "sink"].map(|name| run.lost(name, 1)).concat();
    let anew: Vec<&Action> = actions.iter().filter(|action| matches!(action, Action::NewEpoch(..))).collect();
    assert_eq!((anew, starts(&actions).len()), (vec![&Action::NewEpoch(run.job("one"), 1)], 3));
}

#[test]
fn a_connector_takes_those_behind_it_along_without_a_new_epoch() {
    let chain = Sample::new().program("source", &[], &["a"]).program("filter", &["a"], &["b"]).with(DOWNSTREAM);
    let mut run = Run::of(chain.program("sink", &["b"], &[]), &["a", "b"]);
    run.is_gone("filter", FAILURE);
    run.is_gone("sink", ASKED);
    run.rested("filter");
    let losing = run.drained("filter", "b");
    assert_eq!(losing, [run.loses("filter", &[], None, 1), run.loses("sink", &["b"], None, 1)]);
    run.lost("filter", 1);
    let next = [run.next("filter"), run.next("sink")];
    assert_eq!(run.lost("sink", 1), next.map(Action::Start));
}

#[test]
fn what_nobody_may_lose_is_taken_before_they_begin() {
    let keeps = "delivery = \"at-least-once\"\nack = \"end\"";
    let pair = Sample::new().program("source", &[], &["a"]).with(DOWNSTREAM).program("sink", &["a"], &[]);
    let mut run = Run::of(pair.pipe("a", keeps), &["a"]);
    let actions = run.is_gone("source", FAILURE);
    assert!(!actions.iter().any(|action| matches!(action, Action::Lose(_))), "{actions:?}");
    run.rested("source");
    let actions = run.is_gone("sink", ASKED);
    assert_eq!(actions.last(), Some(&Action::TakeAll(run.pipe("a"))), "{actions:?}");
    assert_eq!(run.drained("source", "a"), [run.loses("source", &[], None, 1), run.loses("sink", &[], Some(1), 1)]);
}

#[test]
fn when_the_run_is_stopped_those_who_wait_end_and_the_others_as_they_are_asked() {
    let mut run = chain();
    run.is_gone("source", FAILURE);
    run.returns("filter", STOPPED);
    let actions = run.told(Event::Command(Command::Stop));
    for name in ["source", "filter"] {
        let has_ended =
            |action: &Action| matches!(action, Action::Ended(job, JobEnd::Stopped, _) if *job == run.job(name));
        assert!(actions.iter().any(has_ended), "{name}: {actions:?}");
        assert!(actions.contains(&Action::LastLife(run.job(name), false)), "{name}: {actions:?}");
    }
    let actions = run.is_gone("last", ASKED);
    assert!(actions.contains(&run.ended("last", JobEnd::Stopped, Some("killed by SIGTERM"))), "{actions:?}");
    assert_eq!(starts(&run.drained("source", "a")), []);
}
