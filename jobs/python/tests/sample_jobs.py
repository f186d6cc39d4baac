"""Jobs that the tests run as programs."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from typing import Any

from pipeloom import Job


class Forward(Job):
    """Passes values on."""

    def run(self, value: Any) -> Any:
        return value


class Sum(Job):
    def run(self, a: Any, b: Any) -> Any:
        return a + b


class Count(Job):
    """Counts from 1, and says which number is the last."""

    def __init__(self, limit: int = 3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.limit = limit

    def run(self) -> Iterator[int]:
        for number in range(1, self.limit + 1):
            if number == self.limit:
                self.finish()
            yield number


class Endless(Job):
    def run(self) -> Iterator[int]:
        number = 0
        while True:
            number += 1
            yield number


class Stuck(Job):
    """Sends a number and then waits for something that never comes."""

    def run(self) -> Iterator[int]:
        yield 1
        try:
            signal.pause()
            while True:
                signal.pause()
        finally:
            print("cleaned up", file=sys.stderr)


class Spread(Job):
    """Sends each value to two outputs, the second one with its own head."""

    def run(self, value: Any) -> Any:
        self.out_heads[1] = 0x04
        return value, -value


class Divide(Job):
    def run(self, value: Any) -> Any:
        return 1 / value


class Chatty(Job):
    """Prints what it reads, as one does to see what goes on."""

    def run(self, value: Any) -> Any:
        print("seen", value)
        return value


class Telling(Job):
    def run(self, value: Any) -> Any:
        self.progress(value / 2, "half" if value == 1 else None)
        self.status({"at": value})
        self.metrics(level=value)
        self.result([value])
        return value


class Last(Job):
    """A sink that prints its last value when it ends."""

    def setup(self, *args: Any, **kwargs: Any) -> None:
        super().setup(*args, **kwargs)
        self.last: Any = None

    def run(self, value: Any) -> None:
        self.last = value

    def teardown(self) -> None:
        print("last:", self.last)


class ReadLines(Job):
    """The lines of a file, as texts or as bytes with their line breaks."""

    def __init__(self, path: str, as_text: bool) -> None:
        self.path, self.as_text = path, as_text

    def run(self) -> Iterator[Any]:
        with open(self.path, "rb") as lines:
            for line in lines:
                yield line.decode()[:-1] if self.as_text else line


class WriteLines(Job):
    """The same the other way round."""

    def __init__(self, path: str, as_text: bool) -> None:
        self.path, self.as_text = path, as_text

    def setup(self, *args: Any, **kwargs: Any) -> None:
        self.file = open(self.path, "wb")  # noqa: SIM115

    def run(self, block: Any) -> None:
        self.file.write(block.encode() + b"\n" if self.as_text else block)

    def teardown(self) -> None:
        self.file.close()
