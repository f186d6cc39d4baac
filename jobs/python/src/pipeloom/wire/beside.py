"""Several inputs: while one is waited for, the others are read too.

A writer may have to be rid of a block for one input before it writes that of another. So when the input whose turn it
is has nothing for a moment, the others that lack their part of the compute block get a thread each, which reads just
that. Where blocks come as fast as they are used, no thread is ever needed.
"""

from __future__ import annotations

import select
import threading
from collections.abc import Iterator
from queue import SimpleQueue
from typing import Any, Optional, Protocol

from pipeloom.heart import Heart

MOMENT_MILLISECONDS = 1
"""So long an input is waited for alone. To hand work to a thread for each block of a fast stream would cost more."""


class Source(Protocol):
    """The stream of an input."""

    beside: Optional[Beside]
    heart: Heart
    is_read_beside: bool

    def fileno(self) -> int:
        """Its descriptor."""


class Lane:
    """The parts of one input in compute block after compute block."""

    def __init__(self, parts: Iterator[Any], source: Optional[Source]) -> None:
        self._parts = parts
        self.source = source
        self.is_asked = False
        self._thread: Optional[threading.Thread] = None
        self._asked: SimpleQueue[None] = SimpleQueue()
        self._answers: SimpleQueue[tuple[Any, Optional[BaseException]]] = SimpleQueue()
        self.others: Optional[Beside] = None

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        if not self.is_asked:
            return next(self._parts)
        if self.others and self._answers.empty():
            self.others.ask_all()
        part, error = self.source.heart.take(self._answers) if self.source else self._answers.get()
        self.is_asked = False
        if self.source:
            self.source.is_read_beside = False
        if error:
            raise error
        return part

    def ask(self) -> None:
        """Has the next part read by the thread."""
        if self.is_asked or not self.source:
            return
        self.is_asked = self.source.is_read_beside = True
        if self._thread is None:
            # What it waits for when the job has ended may never come.
            self._thread = threading.Thread(target=self._answer, daemon=True)
            self._thread.start()
        self._asked.put(None)

    def _answer(self) -> None:
        while True:
            self._asked.get()
            try:
                answer = next(self._parts), None
            except BaseException as error:  # whoever takes the part raises it
                self._answers.put((None, error))
            else:
                self._answers.put(answer)


class Beside:
    """The inputs behind one, whose parts of a compute block are taken after its own."""

    def __init__(self, lanes: list[Lane]) -> None:
        self._lanes = [lane for lane in lanes if lane.source]

    def ask_all(self) -> None:
        """All are read by their threads."""
        for lane in self._lanes:
            lane.ask()

    def wait_for(self, fd: int, heart: Heart) -> None:
        """Waits until something comes on this descriptor. The others are read meanwhile, if something comes there."""
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        lanes = {lane.source.fileno(): lane for lane in self._lanes if lane.source and not lane.is_asked}
        if not lanes or poll.poll(MOMENT_MILLISECONDS):
            return
        for other in lanes:
            poll.register(other, select.POLLIN)
        while True:
            ready = [ready for ready, _ in heart.wait(poll)]
            if fd in ready:
                return
            for other in ready:
                lanes[other].ask()
                poll.unregister(other)


def beside_each_other(lanes: list[Lane]) -> Iterator[tuple[Any, ...]]:
    """The parts of all inputs together. The shortest input decides how many there are."""
    for place, lane in enumerate(lanes):
        behind = Beside(lanes[place + 1 :])
        lane.others = behind
        if lane.source:
            lane.source.beside = behind
    return zip(*lanes)
