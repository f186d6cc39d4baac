"""What a job takes, without running it, or what a codec can do: for ``python -m pipeloom --describe jobs.py:Sum``."""

from __future__ import annotations

import inspect
import json
from types import ModuleType
from typing import Any, Optional

from pipeloom.arity import has_at_end, inputs_of, parameters
from pipeloom.codec import Codec
from pipeloom.codec.names import CODECS
from pipeloom.errors import UsageError
from pipeloom.executable import ExecutableJob
from pipeloom.job import Job
from pipeloom.pipes import Pipe

VERSION = 1

ATTRIBUTES = ("HEAD", "GROUPS", "DEFAULT_NODE", "MAX_QUEUE", "DEPENDENCIES", "BUFFERED", "LOG_TIMES")
PROGRAM_ATTRIBUTES = ("EXECUTABLE", "PARAMETERS", "INPUT_FLAG", "OUTPUT_FLAG", "PASS")

SIZES = (None, 1, 2, 4, 8, 16, 5040, 65536)
"""The block sizes with which a class is tried until it takes one."""


def describe(found: type[Any]) -> str:
    """One JSON object in one line."""
    said = _codec(found) if issubclass(found, Codec) else _job(found)
    doc = inspect.getdoc(found) if found.__doc__ else None
    return json.dumps({"v": VERSION, "name": found.__name__, "doc": doc, **said})


def missing(there: list[str]) -> str:
    """The same for a class that its file does not have: the names of those that it has."""
    return json.dumps({"v": VERSION, "kind": "missing", "there": there})


def _job(job: type[Job]) -> dict[str, Any]:
    is_program = issubclass(job, ExecutableJob)
    if issubclass(job, ExecutableJob):
        job.check_program()
    names = ATTRIBUTES + PROGRAM_ATTRIBUTES if is_program else ATTRIBUTES
    said: dict[str, Any] = {
        "kind": "program" if is_program else "job",
        "attributes": {name: _plain(getattr(job, name)) for name in names if hasattr(job, name)},
        "codecs": {pipe: getattr(codec, "__name__", type(codec).__name__) for pipe, codec in job.CODECS.items()},
        **_args(job),
    }
    if not is_program:
        takes = inputs_of(job)
        said["inputs"] = {"min": takes.least, "max": takes.most, "names": takes.names}
        said["generator"] = inspect.isgeneratorfunction(job.run) or has_at_end(job)
    return said


def _args(job: type[Job]) -> dict[str, Any]:
    """The arguments of ``__init__``, and whether it takes others as well."""
    if job.__init__ is Job.__init__:
        return {"args": [], "other_args": False}
    found = parameters(job.__init__)
    named = [each for each in found if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)]
    return {
        "args": [_argument(each) for each in named if each.name not in ("inputs", "outputs")],
        "other_args": any(each.kind is each.VAR_KEYWORD for each in found),
    }


def _argument(parameter: inspect.Parameter) -> dict[str, Any]:
    said: dict[str, Any] = {"name": parameter.name, "required": parameter.default is parameter.empty}
    if not said["required"]:
        said["default"] = _plain(parameter.default)
    if parameter.annotation is not parameter.empty:
        annotation = parameter.annotation
        said["type"] = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))
    return said


def _codec(codec: type[Codec]) -> dict[str, Any]:
    """What a codec can do, its own methods by name, and its dummy on the wire in hexadecimal digits, if it has one."""
    _check_made(codec)
    return {
        "kind": "codec",
        "reads": codec.frame is not Codec.frame,
        "writes": codec.encode is not Codec.encode,
        "methods": [name for name, item in vars(codec).items() if inspect.isfunction(item)],
        "dummy": _dummy(codec),
        "predefined": codec in CODECS.values(),
    }


def _check_made(codec: type[Codec]) -> None:
    """Says so if no codec can be made of the class. Which block size its pipe has, if any, is not known here."""
    wrong: Optional[Exception] = None
    for size in SIZES:
        try:
            codec.for_pipe(Pipe("pipe", block_size=size))
            return
        except Exception as error:  # user code, which may need a block size
            wrong = wrong or error
    raise UsageError(f"{codec.__name__} cannot be made for a pipe: {type(wrong).__name__}: {wrong}") from wrong


def _dummy(codec: type[Codec]) -> Optional[str]:
    try:
        made = codec.for_pipe(Pipe("pipe"))
        encoded = made.encode_to_bytes(made.dummy())
        return b"".join(encoded if isinstance(encoded, tuple) else (encoded,)).hex()
    except Exception:  # user code, which may need a block size
        return None


def _plain(value: Any) -> Any:
    """A value as JSON: modules by their files, all else that JSON has no word for as text."""
    if isinstance(value, ModuleType):
        return value.__file__
    if isinstance(value, (list, tuple, set)):
        return [_plain(item) for item in value]
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return str(value)
    return value
