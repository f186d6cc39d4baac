"""How a failure is told: for exceptions a traceback that begins with the user's own line."""

from __future__ import annotations

import os
import sys
import traceback
from types import TracebackType
from typing import Optional, TextIO

_PLACE = "_pipeloom_place"
"""The attribute of an exception that says on which pipe it was raised."""

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep


def raised_by_codec(error: Exception, pipe: str, is_input: bool = False) -> None:
    """Notes with an exception of a codec's own code which pipe it is about."""
    error.__dict__.setdefault(_PLACE, (pipe, is_input))


def show_exception(error: BaseException, job: Optional[str], call: int, stream: Optional[TextIO] = None) -> None:
    """Prints an exception of the job's own code; without a job, of its file."""
    stream = stream or sys.stderr
    pipe, is_input = getattr(error, _PLACE, (None, False))
    # What is read belongs to the compute block that has not begun.
    call += is_input
    where = (f" in compute block {call}" if call else "") + (f" on pipe {pipe}" if pipe else "")
    said = f"job {job} failed{where}: " if job else ""
    print(f"pipeloom: {said}{type(error).__name__}", file=stream)
    shown: Optional[BaseException] = error
    seen: set[int] = set()
    while shown is not None and id(shown) not in seen:
        seen.add(id(shown))
        shown.__traceback__ = _of_user(shown.__traceback__)
        shown = shown.__cause__ or shown.__context__
    traceback.print_exception(type(error), error, error.__traceback__, file=stream)
    stream.flush()


def _of_user(frames: Optional[TracebackType]) -> Optional[TracebackType]:
    """The traceback without the frames of this package and of the import system before the user's first line."""
    rest = frames
    while rest is not None:
        file = rest.tb_frame.f_code.co_filename
        if not (file.startswith((_HERE, "<frozen ")) or file == importlib_file()):
            return rest
        rest = rest.tb_next
    return frames if frames is None or not _is_import(frames) else None


def importlib_file() -> str:
    """Where ``importlib.import_module`` is."""
    import importlib

    return importlib.__file__ or ""


def _is_import(frames: TracebackType) -> bool:
    last = frames
    while last.tb_next is not None:
        last = last.tb_next
    return last.tb_frame.f_code.co_filename.startswith("<frozen ")
