//! Inputs that are not lined up: optional ones, which are never waited for, and asynchronous ones.

use pipeloom_e2e::events::JobEnd;
use pipeloom_e2e::{Run, Test, network};

/// Writes operators and numbers as a script says, with heads: `n` is the next number, `N` the last one; anything else is an
/// operator behind its head in hexadecimal. Nothing is written before a number has come out at the other end, or an
/// operator, unless `~` is in front of it, has been taken: `director.py SCRIPT -o OPERATORS -o NUMBERS`.
const DIRECTOR: &str = r#"
import fcntl, os, struct, sys, termios
operators, numbers = (open(path, "wb", buffering=0) for path in sys.argv[3::2])

def taken(pipe):
    while struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))[0]:
        os.sched_yield()

def has_come_out(count):
    while not os.path.exists("seen.txt") or open("seen.txt", "rb").read().count(b"\n") < count:
        os.sched_yield()

number = 0
for word in sys.argv[1].split():
    if word in ("n", "N"):
        number += 1
        numbers.write(b"%c%d\n" % (0x20 if word == "N" else 0, number))
        has_come_out(number)
    else:
        head, operator = bytes.fromhex(word.strip("~")[:2]), word.strip("~")[2:]
        operators.write(head + operator.encode() + b"\n")
        if not word.startswith("~"):
            taken(operators)
"#;

/// Pairs what it reads, at once: `pair.pl -i A -i B -o PAIRS`.
const PAIR: &str = r#"
open(my $one, '<', $ARGV[1]) or die "$!";
open(my $other, '<', $ARGV[3]) or die "$!";
open(my $out, '>', $ARGV[5]) or die "$!";
$out->autoflush(1);
while (defined(my $a = <$one>) and defined(my $b = <$other>)) {
    chomp($a, $b);
    print $out "[\"$a\",\"$b\"]\n";
}
"#;

/// Writes each line with its head in hexadecimal to `seen.txt`, at once: `note.py -i LINES`.
const NOTE: &str = r#"
import sys
with open(sys.argv[2], "rb") as lines, open("seen.txt", "w", buffering=1) as seen:
    for line in lines:
        print("%02x" % line[0], line[1:-1].decode(), file=seen)
"#;

/// The same with heads, of which it writes what both have.
const PAIR_WITH_HEADS: &str = r#"
import sys
one, other = open(sys.argv[2], "rb"), open(sys.argv[4], "rb")
with open(sys.argv[6], "wb", buffering=0) as out:
    for a, b in zip(one, other):
        out.write(b'%c["%s","%s"]\n' % (a[0] | b[0], a[1:-1], b[1:-1]))
"#;

