"""Jobs in networks. The program is the one that PIPELOOM_BIN names, or what cargo has built."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Optional

import pytest
from processes import DEADLINE_SECONDS, HERE, JOBS, environment

ROOT = HERE.parent.parent.parent


def binary() -> Optional[str]:
    """The program, if there is one."""
    built = [ROOT / "target" / profile / "pipeloom" for profile in ("release", "debug")]
    named = os.environ.get("PIPELOOM_BIN")
    return named or next((str(path) for path in built if path.is_file()), None)


pytestmark = pytest.mark.skipif(binary() is None, reason="no pipeloom: set PIPELOOM_BIN, or run cargo build")


class Run:
    """A network's run."""

    def __init__(self, folder: Path, network: str) -> None:
        (folder / "network.toml").write_text(network)
        command = [binary() or "", "run", "network.toml", "--run-dir", "run"]
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment(),
            capture_output=True,
            check=False,
            text=True,
            timeout=DEADLINE_SECONDS,
        )
        self.folder = folder
        self.exit_code, self.stdout, self.stderr = done.returncode, done.stdout, done.stderr

    def ended_well(self) -> Run:
        assert self.exit_code == 0, self.stderr
        return self

    def lines(self) -> list[str]:
        """What a lines-sink has printed."""
        return self.stdout.splitlines()

    def events(self, kind: str) -> list[dict[str, Any]]:
        """What the run has recorded of a kind."""
        records = [json.loads(line) for line in (self.folder / "run" / "events.jsonl").read_text().splitlines()]
        return [record for record in records if kind in json.dumps(record)]


def job(name: str, job_class: str, pipes: str, more: str = "", args: str = "{}") -> str:
    """A job of ``sample_jobs.py`` in a network file."""
    argv = [sys.executable, "-m", "pipeloom", f"{JOBS}:{job_class}", "--args", args]
    return f"[jobs.{name}]\nexec = {json.dumps(argv)}\n{pipes}\n{more}\n"


SHOW = '[jobs.show]\nuse = "lines-sink"\ninputs = ["shown"]\n'


def count(name: str, to: int) -> str:
    return f'[jobs.{name}]\nuse = "count"\nargs = {{ from = 1, to = {to} }}\noutputs = ["{name}s"]\n'


@pytest.mark.parametrize("head", ["true", "false"])
def test_two_sources_are_added(tmp_path: Path, head: str) -> None:
    network = (
        count("left", 3)
        + job("right", "Count", 'outputs = ["rights"]', f"head = {head}", '{"limit": 4}')
        + job("sum", "Sum", 'inputs = ["lefts", "rights"]\noutputs = ["shown"]', f"head = {head}")
        + SHOW
        + '[pipes]\nlefts.codec = "json"\nrights.codec = "json"\nshown.codec = "json"\n'
    )
    assert Run(tmp_path, network).ended_well().lines() == ["2", "4", "6"]


@pytest.mark.parametrize("way", ['pass = "path"', 'pass = "fd"', 'pass = "stdio"\nsteps = "each"'])
@pytest.mark.parametrize("head", ["true", "false"])
def test_pipes_are_passed_in_every_way(tmp_path: Path, way: str, head: str) -> None:
    network = (
        count("number", 2000)
        + job("echo", "Chatty", 'inputs = ["numbers"]\noutputs = ["shown"]', f"head = {head}\n{way}")
        + SHOW
        + '[pipes]\nnumbers.codec = "json"\nshown.codec = "lines"\n'
    )
    run = Run(tmp_path, network).ended_well()
    assert run.lines() == [str(number) for number in range(1, 2001)]


@pytest.mark.parametrize("codec", ['"json"', '"lines"', '"framed"', '"bytes"\nblock_size = 5', '"stream"'])
def test_all_codecs_go_through_native_jobs_and_back(tmp_path: Path, codec: str) -> None:
    text = "".join(f"{number:04d}\n" for number in range(5000))
    (tmp_path / "in.txt").write_text(text)
    as_text = codec in ('"json"', '"lines"')
    source = json.dumps({"path": "in.txt", "as_text": as_text})
    sink = json.dumps({"path": "out.txt", "as_text": as_text})
    head = "head = false" if codec == '"stream"' else "head = true"
    network = (
        job("read", "ReadLines", 'outputs = ["a"]', head, source)
        + '[jobs.forward]\nuse = "forward"\ninputs = ["a"]\noutputs = ["b"]\n'
        + job("again", "Forward", 'inputs = ["b"]\noutputs = ["c"]', head)
        + job("write", "WriteLines", 'inputs = ["c"]', head, sink)
        + "".join(f"[pipes.{pipe}]\ncodec = {codec}\n" for pipe in "abc")
    )
    Run(tmp_path, network).ended_well()
    assert (tmp_path / "out.txt").read_text() == text


