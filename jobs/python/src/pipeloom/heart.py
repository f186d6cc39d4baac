"""Showing the run that the job does not hang."""

from __future__ import annotations

import select
from contextlib import suppress
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Optional, TypeVar

from pipeloom.control import Control

BEATS = 4
"""How many beats there are in the time after which the run takes silence for a hang."""

T = TypeVar("T")


class Heart:
    """Beats while blocks are moved and while the program waits, if the run has asked for it.

    No thread stands behind it: a call of the job's own code that hangs stops it.
    """

    def __init__(self, control: Optional[Control] = None, silence: Optional[float] = None) -> None:
        self._control = control or Control(None)
        self._every = silence / BEATS if silence else 0.0
        self.beats = bool(silence)
        """Whether it beats at all."""
        self._due = 0.0
        self.beat()

    def beat(self) -> None:
        """Beats if it is time."""
        if self.beats and monotonic() >= self._due:
            self._control.tell({"alive": True})
            self._due = monotonic() + self._every

    def wait(self, poll: select.poll) -> list[tuple[int, int]]:
        """Waits for one of these descriptors."""
        if not self.beats:
            return poll.poll()
        while True:
            self.beat()
            ready = poll.poll(1000 * self._left() + 1)
            if ready:
                return ready

    def take(self, queue: SimpleQueue[T]) -> T:
        """Waits for the next item."""
        if not self.beats:
            return queue.get()
        while True:
            self.beat()
            with suppress(Empty):
                return queue.get(timeout=self._left())

    def _left(self) -> float:
        return max(0.0, self._due - monotonic())
