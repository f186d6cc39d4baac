"""What a job is made with, as ``args``: by keyword."""

from __future__ import annotations

from typing import Any, Optional

from pipeloom.importing.notes import Notes
from pipeloom.importing.toml import can_be_written
from pipeloom.importing.values import Function, Instance, Unknown, is_framework

UNKNOWN = "only running the project would tell what"

PIPES = ("inputs", "outputs", "id", "logging_output")


def args_of(job: Instance, notes: Notes) -> dict[str, Any]:
    """The arguments of a Python job, without its pipes."""
    init = _init(job)
    left_out = (*PIPES, "name") if job.cls.is_a("LoggingJob") else PIPES
    names = [arg.arg for arg in init.node.args.args[1:]] if init else []
    given = dict(zip(names, job.args))
    if len(job.args) > len(names):
        notes.say(job.place, f"{job.cls.name} has more arguments than names for them: they are left out")
    args = {}
    for name, value in {**given, **job.kwargs}.items():
        if name in left_out or (value is None and init and init.defaults.get(name, value) is None):
            continue
        if isinstance(value, Unknown):
            notes.say(value.place, f"the argument {name} of {job.cls.name} is left out: {UNKNOWN} {value.text} is")
        elif not can_be_written(value):
            notes.say(job.place, f"the argument {name} of {job.cls.name} is left out: it is no text, number or list")
        else:
            args[name] = value
    return args


def _init(job: Instance) -> Optional[Function]:
    """What takes the arguments: of a LoggingJob it is ``init_job``."""
    init = job.cls.find("__init__")
    if job.cls.is_a("LoggingJob") and isinstance(init, Function) and is_framework(init.module):
        init = job.cls.find("init_job")
    return init if isinstance(init, Function) else None
