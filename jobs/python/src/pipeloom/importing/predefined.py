"""MARVELO's predefined jobs, which Pipeloom has of its own."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Optional

from pipeloom.importing.draft import JobDraft, Raw
from pipeloom.importing.notes import Notes
from pipeloom.importing.toml import escaped
from pipeloom.importing.values import Function, Instance, is_framework

KINDS = {
    "CSVSinkJob": "csv-sink",
    "ClockJob": "clock",
    "DistributingJob": "distribute",
    "ForwardingJob": "forward",
    "InteractiveJob": "interactive",
    "LoggingSinkJob": "logging-sink",
}
USUAL_PATTERN = "pipe_{pipe.id}"


class Predefined:
    """Fills the drafts of predefined jobs."""

    def __init__(self, notes: Notes) -> None:
        self.notes = notes
        self.paths: set[str] = set()

    def fill(self, draft: JobDraft, job: Instance, number: int) -> bool:
        """Fills a draft, if the job is a predefined one; ``number`` is its id in MARVELO."""
        kind = self._kind(job)
        if kind is None:
            return False
        draft.what = kind
        draft.table["use"] = kind
        if kind == "clock":
            interval = job.get("clock_interval")
            known = isinstance(interval, (int, float)) and interval > 0
            if not known:
                self.notes.say(job.place, "the interval of the clock is not known; it is written as 0.04 s")
            draft.table["args"] = {"interval_seconds": interval if known else 0.04}
        elif kind in ("csv-sink", "logging-sink"):
            draft.table["args"] = {"path": self._path(draft, job)}
        if kind == "csv-sink":
            self._columns(draft, job, number)
        return True

    def _kind(self, job: Instance) -> Optional[str]:
        for cls in job.cls.order():
            if is_framework(cls.module):
                return KINDS.get(cls.name)
            if any(isinstance(value, Function) and name != "__init__" for name, value in cls.names.items()):
                self._say_changed(job)
                return None
        return None

    def _say_changed(self, job: Instance) -> None:
        """A predefined job with methods of the project's own is a Python job like any other."""
        base = next((name for name in KINDS if job.cls.is_a(name)), None)
        if base:
            self.notes.say(job.place, f"{job.cls.name} changes {base}: write it as a class of PythonJob alone")

    def _path(self, draft: JobDraft, job: Instance) -> Raw:
        path = job.get("path")
        if not isinstance(path, str):
            self.notes.say(job.place, f"the path of {job.cls.name} is not known; it is written as {draft.name}.csv")
            path = f"{draft.name}.csv"
        if os.path.isabs(path):
            return Raw(escaped(path))
        # In MARVELO each job has a folder of its own for them.
        if path in self.paths:
            folder, name = os.path.split(path)
            path = os.path.join(folder, f"{draft.name}-{name}")
        self.paths.add(path)
        return Raw("${run}/" + escaped(path))

    def _columns(self, draft: JobDraft, job: Instance, number: int) -> None:
        pattern = job.get("col_pattern")
        if pattern == USUAL_PATTERN:
            return
        this = SimpleNamespace(id=number)
        try:
            columns = [pattern.format(pipe=SimpleNamespace(id=pipe.get("id")), job=this) for pipe in draft.inputs]
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            self.notes.say(job.place, f"the columns of {job.cls.name} have the names of the pipes")
        else:
            draft.table["args"]["columns"] = columns
