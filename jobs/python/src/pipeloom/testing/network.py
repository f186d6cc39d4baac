"""Jobs of network files. What a file says of a job, the program ``pipeloom`` tells."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Optional, Union

from pipeloom.errors import PipeloomError
from pipeloom.job import Job
from pipeloom.pipes import PipeTable

KEPT_VARIABLES = ("PATH", "HOME", "LANG", "TZ", "TMPDIR")
"""What a job with ``env_clear`` has of the caller's environment, beside ``LC_*``."""


def binary() -> str:
    """The program ``pipeloom``."""
    found = os.environ.get("PIPELOOM_BIN") or shutil.which("pipeloom")
    if not found:
        raise PipeloomError(
            "to test a job of a network file, the program pipeloom must be in PATH, or PIPELOOM_BIN must name it"
        )
    return found


@contextmanager
def asked(
    name: str,
    inputs: Sequence[Sequence[Any]],
    network: Union[str, Path, None],
    params: Optional[Mapping[str, Any]],
    also: Mapping[str, Any],
) -> Iterator[NetworkJob]:
    """The job of this name, which has as many inputs. What it leaves is removed in the end.

    Of what ``also`` was asked for nothing may be given: the file says it.
    """
    __tracebackhide__ = True
    if network is None:
        raise ValueError(f"run {name!r} of which network? Give network=FILE, or a class instead of a name")
    given = [key for key, value in also.items() if value is not None]
    if given:
        raise ValueError(f"the network file says it for job {name}; leave out {', '.join(given)}")
    with tempfile.TemporaryDirectory(prefix="pipeloom-test-") as folder:
        job = NetworkJob.asked(network, name, params or {}, folder)
        job.check_inputs(inputs)
        yield job


def check_alone(job: type[Job], network: Union[str, Path, None], params: Optional[Mapping[str, Any]]) -> None:
    """Says so if a class is to be run in a network, where a name is wanted."""
    __tracebackhide__ = True
    if network is not None or params is not None:
        raise ValueError(f"with network and params give the name of a job in the file, not the class {job.__name__}")


@dataclass(frozen=True)
class PythonClass:
    """A class that a network file names, and its arguments."""

    spec: str
    args: dict[str, Any]


@dataclass(frozen=True)
class NetworkJob:
    """A job of a network file, in a folder for what it leaves."""

    command: list[str]
    """``pipeloom try`` of this job."""
    name: str
    folder: str
    table: PipeTable
    dir: str
    """Where the network file stands."""
    program: Optional[Mapping[str, Any]]
    """The program that it is, if it is one; see ``pipeloom try --describe``."""
    optional: Mapping[str, tuple[bytes, bool]]
    """For each optional input the payload where no block has come, and whether it is the last one if there was one."""

    @classmethod
    def asked(cls, network: Union[str, Path], name: str, params: Mapping[str, Any], folder: str) -> NetworkJob:
        """Asks what the file says of the job of this name."""
        __tracebackhide__ = True
        command = [binary(), "try", os.path.abspath(network), name]
        for key, value in params.items():
            command += ["--param", f"{key}={value if isinstance(value, str) else json.dumps(value)}"]
        asked = [*command, "--describe", "--run-dir", os.path.join(folder, "run")]
        said = subprocess.run(asked, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if said.returncode:
            raise PipeloomError(f"{os.path.abspath(network)}, job {name}:\n{said.stderr.strip()}")
        about = json.loads(said.stdout)
        optional = {
            pipe["name"]: (bytes.fromhex(pipe["optional"]["default_hex"]), bool(pipe["optional"]["store"]))
            for pipe in about["pipes"]
            if "optional" in pipe
        }
        table = replace(PipeTable.from_json(said.stdout), each=about["steps"] == "each")
        return cls(command, name, folder, table, about["dir"], about.get("program"), optional)

    @property
    def python(self) -> Optional[PythonClass]:
        """The class, if the job is one."""
        argv = self.program["argv"][1:] if self.program else []
        if self.program is None or argv[:2] != ["-m", "pipeloom"]:
            return None
        return PythonClass(argv[2], self.program["args"])

    def check_inputs(self, inputs: Sequence[Sequence[Any]]) -> None:
        """Says so if these are not as many as the job has."""
        __tracebackhide__ = True
        names = [pipe.name for pipe in self.table.inputs]
        if len(inputs) != len(names):
            has = f"has the inputs {', '.join(names)}" if names else "has no inputs"
            raise ValueError(f"job {self.name} {has}, and is given {len(inputs)} lists of values")

    @property
    def own_env(self) -> dict[str, str]:
        """What the file sets in the environment."""
        return dict(self.program["env"]) if self.program else {}

    @property
    def kept_env(self) -> dict[str, str]:
        """What the job has of the caller's environment."""
        cleared = self.program is not None and self.program["env_clear"]
        return {
            key: value
            for key, value in os.environ.items()
            if not cleared or key in KEPT_VARIABLES or key.startswith("LC_")
        }

    def working_folder(self) -> str:
        """Where the job starts: with dependencies in a folder of its own, into which they are copied."""
        program = self.program or {}
        dependencies = program.get("dependencies", [])
        copies = os.path.join(self.folder, "work")
        if dependencies and not os.path.isdir(copies):
            os.makedirs(copies)
            for source in dependencies:
                if os.path.isdir(source):
                    shutil.copytree(source, copies, dirs_exist_ok=True)
                else:
                    shutil.copy2(source, copies)
        return program.get("cwd") or (copies if dependencies else self.dir)
