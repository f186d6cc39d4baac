"""Running a job in this process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import RawIOBase
from typing import Any, Callable, Optional, Union

from pipeloom.assembly import Program
from pipeloom.codec import Buffer
from pipeloom.control import Control
from pipeloom.job import Job
from pipeloom.pipes import PipeTable
from pipeloom.signals import Stop
from pipeloom.testing.outcome import Outcome, Trial
from pipeloom.wire.outputs import Writer


def run_job(
    job: type[Job],
    *inputs: Sequence[Any],
    outputs: Optional[int] = None,
    args: Optional[Mapping[str, Any]] = None,
    codec: Union[str, Sequence[str]] = "pickle",
    head_size: int = 1,
    heads: bool = True,
    block_count: Union[int, Sequence[int]] = 1,
) -> Outcome:
    """Runs a job on these values, a list for each input, and returns what it has sent.

    Values with heads are given as :class:`Sent`. ``codec`` is a name, as ``"json"`` or ``"bytes:64"``, or one for each
    pipe, inputs first. There is one output unless ``outputs`` says otherwise. What the job raises is raised here.
    """
    trial = Trial.of(job, inputs, 1 if outputs is None else outputs, codec, head_size, heads, block_count)
    program = Program(job, job.__name__, dict(args or {}), trial.table)
    ends, control = Memory(trial.wires, len(trial.table.outputs)), Recorder()
    program.run(ends.opened, control, Stop)
    values, found_heads = trial.read([bytes(wire) for wire in ends.written])
    return Outcome(values, found_heads, control.reports)


class Recorder(Control):
    """Keeps what a job tells."""

    def __init__(self) -> None:
        super().__init__(None)
        self.reports: list[dict[str, Any]] = []

    def tell(self, message: Mapping[str, Any], wait: bool = False) -> None:
        if message != {"ready": True}:
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
