//! Jobs are killed at random moments that are started again.

use pipeloom_faults::e2e::Running;
use pipeloom_faults::{Case, Chain, JobEnd, Signal, fault};

use crate::death::goes_on;

/// As often as it is killed, and soon.
pub(crate) const ALWAYS: &str = "restart = { policy = \"always\", backoff_seconds = 0.01, max_restarts = 100 }";

/// Waits until jobs are in the life behind this one, and then for the next block at the sink, to which all of them have led.
#[track_caller]
pub(crate) fn comes_back(case: &Case, run: &Running, jobs: &[&str], life: u64) {
    for job in jobs {
        case.life(run, job, life + 1);
        // What the last life had written may still be on its way.
        if run.path(&format!("{job}.seen.0")).exists() {
            goes_on(run, job);
        }
    }
    goes_on(run, "sink");
    case.recovered();
}

/// Kills a job so often, each life of it when it has written so many bytes.
#[track_caller]
pub(crate) fn kill_lives(case: &Case, run: &Running, job: &str, kills: u64, bytes: impl Fn(u64) -> u64) {
    for life in 1..=kills {
        goes_on(run, "sink");
        case.after_in_life(run, job, life, bytes(life));
        case.strike_life(run, job, life, Signal::KILL);
        comes_back(case, run, &[job], life);
    }
}

/// Kills a job some times, each life of it when blocks have come through, and gives how often.
#[track_caller]
pub(crate) fn kill_some_times(case: &Case, chain: &Chain, run: &Running, job: &str) -> u64 {
    let kills = case.number(1..=4);
    for life in 1..=kills {
        goes_on(run, "sink");
        if life == 1 {
            case.after(run, "source", chain.progress(case));
        }
        case.strike_life(run, job, life, Signal::KILL);
        comes_back(case, run, &[job], life);
    }
    kills
}

#[test]
fn a02_kill_the_source_restart_always() {
    fault(2).seeds().each(|case| {
        let chain = Chain::seen(case).source_keys(ALWAYS);
        let mut run = case.network(chain.toml()).start();
        let kills = kill_some_times(case, &chain, &run, "source");
        run.signal(Signal::TERM);
        let over = case.over(run, 130);
        assert_eq!(over.end("source"), Some(JobEnd::Stopped));
        let issued = over.issued("source");
        for sink in chain.sinks() {
            let seen = over.seen(sink, 0);
            over.in_order(sink, &seen);
            // Between two lives a single block may be missing: the one that was being written.
            let missing = seen.numbers().zip(0..).last().map_or(0, |(number, place)| number - place);
            assert!(missing <= kills, "{sink}: {missing} blocks are missing after {kills} kills");
            // A life may have ended before it wrote anything.
            let next = seen.numbers().last().map_or(0, |last| last + 1);
            let is_told = (issued.blocks.saturating_sub(1)..=issued.most()).contains(&next);
            assert!(is_told, "{sink} would see block {next} next, but {issued:?}");
            for (pipe, reader) in chain.legs() {
                let tally = over.run().tally(pipe, reader);
                assert_eq!((tally.written, tally.delivered, tally.lost), (seen.count(), seen.count(), 0), "{tally:?}");
                // The stop, too, may have come inside a block.
                assert!(tally.torn <= missing + 1, "{tally:?}, and {missing} are missing");
            }
        }
    });
}

#[test]
fn a08_kill_a_reader_that_is_restarted() {
    fault(8).seeds().each(|case| {
        let chain = Chain::seen(case).sink_keys(ALWAYS);
        let mut run = case.network(chain.toml()).start();
        let kills = kill_some_times(case, &chain, &run, "sink");
        run.signal(Signal::TERM);
        let over = case.over(run, 130);
        // A life that was killed had read what is known as delivered, and had not looked at all of it.
        let issued = over.issued("source");
        let (tally, seen) = over.at_most_once(chain.last(), "sink", kills * chain.blocks.in_hand());
        assert!(seen.begins.len() as u64 > kills || !seen.ended, "{} lives after {kills} kills", seen.begins.len());
        assert!(issued.may_be(tally.written), "{issued:?}, but {tally:?}");
        assert_eq!((tally.delivered + tally.lost, tally.unused), (tally.written, 0), "{tally:?}");
        assert!(tally.lost <= kills * chain.blocks.on_their_way(), "{tally:?}");
        for other in chain.sinks().iter().filter(|name| **name != "sink") {
            over.all_arrived("source", other, 0);
        }
    });
}
