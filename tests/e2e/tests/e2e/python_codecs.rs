//! Codecs that are classes in Python files.

use pipeloom_e2e::{Test, network};

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
