//! Branches that meet again and are unequal, so that jobs come to wait for each other in a circle. Fault 29.

use std::time::Duration;

use pipeloom_e2e::events::{CauseKind, Event};
use pipeloom_e2e::{Run, Test, network, peak_memory};

/// Lets one block in `$EVERY` through, the last of them: `thin.py -i BLOCKS -o BLOCKS`.
const THIN: &str = r#"
import os, sys, time
time.sleep(float(os.environ.get("SLEEP", 0)))
until = time.monotonic() + float(os.environ.get("SPIN", 0))
while time.monotonic() < until:
    pass
blocks, out = open(sys.argv[2], "rb"), open(sys.argv[4], "wb", buffering=0)
while block := blocks.read(int(os.environ["EVERY"]) * 1024):
    out.write(block[-1024:])
"#;

/// Reads one thin block, and then all those of which it is the last: `join.py -i THIN -i BLOCKS`.
const JOIN: &str = r#"
import os, sys
thin, blocks = (open(path, "rb") for path in sys.argv[2::2])
joined, size = 0, int(os.environ["EVERY"]) * 1024
while block := thin.read(1024):
    many = blocks.read(size)
    assert len(many) == size and many.endswith(block)
    joined += 1
with open(os.environ["PIPELOOM_RUN_DIR"] + "/joined", "w") as out:
    print(joined, file=out)
"#;

/// A diamond of programs with blocks of 1 KiB, whose pipe `blocks` has these keys; `thin` has those.
fn diamond(blocks: &str, thin: &str) -> Test {
    skewed_by(200, blocks, thin)
}

/// The same, with a branch that lets one block in so many through.
fn skewed_by(every: u64, blocks: &str, thin: &str) -> Test {
    network(format!(
        r#"
        [jobs.source]
        exec = ["villain", "source", "4000", "1024"]
        outputs = ["blocks"]
        [jobs.thin]
        exec = ["python3", "thin.py"]
        steps = "free"
        inputs = ["blocks"]
        outputs = ["few"]
        {thin}
        [jobs.join]
        exec = ["python3", "join.py"]
        inputs = ["few", "blocks"]
        [pipes]
        blocks = {{ codec = "bytes", block_size = 1024, {blocks} }}
        few = {{ codec = "bytes", block_size = 1024, max_queue = 4 }}
        "#
    ))
    .env("EVERY", every.to_string())
    .file("thin.py", THIN)
    .file("join.py", JOIN)
}

/// What the runtime has warned of.
fn warnings(run: &Run) -> Vec<String> {
    let warning = |event| if let Event::Warning { message, .. } = event { Some(message) } else { None };
    run.events().into_iter().filter_map(warning).collect()
}

/// Expects one warning, with these words.
#[track_caller]
fn warned_once(run: &Run, words: &str) {
    let warnings = warnings(run);
    run.require(warnings.len() == 1 && warnings[0].contains(words), || format!("{words:?} should be in {warnings:?}"));
}

#[test]
fn a_diamond_of_programs_goes_on_however_short_its_queues_are() {
    let words = "pipe blocks: what waits for job join may grow to 8 blocks";
    let run = diamond("max_queue = 4", "").run().stderr_has(words).exits(0);
    warned_once(&run.file("run/joined", "20\n").delivered("blocks", "join", 4000), words);
}

/// A join that takes one number with each list of 200, behind a branch whose first job is this one; the pipe of the numbers has
/// these keys.
#[track_caller]
fn lists_of_200(pass: &str, numbers: &str) {
    let words = "pipe numbers: what waits for job join may grow to 8 blocks";
    let run = network(format!(
        r#"
        [jobs.count]
        use = "count"
        args = {{ from = 1, to = 20000 }}
        outputs = ["numbers"]
        [jobs.pass]
        {pass}
        inputs = ["numbers"]
        outputs = ["grouped"]
        [jobs.lists]
        use = "gather"
        inputs = ["grouped"]
        outputs = ["lists"]
        [jobs.join]
        use = "gather"
        inputs = ["lists", "numbers"]
        outputs = ["both"]
        [jobs.save]
        use = "lines-sink"
        args = {{ path = "${{run}}/both" }}
        inputs = ["both"]
        [pipes]
        numbers = {{ codec = "json", max_queue = 4, {numbers} }}
        grouped = {{ codec = "json", max_queue = 4, block_count = 200 }}
        lists = {{ codec = "json", max_queue = 4 }}
        both = {{ codec = "json", max_queue = 4 }}
        "#,
    ))
    .run()
    .stderr_has(words)
    .exits(0);
    warned_once(&run, words);
    let text = run.text("run/both");
    let last = text.lines().last().unwrap();
    assert_eq!(text.lines().count(), 100);
    assert!(last.starts_with("[[[19801,") && last.ends_with(",20000]],100]"), "{last}");
}

