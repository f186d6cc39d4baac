"""Opening the ends of a job's pipes."""

from __future__ import annotations

import os
from dataclasses import replace

from pipeloom.errors import UsageError
from pipeloom.pipes import Pipe, PipeTable

STDIN, STDOUT, STDERR = 0, 1, 2


def off_stdio(pipes: PipeTable) -> PipeTable:
    """Moves pipes away from standard input and output, so that the job's own code does not read from or print to them.

    What it prints goes to standard error then.
    """
    return replace(
        pipes,
        inputs=[_moved(pipe, STDIN) for pipe in pipes.inputs],
        outputs=[_moved(pipe, STDOUT) for pipe in pipes.outputs],
    )


def back_on_stdio(pipes: PipeTable, moved: PipeTable) -> None:
    """Gives a program that takes the place of this process its standard input and output back."""
    for pipe, now in zip([*pipes.inputs, *pipes.outputs], [*moved.inputs, *moved.outputs]):
        if pipe.fd is not None and now.fd is not None and pipe.fd != now.fd:
            os.dup2(now.fd, pipe.fd)
            os.close(now.fd)


def _moved(pipe: Pipe, number: int) -> Pipe:
    if pipe.fd != number:
        return pipe
    moved = os.dup(number)
    if number == STDIN:
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, STDIN)
        os.close(null)
    else:
        os.dup2(STDERR, STDOUT)
    return replace(pipe, fd=moved)


def open_input(pipe: Pipe) -> int:
    """The descriptor of an input. It waits for a writer, as every FIFO does."""
    return _open(pipe, os.O_RDONLY)


def open_output(pipe: Pipe) -> int:
    """The descriptor of an output: a FIFO; outside a network also a file, which is made."""
    made = 0 if "PIPELOOM_PIPES" in os.environ else os.O_CREAT
    return _open(pipe, os.O_WRONLY | os.O_TRUNC | made)


def _open(pipe: Pipe, flags: int) -> int:
    if pipe.fd is not None:
        return pipe.fd
    if pipe.path is None:
        raise UsageError(f"pipe {pipe.name} has neither path nor fd")
    try:
        return os.open(pipe.path, flags | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise UsageError(f"pipe {pipe.name}: failed to open {pipe.path}: {error.strerror}") from error
