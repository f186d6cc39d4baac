"""Times of a job: for each compute block a record on an output of its own, as the job ``logging-sink`` reads it."""

from __future__ import annotations

import os
import time
from typing import Any, Optional

SAMPLE_NS = 100_000_000
"""How often the use of processor and memory is looked up at most."""


class TimesLog:
    """Makes the records of one job. Its clock never goes back; it shows nanoseconds since 1970."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._pid = os.getpid()
        self._block = 0
        self._epoch = time.time_ns() - time.monotonic_ns()
        self._sampled = time.monotonic_ns()
        self._processor = time.thread_time_ns()
        self._cpu_percent: Optional[float] = None
        self._memory_percent = _memory_percent()

    def now(self) -> int:
        """The time."""
        return self._epoch + time.monotonic_ns()

    def record(self, taken: int) -> dict[str, Any]:
        """The record of the compute block that was taken at this time and is done now."""
        self._block += 1
        self._sample()
        return {
            "name": self._name,
            "pid": self._pid,
            "block": self._block,
            "cpu_percent": self._cpu_percent,
            "memory_percent": self._memory_percent,
            "time_in_ns": taken,
            "time_out_ns": self.now(),
        }

    def _sample(self) -> None:
        now = time.monotonic_ns()
        passed = now - self._sampled
        if passed >= SAMPLE_NS:
            processor = time.thread_time_ns()
            self._cpu_percent = 100 * (processor - self._processor) / passed
            self._sampled, self._processor = now, processor
            self._memory_percent = _memory_percent()


def _memory_percent() -> Optional[float]:
    """The part of the machine's memory that this process holds; ``None`` where Linux does not tell."""
    try:
        with open("/proc/self/statm", "rb") as file:
            resident = int(file.read().split()[1])
        return 100 * resident / os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError, IndexError):
        return None
