"""What can go wrong that is not an exception in a job's own code."""

from __future__ import annotations

from typing import Union


class PipeloomError(Exception):
    """An error whose text says all there is to say; it is shown without a traceback."""


class UsageError(PipeloomError):
    """The program was called wrongly, or the network file does not fit the job."""


class CodecError(PipeloomError, ValueError):
    """A value that a codec cannot hold, or bytes that are no value."""


class TornError(PipeloomError):
    """A stream has ended inside a block, after so many bytes of it."""

    def __init__(self, size: int) -> None:
        super().__init__(
            f"the stream ended inside a block, after {size} bytes of it: its writer was cut off, "
            "or its blocks are not what the pipe's codec, block_size and heads say"
        )
        self.size = size


class TooLongError(CodecError):
    """A block is longer than its pipe allows."""

    def __init__(self, size: Union[int, str], most: int) -> None:
        super().__init__(
            f"a block of {size} bytes, more than max_block_bytes = {most}; "
            "the network file may allow more in the pipe's table"
        )


class InputError(PipeloomError):
    """An input cannot be read."""


class ReadersGoneError(PipeloomError):
    """Nobody reads any of the job's outputs any more: a quiet end, no failure."""
