//! Slow readers, many readers, many writers, small pipes.

use std::time::Duration;

use pipeloom_faults::e2e::events::Event;
use pipeloom_faults::e2e::{is_alive, is_halted, peak_memory, send, until};
use pipeloom_faults::{Blocks, Case, Chain, JobEnd, Middle, Over, Signal, fault};

/// Long enough for what comes soon.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// What the runtime itself may have in memory, in bytes: a program with symbols, a few threads, and a few queues of 4 MiB.
pub(crate) const MEMORY: u64 = 48 << 20;

#[test]
fn b25_a_consumer_that_mostly_stands_still() {
    fault(25).seeds().each(|case| {
        let chain = Chain::random(case);
        let mut run = case.network(chain.toml()).start();
        let source = case.after(&run, "source", chain.progress(case));
        let sink = run.started("sink");
        for _ in 0..case.number(1..=3) {
            case.strike(&run, "sink", Signal::STOP);
            until("that the sink is halted", SOON, || is_halted(sink));
            run.stalls(source);
            send(sink, Signal::CONT);
            run.goes_on_for(Duration::from_millis(case.up_to(20)));
        }
        case.is_patient();
        let peak = peak_memory(run.pid());
        assert!(peak < MEMORY, "{peak} bytes");
        run.signal(Signal::TERM);
        case.over(run, 130).all_through(&chain);
    });
}

/// Blocks with heads go to sinks that stand still until some moment, and are dropped as the policy says.
#[track_caller]
fn dropped<'c>(case: &'c Case, policy: &str, max_queue: u64) -> (Chain, Over<'c>) {
    let blocks = case.pick(&[Blocks::of(8), Blocks::of(1000), Blocks::between(8, 5000)]).with_heads();
    let chain = Chain::new(blocks, case.pick(&Middle::SEEN)).halted();
    let count = chain.count(case);
    let chain = chain
        .source(format!("blocks={count}"))
        .source("finish=1")
        .pipe_keys(&format!("when_full = \"{policy}\"\nmax_queue = {max_queue}"));
    let run = case.network(chain.toml()).start();
    for sink in chain.sinks() {
        run.ready(sink);
        let pid = run.started(sink);
        until("that the sink is halted", SOON, || is_halted(pid));
    }
    for sink in chain.sinks() {
        case.after(&run, "source", chain.progress(case));
        case.strike(&run, sink, Signal::CONT);
    }
    case.is_patient();
    let over = case.over(run, 0);
    for sink in chain.sinks() {
        let (issued, seen) = (over.issued("source"), over.seen(sink, 0));
        over.in_order(sink, &seen);
        let tally = over.run().tally(chain.last(), sink);
        let counts = (tally.written, tally.delivered, tally.dropped, tally.unused);
        assert_eq!(counts, (issued.blocks, seen.count(), issued.blocks - seen.count(), 0), "{tally:?}");
        // The first one resets, the last one finishes: neither is ever dropped.
        let (first, last) = (seen.blocks[0], *seen.blocks.last().unwrap());
        assert_eq!((first.number, first.head.unwrap() & 0x40), (0, 0x40));
        assert_eq!((last.number, last.head.unwrap() & 0x20), (count - 1, 0x20));
    }
    (chain, over)
}

#[test]
fn b26_drop_the_oldest() {
    fault(26).seeds().each(|case| {
        dropped(case, "drop-oldest", case.number(2..=50));
    });
}

#[test]
fn b27_drop_the_newest() {
    fault(27).seeds().each(|case| {
        dropped(case, "drop-newest", case.number(2..=50));
    });
}

#[test]
fn b28_what_resets_or_finishes_is_not_dropped() {
    // With the smallest queue, so that there is always something to drop.
    fault(28).seeds().each(|case| {
        let (chain, over) = dropped(case, case.pick(&["drop-oldest", "drop-newest"]), 2);
        for sink in chain.sinks() {
            assert_eq!(over.end(sink), Some(JobEnd::Ended));
        }
    });
}

#[test]
fn b29_branches_that_are_unequal() {
    fault(29).seeds().each(|case| {
        let blocks = case.pick(&[Blocks::of(1024), Blocks::between(8, 5000)]);
        // More than the other branch holds: five pipes of 64 KiB, among them what a program has in its hand, and two queues.
        let (skew, queue) = (case.number(800..=2000), case.number(2..=50));
        let count = skew + case.number(1..=2000);
        let late = format!("exec = [\"villain\", \"late\", \"{}\"]", skew * blocks.sizes.1);
        // The other branch: a native job, a program, or nobody.
        let (soon, right) = match case.number(0..=2) {
            0 => ("use = \"forward\"", "c"),
            1 => ("exec = [\"villain\", \"forward\"]", "c"),
            _ => ("", "a"),
        };
        let mut toml = format!(
            "[jobs.source]\n{}\noutputs = [\"a\"]\n[jobs.late]\n{late}\ninputs = [\"a\"]\noutputs = [\"b\"]\n\
             [jobs.sink]\n{}\ninputs = [\"b\", \"{right}\"]\n",
            blocks.source("source", &[&format!("blocks={count}")]),
            blocks.sink("sink", &["in_step=1"]),
        );
        if right == "c" {
            toml += &format!("[jobs.soon]\n{soon}\ninputs = [\"a\"]\noutputs = [\"c\"]\n");
        }
        for pipe in ["a", "b", "c"].into_iter().filter(|pipe| *pipe != "c" || right == "c") {
            toml += &format!("[pipes.{pipe}]\n{}\nmax_queue = {queue}\n", blocks.pipe());
        }
        let run = case.network(toml).start();
        case.has_fault();
        let over = case.over(run, 0);
        for place in 0..2 {
            assert_eq!(over.all_arrived("source", "sink", place).count(), count);
        }
        let has_grown =
            |event: &Event| matches!(event, Event::Warning { message, .. } if message.contains("may grow to"));
        over.require(over.events().iter().any(has_grown), || "no queue has grown".to_owned());
    });
}

