//! Jobs with several inputs: which blocks belong together, and how such a job ends.

use pipeloom_e2e::events::JobEnd;
use pipeloom_e2e::{Run, Test, network};

/// Multiplies the numbers of three pipes: `product.py -i A -i B -i C -o CUBES [-o MORE]...`.
const PRODUCT: &str = r#"
import sys
a, b, c = (open(path) for path in sys.argv[2:7:2])
outputs = [open(path, "w", buffering=1) for path in sys.argv[8::2]]
for x, y, z in zip(a, b, c):
    for out in outputs:
        print(int(x) * int(y) * int(z), file=out)
"#;

/// Adds up five numbers each time: `sum.pl -i NUMBERS -o SUMS`.
const SUM: &str = r#"
open(my $in, '<', $ARGV[1]) or die "$!";
open(my $out, '>', $ARGV[3]) or die "$!";
$out->autoflush(1);
my ($sum, $count) = (0, 0);
while (my $number = <$in>) {
    $sum += $number;
    next if ++$count < 5;
    print $out "$sum\n";
    ($sum, $count) = (0, 0);
}
"#;

/// A native source of the numbers from 1.
fn native_count(to: u32) -> String {
    format!("use = \"count\"\nargs = {{ from = 1, to = {to} }}")
}

/// The same as a program.
fn program_count(to: u32) -> String {
    format!("exec = [\"seq\", \"1\", \"{to}\"]\npass = \"stdio\"")
}

/// Three counters, their product, and its sums of five.
fn cubes(counters: [&str; 3]) -> Test {
    let [x, y, z] = counters;
    network(format!(
        r#"
        [jobs.x]
        {x}
        outputs = ["x"]
        [jobs.y]
        {y}
        outputs = ["y"]
        [jobs.z]
        {z}
        outputs = ["z"]
        [jobs.product]
        exec = ["python3", "product.py"]
        inputs = ["x", "y", "z"]
        outputs = ["cube", "fives"]
        [jobs.save]
        use = "csv-sink"
        args = {{ path = "${{run}}/rows.csv" }}
        inputs = ["x", "y", "z", "cube"]
        [jobs.sum]
        exec = ["perl", "sum.pl"]
        inputs = ["fives"]
        outputs = ["sums"]
        [jobs.show]
        use = "lines-sink"
        inputs = ["sums"]
        [pipes]
        x.codec = "json"
        y.codec = "json"
        z.codec = "json"
        cube.codec = "json"
        fives = {{ codec = "json", block_count = 5 }}
        sums.codec = "lines"
        "#
    ))
    .file("product.py", PRODUCT)
    .file("sum.pl", SUM)
}

/// Rows n, n, n, n^3.
fn rows(to: u32) -> String {
    let row = |n: u32| format!("{n},{n},{n},{}\r\n", n * n * n);
    "x,y,z,cube\r\n".to_owned() + &(1..=to).map(row).collect::<String>()
}

#[test]
fn three_counters_are_multiplied_and_added_up_in_fives() {
    for count in [native_count, program_count] {
        let counter = count(10);
        cubes([&counter, &counter, &counter]).run().stdout("225\n2800\n").exits(0).file("run/rows.csv", rows(10));
    }
}

#[test]
fn a_group_that_is_not_whole_is_left_out() {
    let counter = native_count(13);
    cubes([&counter, &counter, &counter]).run().stdout("225\n2800\n").exits(0).file("run/rows.csv", rows(13));
}

#[test]
fn a_native_job_is_given_whole_groups_and_the_rest_is_counted() {
    for count in [native_count, program_count] {
        let counter = count(13);
        let run = network(format!(
            r#"
            [jobs.count]
            {counter}
            outputs = ["numbers"]
            [jobs.gather]
            use = "gather"
            inputs = ["numbers"]
            outputs = ["lists"]
            [jobs.show]
            use = "lines-sink"
            inputs = ["lists"]
            [pipes]
            numbers = {{ codec = "json", block_count = 5 }}
            lists.codec = "json"
            "#
        ))
        .run()
        .stdout("[[1,2,3,4,5]]\n[[6,7,8,9,10]]\n")
        .exits(0);
        let tally = run.tally("numbers", "gather");
        assert_eq!((tally.written, tally.delivered, tally.unused), (13, 10, 3), "{counter}");
    }
}

/// What one input had is all accounted for.
#[track_caller]
fn used(run: &Run, pipe: &str, reader: &str, blocks: u64) {
    let tally = run.tally(pipe, reader);
    assert_eq!((tally.delivered, tally.written), (blocks, blocks + tally.unused), "{tally:?}");
}

