"""Jobs as processes, for tests that look at more than values."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Optional

HERE = Path(__file__).parent
JOBS = HERE / "sample_jobs.py"
DEADLINE_SECONDS = 60


def environment(more: Optional[Mapping[str, str]] = None) -> dict[str, str]:
    """The caller's, with the package in the path."""
    own = {key: value for key, value in os.environ.items() if not key.startswith("PIPELOOM_")}
    return {**own, "PYTHONPATH": str(HERE.parent / "src"), **(more or {})}


@contextmanager
def started(
    job: str, *argv: str, env: Optional[Mapping[str, str]] = None, **more: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """A job of ``sample_jobs.py``, or of another file, as a process; killed at the end if it is still there."""
    spec = job if ":" in job else f"{JOBS}:{job}"
    command = [sys.executable, "-m", "pipeloom", spec, *argv]
    streams = {name: more.pop(name, subprocess.PIPE) for name in ("stdin", "stdout", "stderr")}
    with subprocess.Popen(command, env=environment(env), **streams, **more) as child:
        try:
            yield child
        finally:
            child.kill()


def ran(job: str, *argv: str, stdin: bytes = b"", **more: Any) -> subprocess.CompletedProcess[bytes]:
    """The same, to its end."""
    with started(job, *argv, **more) as child:
        stdout, stderr = child.communicate(stdin, timeout=DEADLINE_SECONDS)
    return subprocess.CompletedProcess(child.args, child.returncode, stdout, stderr)


def table(pipes: Sequence[Mapping[str, Any]], head_size: int = 1) -> dict[str, str]:
    """The environment in which the runtime tells of pipes."""
    entries = [{"codec": "json", "block_count": 1, "head": False, **pipe} for pipe in pipes]
    return {"PIPELOOM_PIPES": json.dumps({"v": 1, "head_size": head_size, "pipes": entries})}
