"""The test kit with jobs of network files."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Callable

import pytest
from test_networks import binary

from pipeloom import PipeloomError
from pipeloom.testing import Outcome, Sent

Run = Callable[..., Outcome]

pytestmark = pytest.mark.skipif(binary() is None, reason="no pipeloom: set PIPELOOM_BIN, or run cargo build")

JOBS = """
import os
from io import BufferedReader
from pipeloom import Codec, Job


class Words(Codec):
    def frame(self, stream: BufferedReader):
        word = b""
        while byte := stream.read(1):
            if byte == b" ":
                return word
            word += byte
        return word or None

    def decode(self, payload):
        return payload.decode()

    def encode(self, value):
        return value.encode() + b" "


class Scale(Job):
    def __init__(self, gain):
        self.gain = gain

    def run(self, pair, offset):
        if offset is None:
            raise ValueError("no offset")
        self.result({"block": len(pair)})
        return self.gain * sum(pair) + offset, bytes(pair)


class Endless(Job):
    def run(self):
        number = 0
        while True:
            number += 1
            yield number


class Where(Job):
    def run(self, name):
        from helper import greeting
        print("looking for", name)
        with open(name) as file:
            return greeting, file.read(), os.environ["COLOUR"], self.name


class Twice(Job):
    def run(self, word):
        return word + word


class Louder(Job):
    CODECS = {"spoken": Words, "heard": Words}

    def run(self, word):
        return word.upper()
"""

NETWORK = """
[params]
gain = 2

[jobs.numbers]
exec = ["not-there"]
outputs = ["pairs", "offsets", "names", "spoken", "lines", "frames", "others", "words"]

[jobs.scale]
python = "jobs.py:Scale"
args = { gain = "${gain}" }
inputs = ["pairs", "offsets"]
outputs = ["sums", "blocks"]

[jobs.endless]
python = "jobs.py:Endless"
outputs = ["ones"]

[jobs.clock]
use = "clock"
args = { interval_seconds = 0.001 }
outputs = ["ticks"]

[jobs.where]
python = "jobs.py:Where"
dependencies = ["material"]
env = { COLOUR = "blue", PYTHONPATH = "${network}/lib" }
inputs = ["names"]
outputs = ["greetings", "texts", "colours", "who"]

[jobs.louder]
python = "jobs.py:Louder"
inputs = ["spoken"]
outputs = ["heard"]

[jobs.twice]
python = "jobs.py:Twice"
inputs = ["words"]
outputs = ["doubled"]

[jobs.shout]
exec = ["sh", "-c", 'while read -r line; do echo "$line!"; echo "seen $line" >&2; done']
pass = "stdio"
inputs = ["lines"]
outputs = ["shouts"]

[jobs.fails]
exec = ["sh", "-c", 'echo "no luck" >&2; exit 3']
inputs = ["names"]

[jobs.join]
use = "gather"
inputs = ["sums", "others"]
outputs = ["joined"]

[jobs.copy]
exec = ["sh", "-c", 'cat "$2" > "$4"', "sh"]
head = true
inputs = ["frames"]
outputs = ["copies"]

[jobs.show]
use = "lines-sink"
inputs = ["greetings"]

[jobs.rest]
exec = ["not-there"]
inputs = ["blocks", "texts", "colours", "who", "heard", "shouts", "joined", "copies", "ones", "ticks", "doubled"]

[pipes]
pairs = { codec = "json", block_count = 2 }
offsets = { codec = "json", optional = { default = 100 } }
names.codec = "lines"
spoken.codec = "stream"
heard.codec = "stream"
lines.codec = "lines"
frames = { codec = "framed", max_block_bytes = 4 }
sums.codec = "json"
blocks = { codec = "bytes", block_size = 2 }
greetings.codec = "lines"
texts.codec = "lines"
colours.codec = "lines"
who.codec = "lines"
shouts.codec = "stream"
others.codec = "json"
joined.codec = "json"
copies.codec = "framed"
ones.codec = "json"
words.codec = "jobs.py:Words"
doubled.codec = "jobs.py:Words"
ticks.codec = "json"
"""


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A network file with its jobs, most of whose other programs are not there."""
    monkeypatch.setenv("PIPELOOM_BIN", binary() or "")
    (tmp_path / "jobs.py").write_text(JOBS)
    for path, text in [("material/note.txt", "a note"), ("lib/helper.py", "greeting = 'hello'\n")]:
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).write_text(text)
    file = tmp_path / "network.toml"
    file.write_text(NETWORK)
    return file


@pytest.fixture(params=["run_job", "run_program"])
def run(request: pytest.FixtureRequest) -> Run:
    """A job in this process, and as a program."""
    found: Run = request.getfixturevalue(request.param)
    return found


def numbers(outcome: Outcome, output: int = 0) -> list[int]:
    return [head.number for head in outcome.heads[output]]


