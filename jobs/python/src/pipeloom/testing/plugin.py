"""Fixtures for pytest, found by it where the package is installed."""

from __future__ import annotations

from typing import Callable

import pytest

from pipeloom.testing.calls import run_job as _run_job
from pipeloom.testing.outcome import Outcome
from pipeloom.testing.programs import run_program as _run_program


@pytest.fixture
def run_job() -> Callable[..., Outcome]:
    """Runs a job in this process: see :func:`pipeloom.testing.run_job`."""
    return _run_job


@pytest.fixture
def run_program() -> Callable[..., Outcome]:
    """Runs a job as a program over FIFOs: see :func:`pipeloom.testing.run_program`."""
    return _run_program
