"""The classes of MARVELO by their names there: in a job written for it only the import line changes.

from fission.core.jobs import PythonJob     # before
from pipeloom.marvelo import PythonJob      # after

Those of its pipes are in :mod:`pipeloom.marvelo_pipes`.
"""

from __future__ import annotations

from typing import Any

from pipeloom.executable import ExecutableJob
from pipeloom.head import Head
from pipeloom.job import Job
from pipeloom.marvelo_pipes import (
    BasePipe,
    BytesPipe,
    JSONMixIn,
    JSONPipe,
    OptionalBytesPipe,
    OptionalJSONPipe,
    OptionalMixIn,
    OptionalPicklePipe,
    PickleMixIn,
    PicklePipe,
    ReadJSONMixIn,
    ReadPickleMixIn,
    WriteJSONMixIn,
    WritePickleMixIn,
)

__all__ = [
    "BaseJob",
    "BasePipe",
    "BytesPipe",
    "DynamicExecutableJob",
    "DynamicMARVELOJob",
    "ExecutableJob",
    "Head",
    "JSONMixIn",
    "JSONPipe",
    "LocalJob",
    "LoggingJob",
    "MARVELOJob",
    "OptionalBytesPipe",
    "OptionalJSONPipe",
    "OptionalMixIn",
    "OptionalPicklePipe",
    "PickleMixIn",
    "PicklePipe",
    "PythonJob",
    "ReadJSONMixIn",
    "ReadPickleMixIn",
    "WriteJSONMixIn",
    "WritePickleMixIn",
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