#[test]
fn a_diamond_of_native_jobs_does_so_too() {
    lists_of_200("use = \"forward\"", "");
}

#[test]
fn a_diamond_of_native_jobs_and_programs_does_so_too() {
    lists_of_200("exec = [\"villain\", \"forward\"]", "");
}

#[test]
fn what_was_to_be_a_fifo_between_native_jobs_grows_too() {
    lists_of_200("use = \"forward\"", "conduit = \"fifo\"");
}

#[test]
fn a_branch_that_gives_nothing_before_its_end_is_waited_for_and_the_other_goes_to_disk() {
    // 72 MiB, of which 64 may stay in memory.
    let late = "import sys\nblocks = open(sys.argv[2], 'rb').read()\nopen(sys.argv[4], 'wb').write(blocks)\n";
    let same = "import os, sys\none, two = (open(path, 'rb') for path in sys.argv[2::2])\nsame = 0\n\
                while block := one.read(1 << 20):\n    same += block == two.read(1 << 20)\n\
                print(same, file=open(os.environ['PIPELOOM_RUN_DIR'] + '/same', 'w'))\n";
    let run = network(
        r#"
        [jobs.source]
        exec = ["villain", "source", "72", "1048576"]
        outputs = ["blocks"]
        [jobs.late]
        exec = ["python3", "late.py"]
        inputs = ["blocks"]
        outputs = ["sorted"]
        [jobs.same]
        exec = ["python3", "same.py"]
        inputs = ["sorted", "blocks"]
        [pipes]
        blocks = { codec = "bytes", block_size = 1048576 }
        sorted = { codec = "bytes", block_size = 1048576 }
        "#,
    )
    .file("late.py", late)
    .file("same.py", same)
    .start();
    run.until("that what waits goes to disk", |event| match event {
        Event::Warning { message, .. } if message.contains("goes to disk now") => Some(()),
        _ => None,
    });
    let peak = peak_memory(run.pid());
    let run = run.end().stderr_has("").exits(0).file("run/same", "72\n").delivered("blocks", "same", 72);
    assert!(peak < 160 << 20, "{peak} bytes");
    assert!(!run.path("run/spill").exists(), "what was on disk is gone");
}

#[test]
fn a_circle_whose_queue_may_not_grow_is_named() {
    let started = std::time::Instant::now();
    let run = skewed_by(2000, "when_full = \"spool\", spool = { max_bytes = 65_536 }", "").start();
    run.until("that the circle is named", |event| matches!(event, Event::JobFailed { .. }).then_some(()));
    assert!(started.elapsed() < Duration::from_secs(10));
    let run = run.end().stderr_has("").exits(1);
    let words = "jobs wait for each other, and none of them can go on: job thin waits for blocks on pipe blocks, which is full for \
                 job join, job join waits for blocks on pipe few from job thin; pipe blocks can hold no more: make \
                 `spool.max_bytes` of it larger";
    run.job_failed("source", CauseKind::Flow, words);
}

#[test]
fn a_slow_branch_is_not_taken_for_one_that_stands_still() {
    for key in ["SLEEP", "SPIN"] {
        let thin = format!("env = {{ {key} = \"1.5\" }}");
        // Long enough for all, so that only time is lacking.
        let run = diamond("max_queue = 220", &thin).run().exits(0).file("run/joined", "20\n");
        assert_eq!(warnings(&run), Vec::<String>::new(), "{key}");
    }
}

/// A branch that lets one number in 10,000 through, and a join of both.
const CLASSES: &str = r#"
from pipeloom import Job

class Thin(Job):
    def run(self, number):
        if number % 10000 == 0:
            yield number

class Pair(Job):
    def run(self, few, number):
        return [few, number]
"#;

#[test]
fn a_diamond_of_jobs_with_a_kit_goes_on_too() {
    let words = "pipe numbers: what waits for job pair may grow to 4 blocks";
    let run = network(
        r#"
        [jobs.count]
        use = "count"
        args = { from = 1, to = 30000 }
        outputs = ["numbers"]
        [jobs.thin]
        python = "classes.py:Thin"
        inputs = ["numbers"]
        outputs = ["few"]
        [jobs.pair]
        python = "classes.py:Pair"
        inputs = ["few", "numbers"]
        outputs = ["pairs"]
        [jobs.save]
        use = "lines-sink"
        args = { path = "${run}/pairs" }
        inputs = ["pairs"]
        [pipes]
        numbers = { codec = "json", max_queue = 2, capacity_bytes = 4096 }
        few = { codec = "json", max_queue = 2 }
        pairs.codec = "json"
        "#,
    )
    .file("classes.py", CLASSES)
    .run()
    .stderr_has(words)
    .exits(0);
    warned_once(&run, words);
    assert_eq!(run.text("run/pairs"), "[10000,1]\n[20000,2]\n[30000,3]\n");
}
