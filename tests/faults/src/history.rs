//! Which events a run may have, in which order.

use std::collections::{BTreeMap, BTreeSet};

use pipeloom_e2e::events::Event;

/// A job, as far as the events tell.
#[derive(Default)]
struct Life {
    incarnation: u32,
    runs: bool,
    over: bool,
}

/// The events of the last attempt. What an attempt that was killed has recorded is cut off anywhere.
pub fn last_attempt(events: &[Event]) -> &[Event] {
    let begin = events.iter().rposition(|event| matches!(event, Event::RunResumed { .. }));
    &events[begin.unwrap_or(0)..]
}

/// What should not have happened in a run that is over, each in words.
pub fn illegal(events: &[Event]) -> Vec<String> {
    let mut wrong = Vec::new();
    let starts = events.iter().filter(|event| matches!(event, Event::RunStarted { .. })).count();
    if starts != 1 || !matches!(events.first(), Some(Event::RunStarted { .. })) {
        wrong.push(format!("the run starts {starts} times, and once at first is right"));
    }
    let resumed = |event: &Event| if let Event::RunResumed { attempt, .. } = event { Some(*attempt) } else { None };
    let attempts: Vec<u32> = events.iter().filter_map(resumed).collect();
    if !attempts.iter().copied().eq((2..).take(attempts.len())) {
        wrong.push(format!("the attempts to go on are counted {attempts:?}"));
    }
    let events = last_attempt(events);
    let count = |is: fn(&Event) -> bool| events.iter().filter(|event| is(event)).count();
    let ends = count(|event| matches!(event, Event::RunEnded { .. }));
    if ends != 1 || !matches!(events.last(), Some(Event::RunEnded { .. })) {
        wrong.push(format!("the run ends {ends} times, and once at last is right"));
    }
    let mut lives: BTreeMap<&str, Life> = BTreeMap::new();
    let mut closed = BTreeSet::new();
    let mut restarted = BTreeSet::new();
    let mut paused = false;
    for event in events {
        match event {
            Event::JobStarted { job, incarnation, .. } => {
                let life = lives.entry(job).or_default();
                if *incarnation != life.incarnation + 1 || life.runs || life.over {
                    wrong.push(format!("job {job} starts as its incarnation {incarnation}"));
                }
                (life.incarnation, life.runs) = (*incarnation, true);
            }
            Event::JobRestarting { job, incarnation, .. } => {
                let life = lives.entry(job).or_default();
                if *incarnation != life.incarnation || !life.runs {
                    wrong.push(format!("job {job} is started again behind its incarnation {incarnation}"));
                }
                life.runs = false;
                restarted.insert(job);
            }
            Event::JobEnded { job, .. } | Event::JobFailed { job, .. } => {
                let life = lives.entry(job).or_default();
                if life.over {
                    wrong.push(format!("job {job} ends twice"));
                }
                (life.runs, life.over) = (false, true);
            }
            Event::PipeClosed(tally) => {
                if !closed.insert((&tally.pipe, &tally.reader)) {
                    wrong.push(format!("pipe {} to {} is closed twice", tally.pipe, tally.reader));
                }
                if tally.repeated > 0 && !restarted.contains(&tally.reader) {
                    wrong.push(format!("pipe {} to {} was given again, and to nobody", tally.pipe, tally.reader));
                }
            }
            Event::Paused | Event::Resumed { .. } => {
                let pauses = matches!(event, Event::Paused);
                if pauses == paused {
                    wrong.push(format!("{event:?} when it was so already"));
                }
                paused = pauses;
            }
            _ => {}
        }
    }
    let alive = lives.iter().filter(|(_, life)| life.runs);
    wrong.extend(alive.map(|(job, _)| format!("job {job} has no end")));
    wrong
}

#[cfg(test)]
mod tests {
    use pipeloom_e2e::events::{Event, JobEnd, Outcome, PipeTally};