/// The ways to pair an operator and a number.
const JOBS: [&str; 3] =
    [r#"use = "gather""#, r#"exec = ["perl", "pair.pl"]"#, "exec = [\"python3\", \"pair.py\"]\nhead = true"];

/// A job that reads operators, which are optional in this way, and numbers, as the script says.
fn directed(script: &str, optional: &str, job: &str) -> Test {
    network(format!(
        r#"
        [jobs.director]
        exec = ["python3", "director.py", "{script}"]
        head = true
        outputs = ["operators", "numbers"]
        [jobs.pair]
        {job}
        inputs = ["operators", "numbers"]
        outputs = ["pairs"]
        [jobs.note]
        exec = ["python3", "note.py"]
        head = true
        inputs = ["pairs"]
        [pipes]
        operators = {{ codec = "lines", optional = {optional} }}
        numbers.codec = "lines"
        pairs.codec = "json"
        "#
    ))
    .file("director.py", DIRECTOR)
    .file("pair.pl", PAIR)
    .file("pair.py", PAIR_WITH_HEADS)
    .file("note.py", NOTE)
}

/// What has come out: heads, operators and numbers.
fn seen(run: &Run) -> Vec<(u8, String)> {
    let text = run.text("seen.txt");
    let line = |line: &str| {
        let (head, pair) = line.split_once(' ').unwrap();
        let pair: [String; 2] = serde_json::from_str(pair).unwrap();
        (u8::from_str_radix(head, 16).unwrap(), pair.concat())
    };
    text.lines().map(line).collect()
}

/// The operators and numbers that come out of all jobs under this script.
#[track_caller]
fn gives(script: &str, optional: &str, expected: &[&str]) {
    for job in JOBS {
        let run = directed(script, optional, job).run().exits(0).job_ended("note", JobEnd::Ended);
        let pairs: Vec<String> = seen(&run).into_iter().map(|(_, pair)| pair).collect();
        assert_eq!(pairs, expected, "{job} {script} {optional}");
        let tally = run.tally("operators", "pair");
        assert_eq!(tally.written, tally.delivered + tally.dropped + tally.unused, "{tally:?}");
        assert_eq!(run.tally("pairs", "note").false_resets, 0, "{job}");
    }
}

#[test]
fn there_is_a_default_until_the_first_block_which_then_stays() {
    gives("n n 00- n n 00* n N", r#"{ default = "+" }"#, &["+1", "+2", "-3", "-4", "*5", "*6"]);
}

#[test]
fn without_a_store_each_block_is_given_once() {
    gives("n 00- n n 00* n N", r#"{ default = "+", store = false }"#, &["+1", "-2", "+3", "*4", "+5"]);
}

#[test]
fn blocks_that_wait_come_one_after_another() {
    gives("n 00a ~00b ~00c n n n N", r#"{ default = "+" }"#, &["+1", "a2", "b3", "c4", "c5"]);
}

#[test]
fn a_buffer_holds_so_many_and_the_others_are_dropped() {
    let script = "00a n 00b 00c 00d n n N";
    gives(script, "{ buffer = 2 }", &["a1", "c2", "d3", "d4"]);
    gives(script, r#"{ buffer = 2, drop = "oldest" }"#, &["a1", "c2", "d3", "d4"]);
    gives(script, r#"{ buffer = 2, drop = "newest" }"#, &["a1", "b2", "c3", "c4"]);
    gives(script, r#"{ buffer = 1, store = false, default = "-" }"#, &["a1", "d2", "-3", "-4"]);
}

#[test]
fn the_newest_block_has_a_place_though_the_first_is_never_dropped() {
    gives("00a 00b 00c n n N", "{ buffer = 1 }", &["a1", "c2", "c3"]);
}

#[test]
fn what_was_dropped_is_counted() {
    for job in JOBS {
        let run = directed("00a n 00b 00c 00d n N", "{ buffer = 1 }", job).run().exits(0);
        let tally = run.tally("operators", "pair");
        assert_eq!((tally.written, tally.delivered, tally.dropped, tally.dummies), (4, 2, 2, 0), "{job}: {tally:?}");
    }
}

#[test]
fn bits_of_an_optional_block_go_along() {
    for job in JOBS {
        let run = directed("n 08- n n 04* n N", r#"{ default = "+", store = false }"#, job).run().exits(0);
        let expected = [(0x40, "+1"), (0x08, "-2"), (0, "+3"), (0x04, "*4"), (0x20, "+5")];
        assert_eq!(seen(&run), expected.map(|(head, pair)| (head, pair.to_owned())), "{job}");
    }
}

#[test]
fn the_end_of_an_optional_input_is_not_the_jobs() {
    for job in JOBS {
        let run = directed("20- n n N", r#"{ default = "+" }"#, job).run().exits(0);
        let expected = [(0x40, "-1"), (0, "-2"), (0x20, "-3")];
        assert_eq!(seen(&run), expected.map(|(head, pair)| (head, pair.to_owned())), "{job}");
    }
}

#[test]
fn an_optional_input_is_never_waited_for() {
    for job in JOBS {
        let run = network(format!(
            r#"
            [jobs.blank]
            exec = ["villain", "blank"]
            outputs = ["operators"]
            [jobs.count]
            use = "count"
            args = {{ from = 1, to = 2000 }}
            outputs = ["numbers"]
            [jobs.pair]
            {job}
            inputs = ["operators", "numbers"]
            outputs = ["pairs"]
            [jobs.show]
            use = "lines-sink"
            args = {{ path = "${{run}}/pairs.txt" }}
            inputs = ["pairs"]
            ends_run = true
            [pipes]
            operators = {{ codec = "lines", optional = {{ default = "+" }} }}
            numbers.codec = "lines"
            pairs.codec = "json"
            "#
        ))
        .file("pair.pl", PAIR)
        .file("pair.py", PAIR_WITH_HEADS)
        .run()
        .exits(0);
        let expected: String = (1..=2000).map(|number| format!("[\"+\",\"{number}\"]\n")).collect();
        run.file("run/pairs.txt", expected).delivered("numbers", "pair", 2000);
    }
}

#[test]
fn a_job_with_optional_inputs_only_is_called_for_what_is_new_and_ends_with_the_last() {
    for job in JOBS {
        let run = network(format!(
            r#"
            [jobs.letters]
            exec = ["printf", "a\nb\nc\n"]
            pass = "stdio"
            outputs = ["letters"]
            [jobs.numbers]
            use = "count"
            args = {{ from = 1, to = 40 }}
            outputs = ["numbers"]
            [jobs.pair]
            {job}
            inputs = ["letters", "numbers"]
            outputs = ["pairs"]
            [jobs.show]
            use = "lines-sink"
            args = {{ path = "${{run}}/pairs.txt" }}
            inputs = ["pairs"]
            [pipes]
            letters = {{ codec = "lines", optional = {{}} }}
            numbers = {{ codec = "lines", optional = {{ default = "0" }} }}
            pairs.codec = "json"
            "#
        ))
        .file("pair.pl", PAIR)
        .file("pair.py", PAIR_WITH_HEADS)
        .run()
        .exits(0)
        .delivered("letters", "pair", 3)
        .delivered("numbers", "pair", 40);
        let pairs: Vec<[String; 2]> =
            run.text("run/pairs.txt").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        // One call for each block at most, and each of them with something new.
        assert!((40..=43).contains(&pairs.len()), "{job}: {pairs:?}");
        assert!(pairs.is_sorted_by(|one, next| one != next), "{job}: {pairs:?}");
        assert_eq!(pairs.last(), Some(&["c".to_owned(), "40".to_owned()]), "{job}: {pairs:?}");
    }
}