#[test]
fn the_shortest_input_decides() {
    for count in [native_count, program_count] {
        let (long, short) = (count(12), count(7));
        let run = network(format!(
            r#"
            [jobs.x]
            {long}
            outputs = ["x"]
            [jobs.y]
            {long}
            outputs = ["y"]
            [jobs.z]
            {short}
            outputs = ["z"]
            [jobs.save]
            use = "csv-sink"
            args = {{ path = "-" }}
            inputs = ["x", "y", "z"]
            [pipes]
            x.codec = "json"
            y.codec = "json"
            z.codec = "json"
            "#
        ))
        .run();
        let rows: String = (1..=7).map(|n| format!("{n},{n},{n}\r\n")).collect();
        let run = run.stdout(format!("x,y,z\r\n{rows}")).exits(0).delivered("z", "save", 7);
        used(&run, "x", "save", 7);
        used(&run, "y", "save", 7);
    }
}

#[test]
fn an_endless_input_ends_with_the_shortest() {
    for (count, endless) in
        [(native_count(3000), "use = \"count\""), (program_count(3000), "exec = [\"yes\"]\npass = \"stdio\"")]
    {
        let run = network(format!(
            r#"
            [jobs.endless]
            {endless}
            outputs = ["more"]
            [jobs.short]
            {count}
            outputs = ["numbers"]
            [jobs.join]
            use = "gather"
            inputs = ["more", "numbers"]
            outputs = ["both"]
            [jobs.sink]
            use = "null-sink"
            inputs = ["both"]
            [pipes]
            more.codec = "lines"
            numbers.codec = "lines"
            both.codec = "json"
            "#
        ))
        .run()
        .exits(0)
        .delivered("both", "sink", 3000);
        used(&run, "more", "join", 3000);
    }
}

/// A join of blocks that come one, two and five at a time, by this job.
fn rates(counters: [&str; 3], job: &str) -> Test {
    let [one, two, five] = counters;
    network(format!(
        r#"
        [jobs.one]
        {one}
        outputs = ["one"]
        [jobs.two]
        {two}
        outputs = ["two"]
        [jobs.five]
        {five}
        outputs = ["five"]
        [jobs.join]
        {job}
        inputs = ["one", "two", "five"]
        outputs = ["rows"]
        [jobs.show]
        use = "lines-sink"
        inputs = ["rows"]
        [pipes]
        one.codec = "json"
        two = {{ codec = "json", block_count = 2 }}
        five = {{ codec = "json", block_count = 5 }}
        rows.codec = "json"
        "#
    ))
    .file("join.py", JOIN)
}

/// Reads one, two and five lines at a time and writes a list of them: `join.py -i ONE -i TWO -i FIVE -o ROWS`.
const JOIN: &str = r#"
import json, sys
one, two, five = (open(path) for path in sys.argv[2:7:2])
with open(sys.argv[8], "w", buffering=1) as out:
    while True:
        rows = [[int(line) for line in (file.readline() for _ in range(count)) if line] for file, count in ((one, 1), (two, 2), (five, 5))]
        if [len(row) for row in rows] != [1, 2, 5]:
            break
        print(json.dumps([rows[0][0], rows[1], rows[2]], separators=(",", ":")), file=out)
"#;

/// What such a join gives.
fn rated(compute_blocks: u32) -> String {
    let row = |c: u32| {
        let list = |n: u32| (n * (c - 1) + 1..=n * c).map(|value| value.to_string()).collect::<Vec<_>>().join(",");
        format!("[{c},[{}],[{}]]\n", list(2), list(5))
    };
    (1..=compute_blocks).map(row).collect()
}

#[test]
fn inputs_of_different_speed_are_joined_by_their_counts() {
    // seq writes no head, so it cannot say that a block is its last.
    for (count, end) in [(native_count as fn(u32) -> String, JobEnd::Finished), (program_count, JobEnd::Ended)] {
        for job in [r#"use = "gather""#, r#"exec = ["python3", "join.py"]"#] {
            let counters = [count(40), count(80), count(200)];
            let counters: [&str; 3] = counters.each_ref().map(String::as_str);
            rates(counters, job).run().stdout(rated(40)).exits(0).job_ended("show", end);
        }
    }
}

#[test]
fn the_input_with_the_fewest_compute_blocks_decides() {
    let counters = [native_count(10), native_count(7), native_count(100)];
    let counters: [&str; 3] = counters.each_ref().map(String::as_str);
    let run = rates(counters, r#"use = "gather""#).run().stdout(rated(3)).exits(0);
    used(&run, "one", "join", 3);
    used(&run, "two", "join", 6);
    used(&run, "five", "join", 15);
}
