"""Runs programs in a row as a simulation of MARVELO, until the last one has left its report.

    chain.py FOLDER SIZE REPORT PROGRAM...

Each program is one argument, with its own arguments in it. They have heads: the finished bit is what ends a stream there.
"""

import contextlib
import json
import multiprocessing
import os
import signal
import sys
import time
from types import SimpleNamespace

from fission import manager
from fission.core.base import BasePipe
from fission.core.jobs import DynamicExecutableJob


def simulate(folder: str, size: int, programs: list[str]) -> None:
    """Never returns by itself: whoever only reads waits for more."""
    os.setsid()
    os.chdir(folder)
    last = len(programs) - 1
    # As it is, a BytesPipe cannot be made: BasePipe.__new__ takes no size.
    pipe = type("Blocks", (BasePipe,), {"BLOCK_SIZE": size})
    for place, program in enumerate(programs):
        executable, _, parameters = program.partition(" ")
        DynamicExecutableJob(
            None,
            executable,
            parameters,
            head=True,
            inputs=[pipe(place)] if place > 0 else [],
            outputs=[pipe(place + 1)] if place < last else [],
        )
    config = SimpleNamespace(CLIENT_IP="localhost", USER="bench")
    manager.execute_simulation(config, "bench", root=os.path.join(folder, "simulation"))


def is_there(report: str) -> bool:
    try:
        with open(report) as file:
            json.load(file)
    except (FileNotFoundError, ValueError):
        return False
    return True


folder, size, report, *programs = sys.argv[1:]
simulation = multiprocessing.Process(target=simulate, args=(folder, int(size), programs))
simulation.start()
try:
    while not is_there(report):
        if not simulation.is_alive():
            sys.exit("the simulation ended without a report")
        time.sleep(0.01)
finally:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(simulation.pid, signal.SIGKILL)
    simulation.join()
