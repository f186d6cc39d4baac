//! Programs with a kit are killed at random moments, between what they have done and what they have said of it.

use pipeloom_faults::e2e::{is_halted, send, until};
use pipeloom_faults::{Blocks, Case, JobEnd, Middle, Seen, Signal, fault};

use crate::flow::SOON;
use crate::restart::ALWAYS;

const KEEP: &str = include_str!("keep.py");

/// So many blocks may be done and not said to be: see `jobs/python/src/pipeloom/done.py`.
const UNTOLD: u64 = 64;

/// What a kit reads at once may be more than what a pipe holds, in bytes.
const READ_AHEAD: u64 = 1 << 20;

/// A source that keeps back its last block, and a sink that is the class `sink`.
fn network(blocks: Blocks, middle: Middle, count: u64, sink: &str) -> String {
    let (last, pass) = match middle {
        Middle::Native => ("b", "[jobs.pass]\nuse = \"forward\"\ninputs = [\"a\"]\noutputs = [\"b\"]\n"),
        _ => ("a", ""),
    };
    let before = if last == "b" { format!("[pipes.a]\n{}\n", blocks.pipe()) } else { String::new() };
    format!(
        "[jobs.source]\n{}\noutputs = [\"a\"]\n{pass}[jobs.sink]\n{sink}\ninputs = [\"{last}\"]\n{ALWAYS}\n\
         {before}[pipes.{last}]\n{}\ndelivery = \"at-least-once\"\n",
        blocks.source("source", &[&format!("blocks={count}"), &format!("halt={}", count - 1)]),
        blocks.pipe(),
    )
}

/// Kills the sink some times, each life when some of its blocks stand in its account. All are done in one life or another, and
/// what is given again is only what may not have been said to be done: `held` are done together.
#[track_caller]
fn kill_between_the_words(case: &Case, sink: &str, held: u64) {
    let blocks = case.pick(&[Blocks::of(8), Blocks::of(100), Blocks::of(1000), Blocks::of(4097)]);
    let count = case.number(2000..=4000);
    let middle = case.pick(&[Middle::Relay, Middle::Native]);
    let run = case.network(network(blocks, middle, count, sink)).file("keep.py", KEEP).start();
    let kills = case.number(1..=4);
    for life in 1..=kills {
        // After one block, or any number of them if those before have left so many.
        let some = if case.one_in(4) { 1 } else { case.number(1..=count / kills) };
        until(&format!("that life {life} of the sink has done {some} blocks"), SOON, || {
            let seen = Seen::read(run.dir(), "sink", 0);
            let is_all = seen.numbers().last().is_some_and(|last| last + held + 1 >= count - 1);
            seen.begins.len() as u64 == life && (is_all || seen.last_life().count() as u64 >= some)
        });
        case.strike_life(&run, "sink", life, Signal::KILL);
        case.life(&run, "sink", life + 1);
        case.recovered();
    }
    let source = run.started("source");
    until("that the source is halted", SOON, || is_halted(source));
    send(source, Signal::CONT);
    let over = case.over(run, 0);
    let last = if middle == Middle::Native { "b" } else { "a" };
    let (tally, seen) = over.at_least_once(last, "sink");
    assert_eq!((tally.written, over.issued("source").blocks), (count, count), "{tally:?}");
    // Within a life nothing is left out, and no life begins behind what was not done before.
    let (mut next, mut begins) = (0, seen.begins.iter().peekable());
    for (place, number) in seen.numbers().enumerate() {
        while begins.next_if(|&&begin| begin == place).is_some() {
            assert!(number <= next, "a life begins with {number}, and {next} was not done");
            next = number;
        }
        assert_eq!(number, next, "after so many: {place}");
        next += 1;
    }
    assert!(seen.again() <= kills * (UNTOLD.max(held) + held), "{} done twice after {kills} kills", seen.again());
    let given = blocks.on_their_way() + READ_AHEAD / blocks.sizes.0 + UNTOLD + held;
    assert!(tally.repeated <= kills * given, "{tally:?} after {kills} kills");
    assert_eq!(over.end("sink"), Some(JobEnd::Ended));
}

#[test]
fn a05_kill_a_sink_whose_kit_says_what_is_done() {
    fault(5).seeds().each(|case| kill_between_the_words(case, "python = \"keep.py:Keep\"", 1));
}

#[test]
fn a05_kill_a_sink_that_says_itself_what_is_done() {
    fault(5).seeds().each(|case| {
        let together = case.number(2..=100);
        let sink = format!("python = \"keep.py:Commit\"\nargs = {{ together = {together} }}");
        kill_between_the_words(case, &sink, together);
    });
}
