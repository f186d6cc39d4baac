//! `pipeloom try`: one job alone, over real pipes.

use pipeloom_e2e::events::JobEnd;
use pipeloom_e2e::{Test, network};

/// Programs in Python, with and without heads, between programs that are not there.
const NETWORK: &str = r#"
[jobs.sensors]
exec = ["not-there"]
outputs = ["a", "b"]

[jobs.sum]
exec = ["python3", "sum.py"]
head = true
inputs = ["a", "b"]
outputs = ["sums"]

[jobs.count]
exec = ["python3", "count.py"]
args = { from = 7 }
outputs = ["numbers"]

[jobs.keep]
exec = ["python3", "keep.py", "${run}/kept"]
inputs = ["sums"]

[jobs.end]
exec = ["not-there"]
inputs = ["sums", "numbers"]

[pipes]
a.codec = "json"
b = { codec = "json", block_count = 2 }
sums.codec = "json"
numbers.codec = "lines"
"#;

/// One number of the first input and two of the second, with what their heads say.
const SUM: &str = r#"
import json, sys
a, b, out = open(sys.argv[2], "rb"), open(sys.argv[4], "rb"), open(sys.argv[6], "wb", buffering=0)
def block(pipe):
    head = pipe.read(1)
    return (head[0], json.loads(pipe.readline())) if head else None
while None not in (blocks := [block(a), block(b), block(b)]):
    head = blocks[0][0] | blocks[1][0] | blocks[2][0]
    out.write(bytes([head]) + json.dumps(sum(value for _, value in blocks)).encode() + b"\n")
"#;

/// Counts for ever, and does not know of broken pipes.
const COUNT: &str = r#"
import itertools, json, os, sys
first = json.loads(os.environ["PIPELOOM_ARGS"])["from"]
with open(sys.argv[2], "w", buffering=1) as out:
    for number in itertools.count(first):
        print(number, file=out)
"#;

const KEEP: &str = r#"
import sys
with open(sys.argv[3]) as numbers, open(sys.argv[1], "w") as kept:
    kept.writelines(numbers)
"#;

fn jobs() -> Test {
    network(NETWORK).file("sum.py", SUM).file("count.py", COUNT).file("keep.py", KEEP)
}

#[test]
fn a_program_with_two_inputs_and_heads() {
    let given = ["a=1", "b=0x08 2", "b=3", "a=0x10 10", "b=20", "b=30"].map(|block| ["--block", block]);
    let run = jobs()
        .try_job("sum", &given.concat())
        .stdout(
            "compute block 1\n\
             \x20 a    <- 0x40(reset) 1\n\
             \x20 b    <- 0x48(reset) 2\n\
             \x20 b    <- 0x00 3\n\
             \x20 sums -> 0x48(reset) 6\n\
             compute block 2\n\
             \x20 a    <- 0x30(finished) 10\n\
             \x20 b    <- 0x00 20\n\
             \x20 b    <- 0x20(finished) 30\n\
             \x20 sums -> 0x30(finished) 60\n",
        )
        .stderr_has("sum: ended")
        .exits(0);
    run.job_ended("sum", JobEnd::Ended);
}

#[test]
fn a_value_that_the_program_cannot_use() {
    let given = ["a=1", "b=2", "b=\"three\""].map(|block| ["--block", block]);
    let ended = jobs().try_job("sum", &given.concat());
    ended.stderr_has("TypeError: unsupported operand").stderr_has("error: job sum failed: exit status 1").exits(1);
}

#[test]
fn a_source_without_end() {
    let expected = "\
compute block 1
  numbers -> 0x40(reset) 7
compute block 2
  numbers -> 0x00 8
compute block 3
  numbers -> 0x00 9
";
    jobs().try_job("count", &["--steps", "3"]).stdout(expected).exits(0);
}

#[test]
fn a_sink_keeps_what_it_is_given() {
    let given = ["--input", "sums=numbers"];
    let run = jobs().file("numbers", "1\n2\n3\n").try_job("keep", &given).stdout(
        "compute block 1\n  sums <- 0x40(reset) 1\n  taken by keep\n\
         compute block 2\n  sums <- 0x00 2\n  taken by keep\n\
         compute block 3\n  sums <- 0x20(finished) 3\n  taken by keep\n",
    );
    run.stderr_has("keep: ended").exits(0).file("run/kept", "1\n2\n3\n").delivered("sums", "keep", 3);
}
