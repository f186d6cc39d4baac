//! Jobs are killed that take others along when they are started again.

use pipeloom_faults::e2e::{Running, until};
use pipeloom_faults::{Blocks, Chain, Seen, Signal, fault};

use crate::connector::AT_LEAST_ONCE;
use crate::flow::SOON;
use crate::join::framed;
use crate::restart::{kill_lives, kill_some_times};

/// As often as it is killed, and soon, with others.
fn always(scope: &str) -> String {
    format!("restart = {{ policy = \"always\", scope = \"{scope}\", backoff_seconds = 0.01, max_restarts = 100 }}")
}

#[test]
fn a02_kill_a_source_that_takes_its_readers_along() {
    fault(2).seeds().each(|case| {
        let chain = Chain::seen(case).source_keys(&always("downstream"));
        let blocks = chain.blocks;
        let mut run = case.network(chain.toml()).start();
        let kills = kill_some_times(case, &chain, &run, "source");
        run.signal(Signal::TERM);
        let over = case.over(run, 130);
        let issued = over.issued("source");
        for (pipe, reader) in chain.legs() {
            let tally = over.run().tally(pipe, reader);
            assert_eq!((tally.delivered + tally.lost, tally.repeated), (tally.written, 0), "{tally:?}");
            assert!(tally.lost <= kills * blocks.between_two(), "{tally:?} after {kills} kills");
            assert!(tally.written <= issued.most(), "{issued:?}, but {tally:?}");
        }
        for sink in chain.sinks() {
            let (_, seen) = over.at_most_once(chain.last(), sink, kills * blocks.in_hand());
            // A life that never opened its pipe has kept no account.
            assert!(seen.begins.len() as u64 <= kills + 1, "{} lives after {kills} kills", seen.begins.len());
            assert!(seen.ended, "{sink} has not seen the end");
        }
    });
}

#[test]
fn a04_kill_a_connector_that_takes_its_sink_along_and_nothing_may_be_lost() {
    fault(4).seeds().each(|case| {
        let blocks = Blocks::random(case);
        let toml = format!(
            "[jobs.source]\n{}\noutputs = [\"a\"]\nstop.drain_seconds = 30\n\
             [jobs.copy]\n{}\ninputs = [\"a\"]\noutputs = [\"b\"]\nsteps = \"each\"\n{}\n\
             [jobs.sink]\n{}\ninputs = [\"b\"]\n\
             [pipes.a]\n{pipe}\n{AT_LEAST_ONCE}\n[pipes.b]\n{pipe}\n{AT_LEAST_ONCE}\nack = \"end\"\n",
            blocks.source("source", &[]),
            // What it has read it has looked at, but for one block at most.
            blocks.sink("copy", &["sparing=1"]),
            always("downstream"),
            blocks.sink("sink", &[]),
            pipe = blocks.pipe(),
        );
        let mut run = case.network(toml).start();
        let kills = case.number(1..=3);
        kill_lives(case, &run, "copy", kills, |_| blocks.progress(case) / 8);
        run.signal(Signal::TERM);
        let over = case.over(run, 130);
        let (read, _) = over.at_least_once("a", "copy");
        assert!(over.issued("source").may_be(read.written), "{read:?}");
        let (passed, seen) = over.at_least_once("b", "sink");
        assert_eq!(passed.written, read.written, "{passed:?}");
        // The last life of the sink was given all.
        assert!(
            seen.last_life().eq(0..passed.written),
            "{passed:?}, and {} in its last life",
            seen.last_life().count()
        );
    });
}

#[test]
fn a03_kill_a_connector_that_takes_all_along_and_a_join_is_in_step_again() {
    fault(3).seeds().each(|case| {
        let blocks = framed(case);
        let toml = format!(
            "[jobs.one]\n{}\noutputs = [\"a\"]\n[jobs.two]\n{}\noutputs = [\"b\"]\n\
             [jobs.copy]\n{}\ninputs = [\"a\"]\noutputs = [\"c\"]\nsteps = \"each\"\n{}\n\
             [jobs.sink]\n{}\ninputs = [\"c\", \"b\"]\n[pipes.a]\n{pipe}\n[pipes.b]\n{pipe}\n[pipes.c]\n{pipe}\n",
            blocks.source("one", &[]),
            blocks.source("two", &["stream=1"]),
            blocks.sink("copy", &["sparing=1"]),
            always("component"),
            blocks.sink("sink", &[]),
            pipe = blocks.pipe(),
        );
        let mut run = case.network(toml).start();
        let kills = case.number(1..=3);
        // The join opens its inputs one beside the other.
        let has_both = |run: &Running, life| {
            until("that a life has both inputs", SOON, || Seen::read(run.dir(), "sink", 1).begins.len() as u64 >= life);
        };
        kill_lives(case, &run, "copy", kills, |life| {
            has_both(&run, life);
            blocks.progress(case) / 8
        });
        has_both(&run, kills + 1);
        run.signal(Signal::TERM);
        let over = case.over(run, 130);
        for (source, pipe, reader) in [("one", "a", "copy"), ("one", "c", "sink"), ("two", "b", "sink")] {
            let tally = over.run().tally(pipe, reader);
            assert_eq!((tally.repeated, tally.dummies), (0, 0), "{tally:?}");
            assert!(tally.written <= over.issued(source).most(), "{tally:?}");
        }
        // A source goes on with its own numbers in its next life. In each life of the join the two streams begin together, and
        // so stay as far apart as they were at its beginning.
        let sides = [0, 1].map(|input| {
            let seen = over.seen("sink", input);
            over.in_order("sink", &seen);
            assert_eq!((seen.begins.len() as u64, seen.dummies.len()), (kills + 1, 0), "input {input}");
            let numbers: Vec<u64> = seen.numbers().collect();
            lives_of(&seen.begins, &numbers)
        });
        for (life, (one, two)) in sides[0].iter().zip(&sides[1]).enumerate() {
            // It reads its inputs apart, and so one of them may have been further when its life was ended.
            let apart = |place: usize| one[place] as i64 - two[place] as i64;
            let steps = one.len().min(two.len());
            assert!(
                (0..steps).all(|place| apart(place) == apart(0)),
                "{life} lives before it were well, but in this one it is out of step"
            );
        }
    });
}

/// What each life has seen, of which is known how much had come before it.
fn lives_of(begins: &[usize], numbers: &[u64]) -> Vec<Vec<u64>> {
    let ends = begins.iter().skip(1).copied().chain([numbers.len()]);
    begins.iter().zip(ends).map(|(&from, to)| numbers[from..to].to_vec()).collect()
}
