//! Programs that only know their flags and, if they want to, the byte before each block.

use pipeloom_e2e::events::{JobEnd, PipeEnding};
use pipeloom_e2e::{Test, network};

use crate::heads::{DUMP, dumped, lines};

/// Counts from 1 to 30, and down on a second output if there is one: `count.py finish|end -o UP [-o DOWN]`.
const COUNT: &str = r#"
import sys
outputs = [open(path, "wb", buffering=0) for path in sys.argv[3::2]]
for number in range(1, 31):
    finished = number == 30 and sys.argv[1] == "finish"
    for value, out in zip((number, 31 - number), outputs):
        out.write(b"%c%d\n" % (0x20 if finished else 0, value))
"#;

/// A source that counts to 30 and then does this, and what its blocks become in a native job.
fn counted(end: &str) -> Test {
    network(format!(
        r#"
        [jobs.count]
        exec = ["python3", "count.py", "{end}"]
        head = true
        outputs = ["numbers"]
        [jobs.show]
        use = "lines-sink"
        inputs = ["numbers"]
        [pipes.numbers]
        codec = "json"
        "#
    ))
    .file("count.py", COUNT)
}

#[test]
fn a_source_that_counts_to_thirty_finishes_or_just_ends() {
    let numbers: String = (1..=30).map(|number| format!("{number}\n")).collect();
    for (end, job, pipe) in
        [("finish", JobEnd::Finished, PipeEnding::Finished), ("end", JobEnd::Ended, PipeEnding::Ended)]
    {
        let run = counted(end).run().stdout(&numbers).exits(0).delivered("numbers", "show", 30).job_ended("show", job);
        assert_eq!(run.tally("numbers", "show").ending, Some(pipe), "{end}");
    }
}

#[test]
fn an_end_without_finishing_is_warned_of() {
    let said = "warning: pipe numbers ended without the finished bit; its writer may have ended early";
    counted("end").run_with(&["--color=never"]).stderr_has(said).exits(0);
    let ended = counted("finish").run_with(&["--color=never"]);
    assert!(!String::from_utf8_lossy(ended.stderr()).contains("warning"));
    ended.stderr_has("finished in").exits(0);
}

#[test]
fn two_outputs_may_have_different_values() {
    let rows: String = (1..=30).map(|number| format!("{number},{}\r\n", 31 - number)).collect();
    network(
        r#"
        [jobs.count]
        exec = ["python3", "count.py", "finish"]
        head = true
        outputs = ["up", "down"]
        [jobs.save]
        use = "csv-sink"
        args = { path = "-" }
        inputs = ["up", "down"]
        [pipes]
        up.codec = "json"
        down.codec = "json"
        "#,
    )
    .file("count.py", COUNT)
    .run()
    .stdout(format!("up,down\r\n{rows}"))
    .exits(0)
    .job_ended("save", JobEnd::Finished);
}

