"""The loop: values in, ``run``, values out."""

from __future__ import annotations

import inspect
from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from time import monotonic
from types import GeneratorType
from typing import Any, Optional

from pipeloom.errors import PipeloomError, ReadersGoneError
from pipeloom.head import FINISHED, RESET
from pipeloom.job import Job
from pipeloom.signals import Interrupted, Stop
from pipeloom.state import State
from pipeloom.wire.inputs import Input, compute_blocks
from pipeloom.wire.outputs import Outputs

FLUSH_SECONDS = 0.001
"""After so long a block does not wait for company any more."""

_END = object()


class Runner:
    """Calls a job until its stream ends."""

    def __init__(self, job: Job, state: State, inputs: list[Input], outputs: Outputs, stop: Stop) -> None:
        self._job = job
        self._state = state
        self._inputs = inputs
        self._outputs = outputs
        self._stop = stop
        self._finished = 1 << 8 * state.head_size - 1 - FINISHED
        self._reset = 1 << 8 * state.head_size - 1 - RESET
        self.count = 0
        """How many calls have begun."""
        self._flushed = monotonic()

    def run(self) -> None:
        """From the first block to the last. What has been sent is written when it returns or raises."""
        try:
            if self._inputs:
                self._compute()
            else:
                self._produce()
        except ReadersGoneError:
            raise
        except BaseException:
            with suppress(ReadersGoneError):
                self._outputs.flush()
            raise
        self._outputs.flush()

    def _produce(self) -> None:
        """A source: ``run`` is called again and again, or gives one value after another."""
        with closing(self._source_values()) as values:
            for value in values:
                if value is None:
                    return
                last = self._state.finishing or self._stop.requested
                self._send(value, last)
                if self._job.BUFFERED:
                    self._flush_if_due()
                else:
                    self._outputs.flush()
                if last:
                    return

    def _source_values(self) -> Generator[Any, None, None]:
        run, stop, begin = self._job.run, self._stop, self._state.begin
        generator: Any = None
        try:
            while not stop.overdue:
                self.count += 1
                begin(0, ())
                stop.in_users_code = True
                if generator is None:
                    value = run()
                    if isinstance(value, GeneratorType):
                        generator = value
                        value = next(generator, _END)
                else:
                    value = next(generator, _END)
                stop.in_users_code = False
                if value is _END:
                    return
                yield value
        except Interrupted:
            return
        finally:
            stop.in_users_code = False
            if generator is not None:
                generator.close()

    def _compute(self) -> None:
        """A connector or sink: ``run`` is called for each compute block."""
        outputs, state, run = self._outputs, self._state, self._job.run
        begin, put_all, finished = state.begin, outputs.put_all, self._finished
        own_reduce = type(self._job).head_reduce is not Job.head_reduce
        many = inspect.isgeneratorfunction(run)
        has_outputs = bool(outputs.list)
        for number, numbers, values in compute_blocks(self._inputs):
            self.count += 1
            begin(number, numbers)
            if own_reduce:
                state.head = self._job.head_reduce()
            value = run(*values)
            if many:
                if self._send_many(value, number & finished != 0):
                    return
                continue
            last = state.finishing or number & finished != 0
            if not has_outputs:
                if value and isinstance(value, tuple):
                    self._send(value, False)
            elif value is None:
                return
            elif last or state.out_heads is not None:
                self._send(value, last)
            else:
                put_all(value, state.sent_number())
            if last:
                return
            self._flush_if_due()

    def _flush_if_due(self) -> None:
        now = monotonic()
        if self._outputs.is_full or now - self._flushed > FLUSH_SECONDS:
            self._outputs.flush()
            self._flushed = now

    def _send(self, value: Any, last: bool) -> None:
        mark = self._finished if last else 0
        self._outputs.put_each(value, [number | mark for number in self._numbers()])

    def _numbers(self) -> list[int]:
        try:
            return self._state.sent_numbers()
        except ValueError as error:
            raise PipeloomError(str(error)) from error

    def _send_many(self, values: Iterator[Any], last: bool) -> bool:
        """What a generator makes of one compute block: any number of blocks. Whether the job ends with it.

        The finished bit belongs on the last of them, so of the last compute block a value is held until the next one;
        and the reset bit on the first.
        """
        state, outputs, finished = self._state, self._outputs, self._finished
        cleared = finished if last else 0
        held: Optional[tuple[list[bytes], list[int]]] = None
        for value in values:
            if held:
                outputs.put_prepared(*held)
                held = None
            if value is None:
                return True
            numbers = [number & ~cleared for number in self._numbers()]
            state.out_heads = None
            cleared |= self._reset
            if state.finishing:
                outputs.put_each(value, [number | finished for number in numbers])
                return True
            if last:
                held = outputs.prepared(value), numbers
            else:
                outputs.put_each(value, numbers)
            self._flush_if_due()
        if held:
            outputs.put_prepared(held[0], [number | finished for number in held[1]])
        return last or state.finishing
