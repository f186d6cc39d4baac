//! Connectors are killed at random moments that are started again.

use pipeloom_faults::e2e::{Running, is_halted, send, until};
use pipeloom_faults::{Blocks, Case, JobEnd, Signal, fault};

use crate::death::goes_on;
use crate::flow::SOON;
use crate::restart::{ALWAYS, comes_back, kill_lives};

/// Nothing that goes into the connector may be lost.
pub(crate) const AT_LEAST_ONCE: &str = "delivery = \"at-least-once\"";

/// Blocks that may be in two pipes, with what is on its way into them and what the connector has in its hand.
const fn in_two_pipes(blocks: Blocks) -> u64 {
    2 * blocks.on_their_way()
}

/// A source, a connector that copies each block once it has looked at it, and a sink.
fn network(blocks: Blocks, pipe_keys: &str, [source_keys, sink_keys]: [&str; 2]) -> String {
    format!(
        "[jobs.source]\n{}\noutputs = [\"a\"]\nstop.drain_seconds = 30\n{source_keys}\n\
         [jobs.copy]\n{}\ninputs = [\"a\"]\noutputs = [\"b\"]\nsteps = \"each\"\n{ALWAYS}\n\
         [jobs.sink]\n{}\ninputs = [\"b\"]\n{sink_keys}\n[pipes.a]\n{pipe}\n{pipe_keys}\n[pipes.b]\n{pipe}\n",
        blocks.source("source", &[]),
        // What it has read it has looked at, but for one block at most.
        blocks.sink("copy", &["sparing=1"]),
        blocks.sink("sink", &[]),
        pipe = blocks.pipe(),
    )
}

/// Kills a connector some times, each life at a random moment, and gives how often.
#[track_caller]
fn kill_copy(case: &Case, blocks: Blocks, run: &Running) -> u64 {
    let kills = case.number(1..=4);
    kill_lives(case, run, "copy", kills, |_| blocks.progress(case) / 4);
    kills
}

#[test]
fn a03_kill_a_connector_that_is_restarted() {
    fault(3).seeds().each(|case| {
        let blocks = Blocks::random(case);
        let mut run = case.network(network(blocks, "", ["", ""])).start();
        let kills = kill_copy(case, blocks, &run);
        run.signal(Signal::TERM);
        let over = case.over(run, 130);
        let (read, copied) = over.at_most_once("a", "copy", kills);
        assert!(over.issued("source").may_be(read.written), "{read:?}");
        assert_eq!((read.delivered + read.lost, read.unused), (read.written, 0), "{read:?}");
        assert!(read.lost <= kills * blocks.on_their_way(), "{read:?} after {kills} kills");
        // Of what it had in its hand it may have copied a part, which nobody gets.
        let (passed, seen) = over.at_most_once("b", "sink", 0);
        assert_eq!((passed.written, passed.delivered), (seen.count(), seen.count()), "{passed:?}");
        assert!(
            (seen.count()..=seen.count() + kills).contains(&copied.count()),
            "{} copied, {passed:?}",
            copied.count()
        );
        assert!(passed.torn <= kills, "{passed:?}");
        assert_eq!(over.end("copy"), Some(JobEnd::Ended));
    });
}

#[test]
fn a04_kill_a_connector_of_which_nothing_may_be_lost() {
    fault(4).seeds().each(|case| {
        let blocks = Blocks::random(case);
        let mut run = case.network(network(blocks, AT_LEAST_ONCE, ["", ""])).start();
        let kills = kill_copy(case, blocks, &run);
        run.signal(Signal::TERM);
        let over = case.over(run, 130);
        let (read, _) = over.at_least_once("a", "copy");
        assert!(read.repeated <= kills * in_two_pipes(blocks), "{read:?} after {kills} kills");
        // Behind it each block comes once, whatever it was given twice.
        let seen = over.all_arrived("source", "sink", 0);
        let passed = over.run().tally("b", "sink");
        assert_eq!((passed.written, passed.delivered, passed.lost), (seen.count(), seen.count(), 0), "{passed:?}");
    });
}

#[test]
fn a04_kill_a_connector_and_its_reader_at_once() {
    fault(4).seeds().each(|case| {
        let blocks = Blocks::random(case);
        let mut run = case.network(network(blocks, AT_LEAST_ONCE, ["", ALWAYS])).start();
        let kills = case.number(1..=3);
        for life in 1..=kills {
            goes_on(&run, "sink");
            case.after_in_life(&run, "copy", life, blocks.progress(case) / 4);
            // Halted first, so that none has gone on without the other one.
            for job in ["copy", "sink"] {
                let pid = case.life(&run, job, life);
                send(pid, Signal::STOP);
                until("that it is halted", SOON, || is_halted(pid));
            }
            ["copy", "sink"].iter().for_each(|job| case.strike_life(&run, job, life, Signal::KILL));
            comes_back(case, &run, &["copy", "sink"], life);
        }
        run.signal(Signal::TERM);
        let over = case.over(run, 130);
        let (read, _) = over.at_least_once("a", "copy");
        assert!(over.issued("source").may_be(read.written), "{read:?}");
        let (passed, seen) = over.at_most_once("b", "sink", kills * blocks.in_hand());
        assert_eq!((passed.written, passed.delivered + passed.lost), (read.written, read.written), "{passed:?}");
        assert!(passed.lost <= kills * blocks.on_their_way(), "{passed:?} after {kills} kills");
        assert!(seen.count() + passed.lost + kills * blocks.in_hand() >= read.written, "{passed:?}");
    });
}

#[test]
fn a04_kill_source_connector_and_sink_one_after_the_other() {
    fault(4).seeds().each(|case| {
        let blocks = Blocks::random(case);
        let mut run = case.network(network(blocks, AT_LEAST_ONCE, [ALWAYS, ALWAYS])).start();
        let rounds = case.number(1..=2);
        for life in 1..=rounds {
            let mut jobs = vec!["source", "copy", "sink"];
            while !jobs.is_empty() {
                let job = jobs.swap_remove(case.number(0..=jobs.len() as u64 - 1) as usize);
                goes_on(&run, "sink");
                case.after_in_life(&run, job, life, blocks.progress(case) / 8);
                case.strike_life(&run, job, life, Signal::KILL);
                comes_back(case, &run, &[job], life);
            }
        }
        run.signal(Signal::TERM);
        let over = case.over(run, 130);
        // The source has left out a number for each block that it may have been writing.
        let (read, copied) = (over.run().tally("a", "copy"), over.seen("copy", 0));
        assert_eq!((read.delivered, read.lost), (read.written, 0), "{read:?}");
        assert!(
            copied.again() <= read.repeated && read.torn <= rounds + 1,
            "{} came again of {read:?}",
            copied.again()
        );
        assert!(over.issued("source").most() <= read.written + rounds + 1, "{read:?}");
        let (passed, _) = over.at_most_once("b", "sink", rounds * blocks.in_hand());
        assert_eq!((passed.written, passed.unused), (read.written, 0), "{passed:?}");
        assert!(passed.lost <= rounds * blocks.on_their_way(), "{passed:?}");
    });
}
