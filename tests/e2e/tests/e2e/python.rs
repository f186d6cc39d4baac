//! Jobs that are classes in Python files.

use pipeloom_e2e::events::CauseKind;
use pipeloom_e2e::{Test, network};

const JOBS: &str = r#"
from pipeloom import Job

class Count(Job):
    def __init__(self, limit, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.limit = limit

    def run(self):
        for number in range(1, self.limit + 1):
            if number == self.limit:
                self.finish()
            yield {"n": number}

class Square(Job):
    def run(self, value):
        self.head[5] = value["n"] == 3
        return value["n"] ** 2

class Sum(Job):
    def run(self, values):
        return sum(values), sum(1 for head in self.in_heads[0] if head[5])

class Fail(Job):
    def run(self, value):
        return value + 1

class Older(Job):
    DEPENDENCIES = ["words.txt"]

    def setup(self, *args, **kwargs):
        super().setup(*args, **kwargs)
        with open("words.txt") as file:
            self.words = file.read().split()

    def run(self):
        return self.words.pop(0) if self.words else None
"#;

/// Ten numbers, squared, and summed up in fives.
fn sums() -> Test {
    network(
        r#"
        [jobs.count]
        python = "jobs.py:Count"
        args = { limit = 10 }
        outputs = ["numbers"]
        [jobs.square]
        python = "jobs.py:Square"
        inputs = ["numbers"]
        outputs = ["squares"]
        [jobs.sum]
        python = "jobs.py:Sum"
        inputs = ["squares"]
        outputs = ["sums", "marked"]
        [jobs.save]
        use = "csv-sink"
        args = { path = "sums.csv" }
        inputs = ["sums", "marked"]
        [pipes]
        numbers.codec = "pickle"
        squares = { codec = "json", block_count = 5 }
        sums.codec = "json"
        marked.codec = "json"
        "#,
    )
    .file("jobs.py", JOBS)
}

#[test]
fn classes_are_jobs_with_arguments_heads_and_several_blocks() {
    let run = sums().run().exits(0);
    assert_eq!(run.text("sums.csv"), "sums,marked\r\n55,1\r\n330,0\r\n");
}

#[test]
fn a_traceback_begins_with_the_users_line() {
    let run = sums().run_with(&["--set", "jobs.square.python=jobs.py:Fail"]).exits(1);
    let run = run.job_failed("square", CauseKind::Exit, "exit status 1");
    let lines = run.failure("square").last_lines.join("\n");
    assert!(lines.contains("job square failed in compute block 1: TypeError"), "{lines}");
    assert!(lines.contains("jobs.py\", line 26, in run\n    return value + 1"), "{lines}");
}

#[test]
fn what_a_class_wants_to_have_is_copied_for_it() {
    network(
        r#"
        [jobs.words]
        python = "jobs.py:Older"
        outputs = ["words"]
        [jobs.show]
        use = "lines-sink"
        inputs = ["words"]
        [pipes]
        words.codec = "lines"
        "#,
    )
    .file("jobs.py", JOBS)
    .file("words.txt", "one two three")
    .run()
    .stdout("one\ntwo\nthree\n")
    .exits(0);
}

/// Classes as in MARVELO: what they say of themselves stands nowhere in the file.
const MARVELO: &str = r#"
from pipeloom.marvelo import ExecutableJob, LoggingJob, PythonJob

class Late(PythonJob):
    MAX_QUEUE = 2
    seen = 0

    def run(self, number):
        if not self.seen:
            with open("go") as go:
                go.read()
        self.seen += 1
        if self.head[2]:
            yield f"{self.seen < 500_000} {number}"

class Shout(ExecutableJob):
    HEAD = False
    EXECUTABLE = ["sh", "-c", 'tr a-z A-Z < "$2" > "$4"', "sh"]

class Timed(LoggingJob):
    DEFAULT_NODE = "10.0.0.7"

    def run(self, text):
        return text
"#;

#[test]
fn the_queue_of_a_class_drops_what_is_too_much() {
    network(
        r#"
        [jobs.count]
        use = "count"
        args = { from = 1, to = 500000 }
        outputs = ["numbers"]
        [jobs.late]
        python = "jobs.py:Late"
        inputs = ["numbers"]
        outputs = ["seen"]
        [jobs.first]                      # has read all before the other begins
        exec = ["sh", "-c", "cat \"$2\" > /dev/null; : > go", "sh"]
        when_full = "drop-oldest"
        inputs = ["numbers"]
        [jobs.show]
        use = "lines-sink"
        inputs = ["seen"]
        [pipes]
        numbers.codec = "json"
        seen.codec = "lines"
        "#,
    )
    .file("jobs.py", MARVELO)
    .fifo("go")
    .run()
    // The block that finishes is never dropped.
    .stdout("True 500000\n")
    .exits(0);
}

#[test]
fn classes_describe_programs_and_log_their_times() {
    let run = network(
        r#"
        [jobs.read]
        use = "lines-source"
        args = { path = "words.txt" }
        outputs = ["words"]
        [jobs.shout]
        python = "jobs.py:Shout"
        inputs = ["words"]
        outputs = ["loud"]
        [jobs.timed]
        python = "jobs.py:Timed"
        inputs = ["loud"]
        outputs = ["same", "times"]
        [jobs.show]
        use = "lines-sink"
        inputs = ["same"]
        [jobs.log]
        use = "logging-sink"
        args = { path = "times.csv" }
        inputs = ["times"]
        [pipes]
        words.codec = "lines"
        loud.codec = "lines"
        same.codec = "lines"
        "#,
    )
    .file("jobs.py", MARVELO)
    .file("words.txt", "one\ntwo\n")
    .run_with(&[])
    .stdout("ONE\nTWO\n")
    .stderr_has("note: `DEFAULT_NODE` of `jobs.py:Timed` has no effect yet")
    .exits(0);
    assert_eq!(run.text("times.csv").lines().count(), 3, "a title and a line for each word");
}

#[test]
fn a_class_is_asked_what_it_takes_before_anything_starts() {
    for (set, expected) in [
        ("jobs.sum.python=jobs.py:Summ", "there is no class `Summ` in `jobs.py`"),
        ("jobs.sum.python=jobs.py:Summ", "did you mean `Sum`?"),
        ("jobs.sum.inputs=['squares', 'numbers']", "`run` of `jobs.py:Sum` takes 1 input, but job `sum` has 2"),
        ("jobs.count.args={}", "`jobs.py:Count` needs the argument `limit`"),
        ("jobs.sum.args={ size = 3 }", "`jobs.py:Sum` has no argument `size`"),
        ("jobs.sum.args={ size = 3 }", "it takes none"),
        ("jobs.sum.python=nothing.py:Sum", "there is no file "),
        ("jobs.sum.python=jobs.py", "`jobs.py` names no class in a file"),
        ("jobs.sum.interpreter=python-of-nobody", "there is no program `python-of-nobody` in PATH"),
        ("pipes.sums.codec=pickle", "the pipe `sums` has `pickle`, which is between jobs in Python only"),
    ] {
        sums().run_with(&["--set", set]).stderr_has(expected).exits(2).nothing_was_started();
    }
}

#[test]
fn a_file_that_cannot_be_imported_is_told_with_its_traceback() {
    let test = sums().file("jobs.py", "import nothing_of_this_name\n");
    test.run().stderr_has("\n    ModuleNotFoundError: No module named 'nothing_of_this_name'\n").exits(2);
}

#[test]
fn a_class_is_asked_in_the_environment_that_its_job_will_have() {
    let test = network(
        r#"
        [jobs.say]
        python = "jobs.py:Say"
        env = { WORD = "hello" }
        env_clear = true
        outputs = ["words"]
        [jobs.show]
        use = "lines-sink"
        inputs = ["words"]
        [pipes.words]
        codec = "lines"
        "#,
    );
    let jobs = r#"
import os
from pipeloom import Job

WORD = os.environ["WORD"]
assert "LEFT" not in os.environ

class Say(Job):
    def run(self):
        self.finish()
        return WORD
"#;
    test.file("jobs.py", jobs).env("LEFT", "out").run().stdout("hello\n").exits(0);
}
