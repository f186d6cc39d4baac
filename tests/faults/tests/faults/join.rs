//! Jobs before a join are started again, and it goes on in step.

use pipeloom_faults::e2e::plugin;
use pipeloom_faults::{Blocks, Case, Over, Signal, fault};

use crate::restart::{ALWAYS, kill_lives};

/// With frames a dummy can be told from a block: it is empty.
pub(crate) fn framed(case: &Case) -> Blocks {
    case.pick(&[Blocks::between(8, 100), Blocks::between(8, 5000), Blocks::between(1000, 150_000)])
}

/// The keys of a pipe into a join.
fn pipe(blocks: Blocks) -> String {
    format!("{}\ndummy = {{ value = \"\" }}", blocks.pipe())
}

/// What the join has seen of two inputs, a pair for each compute block.
#[track_caller]
fn pairs(over: &Over<'_>) -> Vec<(Option<u64>, Option<u64>)> {
    let (one, two) = (over.seen("sink", 0), over.seen("sink", 1));
    over.in_order("sink", &one);
    over.in_order("sink", &two);
    assert_eq!(one.steps().len(), two.steps().len());
    one.steps().into_iter().zip(two.steps()).collect()
}

#[test]
fn a02_kill_one_of_two_sources_of_a_join() {
    fault(2).seeds().each(|case| {
        let blocks = framed(case);
        let toml = format!(
            "[jobs.one]\n{}\noutputs = [\"a\"]\n{ALWAYS}\n[jobs.two]\n{}\noutputs = [\"b\"]\n\
             [jobs.sink]\n{}\ninputs = [\"a\", \"b\"]\n[pipes.a]\n{pipe}\n[pipes.b]\n{pipe}\n",
            blocks.source("one", &[]),
            blocks.source("two", &["stream=1"]),
            blocks.sink("sink", &["dummies=1"]),
            pipe = pipe(blocks),
        );
        let mut run = case.network(toml).start();
        let kills = case.number(1..=4);
        kill_lives(case, &run, "one", kills, |_| blocks.progress(case) / 4);
        run.signal(Signal::TERM);
        let over = case.over(run, 130);
        // A block is missing where its writer was killed inside it, and where it was killed before it had begun it: of that
        // nobody knows, and the ones behind it move up.
        let (mut moved, mut dummies) = (0, 0);
        for (place, (one, two)) in (0..).zip(pairs(&over)) {
            assert_eq!(two.unwrap_or(place), place, "two goes on as if nothing had happened");
            match one {
                None => dummies += 1,
                Some(one) if two.is_some() => {
                    assert!((place + moved..=place + kills).contains(&one), "{one} stands with {place}");
                    moved = one - place;
                }
                Some(_) => {}
            }
        }
        let tally = over.run().tally("a", "sink");
        assert_eq!((tally.dummies, tally.lost), (dummies, 0), "{tally:?}");
        // The join ends with one of them; what the other still had in its pipe nobody looks at.
        for (source, tally) in [("one", tally), ("two", over.run().tally("b", "sink"))] {
            let issued = over.issued(source);
            assert!(tally.written <= issued.most(), "{issued:?}, but {tally:?}");
        }
    });
}

#[test]
fn a03_kill_a_connector_before_a_join() {
    fault(3).seeds().each(|case| {
        let blocks = framed(case);
        // The join has a way around the connector.
        let toml = format!(
            "[jobs.source]\n{}\noutputs = [\"a\"]\nstop.drain_seconds = 30\n\
             [jobs.copy]\n{}\ninputs = [\"a\"]\noutputs = [\"b\"]\nsteps = \"each\"\n{ALWAYS}\n\
             [jobs.sink]\n{}\ninputs = [\"b\", \"a\"]\n[pipes.a]\n{}\nwhen_full = \"spool\"\n[pipes.b]\n{}\n",
            blocks.source("source", &[]),
            blocks.sink("copy", &["sparing=1"]),
            blocks.sink("sink", &["dummies=1", "same=1"]),
            blocks.pipe(),
            pipe(blocks),
        );
        let mut run = case.network(toml).start();
        let kills = case.number(1..=3);
        kill_lives(case, &run, "copy", kills, |_| blocks.progress(case) / 8);
        run.signal(Signal::TERM);
        let over = case.over(run, 130);
        let mut dummies = 0;
        for (place, (copied, around)) in (0..).zip(pairs(&over)) {
            assert_eq!(around, Some(place));
            assert_eq!(copied.unwrap_or(place), place, "out of step");
            dummies += u64::from(copied.is_none());
        }
        let (read, passed) = (over.run().tally("a", "copy"), over.run().tally("b", "sink"));
        assert_eq!(passed.dummies, dummies, "{passed:?}");
        assert!(over.issued("source").may_be(read.written), "{read:?}");
        // What was not read, and the block that it had in its hand.
        assert!((read.lost..=read.lost + kills).contains(&dummies), "{dummies} dummies, {read:?}");
    });
}

#[test]
fn e62_a_plugin_that_panics_again_and_again_is_made_anew() {
    fault(62).seeds().each(|case| {
        let blocks = case.pick(&[Blocks::of(1000), Blocks::between(8, 5000)]);
        let (count, every) = (case.number(100..=1000), case.number(10..=300));
        let deed = case.pick(&["fail", "panic-in-step"]);
        let toml = format!(
            "[jobs.source]\n{}\noutputs = [\"a\"]\n[jobs.it]\nplugin = '{}'\njob = 'villain'\n\
             args = {{ deed = '{deed}', every = {every} }}\ninputs = [\"a\"]\noutputs = [\"b\"]\n\
             restart = {{ policy = \"on-failure\", backoff_seconds = 0.0001, backoff_max_seconds = 0.01, max_restarts = 100 }}\n\
             [jobs.sink]\n{}\ninputs = [\"b\"]\n[pipes.a]\n{pipe}\n[pipes.b]\n{pipe}\n",
            blocks.source("source", &[&format!("blocks={count}")]),
            plugin().display(),
            blocks.sink("sink", &[]),
            pipe = blocks.pipe(),
        );
        let run = case.network(toml).start();
        (0..count / every).for_each(|_| case.has_fault());
        let over = case.over(run, 0);
        let tally = over.run().tally("a", "it");
        assert_eq!((tally.written, tally.lost), (count, count / every), "{tally:?}");
        let seen = over.seen("sink", 0);
        assert!(seen.numbers().eq((0..count).filter(|number| (number + 1) % every != 0)), "{tally:?}");
        assert_eq!(over.issued("source").blocks, count);
    });
}
