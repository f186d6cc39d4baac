//! Jobs that read sources of different speed. MARVELO's lose the last block there, or all that a fast source has sent.

use pipeloom_e2e::events::JobEnd;
use pipeloom_e2e::{Run, network};

/// How many blocks each source has.
const BLOCKS: u64 = 30;

/// A native job and a program that make one line of what their two inputs bring.
const JOINS: [&str; 2] = [r#"use = "gather""#, r#"exec = ["sh", "-c", "paste -d ' ' \"$2\" \"$4\" > \"$6\"", "sh"]"#];

/// A source of the numbers from 1, which waits so long before each; native or a program with heads.
fn source(program: bool, interval: &str) -> String {
    if program {
        format!("exec = [\"python3\", \"count.py\", \"{interval}\"]\nhead = true")
    } else {
        format!("use = \"count\"\nargs = {{ from = 1, to = {BLOCKS}, interval_seconds = {interval} }}")
    }
}

/// Counts and marks the last number: `count.py INTERVAL -o NUMBERS`.
const COUNT: &str = r#"
import sys, time
with open(sys.argv[3], "wb", buffering=0) as out:
    for number in range(1, 31):
        time.sleep(float(sys.argv[1]))
        out.write(b"%c%d\n" % (0x20 if number == 30 else 0, number))
"#;

/// The numbers in each line that came out.
fn pairs(run: &Run) -> Vec<Vec<u64>> {
    let numbers = |line: &str| {
        let words = line.split(|char: char| !char.is_ascii_digit());
        words.filter_map(|word| word.parse().ok()).collect()
    };
    run.text("run/pairs.txt").lines().map(numbers).collect()
}

/// The codec of what such a job makes.
fn codec(join: &str) -> &'static str {
    if join.starts_with("use") { "json" } else { "lines" }
}

#[test]
fn a_join_at_the_finished_bit_loses_nothing_whichever_source_is_slow() {
    const SPEEDS: [[&str; 2]; 2] = [["0.0", "0.01"], ["0.01", "0.0"]];
    let cases = [false, true]
        .into_iter()
        .flat_map(|program| SPEEDS.into_iter().flat_map(move |speeds| JOINS.map(|join| (program, speeds, join))));
    for (program, [one, other], join) in cases {
        let (one, other) = (source(program, one), source(program, other));
        let run = network(format!(
            r#"
            [jobs.one]
            {one}
            outputs = ["one"]
            [jobs.other]
            {other}
            outputs = ["other"]
            [jobs.join]
            {join}
            inputs = ["one", "other"]
            outputs = ["pairs"]
            [jobs.show]
            use = "lines-sink"
            args = {{ path = "${{run}}/pairs.txt" }}
            inputs = ["pairs"]
            [pipes]
            one.codec = "lines"
            other.codec = "lines"
            pairs.codec = "{codec}"
            "#,
            codec = codec(join)
        ))
        .file("count.py", COUNT)
        .run()
        .exits(0)
        .delivered("one", "join", BLOCKS)
        .delivered("other", "join", BLOCKS)
        .delivered("pairs", "show", BLOCKS)
        .job_ended("show", JobEnd::Finished);
        let pairs = pairs(&run);
        assert_eq!(pairs, (1..=BLOCKS).map(|number| vec![number; 2]).collect::<Vec<_>>(), "{one}, {other}, {join}");
    }
}

#[test]
fn an_asynchronous_input_is_waited_for_while_it_lasts_and_does_not_end_the_job() {
    for join in JOINS {
        let run = network(format!(
            r#"
            [jobs.fast]
            use = "count"
            args = {{ from = 1, to = 10 }}
            outputs = ["fast"]
            [jobs.slow]
            use = "count"
            args = {{ from = 1, to = 5, interval_seconds = 0.01 }}
            outputs = ["slow"]
            [jobs.join]
            {join}
            inputs = ["fast", "slow"]
            outputs = ["pairs"]
            [jobs.show]
            use = "lines-sink"
            args = {{ path = "${{run}}/pairs.txt" }}
            inputs = ["pairs"]
            [pipes]
            fast.codec = "lines"
            slow = {{ codec = "lines", async = true }}
            pairs.codec = "{codec}"
            "#,
            codec = codec(join)
        ))
        .run()
        .exits(0)
        .delivered("fast", "join", 10)
        .delivered("slow", "join", 5)
        .job_ended("show", JobEnd::Finished);
        assert_eq!(pairs(&run), (1..=10).map(|number| vec![number, number.min(5)]).collect::<Vec<_>>(), "{join}");
        assert_eq!(run.tally("slow", "join").dummies, 5, "{join}");
    }
}

/// Tells the tick at which it measured, and what it is: `sensor.py NAME -i TICKS -o VALUES`.
const SENSOR: &str = r#"
import sys
with open(sys.argv[3]) as ticks, open(sys.argv[5], "w", buffering=1) as out:
    for tick in ticks:
        print(sys.argv[1] + tick.strip(), file=out)
"#;

#[test]
fn a_clock_makes_two_sources_go_together() {
    let rows: String = (0..20).map(|tick| format!("left{tick},right{tick}\r\n")).collect();
    network(
        r#"
        [jobs.clock]
        use = "clock"
        args = { interval_seconds = 0.005, count = 20 }
        outputs = ["ticks"]
        [jobs.left]
        exec = ["python3", "sensor.py", "left"]
        inputs = ["ticks"]
        outputs = ["left"]
        [jobs.right]
        exec = ["python3", "sensor.py", "right"]
        inputs = ["ticks"]
        outputs = ["right"]
        [jobs.save]
        use = "csv-sink"
        args = { path = "-" }
        inputs = ["left", "right"]
        [pipes]
        ticks.codec = "lines"
        left.codec = "lines"
        right.codec = "lines"
        "#,
    )
    .file("sensor.py", SENSOR)
    .run()
    .stdout(format!("left,right\r\n{rows}"))
    .exits(0)
    .delivered("ticks", "left", 20)
    .delivered("ticks", "right", 20)
    .job_ended("save", JobEnd::Finished);
}
