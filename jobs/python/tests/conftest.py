"""The package's own fixtures, also where it is not installed."""

from pipeloom.testing.plugin import run_job, run_program

__all__ = ["run_job", "run_program"]
