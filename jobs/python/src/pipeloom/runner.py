"""The loop: values in, ``run``, values out."""

from __future__ import annotations

import inspect
from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from time import monotonic
from types import GeneratorType
from typing import Any, Optional

from pipeloom.arity import has_at_end
from pipeloom.errors import PipeloomError, ReadersGoneError
from pipeloom.head import FINISHED, RESET
from pipeloom.heart import Heart
from pipeloom.job import Job
from pipeloom.signals import Interrupted, Stop
from pipeloom.state import Numbers, State
from pipeloom.wire.inputs import Input, compute_blocks
from pipeloom.wire.outputs import Outputs

FLUSH_SECONDS = 0.001
"""After so long a block does not wait for company any more."""

_END = object()


class Runner:
    """Calls a job until its stream ends."""

    def __init__(
        self,
        job: Job,
        state: State,
        inputs: list[Input],
        outputs: Outputs,
        stop: Stop,
        each: bool = False,
        heart: Optional[Heart] = None,
    ) -> None:
        self._heart = heart if heart and heart.beats else None
        self._each = each
        self._job = job
        self._state = state
        self._inputs = inputs
        self._outputs = outputs
        self._stop = stop
        self._finished = 1 << 8 * state.head_size - 1 - FINISHED
        self._reset = 1 << 8 * state.head_size - 1 - RESET
        self.count = 0
        """How many calls have begun."""
        self.last_numbers: Numbers = ()
        """The numbers of the heads of the last compute block."""
        self._flushed = monotonic()
        self._many = bool(inputs) and inspect.isgeneratorfunction(job.run)
        self._reset_due = 0
        self._held: Optional[tuple[list[bytes], list[int]]] = None

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
                if self._heart:
                    self._heart.beat()
                last = self._state.finishing or self._stop.requested
                mark = self._finished if last else 0
                self._outputs.put_each(value, [number | mark for number in self._numbers()])
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
                begin(self._reset if self.count == 1 else 0, ())
                stop.in_users_code = True
                if stop.overdue:
                    # Its signal has come before this, and has interrupted nothing.
                    return
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
            stop.in_users_code, stop.ended = False, True
            if generator is not None:
                generator.close()

    def _compute(self) -> None:
        """A connector or sink: ``run`` is called for each compute block, and ``at_end`` behind the last one."""
        is_last = self._work()
        self.last_numbers = self._state.numbers
        if has_at_end(type(self._job)):
            self._state.begin(0, ())
            if not self.count:
                self._reset_due = self._reset
            value = self._job.at_end()
            for each in value if isinstance(value, GeneratorType) else [value]:
                if each is not None:
                    self._hold(each)
            is_last = is_last or self._state.finishing
        self._release(self._finished if is_last else 0)
        if self._state.done:
            self._state.done.returned()

    def _work(self) -> bool:
        """All compute blocks. Whether the stream has come to the end that it was to have."""
        outputs, state, run = self._outputs, self._state, self._job.run
        begin, put_all, finished = state.begin, outputs.put_all, self._finished
        own_reduce = type(self._job).head_reduce is not Job.head_reduce
        has_outputs, heart = bool(outputs.list), self._heart
        blocks = compute_blocks(self._inputs)
        if state.done:
            blocks = state.done.following(blocks)
        for number, numbers, values in blocks:
            self.count += 1
            if heart:
                heart.beat()
            begin(number, numbers)
            if own_reduce:
                state.head = self._job.head_reduce()
            value = run(*values)
            if self._many:
                self._reset_due |= number & self._reset
                ended = self._send_many(value, number & finished != 0)
                if ended is not None:
                    return ended
                continue
            last = state.finishing or number & finished != 0
            if not has_outputs:
                if value and isinstance(value, tuple):
                    outputs.put_each(value, [])
            elif value is None:
                self._reset_due = number & self._reset
                return False
            elif last:
                self._hold(value)
            elif state.out_heads is not None:
                outputs.put_each(value, self._numbers())
            else:
                put_all(value, state.sent_number())
            if last:
                return True
            self._flush_if_due()
        return False

    def _flush_if_due(self) -> None:
        now = monotonic()
        if self._outputs.is_full or now - self._flushed > FLUSH_SECONDS:
            self._outputs.flush()
            self._flushed = now

    def _send_many(self, values: Iterator[Any], last: bool) -> Optional[bool]:
        """What a generator makes of one compute block: any number of blocks. Not ``None`` if the job ends with it."""
        state = self._state
        for value in values:
            if value is None:
                return False
            if last or state.finishing:
                self._hold(value)
            else:
                self._check_asked()
                self._outputs.put_each(value, self._numbers())
            state.out_heads = None
            if state.finishing:
                return True
            self._flush_if_due()
        return True if last or state.finishing else None

    def _check_asked(self) -> None:
        for output in self._outputs.list if self._each else []:
            if output.blocks >= self.count:
                raise PipeloomError(
                    f"output {output.pipe.name}: a block for which there is no compute block: it is block "
                    f"{output.blocks + 1}. One block is expected on each output for each compute block; say "
                    '`steps = "free"` if the job writes more or less'
                )

    def _numbers(self) -> list[int]:
        try:
            numbers = self._state.sent_numbers()
        except ValueError as error:
            raise PipeloomError(str(error)) from error
        if not (self._many or self._reset_due):
            return numbers
        # The mark belongs on the first of several blocks, which may come only in a later compute block, or at the end.
        due, self._reset_due = self._reset_due, 0
        return [number & ~self._reset | due for number in numbers]

    def _hold(self, value: Any) -> None:
        """Keeps blocks back that may be the last ones until it is known what comes behind them."""
        self._release(0)
        self._check_asked()
        if self._outputs.list:
            self._held = self._outputs.prepared(value), [number & ~self._finished for number in self._numbers()]

    def _release(self, mark: int) -> None:
        if self._held:
            data, numbers = self._held
            self._held = None
            self._outputs.put_prepared(data, [number | mark for number in numbers])
