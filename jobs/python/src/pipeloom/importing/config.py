"""The jobs of a ``config.py``, and what else it says of the network."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Optional

from pipeloom.importing import topology
from pipeloom.importing.execute import TooLongError
from pipeloom.importing.modules import Modules
from pipeloom.importing.notes import ImportFailedError, Notes
from pipeloom.importing.values import Instance, Module, Place, Unknown

NOT_NEEDED = [
    "CLIENT_IP",
    "DEBUG_WINDOW",
    "LOG_FILE",
    "LOG_LEVEL",
    "PRE_COPY",
    "PULSE_INTERVAL",
    "REMOTE_ROOT",
    "USER",
]
"""Settings of MARVELO that have no counterpart."""


@dataclass
class Project:
    """What a project says."""

    name: str
    jobs: list[Instance]
    head_size: int = 1


def read(path: str, modules: Modules, notes: Notes) -> Project:
    """Reads a ``config.py`` or an XML file."""
    if not path.endswith(".py"):
        name = os.path.splitext(os.path.basename(path))[0]
        return Project(name, topology.jobs_of(path, modules, notes))
    try:
        config = modules.load(path)
    except TooLongError as error:
        raise ImportFailedError(f"{path}: it computes too much while it is imported") from error
    except RecursionError as error:
        raise ImportFailedError(f"{path}: it is nested too deep") from error
    jobs = _jobs(config, path, notes)
    xml = config.names.get("XML_FILE")
    if isinstance(xml, str):
        jobs += topology.jobs_of(modules.existing(xml), modules, notes)
    elif xml is not None:
        notes.say(_line(modules, path, "XML_FILE"), "what XML_FILE is, only running the project would tell")
    elif "JOBS" not in config.names:
        raise ImportFailedError(f"{path}: it has neither JOBS nor XML_FILE")
    _say_what_is_left(config, modules, path, notes)
    return Project(os.path.basename(modules.folder), jobs, _head_size(config, modules, path, notes))


def _jobs(config: Module, path: str, notes: Notes) -> list[Instance]:
    found = config.names.get("JOBS", [])
    if isinstance(found, Unknown):
        notes.say(found.place, f"JOBS cannot be known without running the project: {found.text}")
        return []
    if not isinstance(found, (list, tuple)):
        notes.say(Place(path, 1), "JOBS is no list of jobs")
        return []
    return [job for job in found if _is_job(job, path, notes)]


def _is_job(job: Any, path: str, notes: Notes) -> bool:
    if isinstance(job, Instance) and job.cls.is_a("BaseJob"):
        return True
    if isinstance(job, Unknown):
        notes.say(job.place, f"a job that cannot be known without running the project: {job.text}")
    elif isinstance(job, Instance):
        notes.say(job.place, f"{job.cls.name} is no class of jobs")
    else:
        notes.say(Place(path, 1), f"an entry of JOBS is no job but a {type(job).__name__}")
    return False


def _head_size(config: Module, modules: Modules, path: str, notes: Notes) -> int:
    size = config.names.get("HEAD_SIZE", 1)
    if isinstance(size, int) and 1 <= size <= 4:
        return size
    notes.say(_line(modules, path, "HEAD_SIZE"), "a HEAD_SIZE other than 1 to 4 is not carried over")
    return 1


def _say_what_is_left(config: Module, modules: Modules, path: str, notes: Notes) -> None:
    if config.names.get("NODES"):
        notes.say(_line(modules, path, "NODES"), "NODES are not carried over: all jobs run on this machine")
    left = [name for name in NOT_NEEDED if name in config.names]
    if left:
        place = _line(modules, path, left[0])
        notes.say(place, f"settings without a counterpart: {', '.join(left)}")


def _line(modules: Modules, path: str, name: Optional[str]) -> Place:
    """Where a name is given a value."""
    for statement in modules.parse(path).body:
        targets = getattr(statement, "targets", [])
        if any(getattr(target, "id", None) == name for target in targets):
            return Place(path, statement.lineno)
    return Place(path, 1)
