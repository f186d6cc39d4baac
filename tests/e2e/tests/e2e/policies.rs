//! Queues that are full: blocks are dropped, or the run fails, as the file says.

use std::time::Duration;

use pipeloom_e2e::events::{CauseKind, Event, JobEnd};
use pipeloom_e2e::{Run, Signal, Test, is_halted, network, send, until};

use crate::heads::{DUMP, dumped, lines};

/// How many blocks a source writes.
const BLOCKS: u64 = 3000;

/// Writes the numbers from 1 as lines of eight bytes with heads to all its outputs, the last one finished, and says that it is ready when all
/// of them have been taken: `source.py COUNT -o PIPE...`.
const SOURCE: &str = r#"
import fcntl, os, struct, sys, termios
count = int(sys.argv[1])
outputs = [open(path, "wb", buffering=0) for path in sys.argv[3::2]]
for number in range(1, count + 1):
    for out in outputs:
        out.write(b"%c%07d\n" % (0x20 if number == count else 0, number))
for out in outputs:
    while struct.unpack("i", fcntl.ioctl(out, termios.FIONREAD, bytes(4)))[0]:
        os.sched_yield()
os.write(3, b'{"ready": true}\n')
"#;

/// A source, `reader` in some lines, and a sink for what comes through. The pipe `numbers` has this policy.
fn before(reader: &str, policy: &str) -> Test {
    network(format!(
        r#"
        [jobs.source]
        exec = ["python3", "source.py", "{BLOCKS}"]
        head = true
        outputs = ["numbers"]
        {reader}
        outputs = ["seen"]
        [jobs.save]
        use = "lines-sink"
        args = {{ path = "${{run}}/seen.txt" }}
        inputs = ["seen"]
        [pipes]
        numbers = {{ codec = "lines", max_queue = 10, when_full = "{policy}" }}
        seen.codec = "lines"
        "#
    ))
    .file("source.py", SOURCE)
}

/// A program that is slow: it stands still for as long as the source writes.
fn slow_program(policy: &str) -> Test {
    before("[jobs.slow]\nexec = [\"villain\", \"halted\", \"forward\"]\ninputs = [\"numbers\"]", policy)
}

/// A native job that is slow, because it waits for such a program.
fn slow_native_job(policy: &str) -> Test {
    const SLOW: &str = r#"
        [jobs.pass]
        use = "forward"
        inputs = ["numbers"]
        outputs = ["passed"]
        [jobs.slow]
        exec = ["villain", "halted", "forward"]
        inputs = ["passed"]"#;
    before(SLOW, policy).arg("--set").arg("pipes.passed.codec=lines")
}

/// Lets the slow reader go on when the source has written all.
#[track_caller]
fn let_go_on(test: Test) -> Run {
    let run = test.start();
    let slow = run.ready("slow");
    until("that the reader is halted", Duration::from_secs(20), || is_halted(slow));
    run.ready("source");
    send(slow, Signal::CONT);
    run.end().exits(0)
}

/// The same, and the numbers that have come through.
#[track_caller]
fn seen(test: Test, reader: &str) -> (Run, Vec<u64>) {
    let run = let_go_on(test).job_ended("save", JobEnd::Finished);
    let seen: Vec<u64> = run.text("run/seen.txt").lines().map(|line| line.parse().unwrap()).collect();
    let tally = run.tally("numbers", reader);
    assert_eq!((tally.written, tally.delivered), (BLOCKS, seen.len() as u64), "{tally:?}");
    assert_eq!((tally.dropped, tally.unused), (BLOCKS - tally.delivered, 0), "{tally:?}");
    (run, seen)
}

#[test]
fn the_oldest_are_dropped_and_the_newest_come_behind_what_the_pipe_held() {
    // Faults 26 and 28.
    let (_, seen) = seen(slow_program("drop-oldest"), "slow");
    let held = seen.len() as u64 - 10;
    assert_eq!(seen, (1..=held).chain(BLOCKS - 9..=BLOCKS).collect::<Vec<_>>());
    assert!(held > 10, "{held}");
}

#[test]
fn the_newest_are_dropped_but_not_the_last_one() {
    // Faults 27 and 28.
    let (_, seen) = seen(slow_program("drop-newest"), "slow");
    let kept = seen.len() as u64 - 1;
    assert_eq!(seen, (1..=kept).chain([BLOCKS]).collect::<Vec<_>>());
    assert!(kept > 10, "{kept}");
}