def test_the_file_says_class_args_and_pipes(run: Run, network: Path) -> None:
    outcome = run("scale", [1, 2, 3, 4], [10, Sent(20, 0x08)], network=network)
    assert outcome.values("sums") == [16, 34]
    assert outcome.values("blocks") == [b"\1\2", b"\3\4"]
    assert [numbers(outcome, output) for output in range(2)] == [[0x40, 0x28]] * 2
    assert outcome.result == {"block": 2}
    assert outcome.finished


def test_parameters_are_given(run: Run, network: Path) -> None:
    assert run("scale", [1, 2], [0], network=network, params={"gain": 5}).values("sums") == [15]


def test_an_optional_input_gives_what_the_file_says(run: Run, network: Path) -> None:
    assert run("scale", [1, 2, 3, 4], [], network=network).values("sums") == [106, 114]
    assert run("scale", [1, 2, 3, 4], [5], network=network).values("sums") == [11, 19]


def test_a_job_finds_what_it_finds_in_its_network(run: Run, network: Path) -> None:
    before = dict(os.environ), os.getcwd()
    outcome = run("where", ["note.txt"], network=network)
    assert outcome.outputs == [["hello"], ["a note"], ["blue"], ["where"]]
    assert (dict(os.environ), os.getcwd()) == before


def test_a_codec_of_the_jobs_own_is_used(run: Run, network: Path) -> None:
    assert run("louder", ["one", "two"], network=network).values("heard") == ["ONE", "TWO"]


def test_a_codec_that_the_file_names_is_used(run: Run, network: Path) -> None:
    assert run("twice", ["one", "two"], network=network).values() == ["oneone", "twotwo"]


def test_a_job_that_fails_does_so_as_ever(run_job: Run, run_program: Run, network: Path) -> None:
    with pytest.raises(ValueError, match="no offset"):
        run_job("scale", [1, 2], [None], network=network)
    outcome = run_program("scale", [1, 2], [None], network=network)
    assert outcome.exit_code == 1
    assert "job scale failed in compute block 1: ValueError" in outcome.stderr


def test_a_shell_script_is_run_as_in_its_network(run: Run, network: Path) -> None:
    outcome = run("shout", ["hey", "0x10 ho"], network=network)
    assert b"".join(outcome.values("shouts")) == b"hey!\n0x10 ho!\n"
    assert outcome.stderr == "seen hey\nseen 0x10 ho\n"
    assert outcome.exit_code == 0


def test_a_native_job_is_run_as_in_its_network(run: Run, network: Path) -> None:
    outcome = run("join", [1, Sent(2, 0x08)], ["a", {"b": 3}], network=network)
    assert outcome.values("joined") == [[1, "a"], [2, {"b": 3}]]
    assert numbers(outcome) == [0x40, 0x28]


def test_a_source_without_end_is_ended(run_job: Run, network: Path) -> None:
    assert run_job("endless", network=network, steps=3).values() == [1, 2, 3]
    assert len(run_job("clock", network=network, steps=3).values()) == 3


def test_bytes_are_given_and_come_back(run: Run, network: Path) -> None:
    outcome = run("copy", [b"\0\xff", Sent(bytearray(b"ab"), 0x10), b""], network=network)
    assert outcome.values() == [b"\0\xff", b"ab", b""]
    assert numbers(outcome) == [0x40, 0x10, 0x20]


def test_what_a_sink_prints_is_kept(run: Run, network: Path) -> None:
    lines = ["hello", json.dumps({"event": "none"})]
    assert run("show", lines, network=network).stdout.splitlines() == lines


def test_the_failure_of_a_program_is_told(run: Run, network: Path) -> None:
    outcome = run("fails", ["a"], network=network)
    assert (outcome.exit_code, outcome.stderr) == (1, "no luck\n")


@pytest.mark.parametrize(
    ("job", "inputs", "why"),
    [
        ("scael", [[1]], "there is no job `scael`"),
        ("copy", [[b"12345"]], "more than max_block_bytes = 4"),
    ],
)
def test_what_is_wrong_is_said(run: Run, network: Path, job: str, inputs: list[Any], why: str) -> None:
    with pytest.raises(PipeloomError, match=why):
        run(job, *inputs, network=network)


def test_a_wrong_call_is_told(run: Run, network: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="job scale has the inputs pairs, offsets, and is given 1 lists of values"):
        run("scale", [1, 2], network=network)
    with pytest.raises(ValueError, match="run 'scale' of which network"):
        run("scale", [1, 2], [3])
    with pytest.raises(ValueError, match="a line break inside a value for the pipe lines"):
        run("shout", ["a\nb"], network=network)
    monkeypatch.delenv("PIPELOOM_BIN")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(PipeloomError, match="pipeloom must be in PATH, or PIPELOOM_BIN must name it"):
        run("scale", [1, 2], [3], network=network)
