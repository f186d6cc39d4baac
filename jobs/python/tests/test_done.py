"""Which compute blocks are done, as the run is told."""

from __future__ import annotations

import contextlib
import dataclasses
import socket
from collections.abc import Iterator, Mapping
from typing import Any, Optional

import pytest
from sample_jobs import Divide, Forward

from pipeloom import Job, PipeloomError
from pipeloom.assembly import Program
from pipeloom.control import Control
from pipeloom.signals import Stop
from pipeloom.testing import Sent
from pipeloom.testing.calls import Memory
from pipeloom.testing.outcome import Trial


class Listening(Control):
    """Keeps what is said to be done, and how many lines were written at that time."""

    def __init__(self) -> None:
        super().__init__(None)
        self.done: list[int] = []
        self.written: list[int] = []
        self.ends: Optional[Memory] = None

    def insist(self, message: Mapping[str, Any]) -> None:
        assert self.ends
        self.done.append(message["done"])
        self.written += [wire.count(b"\n") for wire in self.ends.written]


def listened(job: type[Job], values: list[Any], control: Listening, outputs: int = 1, asked: bool = True) -> None:
    """Runs a job with one input to its end, over lines without heads unless a value has one."""
    heads = any(isinstance(value, Sent) for value in values)
    trial = Trial.of(job, [values], outputs, "lines", 1, heads, 1)
    control.ends = Memory(trial.wires, outputs)
    Program(job, "it", {}, dataclasses.replace(trial.table, acknowledge=asked)).run(control.ends.opened, control, Stop)


def heard(job: type[Job], values: list[Any], outputs: int = 1, asked: bool = True) -> Listening:
    """The same; what it said."""
    control = Listening()
    listened(job, values, control, outputs, asked)
    return control


class Batches(Job):
    """Keeps values for later, and the last of them until the end."""

    ACKNOWLEDGES = True

    def setup(self, *args: Any, **kwargs: Any) -> None:
        self.kept: list[Any] = []
        self.acknowledge()

    def run(self, value: Any) -> None:
        self.kept.append(value)
        if len(self.kept) == 3:
            self.kept.clear()
            self.acknowledge()

    def teardown(self) -> None:
        self.acknowledge()


class Twice(Job):
    """Sends each value twice, and fails on what is empty between the two."""

    def run(self, value: Any) -> Iterator[Any]:
        yield value
        yield value if value else 1 / 0


class FailsAtItsEnd(Forward):
    def at_end(self) -> Any:
        raise PipeloomError("nothing comes of it")


def test_what_is_done_is_written() -> None:
    for outputs in (1, 2):
        control = heard(Forward, ["value"] * 1000, outputs)
        assert control.done[-1] == 1000
        assert control.done == sorted(set(control.done))
        told = [done for done in control.done for _ in range(outputs)]
        assert all(written >= done for done, written in zip(told, control.written))


def test_many_blocks_are_told_together_and_not_too_many() -> None:
    done = heard(Forward, ["value"] * 1000).done
    assert all(after - before <= 64 for before, after in zip([0, *done], done))


def test_nobody_has_asked() -> None:
    assert heard(Forward, ["value"], asked=False).done == []
    assert heard(Batches, ["value"] * 3, outputs=0, asked=False).done == []


def test_a_call_that_fails_is_not_done() -> None:
    control = Listening()
    with pytest.raises(TypeError):
        listened(Divide, ["value"], control)
    assert control.done == []


def test_a_generator_is_done_when_it_has_given_all() -> None:
    control = heard(Twice, ["a", "b"])
    assert control.done[-1] == 2
    assert all(written >= 2 * done for done, written in zip(control.done, control.written))
    control = Listening()
    with pytest.raises(ZeroDivisionError):
        listened(Twice, ["a", ""], control)
    assert control.done == [1]
    assert control.ends
    assert control.ends.written == [b"a\na\n\n"]


def test_a_last_block_that_is_held_back_is_not_done() -> None:
    control = Listening()
    with pytest.raises(PipeloomError, match="nothing comes of it"):
        listened(FailsAtItsEnd, ["a", Sent("b", 0x20)], control)
    assert control.done == [1]
    assert control.ends
    assert control.ends.written == [b"\0a\n"]


def test_a_job_says_itself_what_is_done_until_its_very_end() -> None:
    assert heard(Batches, list("abcdefgh"), outputs=0).done == [3, 6, 8]


def test_a_job_that_does_not_say_so_beforehand_cannot_say_what_is_done() -> None:
    class Late(Job):
        def run(self, value: Any) -> None:
            self.acknowledge()

    with pytest.raises(PipeloomError, match=r"Late calls acknowledge\(\) and does not say ACKNOWLEDGES = True"):
        listened(Late, ["a"], Listening(), outputs=0, asked=False)


class ReadLate:
    """A channel that is full, and is read only once it has refused something twice."""

    def __init__(self) -> None:
        self.reader, self._writer = socket.socketpair()
        self._writer.setblocking(False)
        self.reader.setblocking(False)
        self.refused = self.filler = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                self.filler += self._writer.send(b"x")

    def fileno(self) -> int:
        return self._writer.fileno()

    def send(self, data: bytes, flags: int, /) -> int:
        try:
            return self._writer.send(data, flags)
        except BlockingIOError:
            self.refused += 1
            if self.refused == 2:
                assert len(self.reader.recv(1 << 20)) == self.filler
            raise

    def close(self) -> None:
        self.reader.close()
        self._writer.close()


def test_it_is_told_to_whoever_has_not_read_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeloom.control.WAIT_MILLISECONDS", 1)
    with contextlib.closing(ReadLate()) as channel:
        control = Control(channel)
        control.tell({"result": 1}, wait=True)
        assert channel.refused == 1
        control.insist({"done": 1})
        assert channel.reader.recv(1 << 20) == b'{"result": 1}\n{"done": 1}\n'
