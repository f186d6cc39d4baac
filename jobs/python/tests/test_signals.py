"""Signals that come at moments which a test of a whole program does not hit."""

from __future__ import annotations

import signal
from typing import Any

import pytest

from pipeloom import Job
from pipeloom.assembly import Program
from pipeloom.control import Control
from pipeloom.signals import Stop
from pipeloom.testing.calls import Memory
from pipeloom.testing.outcome import Trial


class Numbers(Job):
    """A source that never ends by itself."""

    def setup(self, *args: Any, **kwargs: Any) -> None:
        self.calls = 0

    def run(self) -> int:
        self.calls += 1
        return self.calls


class Waits(Numbers):
    """One that is told to end while it runs, and then waits for ever."""

    def run(self) -> int:
        signal.raise_signal(signal.SIGTERM)
        signal.pause()
        return super().run()


class Late(Stop):
    """The second signal comes just before the source's code begins, for the third time."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = 0

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "in_users_code" and value:
            self.begun += 1
            if self.begun == 3:
                self.overdue = True
        super().__setattr__(name, value)


def run(job: type[Job], stop: Stop) -> bytes:
    trial = Trial.of(job, [], 1, "lines", 1, False, 1)
    ends = Memory(trial.wires, 1)
    Program(job, "it", {}, trial.table).run(ends.opened, Control(None), lambda: stop)
    return bytes(ends.written[0])


def test_a_signal_just_before_the_sources_code_is_not_forgotten() -> None:
    stop = Late()
    assert run(Numbers, stop) == b"1\n2\n"
    assert stop.ended


def test_a_source_that_waits_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeloom.signals.GRACE_SECONDS", 0.01)
    before = signal.getsignal(signal.SIGTERM)
    stop = Stop()
    try:
        stop.listen()
        assert run(Waits, stop) == b""
    finally:
        signal.signal(signal.SIGTERM, before)
    assert stop.ended
    assert stop.overdue
