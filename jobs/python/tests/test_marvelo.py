"""Jobs written for MARVELO, of which only the import line has changed; the shapes are those of its documentation."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Callable

import pytest
from processes import ran, table

from pipeloom.marvelo import DynamicExecutableJob, ExecutableJob, Head, LocalJob, LoggingJob, MARVELOJob, PythonJob
from pipeloom.testing import Outcome, Sent

Run = Callable[..., Outcome]


class CountJob(PythonJob):
    HEAD = True

    def __init__(self, limit: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.limit = limit

    def setup(self, *args: Any, **kwargs: Any) -> None:
        super().setup(*args, **kwargs)
        self.counter = 0

    def run(self) -> int:
        self.counter += 1
        if self.counter == self.limit:
            self.finish()
        return self.counter


class BothWays(PythonJob):
    def run(self) -> Any:
        for number in range(1, 31):
            if number == 30:
                self.finish()
            yield (number, 31 - number)


class MultiplySumJob(PythonJob):
    def run(self, multiplier: int, *args: int) -> int:
        return multiplier * sum(args)


class LocalMultiplySumJob(LocalJob, MultiplySumJob):
    MY_ATTRIBUTE = "mine"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.MY_ATTRIBUTE = self.MY_ATTRIBUTE


class Program(MARVELOJob):
    EXECUTABLE = sys.executable
    PARAMETERS = "copy.py 'two words'"
    DEPENDENCIES = "program"
    INPUT_FLAG = "--input"


def test_a_source_with_a_counter(run_job: Run) -> None:
    outcome = run_job(CountJob, args={"limit": 3})
    assert outcome.values() == [1, 2, 3]
    assert outcome.finished


def test_a_source_with_two_outputs(run_job: Run) -> None:
    outcome = run_job(BothWays, outputs=2)
    assert outcome.outputs == [list(range(1, 31)), list(range(30, 0, -1))]


def test_a_job_with_any_number_of_inputs(run_job: Run) -> None:
    assert run_job(LocalMultiplySumJob, [2, 3], [1, 1], [10, 10]).values() == [22, 33]
    assert LocalMultiplySumJob.GROUPS == "LOCAL"


def test_constructors_take_what_marvelo_gives_them() -> None:
    assert CountJob(5, inputs=None, outputs=[]).limit == 5
    assert PythonJob([], []).head == Head(0, 1)


def test_heads_in_lists_are_reduced_by_the_job(run_job: Run) -> None:
    class Reduce(PythonJob):
        HEAD = True

        def head_reduce(self) -> Head:
            first: Head = self.in_heads[0][0]
            for head in self.in_heads[0][1:]:
                first = first ^ head
            return first

        def run(self, values: list[int]) -> Any:
            self.out_heads[0] = None if self.head[3] else 0x01
            return sum(values)

    outcome = run_job(Reduce, [Sent(1, 0x18), Sent(2, 0x08), Sent(3, 0x10), Sent(4, 0x10)], block_count=2)
    assert outcome.values() == [3, 7]
    assert [head.number for head in outcome.heads[0]] == [0x10, 0x01]


def test_class_attributes_are_described() -> None:
    said = json.loads(ran(f"{__file__}:CountJob", "--describe").stdout)
    assert said["attributes"]["HEAD"] is True
    assert said["args"] == [{"name": "limit", "required": True, "type": "int"}]
    said = json.loads(ran(f"{__file__}:Program", "--describe").stdout)
    assert said["kind"] == "program"
    assert said["attributes"]["PASS"] == "fd"
    assert said["attributes"]["PARAMETERS"] == "copy.py 'two words'"
    assert LoggingJob.LOG_TIMES


COPY = """
import os, sys
two_words, flag_in, source, flag_out, sink = sys.argv[1:]
assert (two_words, flag_in, flag_out) == ("two words", "--input", "-o"), sys.argv
data = os.read(int(source), 100)
os.write(int(sink), data.upper())
"""


def test_a_class_may_stand_for_a_program(tmp_path: Path) -> None:
    (tmp_path / "program").mkdir()
    (tmp_path / "program" / "copy.py").write_text(COPY)
    done = ran(f"{__file__}:Program", "-i", "-", "-o", "-", stdin=b"hello\n", cwd=tmp_path)
    assert (done.returncode, done.stderr, done.stdout) == (0, b"", b"HELLO\n")


class Filter(ExecutableJob):
    EXECUTABLE = ["tr", "a-z", "A-Z"]


def test_a_program_has_no_flags_for_its_standard_input_and_output() -> None:
    pipes = [{"name": "in", "direction": "input", "fd": 0}, {"name": "out", "direction": "output", "fd": 1}]
    done = ran(f"{__file__}:Filter", stdin=b"hello\n", env=table(pipes))
    assert (done.returncode, done.stderr, done.stdout) == (0, b"", b"HELLO\n")


def test_a_class_is_a_program_if_it_is_derived_from_one(tmp_path: Path) -> None:
    file = tmp_path / "classes.py"
    file.write_text(
        "from pipeloom import Job\n"
        "from pipeloom.marvelo import DynamicExecutableJob, ExecutableJob\n"
        "class Own(Job):\n"
        "    EXECUTABLE = 'mine'\n"
        "    def run(self, value): return value\n"
        "class Nothing(ExecutableJob): ...\n"
        "class Unknown(ExecutableJob): EXECUTABLE = 'no-program-of-this-name --flag'\n"
        f"class Gone(ExecutableJob): EXECUTABLE = '{tmp_path}/gone'\n"
        f"class Text(ExecutableJob): EXECUTABLE = '{file}'\n"
        "class Copied(ExecutableJob): EXECUTABLE = './from-the-dependencies'\n"
    )

    def described(name: str) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(ran(f"{file}:{name}", "--describe").stdout)
        return said

    assert described("Own")["inputs"] == {"min": 1, "max": 1, "names": ["value"]}
    assert [described(name)["kind"] for name in ("Own", "Copied", "DynamicExecutableJob")] == ["job"] + 2 * ["program"]
    assert ran(f"{file}:Own", "-i", "-", "-o", "-", stdin=b"1\n").stdout == b"1\n"
    for name, why in [
        ("Nothing", "Nothing has no EXECUTABLE"),
        ("Unknown", "Unknown: EXECUTABLE no-program-of-this-name is not there"),
        ("Gone", f"Gone: EXECUTABLE {tmp_path}/gone is not there"),
        ("Text", f"Text: EXECUTABLE {file} is no program"),
    ]:
        done = ran(f"{file}:{name}", "--describe")
        assert (done.returncode, done.stderr.decode()) == (1, f"pipeloom: {why}\n")


def test_a_program_whose_heads_do_not_fit_is_refused() -> None:
    done = ran(f"{__file__}:Program", "--head", "1", "-i", "-", "-o", "-")
    assert done.returncode == 1
    assert b"Program: pipe stdin has heads; set head = false for the job" in done.stderr


@pytest.mark.parametrize("flag", ["-i", "--in"])
def test_a_program_may_be_described_by_arguments(flag: str) -> None:
    job = DynamicExecutableJob(dependencies="folder", executable="./run -v", parameters="--n 2", input_flag=flag)
    assert job.command(["a", "b"], ["c"]) == ["./run", "-v", "--n", "2", flag, "a", flag, "b", "-o", "c"]
    assert not job.HEAD


class Named(PythonJob):
    def run(self, value: int) -> str:
        return f"{self.id} -> {value}"


def test_a_job_knows_what_it_is_called(run_job: Run) -> None:
    assert run_job(Named, [1]).values() == ["Named -> 1"]
