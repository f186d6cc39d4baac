"""A job as a program: from its command line to its exit code."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from typing import Any, Callable, NoReturn, Optional

from pipeloom.arity import check_args
from pipeloom.assembly import FileEnds, Program
from pipeloom.control import Control
from pipeloom.describe import describe, missing
from pipeloom.errors import InputError, PipeloomError, ReadersGoneError
from pipeloom.executable import ExecutableJob
from pipeloom.failure import show_exception
from pipeloom.heart import Heart
from pipeloom.job import Job
from pipeloom.load import NoClassError
from pipeloom.options import Options, parse
from pipeloom.pipes import PipeTable
from pipeloom.signals import Stop, let_inputs_end
from pipeloom.wire.opening import back_on_stdio, off_stdio

FAILED, INTERRUPTED = 1, 130


def main(job: type[Job], argv: Optional[Sequence[str]] = None) -> NoReturn:
    """Runs a job and ends the program."""
    _exit(_exit_code(lambda: parse(sys.argv[1:] if argv is None else argv, with_spec=False), lambda options: job))


def main_by_name(argv: Sequence[str], load: Callable[[str], type[Any]]) -> NoReturn:
    """Runs the job that the command line names and ends the program."""
    _exit(_exit_code(lambda: parse(argv, with_spec=True), lambda options: load(options.spec or "")))


def _exit_code(options_of: Callable[[], Options], load: Callable[[Options], type[Any]]) -> int:
    """Runs the job and tells what has gone wrong. Returns the exit code."""
    name = os.environ.get("PIPELOOM_JOB", "")
    options: Optional[Options] = None
    program: Optional[Program] = None
    try:
        options = options_of()
        pipes = options.pipes
        if not options.describe:
            options = Options(options.spec, options.args, False, off_stdio(pipes))
        with contextlib.redirect_stdout(sys.stderr if options.describe else sys.stdout):
            loaded = load(options)
        if options.describe:
            print(describe(loaded))
            return 0
        if issubclass(loaded, ExecutableJob):
            check_args(loaded, name or loaded.__name__, options.args)
            described = loaded(**options.args)
            if "PIPELOOM_PIPES" in os.environ:
                back_on_stdio(pipes, options.pipes)
                described.become(pipes)
            # By hand, flags have been given for them.
            described.become(options.pipes)
        program = Program(loaded, name or loaded.__name__, options.args, options.pipes)
        control = Control.from_environment()
        heart = Heart(control, options.pipes.heartbeat_seconds)
        program.run(lambda pipes: FileEnds(pipes, heart), control, lambda: _listening(options.pipes), heart)
    except ReadersGoneError:
        return 0
    except PipeloomError as error:
        if options and options.describe and isinstance(error, NoClassError):
            print(missing(error.there))
            return 0
        print(f"pipeloom: {_told(error, name, program)}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        show_exception(error, program.name if program else name, program.count if program else 0)
        return FAILED
    return 0


def _told(error: PipeloomError, name: str, program: Optional[Program]) -> str:
    """An error with the place where it belongs, as far as it does not say so itself."""
    if program and program.is_running:
        block = program.count + 1 if isinstance(error, InputError) else program.count
        return f"job {program.name}: {error} (compute block {block})"
    return f"job {name}: {error}" if name and f"job {name}" not in str(error) else str(error)


def _listening(pipes: PipeTable) -> Stop:
    stop = Stop()
    if pipes.inputs:
        let_inputs_end()
    else:
        stop.listen()
    return stop


def _exit(code: int) -> NoReturn:
    """Ends the program. Where nobody reads what it has printed, that is no failure, and nothing is said of it."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        with contextlib.suppress(OSError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
    sys.exit(code)