#[test]
fn it_is_the_same_in_front_of_a_native_job() {
    // Until it stands still the job takes what there is, so that some may be dropped earlier too.
    for policy in ["drop-oldest", "drop-newest"] {
        let (_, seen) = seen(slow_native_job(policy), "pass");
        assert!(seen.is_sorted_by(|one, next| one < next), "{policy}: {seen:?}");
        assert_eq!((seen.first(), seen.last()), (Some(&1), Some(&BLOCKS)), "{policy}");
        if policy == "drop-oldest" {
            assert_eq!(seen[seen.len() - 10..], (BLOCKS - 9..=BLOCKS).collect::<Vec<_>>(), "{policy}");
        }
    }
}

#[test]
fn a_pipe_that_drops_is_as_small_as_it_can_be() {
    // What it holds comes before the newest ones, so it should be little: a page, though the first write may be as long.
    let (_, seen) = seen(slow_program("drop-oldest"), "slow");
    let held: usize = seen[..seen.len() - 10].iter().map(|number| number.to_string().len() + 1).sum();
    assert!(held <= 2 * 4096, "{held} bytes");
}

#[test]
fn a_native_source_goes_on_and_all_is_counted() {
    for policy in ["drop-oldest", "drop-newest"] {
        let run = network(format!(
            r#"
            [jobs.count]
            use = "count"
            args = {{ from = 1, to = 20000 }}
            outputs = ["numbers"]
            [jobs.slow]
            exec = ["villain", "halted", "forward"]
            inputs = ["numbers"]
            outputs = ["seen"]
            [jobs.save]
            use = "lines-sink"
            args = {{ path = "${{run}}/seen.txt" }}
            inputs = ["seen"]
            [pipes]
            numbers = {{ codec = "lines", max_queue = 10, when_full = "{policy}" }}
            seen.codec = "lines"
            "#
        ))
        .start();
        let slow = run.ready("slow");
        run.until("the end of the source", |event| {
            matches!(event, Event::JobEnded { job, .. } if job == "count").then_some(())
        });
        until("that the reader is halted", Duration::from_secs(20), || is_halted(slow));
        send(slow, Signal::CONT);
        let run = run.end().exits(0);
        let seen: Vec<u64> = run.text("run/seen.txt").lines().map(|line| line.parse().unwrap()).collect();
        assert_eq!((seen.first(), seen.last()), (Some(&1), Some(&20_000)), "{policy}");
        assert!(seen.is_sorted_by(|one, next| one < next), "{policy}: {seen:?}");
        let tally = run.tally("numbers", "slow");
        assert_eq!((tally.written, tally.delivered), (20_000, seen.len() as u64), "{policy}: {tally:?}");
        assert_eq!((tally.dropped, tally.unused), (20_000 - tally.delivered, 0), "{policy}: {tally:?}");
        assert!(tally.dropped > 0, "{policy}: {tally:?}");
    }
}

#[test]
fn a_run_fails_where_nothing_may_be_dropped_and_nobody_may_wait() {
    network(format!(
        r#"
        [jobs.source]
        exec = ["python3", "source.py", "{BLOCKS}"]
        head = true
        outputs = ["numbers"]
        stop = {{ drain_seconds = 0.1 }}
        [jobs.blank]
        exec = ["villain", "blank"]
        inputs = ["numbers"]
        [pipes]
        numbers = {{ codec = "lines", max_queue = 10, when_full = "fail" }}
        "#
    ))
    .file("source.py", SOURCE)
    .run()
    .stderr_has("pipe numbers: 10 blocks wait for a reader and one more has come")
    .stderr_has("make `max_queue` larger, or choose another policy")
    .exits(1)
    .job_failed("blank", CauseKind::Flow, "`when_full` is \"fail\"");
}

/// Two branches of which one is slow and drops, joined by this job; `late` has these keys besides, and the output that codec.
fn joined_behind_drops(codec: &str, late: &str, job: &str, output: &str) -> Test {
    network(format!(
        r#"
        [jobs.source]
        exec = ["python3", "source.py", "{BLOCKS}"]
        head = true
        outputs = ["straight", "numbers"]
        [jobs.slow]
        exec = ["villain", "halted", "forward"]
        inputs = ["numbers"]
        outputs = ["late"]
        [jobs.join]
        {job}
        inputs = ["straight", "late"]
        outputs = ["pairs"]
        [jobs.dump]
        {DUMP}
        inputs = ["pairs"]
        [pipes]
        straight = {{ {codec}, max_queue = 4000 }}
        numbers = {{ {codec}, max_queue = 10, when_full = "drop-oldest" }}
        late = {{ {codec}{late} }}
        pairs = {{ {output} }}
        "#
    ))
    .file("source.py", SOURCE)
    .file("pair.py", PAIR)
}

