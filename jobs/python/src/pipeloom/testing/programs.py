"""Running a job as the program that it is in a network, over FIFOs."""

from __future__ import annotations

import contextlib
import inspect
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Optional, Union

import pipeloom
from pipeloom.job import Job
from pipeloom.pipes import Pipe
from pipeloom.testing.calls import class_of
from pipeloom.testing.network import NetworkJob, asked, check_alone
from pipeloom.testing.outcome import Outcome, Trial, is_report
from pipeloom.testing.tried import TIMEOUT_SECONDS, run_tried

_PACKAGE_ROOT = str(Path(pipeloom.__file__).parent.parent)


def run_program(
    job: Union[type[Job], str],
    *inputs: Sequence[Any],
    network: Union[str, Path, None] = None,
    params: Optional[Mapping[str, Any]] = None,
    outputs: Optional[int] = None,
    args: Optional[Mapping[str, Any]] = None,
    codec: Union[str, Sequence[str], None] = None,
    head_size: Optional[int] = None,
    heads: Optional[bool] = None,
    block_count: Union[int, Sequence[int], None] = None,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> Outcome:
    """Runs a job as a process of its own, as :func:`pipeloom.testing.run_job` does it in this one.

    The job's class must stand at the top of its file. A failure is no exception here: see ``exit_code`` and ``stderr``.
    """
    said: dict[str, Any] = {
        "outputs": outputs,
        "codec": codec,
        "head_size": head_size,
        "heads": heads,
        "block_count": block_count,
    }
    if isinstance(job, str):
        with asked(job, inputs, network, params, {**said, "args": args}) as found:
            loaded = class_of(found)
            if loaded is None:
                return run_tried(found, inputs, timeout_seconds)
            return _run(Trial.of_network(found, loaded.CODECS, inputs), _Call.of_network(found), timeout_seconds)
    check_alone(job, network, params)
    trial = Trial.of(job, inputs, **said)
    return _run(trial, _Call.of_class(job, args or {}), timeout_seconds)


@dataclass(frozen=True)
class _Call:
    """How a program is started."""

    executable: str
    argv: list[str]
    env: dict[str, str]
    cwd: Optional[str]

    @classmethod
    def of_class(cls, job: type[Job], args: Mapping[str, Any]) -> _Call:
        argv = [sys.executable, "-m", "pipeloom", spec_of(job), "--args", json.dumps(dict(args))]
        path = os.pathsep.join(filter(None, [_PACKAGE_ROOT, os.environ.get("PYTHONPATH")]))
        return cls(sys.executable, argv, {**os.environ, "PYTHONPATH": path, "PIPELOOM_JOB": job.__name__}, None)

    @classmethod
    def of_network(cls, job: NetworkJob) -> _Call:
        program, run_dir = job.program or {}, os.path.join(job.folder, "run")
        os.makedirs(run_dir, exist_ok=True)
        env = {
            **job.kept_env,
            **job.own_env,
            "PIPELOOM_JOB": job.name,
            "PIPELOOM_ARGS": json.dumps(program["args"]),
            "PIPELOOM_NETWORK_DIR": job.dir,
            "PIPELOOM_RUN_DIR": run_dir,
        }
        return cls(program["path"], program["argv"], env, job.working_folder())


def _run(trial: Trial, call: _Call, timeout_seconds: float) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="pipeloom-test-") as folder:
        feeds = [_Feed(_fifo(folder, pipe), wire) for pipe, wire in zip(trial.table.inputs, trial.wires)]
        drains = [_Drain(_fifo(folder, pipe)) for pipe in trial.table.outputs]
        ours, theirs = socket.socketpair()
        with ours, theirs:
            reports = _Lines(ours)
            pipes = {"PIPELOOM_CONTROL": str(theirs.fileno()), "PIPELOOM_PIPES": _table(trial, folder)}
            child = subprocess.Popen(
                call.argv,
                executable=call.executable,
                env={**call.env, **pipes},
                cwd=call.cwd,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            theirs.close()
            try:
                stdout, stderr = child.communicate(timeout=timeout_seconds)
            finally:
                child.kill()
                child.wait()
                for feed in feeds:
                    feed.release()
                for drain in drains:
                    drain.release()
            reports.join()
    outcome = trial.outcome([drain.data for drain in drains], reports.messages)
    outcome.exit_code, outcome.stdout, outcome.stderr = child.returncode, stdout, stderr
    return outcome


def spec_of(job: type[Job]) -> str:
    """``FILE.py:CLASS`` of a class."""
    file = inspect.getsourcefile(job)
    if file is None or job.__qualname__ != job.__name__:
        raise ValueError(f"{job.__qualname__} does not stand at the top of a file, so no program can import it")
    return f"{os.path.abspath(file)}:{job.__name__}"


def _fifo(folder: str, pipe: Pipe) -> str:
    path = os.path.join(folder, pipe.name)
    os.mkfifo(path)
    return path


def _table(trial: Trial, folder: str) -> str:
    def entry(pipe: Pipe, direction: str) -> dict[str, Any]:
        said: dict[str, Any] = {
            "name": pipe.name,
            "direction": direction,
            "codec": pipe.codec,
            "block_count": pipe.block_count,
            "max_block_bytes": pipe.max_block_bytes,
            "head": pipe.head,
            "path": os.path.join(folder, pipe.name),
        }
        known = {"block_size": pipe.block_size, "class": pipe.codec_class}
        return {**said, **{key: value for key, value in known.items() if value is not None}}

    pipes = [entry(pipe, "input") for pipe in trial.table.inputs]
    pipes += [entry(pipe, "output") for pipe in trial.table.outputs]
    return json.dumps({"v": 1, "head_size": trial.table.head_size, "each": trial.table.each, "pipes": pipes})


class _Feed:
    """Writes an input, beside the test."""

    def __init__(self, path: str, wire: bytes) -> None:
        self._path = path
        self._thread = _started(lambda: self._write(wire))

    def _write(self, wire: bytes) -> None:
        with contextlib.suppress(BrokenPipeError), open(self._path, "wb", buffering=0) as pipe:
            rest = memoryview(wire)
            while rest:
                rest = rest[pipe.write(rest) or 0 :]

    def release(self) -> None:
        """The program is gone. If it has not opened the pipe, somebody else must, or the thread waits for ever."""
        while self._thread.is_alive():
            os.close(os.open(self._path, os.O_RDONLY | os.O_NONBLOCK))
            self._thread.join(0.01)


class _Drain:
    """Reads an output, beside the test."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.data = b""
        self._thread = _started(self._read)

    def _read(self) -> None:
        with open(self._path, "rb") as pipe:
            self.data = pipe.read()

    def release(self) -> None:
        """As for a feed."""
        while self._thread.is_alive():
            with contextlib.suppress(OSError):  # no reader yet, or no more
                os.close(os.open(self._path, os.O_WRONLY | os.O_NONBLOCK))
            self._thread.join(0.01)


class _Lines:
    """Reads the control channel, beside the test."""

    def __init__(self, channel: socket.socket) -> None:
        self.messages: list[dict[str, Any]] = []
        self._thread = _started(lambda: self._read(channel))

    def _read(self, channel: socket.socket) -> None:
        with channel.makefile("rb") as lines:
            for line in lines:
                message = json.loads(line)
                if is_report(message):
                    self.messages.append(message)

    def join(self) -> None:
        self._thread.join()


def _started(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread
