"""The classes of MARVELO by their names there: in a job written for it only the import line changes.

from fission.core.jobs import PythonJob     # before
from pipeloom.marvelo import PythonJob      # after
"""

from __future__ import annotations

from typing import Any

from pipeloom.executable import ExecutableJob
from pipeloom.head import Head
from pipeloom.job import Job

__all__ = [
    "BaseJob",
    "DynamicExecutableJob",
    "DynamicMARVELOJob",
    "ExecutableJob",
    "Head",
    "LocalJob",
    "LoggingJob",
    "MARVELOJob",
    "PythonJob",
]

class BaseJob(Job):
    """What all jobs have."""

    @property
    def id(self) -> str:
        """The job's name in the network file, which tells it from all others."""
        return self.name


class PythonJob(BaseJob):
    """A job with a method ``run``."""


class LocalJob(BaseJob):
    """A job of the machine that started the network; all of them are."""

    GROUPS = "LOCAL"


class LoggingJob(PythonJob):
    """A job whose times the runtime logs: a record for each compute block goes to its last output in the file."""

    LOG_TIMES = True


class MARVELOJob(ExecutableJob):
    """A program that is given descriptors instead of paths."""

    PASS = "fd"


class DynamicExecutableJob(ExecutableJob):
    """A program that is described by arguments instead of class attributes."""

    def __init__(
        self,
        dependencies: Any = None,
        executable: Any = None,
        parameters: Any = "",
        groups: Any = "",
        input_flag: str = "-i",
        output_flag: str = "-o",
        head: bool = False,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.DEPENDENCIES = dependencies
        self.EXECUTABLE = executable
        self.PARAMETERS = parameters
        self.INPUT_FLAG = input_flag
        self.OUTPUT_FLAG = output_flag
        self.HEAD = head
        if groups:
            self.GROUPS = groups


class DynamicMARVELOJob(DynamicExecutableJob):
    """The same with descriptors instead of paths."""

    PASS = "fd"
