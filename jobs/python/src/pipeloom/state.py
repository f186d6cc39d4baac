"""What a job sees beside its values while it is called: heads, and what it has asked for."""

from __future__ import annotations

from typing import Any, Optional, Union

from pipeloom.control import Control
from pipeloom.done import Done
from pipeloom.head import CORRUPTED, FINISHED, RESET, Head

Numbers = tuple[Any, ...]
"""For each input, the number of its head, or a tuple of them where a compute block takes several blocks."""


class State:
    """The heads of one call. They are made into objects only if the job looks at them."""

    __slots__ = (
        "_head",
        "_in_heads",
        "_kept",
        "_marks",
        "_reset",
        "control",
        "done",
        "false_resets",
        "finishing",
        "head_size",
        "number",
        "numbers",
        "out_heads",
        "outputs",
    )

    def __init__(self, head_size: int = 1, outputs: int = 0, control: Optional[Control] = None) -> None:
        self.head_size = head_size
        self.outputs = outputs
        self.control = control or Control(None)
        self.done: Optional[Done] = None
        self.finishing = False
        bits = [1 << 8 * head_size - 1 - bit for bit in (CORRUPTED, RESET, FINISHED)]
        self._marks = bits[1] | bits[2]
        self._kept = bits[0] | bits[1]
        self._reset = bits[1]
        self.false_resets = [0] * outputs
        self.begin(0, ())

    def begin(self, number: int, numbers: Numbers) -> None:
        """A call begins: the heads of its blocks, joined by "or" and one by one."""
        self.number = number
        self.numbers = numbers
        self._head: Optional[Head] = None
        self._in_heads: Optional[list[Any]] = None
        self.out_heads: Optional[list[Union[Head, int, None]]] = None

    @property
    def head(self) -> Head:
        if self._head is None:
            self._head = Head(self.number, self.head_size)
        return self._head

    @head.setter
    def head(self, head: Union[Head, int]) -> None:
        self._head = self._sized(head)

    @property
    def in_heads(self) -> list[Any]:
        if self._in_heads is None:
            size = self.head_size
            self._in_heads = [
                [Head(number, size) for number in numbers] if isinstance(numbers, tuple) else Head(numbers, size)
                for numbers in self.numbers
            ]
        return self._in_heads

    @property
    def heads_for_outputs(self) -> list[Union[Head, int, None]]:
        if self.out_heads is None:
            self.out_heads = [None] * self.outputs
        return self.out_heads

    def sent_number(self) -> int:
        """The number of the head that goes out with what the call returns."""
        if self._head is None:
            return self.number
        self._count_false_resets([self._head.number] * self.outputs)
        return self._marked(self._head.number)

    def sent_numbers(self) -> list[int]:
        """The same for each output, with the heads that the job has set for some of them."""
        own = self.out_heads
        if own is None:
            return [self.sent_number()] * self.outputs
        if len(own) != self.outputs:
            raise ValueError(f"out_heads has {len(own)} heads for {self.outputs} outputs")
        common = self.number if self._head is None else self._head.number
        numbers = [common if head is None else self._sized(head).number for head in own]
        self._count_false_resets(numbers)
        return [self._marked(number) for number in numbers]

    def _marked(self, number: int) -> int:
        """What a job has set. The marks of a stream are not its to write, and corruption spreads."""
        return number & ~self._marks | self.number & self._kept

    def _count_false_resets(self, numbers: list[int]) -> None:
        if not self.number & self._reset:
            for place, number in enumerate(numbers):
                self.false_resets[place] += number & self._reset != 0

    def _sized(self, head: Union[Head, int]) -> Head:
        return head if isinstance(head, Head) and head.size == self.head_size else _resized(head, self.head_size)


def _resized(head: Union[Head, int], size: int) -> Head:
    return head.resized(size) if isinstance(head, Head) else Head(head, size)