def test_a_diamond_of_python_jobs(tmp_path: Path) -> None:
    network = (
        count("number", 3000)
        + job("spread", "Spread", 'inputs = ["numbers"]\noutputs = ["plus", "minus"]', "head = true")
        + job("same", "Forward", 'inputs = ["minus"]\noutputs = ["minus-again"]')
        + job("sum", "Sum", 'inputs = ["plus", "minus-again"]\noutputs = ["shown"]', "head = true")
        + SHOW
        + "[pipes]\n"
        + "".join(f'{pipe}.codec = "json"\n' for pipe in ["numbers", "plus", "minus", "minus-again", "shown"])
    )
    assert Run(tmp_path, network).ended_well().lines() == ["0"] * 3000


def test_the_failure_of_a_job_is_shown_with_its_own_line(tmp_path: Path) -> None:
    (tmp_path / "zero.txt").write_text("2\n0\n")
    network = (
        '[jobs.read]\nuse = "lines-source"\nargs = { path = "zero.txt" }\noutputs = ["numbers"]\n'
        + job("divide", "Divide", 'inputs = ["numbers"]\noutputs = ["shown"]')
        + SHOW
        + '[pipes]\nnumbers.codec = "lines"\nshown.codec = "json"\n'
    )
    network = network.replace('numbers.codec = "lines"', 'numbers.codec = "json"')
    run = Run(tmp_path, network)
    assert run.exit_code == 1
    assert "return 1 / value" in run.stderr
    assert "divide" in run.stderr


def test_a_wrong_job_says_what_is_wrong(tmp_path: Path) -> None:
    network = (
        count("number", 3)
        + job("sum", "Sum", 'inputs = ["numbers"]\noutputs = ["shown"]')
        + SHOW
        + '[pipes]\nnumbers.codec = "json"\nshown.codec = "json"\n'
    )
    run = Run(tmp_path, network)
    assert run.exit_code == 1
    assert "job sum: Sum.run takes 2 inputs, and is given 1" in run.stderr


def test_a_source_without_end_is_stopped(tmp_path: Path) -> None:
    network = (
        job("count", "Endless", 'outputs = ["numbers"]', "head = true")
        + '[jobs.first]\nexec = ["head", "-n", "3"]\npass = "stdio"\nends_run = true\ninputs = ["numbers"]\n'
        + 'outputs = ["shown"]\n'
        + SHOW
        + '[pipes]\nnumbers.codec = "lines"\nshown.codec = "lines"\n'
    )
    run = Run(tmp_path, network).ended_well()
    assert run.lines() == ["1", "2", "3"]
    assert "Exception" not in run.stderr


def test_a_run_hears_of_progress_and_results(tmp_path: Path) -> None:
    network = (
        count("number", 2)
        + job("tell", "Telling", 'inputs = ["numbers"]\noutputs = ["shown"]')
        + SHOW
        + '[pipes]\nnumbers.codec = "json"\nshown.codec = "json"\n'
    )
    run = Run(tmp_path, network).ended_well()
    assert run.lines() == ["1", "2"]
    assert run.events("progress")
    assert run.events("result")


def test_a_file_with_a_pipe_that_python_cannot_read_is_refused(tmp_path: Path) -> None:
    network = (
        count("number", 2)
        + job("same", "Forward", 'inputs = ["numbers"]\noutputs = ["shown"]')
        + SHOW
        + '[pipes]\nnumbers.codec = "bincode"\nshown.codec = "json"\n'
    )
    run = Run(tmp_path, network)
    assert run.exit_code == 1
    assert "job same: pipe numbers: the codec bincode is for Rust jobs only" in run.stderr


def test_a_source_that_waits_is_stopped_with_the_run(tmp_path: Path) -> None:
    network = (
        job("wait", "Stuck", 'outputs = ["ones"]', "head = true")
        + '[jobs.one]\nexec = ["head", "-n", "1"]\npass = "stdio"\nends_run = true\n'
        + 'inputs = ["ones"]\noutputs = ["shown"]\n'
        + SHOW
        + '[pipes]\nones.codec = "lines"\nshown.codec = "lines"\n'
    )
    run = Run(tmp_path, network).ended_well()
    assert run.lines() == ["1"]
    assert (tmp_path / "run" / "logs" / "wait.stderr.log").read_text() == "cleaned up\n"
