//! Sinks are killed at random moments that are started again.

use pipeloom_faults::e2e::{Running, is_alive, is_halted, send, until};
use pipeloom_faults::{Blocks, Case, Chain, JobEnd, Middle, Over, Seen, Signal, fault};

use crate::flow::SOON;
use crate::restart::{ALWAYS, kill_some_times};

/// A sink that has done nothing before it has ended well; all of it is kept until then.
const AT_THE_END: &str = "delivery = \"at-least-once\"\nack = \"end\"\nwindow_bytes = 1073741824";

/// Waits until the sink has seen so many blocks in a certain one of its lives.
#[track_caller]
fn sees(run: &Running, life: u64, blocks: u64) {
    until(&format!("that life {life} of the sink has seen {blocks} blocks"), SOON, || {
        let seen = Seen::read(run.dir(), "sink", 0);
        seen.begins.len() as u64 == life && seen.last_life().count() as u64 >= blocks
    });
}

/// Kills a sink some times at random blocks, while the source keeps back its last block. In its last life the sink has seen all of
/// them, and nobody lacks any. Gives how often it was killed.
#[track_caller]
fn kill_before_the_end<'c>(case: &'c Case, chain: Chain) -> (Over<'c>, u64) {
    let count = chain.count(case) / 4 + 2;
    let chain = chain.sink_keys(ALWAYS).source(format!("blocks={count}")).source(format!("halt={}", count - 1));
    let run = case.network(chain.toml()).start();
    let kills = case.number(1..=4);
    for life in 1..=kills {
        sees(&run, life, case.number(1..=count - 1));
        case.strike_life(&run, "sink", life, Signal::KILL);
        sees(&run, life + 1, 1);
        case.recovered();
    }
    let source = run.started("source");
    until("that the source is halted", SOON, || is_halted(source));
    send(source, Signal::CONT);
    let over = case.over(run, 0);
    for (pipe, sink) in chain.sinks().iter().map(|sink| (chain.last(), sink)) {
        let (tally, seen) = over.at_least_once(pipe, sink);
        assert_eq!((tally.written, over.issued("source").blocks), (count, count), "{tally:?}");
        assert!(seen.last_life().eq(0..count), "{sink}: its last life has not seen all: {tally:?}");
        assert!(tally.repeated <= kills * count, "{tally:?}");
        assert_eq!(over.end(sink), Some(JobEnd::Ended));
    }
    assert_eq!(over.seen("sink", 0).begins.len() as u64, kills + 1);
    (over, kills)
}

#[test]
fn a05_kill_a_sink_that_has_done_nothing_before_its_end() {
    fault(5).seeds().each(|case| {
        kill_before_the_end(case, Chain::seen(case).pipe_keys(AT_THE_END));
    });
}

#[test]
fn a05_kill_a_sink_with_a_spool() {
    fault(5).seeds().each(|case| {
        let sync = case.pick(&["never", "interval"]);
        let spool = format!("{AT_THE_END}\nwhen_full = \"spool\"\nspool = {{ sync = \"{sync}\" }}");
        let (over, _) = kill_before_the_end(case, Chain::seen(case).pipe_keys(&spool));
        assert!(!over.run().path("run/spool").exists(), "what was on disk is gone");
    });
}

#[test]
fn a05_a_source_goes_on_while_its_sink_is_away() {
    fault(5).seeds().each(|case| {
        let blocks = case.pick(&[Blocks::of(1000), Blocks::between(8, 5000)]);
        // It comes back when the source has long ended.
        let later = "restart = { policy = \"always\", backoff_seconds = 0.5 }";
        let count = case.number(1000..=3000);
        let chain = Chain::new(blocks, Middle::Relay).source(format!("blocks={count}")).sink_keys(later).halted();
        let chain = chain.pipe_keys("when_full = \"spool\"\nmax_queue = 2");
        let run = case.network(chain.toml()).start();
        let (source, sink) = (run.started("source"), run.started("sink"));
        until("that the sink is halted", SOON, || is_halted(sink));
        case.strike(&run, "sink", Signal::KILL);
        case.is_patient();
        until("the end of the source", SOON, || !is_alive(source));
        let next = case.life(&run, "sink", 2);
        until("that the sink is halted", SOON, || is_halted(next));
        send(next, Signal::CONT);
        let over = case.over(run, 0);
        let (tally, seen) = over.at_most_once("a", "sink", 0);
        assert_eq!((tally.written, tally.delivered, tally.unused), (count, seen.count(), 0), "{tally:?}");
        // The first life's pipe was full, and it had read nothing of that.
        assert_eq!(seen.numbers().next(), Some(tally.lost), "{tally:?}");
        assert!(tally.lost <= blocks.on_their_way(), "{tally:?}");
    });
}

#[test]
fn b26_a_reader_is_restarted_while_blocks_are_dropped() {
    fault(26).seeds().each(|case| {
        let blocks = case.pick(&[Blocks::of(1000), Blocks::between(8, 5000)]);
        let policy = case.pick(&["drop-oldest", "drop-newest"]);
        let chain = Chain::new(blocks, case.pick(&Middle::SEEN))
            .sink_keys(ALWAYS)
            .sink("pause=50")
            .pipe_keys(&format!("when_full = \"{policy}\"\nmax_queue = {}", case.number(2..=50)));
        let mut run = case.network(chain.toml()).start();
        let kills = kill_some_times(case, &chain, &run, "sink");
        run.signal(Signal::TERM);
        let over = case.over(run, 130);
        let (tally, _) = over.at_most_once(chain.last(), "sink", kills * blocks.in_hand());
        assert!(over.issued("source").may_be(tally.written), "{tally:?}");
        assert!(tally.dropped > 0, "{tally:?}");
        assert!(tally.lost <= kills * blocks.on_their_way(), "{tally:?} after {kills} kills");
    });
}