    use super::illegal;

    fn started(incarnation: u32) -> Event {
        Event::JobStarted { job: "a".to_owned(), pid: None, incarnation }
    }

    fn between(events: &[Event]) -> Vec<String> {
        let jobs = vec!["a".to_owned()];
        let start = Event::RunStarted { network: "n".to_owned(), dir: "d".to_owned(), jobs };
        let end = Event::RunEnded { outcome: Outcome::Finished, seconds: 1.0 };
        illegal(&[&[start], events, &[end]].concat())
    }

    #[test]
    fn a_life_has_one_beginning_and_one_end() {
        let ended = Event::JobEnded { job: "a".to_owned(), end: JobEnd::Ended, note: None };
        assert!(between(&[started(1), ended.clone()]).is_empty());
        assert!(between(std::slice::from_ref(&ended)).is_empty(), "one that could not be started");
        assert_eq!(between(&[started(1)]), ["job a has no end"]);
        assert_eq!(between(&[started(2), ended.clone()]), ["job a starts as its incarnation 2"]);
        assert_eq!(between(&[started(1), ended.clone(), ended]), ["job a ends twice"]);
    }

    #[test]
    fn each_attempt_begins_anew_and_they_are_counted() {
        let ended = Event::JobEnded { job: "a".to_owned(), end: JobEnd::Ended, note: None };
        let over = Event::RunEnded { outcome: Outcome::Interrupted, seconds: 1.0 };
        let again = |attempt| Event::RunResumed { attempt, epoch: attempt, blocks: 0 };
        let killed = [started(1), over, again(2), started(1), again(3)];
        assert!(between(&[&killed[..], &[started(1), ended.clone()]].concat()).is_empty());
        assert_eq!(between(&[&killed[..], &[started(1)]].concat()), ["job a has no end"]);
        assert_eq!(between(&[again(3), started(1), ended]), ["the attempts to go on are counted [3]"]);
    }

    #[test]
    fn a_new_life_begins_behind_the_old_one() {
        let ended = Event::JobEnded { job: "a".to_owned(), end: JobEnd::Ended, note: None };
        let restarting = |incarnation| Event::JobRestarting {
            job: "a".to_owned(),
            incarnation,
            cause: None,
            with: None,
            seconds: 0.1,
        };
        assert!(between(&[started(1), restarting(1), started(2), ended.clone()]).is_empty());
        assert!(between(&[started(1), restarting(1), ended.clone()]).is_empty(), "a stop comes in between");
        assert_eq!(between(&[started(1), started(2), ended.clone()]), ["job a starts as its incarnation 2"]);
        assert_eq!(
            between(&[started(1), restarting(1), restarting(1), ended]),
            ["job a is started again behind its incarnation 1"]
        );
    }

    #[test]
    fn blocks_are_given_again_to_a_later_life() {
        let again = PipeTally { pipe: "p".to_owned(), reader: "a".to_owned(), repeated: 1, ..PipeTally::default() };
        let restarting =
            Event::JobRestarting { job: "a".to_owned(), incarnation: 1, cause: None, with: None, seconds: 0.1 };
        let ended = Event::JobEnded { job: "a".to_owned(), end: JobEnd::Ended, note: None };
        let told = Event::PipeClosed(again);
        assert!(between(&[started(1), restarting, started(2), ended.clone(), told.clone()]).is_empty());
        assert_eq!(between(&[started(1), ended, told]), ["pipe p to a was given again, and to nobody"]);
    }

    #[test]
    fn a_pause_is_followed_by_its_end() {
        let resumed = Event::Resumed { seconds: 1.0 };
        assert!(between(&[Event::Paused, resumed.clone()]).is_empty());
        assert_eq!(between(&[resumed]).len(), 1);
    }

    #[test]
    fn a_run_has_one_beginning_and_one_end() {
        assert_eq!(illegal(&[]).len(), 2);
    }
}