#[test]
fn b31_one_of_a_hundred_readers_ends() {
    fault(31).seeds().each(|case| {
        let blocks = Blocks::between(8, 3000);
        let (count, enough) = (case.number(1000..=2000), case.number(1..=1000));
        let mut toml = format!(
            "[jobs.source]\n{}\noutputs = [\"a\"]\n[jobs.one]\n{}\ninputs = [\"a\"]\n[jobs.sink]\n{}\ninputs = [\"a\"]\n[pipes.a]\n{}\n",
            blocks.source("source", &[&format!("blocks={count}")]),
            blocks.sink("one", &[&format!("only={enough}")]),
            blocks.sink("sink", &[]),
            blocks.pipe()
        );
        let others: Vec<String> = (2..100).map(|number| format!("reader-{number}")).collect();
        for name in &others {
            toml += &format!("[jobs.{name}]\nuse = \"null-sink\"\ninputs = [\"a\"]\n");
        }
        let run = case.network(toml).start();
        case.has_fault();
        let over = case.over(run, 0);
        assert_eq!(over.prefix("source", "one", 0).count(), enough);
        assert_eq!(over.all_arrived("source", "sink", 0).count(), count);
        for name in others.iter().map(String::as_str).chain(["sink"]) {
            let tally = over.run().tally("a", name);
            assert_eq!((tally.written, tally.delivered), (count, count), "{tally:?}");
        }
    });
}

#[test]
fn b32_a_hundred_writers() {
    fault(32).seeds().each(|case| {
        let blocks = Blocks::between(8, 3000 + case.up_to(10_000));
        let count = format!("blocks={}", case.number(1..=20));
        let pipes: Vec<String> = (0..100).map(|place| format!("p{place}")).collect();
        let mut toml = format!("[jobs.sink]\n{}\ninputs = {pipes:?}\n", blocks.sink("sink", &[]));
        for (place, pipe) in pipes.iter().enumerate() {
            let source = blocks.source(&format!("source-{place}"), &[&count, &format!("stream={place}")]);
            toml += &format!(
                "[jobs.source-{place}]\n{source}\noutputs = [\"{pipe}\"]\n[pipes.{pipe}]\n{}\n",
                blocks.pipe()
            );
        }
        let run = case.network(toml).start();
        case.has_fault();
        let over = case.over(run, 0);
        for place in 0..pipes.len() {
            over.all_arrived(&format!("source-{place}"), "sink", place);
        }
    });
}

#[test]
fn b36_small_pipes() {
    fault(36).seeds().each(|case| {
        let chain = Chain::random(case).pipe_keys(&format!("capacity_bytes = {}", case.number(1..=16384)));
        let chain = chain.clone().source(format!("blocks={}", chain.count(case) / 4 + 1));
        let run = case.network(chain.toml()).start();
        let source = run.started("source");
        case.has_fault();
        until("the end of the source", 2 * SOON, || !is_alive(source));
        case.over(run, 0).all_through(&chain);
    });
}

/// Whether this user's pipes may be as large as wanted; then nothing is refused that could be warned of.
fn pipes_have_a_quota() -> Result<(), String> {
    const SYS_RESOURCE: u32 = 24;
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let capabilities = status.lines().find_map(|line| line.strip_prefix("CapEff:")).unwrap();
    let capabilities = u64::from_str_radix(capabilities.trim(), 16).unwrap();
    if capabilities >> SYS_RESOURCE & 1 == 0 { Ok(()) } else { Err("a user without CAP_SYS_RESOURCE".to_owned()) }
}

#[test]
fn b36_pipes_smaller_than_the_file_says() {
    fault(36).needs(pipes_have_a_quota()).seeds().each(|case| {
        let chain = Chain::random(case).pipe_keys("capacity_bytes = 1073741824");
        let chain = chain.clone().source(format!("blocks={}", chain.count(case) / 4 + 1));
        let run = case.network(chain.toml()).start();
        case.has_fault();
        let over = case.over(run, 0);
        over.all_through(&chain);
        let is_told = |event: &Event| matches!(event, Event::Warning { message, .. } if message.contains("capacity"));
        over.require(over.events().iter().any(is_told), || "nobody says that the pipes are smaller".to_owned());
    });
}