/// Pairs lines with heads, and tries to clear all bits: `pair.py -i A -i B -o PAIRS`.
const PAIR: &str = r#"
import sys
a, b = open(sys.argv[2], "rb"), open(sys.argv[4], "rb")
with open(sys.argv[6], "wb") as out:
    for one, other in zip(a, b):
        finished = (one[0] | other[0]) & 0x20
        out.write(bytes([finished]) + one[1:-1] + b" " + other[1:])
"#;

/// The same, and which number the slow branch delivered last before some were dropped.
#[track_caller]
fn joined(test: Test) -> (Run, u64) {
    let run = let_go_on(test);
    let (numbers, late) = (run.tally("numbers", "slow"), run.tally("late", "join"));
    assert_eq!((late.delivered, late.unused), (numbers.delivered, 0), "{late:?}");
    assert_eq!(late.dummies, numbers.dropped, "{late:?}");
    assert!(late.dummies > 0, "{late:?}");
    (run, numbers.delivered - 10)
}

/// The head of a pair, and whether its second half is a dummy.
fn head_and_dummy(number: u64, held: u64) -> (u8, bool) {
    let is_dummy = number > held && number <= BLOCKS - 10;
    let bit = |mask, set| if set { mask } else { 0 };
    (bit(0x40, number == 1) | bit(0x80, is_dummy) | bit(0x20, number == BLOCKS), is_dummy)
}

#[test]
fn a_join_gets_dummies_for_what_was_dropped_and_all_that_is_made_of_them_is_corrupted() {
    let paste = r#"exec = ["sh", "-c", "paste -d ' ' \"$2\" \"$4\" > \"$6\"", "sh"]"#;
    let with_heads = "exec = [\"python3\", \"pair.py\"]\nhead = true";
    for job in [paste, with_heads] {
        for (dummy, value) in
            [("", None), (", dummy = \"previous\"", None), (", dummy = { value = \"none\" }", Some("none"))]
        {
            let (run, held) = joined(joined_behind_drops("codec = \"lines\"", dummy, job, "codec = \"lines\""));
            let pair = |number: u64| {
                let (head, is_dummy) = head_and_dummy(number, held);
                let other = match value {
                    Some(value) if is_dummy => value.to_owned(),
                    None if is_dummy => format!("{held:07}"),
                    _ => format!("{number:07}"),
                };
                (head, format!("{number:07} {other}"))
            };
            assert_eq!(lines(&run), (1..=BLOCKS).map(pair).collect::<Vec<_>>(), "{job} {dummy}");
        }
    }
}

#[test]
fn a_dummy_of_bytes_is_zeros() {
    let blocks = "codec = \"bytes\", block_size = 8";
    let test = joined_behind_drops(blocks, "", "use = \"gather\"", "codec = \"bytes\", block_size = 16");
    let (run, held) = joined(test);
    let pair = |number: u64| {
        let (head, is_dummy) = head_and_dummy(number, held);
        let block = format!("{number:07}\n").into_bytes();
        [vec![head], block.clone(), if is_dummy { vec![0; 8] } else { block }].concat()
    };
    assert_eq!(dumped(&run), (1..=BLOCKS).flat_map(pair).collect::<Vec<_>>());
}

#[test]
fn an_asynchronous_input_loses_nothing_and_is_paired_as_it_comes() {
    let paste = r#"exec = ["sh", "-c", "paste -d ' ' \"$2\" \"$4\" > \"$6\"", "sh"]"#;
    let with_heads = "exec = [\"python3\", \"pair.py\"]\nhead = true";
    for job in [paste, with_heads] {
        let lines_codec = "codec = \"lines\"";
        let run = let_go_on(joined_behind_drops(lines_codec, ", async = true", job, lines_codec));
        let (numbers, late) = (run.tally("numbers", "slow"), run.tally("late", "join"));
        assert_eq!((late.delivered, late.unused), (numbers.delivered, 0), "{late:?}");
        // Behind the end of its stream, which is not the join's, nothing is there for the others.
        assert_eq!(late.dummies, BLOCKS - late.delivered, "{late:?}");
        let came: Vec<u64> = (1..=late.delivered - 10).chain(BLOCKS - 9..=BLOCKS).collect();
        let pair = |number: u64| {
            let other = came.get(number as usize - 1);
            let bit = |mask, set| if set { mask } else { 0 };
            let head = bit(0x40, number == 1) | bit(0x80, other.is_none()) | bit(0x20, number == BLOCKS);
            (head, format!("{number:07} {:07}", other.copied().unwrap_or(BLOCKS)))
        };
        assert_eq!(lines(&run), (1..=BLOCKS).map(pair).collect::<Vec<_>>(), "{job}");
    }
}
