"""What can go wrong that is not an exception in a job's own code."""

from __future__ import annotations


class PipeloomError(Exception):
    """An error whose text says all there is to say; it is shown without a traceback."""


class UsageError(PipeloomError):
    """The program was called wrongly, or the network file does not fit the job."""


class CodecError(PipeloomError, ValueError):
    """A value that a codec cannot hold, or bytes that are no value."""


class TornError(PipeloomError):
    """A stream has ended inside a block."""


class InputError(PipeloomError):
    """An input cannot be read."""


class ReadersGoneError(PipeloomError):
    """Nobody reads any of the job's outputs any more: a quiet end, no failure."""
