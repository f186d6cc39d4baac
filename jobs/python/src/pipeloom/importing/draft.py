"""The network while it is made."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Optional

from pipeloom.importing.values import Class, Instance, Place


@dataclass(frozen=True)
class Raw:
    """A text that has its places, such as ``${run}``, on purpose."""

    text: str


@dataclass(eq=False)
class JobDraft:
    """A job of the network file."""

    name: str
    place: Place
    what: str
    """``python``, ``exec``, or the name of a predefined job."""
    table: dict[str, Any]
    inputs: list[Instance]
    outputs: list[Instance]
    cls: Optional[Class] = None
    log: Optional[Instance] = None
    """The pipe of its times."""
    comments: list[str] = field(default_factory=list)
    """Lines of the file that only say what there was."""


@dataclass(eq=False)
class PipeDraft:
    """A pipe of the network file, and its ends."""

    pipe: Instance
    name: str
    writer: Optional[JobDraft] = None
    readers: list[JobDraft] = field(default_factory=list)
    table: dict[str, Any] = field(default_factory=dict)

    @property
    def place(self) -> Place:
        return self.pipe.place

    @property
    def ends(self) -> list[JobDraft]:
        return [*([self.writer] if self.writer else []), *self.readers]

    @property
    def is_log(self) -> bool:
        """Whether a job's times go through it."""
        log = self.writer.log if self.writer else None
        return log is not None and log.get("id") == self.pipe.get("id")


class Names:
    """Names of jobs, each once whatever its case is."""

    def __init__(self, wanted: list[str]) -> None:
        self._wanted = [name.lower() for name in wanted]
        self._given: set[str] = set()

    def give(self, wanted: str) -> str:
        """The name, with a number behind it if several jobs want it."""
        number = 0
        name = wanted if self._wanted.count(wanted.lower()) < 2 else ""
        while not name or name.lower() in self._given:
            number += 1
            name = f"{wanted}-{number}"
        self._given.add(name.lower())
        return name


def job_name(text: str) -> str:
    """``MyFancyJob`` becomes ``my-fancy``."""
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", re.sub(r"_?Job$", "", text) or text)
    return clean(text.replace("_", "-").lower(), "job")


def clean(text: str, otherwise: str) -> str:
    """A name with nothing in it that a network file does not take."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", text).strip("-.")[:56]
    return name or otherwise
