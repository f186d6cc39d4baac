"""``python -m pipeloom jobs.py:Sum``."""

from __future__ import annotations

import sys

from pipeloom.codec import Codec
from pipeloom.errors import UsageError
from pipeloom.job import Job
from pipeloom.load import load_class
from pipeloom.program import main_by_name


def _load(spec: str) -> type:
    found: type = load_class(spec, object)
    if issubclass(found, Job) or (issubclass(found, Codec) and "--describe" in sys.argv):
        return found
    bases = "Job or Codec" if "--describe" in sys.argv else "Job"
    raise UsageError(f"{spec} is no subclass of {bases}")


if __name__ == "__main__":
    main_by_name(sys.argv[1:], _load)
