"""Which compute blocks are done, for a run that gives all others to the job's next life again.

A compute block is done when ``run`` has returned for it and all that was sent until then is written. In a fast stream
one message tells of many of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic
from typing import TypeVar

from pipeloom.control import Control
from pipeloom.wire.outputs import Outputs

MOST_BLOCKS = 64
"""After so many compute blocks they are told in any case."""

TELL_SECONDS = 0.001
"""After so long too."""

Block = TypeVar("Block")


class Done:
    """How many compute blocks are done, and how many of them the run knows."""

    def __init__(self, control: Control, outputs: Outputs, job_says: bool) -> None:
        """``job_says``: the job itself says what is done, by :meth:`say`."""
        self._control = control
        self._outputs = outputs
        self._job_says = job_says
        self._begun = self._returned = self._said = self._told = 0
        self._told_at = monotonic()

    def following(self, blocks: Iterator[Block]) -> Iterator[Block]:
        """The same compute blocks. Whoever asks for the next one has returned from the step for the one before."""
        for block in blocks:
            self._begun += 1
            yield block
            self.returned()
            if self._is_due():
                self.flush()

    def returned(self) -> None:
        """The step for the compute block begun last has returned, and nothing of it is held back."""
        self._returned = self._begun

    def say(self) -> None:
        """The job says that all it was given is done. It counts when the step at hand has returned."""
        self._said = self._begun

    def flush(self) -> None:
        """Writes what waits, and tells what is done by that."""
        self._outputs.flush()
        self.tell()

    def tell(self) -> None:
        """Tells what is done and not told yet. All that was sent must be written."""
        done = self._done
        if done > self._told and not self._outputs.is_lost:
            self._control.insist({"done": done})
            self._told, self._told_at = done, monotonic()

    @property
    def _done(self) -> int:
        return min(self._said, self._returned) if self._job_says else self._returned

    def _is_due(self) -> bool:
        untold = self._done - self._told
        if self._job_says:
            return untold > 0
        return untold >= MOST_BLOCKS or monotonic() - self._told_at > TELL_SECONDS
