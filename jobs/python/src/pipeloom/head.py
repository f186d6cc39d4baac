"""The head: the few bytes of flags that travel before every block.

A head has 1 to 4 bytes, the same number in the whole network, and is big-endian on the wire. Bit 0 is the most
significant. Three bits have a meaning that the runtime knows; the others belong to the user.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Union, overload

CORRUPTED = 0
"""Bit 0: the block was computed from a missing or damaged one."""
RESET = 1
"""Bit 1: the count of blocks starts again with this block. Written by the runtime."""
FINISHED = 2
"""Bit 2: this is the last block."""


class Head:
    """Flags before a block: ``size`` bytes, bit 0 the most significant.

    >>> head = Head() | 0x08
    >>> print(head)
    HEAD: 00001000
    >>> head[6] = True
    >>> print(head[4:7], head << 1, sum(head))
    HEAD: 10100000 HEAD: 00010100 2
    """

    __slots__ = ("_number", "_size")

    # A head can be changed in place.
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, number: Union[int, Head] = 0, size: int = 1) -> None:
        """A head from a number, its last bit as 1. Bits for which the head is too small are left out."""
        if not 1 <= size <= 4:
            raise ValueError(f"a head has 1 to 4 bytes, not {size}")
        self._size = size
        self._number = int(number) & self._mask

    @classmethod
    def from_wire(cls, data: bytes) -> Head:
        """The head that stands on the wire as these 1 to 4 bytes."""
        return cls(int.from_bytes(data, "big"), len(data))

    def to_wire(self) -> bytes:
        """The bytes on the wire."""
        return self._number.to_bytes(self._size, "big")

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return self._size

    @property
    def number(self) -> int:
        """The head as a number, its last bit as 1."""
        return self._number

    def resized(self, size: int) -> Head:
        """The same bits in a head of another size: what it has no room for is left out, what is new is not set."""
        places = 8 * (size - self._size)
        return Head(self._number << places if places >= 0 else self._number >> -places, size)

    @property
    def corrupted(self) -> bool:
        """Whether the block was computed from a missing or damaged one."""
        return self[CORRUPTED]

    @property
    def reset(self) -> bool:
        """Whether the count of blocks starts again with this block."""
        return self[RESET]

    @property
    def finished(self) -> bool:
        """Whether this is the last block."""
        return self[FINISHED]

    @property
    def _mask(self) -> int:
        return (1 << 8 * self._size) - 1

    def _bit(self, index: int) -> int:
        count = 8 * self._size
        if not -count <= index < count:
            raise IndexError(f"bit {index} of a head of {count} bits")
        return 1 << (count - 1 - index % count)

    def __len__(self) -> int:
        return 8 * self._size

    def __bool__(self) -> bool:
        return self._number != 0

    def __index__(self) -> int:
        return self._number

    def __iter__(self) -> Iterator[bool]:
        return (self[index] for index in range(len(self)))

    @overload
    def __getitem__(self, index: int) -> bool: ...
    @overload
    def __getitem__(self, index: slice) -> Head: ...
    def __getitem__(self, index: Union[int, slice]) -> Union[bool, Head]:
        """One bit; or the bits of a slice as a head of their own, whose bit 0 is the first of them."""
        if isinstance(index, slice):
            return _packed([self[place] for place in range(*index.indices(len(self)))])
        return self._number & self._bit(index) != 0

    def __setitem__(self, index: int, value: object) -> None:
        bit = self._bit(index)
        self._number = self._number | bit if value else self._number & ~bit

    def __and__(self, other: Union[int, Head]) -> Head:
        return self._with(self._number & int(other)) if isinstance(other, (int, Head)) else NotImplemented

    def __or__(self, other: Union[int, Head]) -> Head:
        return self._with(self._number | int(other)) if isinstance(other, (int, Head)) else NotImplemented

    def __xor__(self, other: Union[int, Head]) -> Head:
        return self._with(self._number ^ int(other)) if isinstance(other, (int, Head)) else NotImplemented

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __lshift__(self, places: int) -> Head:
        """The bits moved towards bit 0. Those that fall out are lost."""
        return self._with(self._number << min(places, len(self)))

    def __rshift__(self, places: int) -> Head:
        """The bits moved away from bit 0. Those that fall out are lost."""
        return self._with(self._number >> places)

    def __invert__(self) -> Head:
        return self._with(~self._number)

    def _with(self, number: int) -> Head:
        return Head(number, self._size)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Head):
            return self._number == other._number and self._size == other._size
        return self._number == other if isinstance(other, int) else NotImplemented

    def __str__(self) -> str:
        return "HEAD: " + " ".join(f"{byte:08b}" for byte in self.to_wire())

    __repr__ = __str__


def _packed(bits: Iterable[bool]) -> Head:
    text = "".join("1" if bit else "0" for bit in bits)
    size = max(1, (len(text) + 7) // 8)
    return Head(int(text.ljust(8 * size, "0"), 2), size)