/// Adds up what all inputs bring; with `multiply` the first one is a factor: `sum.pl [multiply] -i NUMBERS... -o SUMS`.
const SUM: &str = r#"
use List::Util qw(sum);
my $multiply = $ARGV[0] eq 'multiply' && shift;
my (@inputs, $out);
while (my ($flag, $path) = splice(@ARGV, 0, 2)) {
    open(my $file, $flag eq '-i' ? '<' : '>', $path) or die "$!";
    if ($flag eq '-i') { push @inputs, $file } else { $out = $file }
}
$out->autoflush(1);
while (1) {
    my @numbers = map { scalar readline($_) // exit } @inputs;
    my $factor = $multiply ? shift @numbers : 1;
    print $out $factor * sum(@numbers), "\n";
}
"#;

#[test]
fn two_or_many_inputs_are_added_up_and_the_first_may_be_a_factor() {
    for (arguments, inputs, factor) in [("", 2, 2), ("", 7, 7), (r#", "multiply""#, 2, 1), (r#", "multiply""#, 5, 4)] {
        let pipes: Vec<String> = (1..=inputs).map(|input| format!("in-{input}")).collect();
        let sources: String = pipes
            .iter()
            .map(|pipe| {
                format!(
                    "[jobs.{pipe}]\nuse = \"count\"\nargs = {{ from = 1, to = 40 }}\noutputs = [\"{pipe}\"]\n\
                     [pipes.{pipe}]\ncodec = \"lines\"\n"
                )
            })
            .collect();
        // All inputs bring the same number.
        let sum = |number: u32| factor * number * if arguments.is_empty() { 1 } else { number };
        network(format!(
            r#"
            [jobs.sum]
            exec = ["perl", "sum.pl"{arguments}]
            inputs = {pipes:?}
            outputs = ["sums"]
            [jobs.show]
            use = "lines-sink"
            inputs = ["sums"]
            [pipes.sums]
            codec = "lines"
            {sources}
            "#
        ))
        .file("sum.pl", SUM)
        .run()
        .stdout((1..=40).map(|number| format!("{}\n", sum(number))).collect::<String>())
        .exits(0)
        .job_ended("show", JobEnd::Finished);
    }
}

/// Reads 64 bytes twice and writes the first of each: `pair.py -i BLOCKS -o PAIRS`.
const PAIR: &str = r#"
import sys
with open(sys.argv[2], "rb") as blocks, open(sys.argv[4], "wb") as out:
    while True:
        one, other = blocks.read(64), blocks.read(64)
        if len(other) < 64:
            break
        out.write(bytes([one[0], other[0]]))
"#;

#[test]
fn a_program_reads_sixty_four_bytes_twice() {
    let run = network(format!(
        r#"
        [jobs.read]
        use = "bytes-source"
        args = {{ path = "blocks.bin" }}
        outputs = ["blocks"]
        [jobs.pair]
        exec = ["python3", "pair.py"]
        inputs = ["blocks"]
        outputs = ["pairs"]
        [jobs.dump]
        {DUMP}
        inputs = ["pairs"]
        [pipes]
        blocks = {{ codec = "bytes", block_size = 64, block_count = 2 }}
        pairs = {{ codec = "bytes", block_size = 2 }}
        "#
    ))
    .file("pair.py", PAIR)
    .file("blocks.bin", (0..10).flat_map(|number| [number; 64]).collect::<Vec<u8>>())
    .run()
    .exits(0)
    .delivered("blocks", "pair", 10);
    assert_eq!(dumped(&run), [0x40, 0, 1, 0, 2, 3, 0, 4, 5, 0, 6, 7, 0x20, 8, 9]);
}

/// Adds two numbers. Of the heads, the first output's says whether the sum is 10 or more (bit 4); the second's has bit 7
/// always: `add.py -i A -i B -o SUMS -o MORE`.
const ADD: &str = r#"
import sys
a, b = (open(path, "rb") for path in sys.argv[2:5:2])
sums, more = (open(path, "wb", buffering=0) for path in sys.argv[6::2])
for one, other in zip(a, b):
    head, value = one[0] | other[0], int(one[1:]) + int(other[1:])
    sums.write(b"%c%d\n" % (head | (0x08 if value >= 10 else 0), value))
    more.write(b"%c%d\n" % (head | 0x01, value))
"#;

#[test]
fn each_output_may_have_a_head_of_its_own_that_is_read_two_jobs_later() {
    let run = |read: &str| {
        network(format!(
            r#"
            [jobs.a]
            use = "count"
            args = {{ from = 1, to = 8 }}
            outputs = ["a"]
            [jobs.b]
            use = "count"
            args = {{ from = 1, to = 8 }}
            outputs = ["b"]
            [jobs.add]
            exec = ["python3", "add.py"]
            head = true
            inputs = ["a", "b"]
            outputs = ["sums", "more"]
            [jobs.blind]
            exec = ["cat"]
            pass = "stdio"
            steps = "each"
            inputs = ["{read}"]
            outputs = ["same"]
            [jobs.dump]
            {DUMP}
            inputs = ["same"]
            [jobs.rest]
            use = "null-sink"
            inputs = ["sums", "more"]
            [pipes]
            a.codec = "lines"
            b.codec = "lines"
            sums.codec = "lines"
            more.codec = "lines"
            same.codec = "lines"
            "#
        ))
        .file("add.py", ADD)
        .run()
        .exits(0)
    };
    let heads = |read: &str| lines(&run(read)).into_iter().map(|(head, _)| head).collect::<Vec<_>>();
    assert_eq!(heads("sums"), [0x40, 0, 0, 0, 0x08, 0x08, 0x08, 0x28]);
    assert_eq!(heads("more"), [0x41, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x21]);
}
