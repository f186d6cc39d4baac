"""A job as a program: from its command line to its exit code."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from typing import Any, Callable, NoReturn, Optional

from pipeloom.arity import check_args, check_inputs, inputs_of
from pipeloom.arrays import array_decoder
from pipeloom.codec import Codec, codec_for
from pipeloom.control import Control
from pipeloom.describe import describe
from pipeloom.errors import CodecError, PipeloomError, ReadersGoneError, UsageError
from pipeloom.failure import show_exception
from pipeloom.job import Job
from pipeloom.options import Options, parse
from pipeloom.pipes import Pipe, PipeTable
from pipeloom.runner import Runner
from pipeloom.signals import Stop, let_inputs_end
from pipeloom.state import State
from pipeloom.wire.descriptors import DescriptorWriter
from pipeloom.wire.inputs import Descriptor, Input
from pipeloom.wire.opening import off_stdio, open_input, open_output
from pipeloom.wire.outputs import Output, Outputs

FAILED, WRONG_USE, INTERRUPTED = 1, 2, 130


def main(job: type[Job], argv: Optional[Sequence[str]] = None) -> NoReturn:
    """Runs a job and ends the program."""
    _exit(_told(lambda: parse(sys.argv[1:] if argv is None else argv, with_spec=False), lambda options: job))


def main_by_name(argv: Sequence[str], load: Callable[[str], type[Any]]) -> NoReturn:
    """Runs the job that the command line names and ends the program."""
    _exit(_told(lambda: parse(argv, with_spec=True), lambda options: load(options.spec or "")))


def _told(options_of: Callable[[], Options], load: Callable[[Options], type[Any]]) -> int:
    """Runs the job and tells what has gone wrong. Returns the exit code."""
    name = os.environ.get("PIPELOOM_JOB", "")
    program: Optional[Program] = None
    try:
        options = options_of()
        if not options.describe:
            options = Options(options.spec, options.args, False, off_stdio(options.pipes))
        loaded = load(options)
        if options.describe:
            print(describe(loaded))
            return 0
        program = Program(loaded, name or loaded.__name__, options.args, options.pipes)
        program.run()
    except ReadersGoneError:
        return 0
    except PipeloomError as error:
        at = f"job {program.name}, compute block {program.count}: " if program and program.count else ""
        at = at or (f"job {name}: " if name and f"job {name}" not in str(error) else "")
        print(f"pipeloom: {at}{error}", file=sys.stderr)
        return WRONG_USE if isinstance(error, UsageError) else FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        show_exception(error, program.name if program else name or "?", program.count if program else 0)
        return FAILED
    return 0


class Program:
    """One job with its pipes."""

    def __init__(self, job: type[Job], name: str, args: dict[str, Any], pipes: PipeTable) -> None:
        if not pipes.inputs and not pipes.outputs:
            raise UsageError(f"job {name} has no pipes: give -i PATH or -o PATH, or put it into a network")
        check_inputs(job, name, len(pipes.inputs))
        check_args(job, name, args)
        self.name = name
        self._class = job
        self._args = args
        self._pipes = pipes
        self._in_codecs = [_codec(pipe, job) for pipe in pipes.inputs]
        self._out_codecs = [_codec(pipe, job) for pipe in pipes.outputs]
        self._runner: Optional[Runner] = None

    @property
    def count(self) -> int:
        """How many compute blocks have begun."""
        return self._runner.count if self._runner else 0

    def run(self) -> None:
        """Sets the job up, opens its pipes, runs it to its end."""
        pipes = self._pipes
        state = State(pipes.head_size, len(pipes.outputs), Control.from_environment())
        job = made(self._class, self.name, state, pipes, self._args)
        stop = Stop()
        if pipes.inputs:
            let_inputs_end()
        else:
            stop.listen()
        decoders = self._decoders(job)
        raws = [open_input(pipe) for pipe in pipes.inputs]
        writer = DescriptorWriter([open_output(pipe) for pipe in pipes.outputs])
        ends = [Output(pipe, codec, pipes.head_size) for pipe, codec in zip(pipes.outputs, self._out_codecs)]
        outputs = Outputs(ends, writer)
        inputs = [
            Input(pipe, codec, Descriptor(fd, outputs.flush), pipes.head_size, decoder)
            for pipe, codec, fd, decoder in zip(pipes.inputs, self._in_codecs, raws, decoders)
        ]
        state.control.tell({"ready": True})
        self._runner = Runner(job, state, inputs, outputs, stop)
        with contextlib.suppress(ReadersGoneError):
            self._runner.run()
        outputs.close()
        job.teardown()

    def _decoders(self, job: Job) -> list[Any]:
        takes = inputs_of(self._class)
        return [
            array_decoder(pipe, codec, takes.annotation(place), getattr(job, "dtype", None))
            for place, (pipe, codec) in enumerate(zip(self._pipes.inputs, self._in_codecs))
        ]


def made(job: type[Job], name: str, state: State, pipes: PipeTable, args: dict[str, Any]) -> Job:
    """The job itself, set up. It knows its pipes already in ``__init__``."""
    made = job.__new__(job)
    made.__dict__["_pipeloom_state"] = state
    made.name, made.inputs, made.outputs = name, list(pipes.inputs), list(pipes.outputs)
    made.__init__(**args)  # type: ignore[misc]
    made.setup()
    return made


def _codec(pipe: Pipe, job: type[Job]) -> Codec:
    try:
        return codec_for(pipe.name, pipe.codec, pipe.block_size, job.CODECS)
    except CodecError as error:
        raise UsageError(f"pipe {pipe.name}: {error}") from error


def _exit(code: int) -> NoReturn:
    """Ends the program. Where nobody reads what it has printed, that is no failure, and nothing is said of it."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        with contextlib.suppress(OSError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
    sys.exit(code)
