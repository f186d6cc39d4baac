"""A job put together with its pipes."""

from __future__ import annotations

import contextlib
from io import RawIOBase
from typing import Any, Callable, Optional, Protocol

from pipeloom.arity import check_args, check_inputs, inputs_of
from pipeloom.arrays import array_decoder
from pipeloom.codec import Codec, codec_for
from pipeloom.control import Control
from pipeloom.done import Done
from pipeloom.errors import CodecError, ReadersGoneError, UsageError
from pipeloom.failure import raised_by_codec
from pipeloom.heart import Heart
from pipeloom.job import Job
from pipeloom.pipes import Pipe, PipeTable
from pipeloom.runner import Runner
from pipeloom.signals import Stop
from pipeloom.state import State
from pipeloom.wire.descriptors import DescriptorWriter
from pipeloom.wire.inputs import Descriptor, Input
from pipeloom.wire.opening import open_input, open_output
from pipeloom.wire.outputs import Output, Outputs, Writer


class Ends(Protocol):
    """Where a job's blocks come from and go to."""

    def readers(self, before_wait: Callable[[], None]) -> list[RawIOBase]:
        """The inputs. Each calls ``before_wait`` before a read that may wait."""

    def writer(self) -> Writer:
        """The outputs."""


class FileEnds:
    """The pipes themselves."""

    def __init__(self, pipes: PipeTable, heart: Heart) -> None:
        self._heart = heart
        self._inputs = [open_input(pipe) for pipe in pipes.inputs]
        self._outputs = [open_output(pipe) for pipe in pipes.outputs]

    def readers(self, before_wait: Callable[[], None]) -> list[RawIOBase]:
        return [Descriptor(fd, before_wait, self._heart) for fd in self._inputs]

    def writer(self) -> Writer:
        return DescriptorWriter(self._outputs, self._heart)


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
        self._outputs = [Output(pipe, _codec(pipe, job), pipes.head_size) for pipe in pipes.outputs]
        self._runner: Optional[Runner] = None

    @property
    def count(self) -> int:
        """How many compute blocks have begun."""
        return self._runner.count if self._runner else 0

    @property
    def is_running(self) -> bool:
        """Whether the job has been set up and its pipes are open."""
        return self._runner is not None

    def run(
        self,
        open_ends: Callable[[PipeTable], Ends],
        control: Control,
        listen: Callable[[], Stop],
        heart: Optional[Heart] = None,
    ) -> Job:
        """Sets the job up, opens its pipes, runs it to its end. It listens to signals once the pipes are open."""
        pipes = self._pipes
        state = State(pipes.head_size, len(pipes.outputs), control)
        job = _made(self._class, self.name, state, pipes, self._args)
        decoders = self._decoders(job)
        ends = open_ends(pipes)
        outputs = Outputs(self._outputs, ends.writer())
        done = Done(control, outputs, job.ACKNOWLEDGES) if pipes.acknowledge and pipes.inputs else None
        state.done = done
        before_wait = done.flush if done else outputs.flush
        inputs = [
            Input(pipe, codec, raw, pipes.head_size, decoder)
            for pipe, codec, raw, decoder in zip(pipes.inputs, self._in_codecs, ends.readers(before_wait), decoders)
        ]
        stop = listen()
        control.tell({"ready": True})
        self._runner = Runner(job, state, inputs, outputs, stop, pipes.each, heart)
        try:
            with contextlib.suppress(ReadersGoneError):
                self._runner.run()
        finally:
            if done:
                done.tell()
            _tell(control, inputs, outputs, state.false_resets, self._runner.last_numbers)
        outputs.close()
        job.teardown()
        if done:
            done.tell()
        return job

    def _decoders(self, job: Job) -> list[Any]:
        takes = inputs_of(self._class)
        dtype = getattr(job, "dtype", None)
        pipes = enumerate(zip(self._pipes.inputs, self._in_codecs))
        return [_decoder(pipe, codec, takes.annotation(place), dtype) for place, (pipe, codec) in pipes]


def _decoder(pipe: Pipe, codec: Codec, annotation: Any, dtype: Any) -> Any:
    """What makes values of the payloads of an input, if the job asks for something else than the codec gives."""
    if annotation in (memoryview, "memoryview") and codec.is_raw:
        return memoryview
    return array_decoder(pipe, codec, annotation, dtype)


def _made(job: type[Job], name: str, state: State, pipes: PipeTable, args: dict[str, Any]) -> Job:
    """The job itself, set up. It knows its pipes already in ``__init__``."""
    made = job.__new__(job)
    # Past the class, which may have properties of these names.
    known = {"name": name, "inputs": list(pipes.inputs), "outputs": list(pipes.outputs)}
    made.__dict__.update(known, _pipeloom_state=state)
    made.__init__(**args)  # type: ignore[misc]
    made.setup()
    return made


def _tell(
    control: Control, inputs: list[Input], outputs: Outputs, cleared: list[int], last_numbers: tuple[Any, ...]
) -> None:
    """Tells the run what it does not see itself: pipes between two kits, and bits that are cleared here."""
    last = last_numbers or (0,) * len(inputs)
    told = [read.came(number) for read, number in zip(inputs, last) if read.pipe.between_kits]
    for output, false_resets in zip(outputs.list, cleared):
        if output.pipe.between_kits or false_resets:
            told.append({"name": output.pipe.name, "blocks": output.blocks, "false_resets": false_resets})
    for pipe in told:
        control.tell({"pipe": pipe}, wait=True)


def _codec(pipe: Pipe, job: type[Job]) -> Codec:
    try:
        return codec_for(pipe, job.CODECS)
    except CodecError as error:
        raise UsageError(f"pipe {pipe.name}: {error}") from error
    except UsageError:
        raise
    except Exception as error:
        raised_by_codec(error, pipe.name)
        raise
