"""Running a job in this process."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import RawIOBase
from pathlib import Path
from typing import Any, Callable, Optional, Union

from pipeloom.assembly import Program
from pipeloom.codec import Buffer
from pipeloom.control import Control
from pipeloom.executable import ExecutableJob
from pipeloom.job import Job
from pipeloom.load import load_class
from pipeloom.pipes import PipeTable
from pipeloom.signals import Stop
from pipeloom.testing.network import NetworkJob, asked, check_alone
from pipeloom.testing.outcome import Outcome, Trial, is_report
from pipeloom.testing.tried import TIMEOUT_SECONDS, run_tried
from pipeloom.wire.outputs import Writer
from pipeloom.wire.ring import Outgoing


def run_job(
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
    steps: Optional[int] = None,
) -> Outcome:
    """Runs a job on these values, a list for each input, and returns what it has sent.

    Values with heads are given as :class:`Sent`. ``codec`` is a name, as ``"json"`` or ``"bytes:64"``, or one for each
    pipe, inputs first. Unless they say otherwise, there is one output of ``outputs``, the ``codec`` is ``"pickle"``,
    there are ``heads`` with a ``head_size`` of 1, and the ``block_count`` is 1. What the job raises is raised here.
    With ``steps`` a source is told to end after so many blocks.

    With ``network``, a network file, ``job`` is a name in it, and the file says all but ``params``, the network's
    parameters, and ``steps``. A job in Python runs in this process, any other as it does in the network: then a failure
    is no exception, see ``exit_code`` and ``stderr``.
    """
    __tracebackhide__ = True
    said: dict[str, Any] = {
        "outputs": outputs,
        "codec": codec,
        "head_size": head_size,
        "heads": heads,
        "block_count": block_count,
    }
    if isinstance(job, str):
        with asked(job, inputs, network, params, {**said, "args": args}) as found:
            return _of_network(found, inputs, steps)
    check_alone(job, network, params)
    trial = Trial.of(job, inputs, **said)
    return _run(job, job.__name__, dict(args or {}), trial, steps)


def _of_network(job: NetworkJob, inputs: Sequence[Sequence[Any]], steps: Optional[int]) -> Outcome:
    __tracebackhide__ = True
    found = class_of(job)
    if found is None:
        return run_tried(job, inputs, TIMEOUT_SECONDS, steps)
    with at_home(job):
        args = job.python.args if job.python else {}
        return _run(found, job.name, args, Trial.of_network(job, found.CODECS, inputs), steps)


def class_of(job: NetworkJob) -> Optional[type[Job]]:
    """The class that is the job, unless it is another program, which a class may describe."""
    if job.python is None:
        return None
    with at_home(job):
        found = load_class(job.python.spec, Job)
    return None if issubclass(found, ExecutableJob) else found


def _run(job: type[Job], name: str, args: dict[str, Any], trial: Trial, steps: Optional[int]) -> Outcome:
    program = Program(job, name, args, trial.table)
    ends, control = Memory(trial.wires, len(trial.table.outputs)), Recorder()
    program.run(ends.opened, control, lambda: Stop() if steps is None else _StopAfter(steps))
    return trial.outcome([bytes(wire) for wire in ends.written], control.reports)


@contextmanager
def at_home(job: NetworkJob) -> Iterator[None]:
    """Makes this process one in which the job finds what it finds in its network."""
    before = dict(os.environ), os.getcwd(), list(sys.path)
    env = job.own_env
    # The kit that is here is used, which the test has imported already.
    paths = [path for path in env.pop("PYTHONPATH", "").split(os.pathsep) if path and not _has_kit(path)]
    try:
        os.environ.update(env)
        os.chdir(job.working_folder())
        sys.path += [path for path in paths if path not in sys.path]
        yield
    finally:
        os.chdir(before[1])
        os.environ.clear()
        os.environ.update(before[0])
        sys.path[:] = before[2]


def _has_kit(path: str) -> bool:
    return os.path.isfile(os.path.join(path, "pipeloom", "__init__.py"))


class _StopAfter(Stop):
    """Tells a source to end, which asks before each block."""

    def __init__(self, blocks: int) -> None:
        super().__init__()
        self._left = blocks

    @property
    def requested(self) -> bool:
        self._left -= 1
        return self._left <= 0

    @requested.setter
    def requested(self, value: bool) -> None:
        pass


class Recorder(Control):
    """Keeps what a job tells."""

    def __init__(self) -> None:
        super().__init__(None)
        self.reports: list[dict[str, Any]] = []

    def tell(self, message: Mapping[str, Any], wait: bool = False) -> None:
        if is_report(message):
            self.reports.append(dict(message))


class Memory:
    """Pipes that are pieces of memory."""

    def __init__(self, wires: Sequence[bytes], outputs: int) -> None:
        self._wires = wires
        self.written = [bytearray() for _ in range(outputs)]

    def opened(self, pipes: PipeTable) -> Memory:
        return self

    def readers(self, before_wait: Callable[[], None]) -> list[RawIOBase]:
        return [_Wire(wire, before_wait) for wire in self._wires]

    def writer(self) -> Writer:
        return self

    def write(self, pending: list[tuple[int, list[Buffer]]]) -> set[int]:
        for place, parts in pending:
            self.written[place] += b"".join(parts)
        return set()

    def wait_for_room(self, place: int, ring: Outgoing) -> bool:
        return False  # nothing lies beside a piece of memory

    def close(self) -> None:
        pass


class _Wire(RawIOBase):
    def __init__(self, wire: bytes, before_wait: Callable[[], None]) -> None:
        self._rest = memoryview(wire)
        self._before_wait = before_wait

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._before_wait()
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size
