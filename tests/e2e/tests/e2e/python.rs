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

/// A codec for a binary format: two bytes with the length, then the level of each sample.
const CODECS: &str = r#"
from pipeloom.codec import Codec, exactly

class Pulse(Codec):
    def frame(self, stream):
        size = stream.read(2)
        return exactly(stream, int.from_bytes(size, "big")) if size else None

    def decode(self, payload):
        return list(payload)

    def encode(self, value):
        return len(value).to_bytes(2, "big") + bytes(value)

    def dummy(self):
        return [0, 0]

class Half(Codec):
    def fram(self, stream):
        return None
"#;

const PULSES: &str = r#"
from pipeloom import Job

class Louder(Job):
    def run(self, pulse):
        return [2 * level for level in pulse]

class Longer(Job):
    def run(self, pulse):
        self.head[5] = len(pulse) > 1
        return pulse + [1]

class Compare(Job):
    def run(self, louder, longer):
        return [louder, longer, self.head[5]]
"#;

/// The program that writes three pulses, and the job in Python that hands them on; with the file's own codec for both.
const FROM_A_PROGRAM: &str = r#"
        [jobs.sensor]
        exec = ["sh", "-c", 'printf "\0\1\5\0\2\6\7\0\1\10" > "$2"', "sh"]
        outputs = ["raw"]
        [jobs.louder]
        python = "pulses.py:Louder"
        inputs = ["raw"]
        outputs = ["loud"]
        [pipes.raw]
        codec = "codecs.py:Pulse"
"#;

fn pulses(more: &str) -> Test {
    network(FROM_A_PROGRAM.to_owned() + more).file("codecs.py", CODECS).file("pulses.py", PULSES)
}

#[test]
fn a_codec_in_python_makes_values_of_a_programs_bytes_and_bytes_of_values() {
    let run = pulses(
        r#"
        [pipes.loud]
        codec = "codecs.py:Pulse"
        [jobs.dump]
        exec = ["sh", "-c", 'od -An -v -tu1 "$2"', "sh"]
        inputs = ["loud"]
        "#,
    )
    .run()
    .exits(0);
    assert_eq!(
        run.text("run/logs/dump.stdout.log").split_whitespace().collect::<Vec<_>>().join(" "),
        "0 1 10 0 2 12 14 0 1 16"
    );
}

#[test]
fn a_codec_in_python_goes_through_fan_out_heads_and_joins() {
    pulses(
        r#"
        [jobs.longer]
        python = "pulses.py:Longer"
        inputs = ["loud"]
        outputs = ["long"]
        [jobs.compare]
        python = "pulses.py:Compare"
        inputs = ["loud", "long"]
        outputs = ["both"]
        [jobs.show]
        use = "lines-sink"
        inputs = ["both"]
        [pipes]
        loud.codec = "codecs.py:Pulse"
        long.codec = "codecs.py:Pulse"
        both.codec = "json"
        "#,
    )
    .run()
    .stdout("[[10],[10,1],false]\n[[12,14],[12,14,1],true]\n[[16],[16,1],false]\n")
    .exits(0);
}

#[test]
fn a_codecs_dummy_stands_for_blocks_that_have_not_come() {
    network(
        r#"
        [jobs.count]
        use = "count"
        args = { from = 1, to = 2 }
        outputs = ["numbers"]
        [jobs.never]
        python = "pulses.py:Never"
        inputs = ["numbers"]
        outputs = ["pulses"]
        [jobs.both]
        python = "pulses.py:Both"
        inputs = ["pulses", "numbers"]
        outputs = ["both"]
        [jobs.show]
        use = "lines-sink"
        inputs = ["both"]
        [pipes]
        numbers.codec = "json"
        pulses = { codec = "codecs.py:Pulse", optional = {} }
        both.codec = "json"
        "#,
    )
    .file("codecs.py", CODECS)
    .file(
        "pulses.py",
        "from pipeloom import Job\n\
         class Never(Job):\n    def run(self, number):\n        if number > 2: yield [9]\n\
         class Both(Job):\n    def run(self, pulse, number): return [pulse, number]\n",
    )
    .run()
    .stdout("[[0,0],1]\n[[0,0],2]\n")
    .exits(0);
}

#[test]
fn a_codec_in_python_is_asked_what_it_can_do() {
    let sink = "[jobs.null]\nuse = 'null-sink'\ninputs = ['loud']\n[pipes.loud]\ncodec = 'json'\n";
    for (set, expected) in [
        ("pipes.raw.codec=codecs.py:Pluse", "did you mean `Pulse`?"),
        ("pipes.raw.codec=codec.py:Pulse", "there is no file "),
        (
            "pipes.raw.codec=codecs.py:Half",
            "`codecs.py:Half` has no method `frame`, so job `louder` cannot read its blocks",
        ),
        ("pipes.raw.codec=codecs.py:Half", "is its method `fram` meant to be `frame`?"),
        ("pipes.raw.codec=pulses.py:Louder", "`pulses.py:Louder` is a job and no codec"),
        ("pipes.raw.when_full=drop-oldest", "only Python can tell the blocks of the pipe `raw` apart"),
    ] {
        pulses(sink).run_with(&["--set", set]).stderr_has(expected).exits(2).nothing_was_started();
    }
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
    test.run().stderr_has("ModuleNotFoundError: No module named 'nothing_of_this_name'").exits(2);
}
