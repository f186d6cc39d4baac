"""Memory that both ends of a pipe share, where the network file says ``conduit = "shared"``.

Large payloads lie there, and the pipe carries where. The memory begins with words of 32 bits: what the writer waits
for, whether the reader waits while it has payloads, and for each of ``SLOTS`` tickets the one that was released last.
There are no atomic instructions here, so nobody counts on being seen in time: a writer leaves ``ALWAYS`` in the first
word and is rung for at every release, and a reader rings at every release without looking.
"""

from __future__ import annotations

import mmap
import os
import select
import struct
import weakref
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from io import BufferedReader
from typing import Any, Callable, Optional

from pipeloom.codec.base import Buffer, Codec, Encoded, exactly
from pipeloom.errors import CodecError, TooLongError, TornError, UsageError
from pipeloom.pipes import Ring

WORTH_BYTES = 32 << 10
"""A shorter payload goes through the pipe."""

CONTROL_BYTES = 64 << 10
ALIGN = 64
WANTED, HUNGRY, RELEASED, SLOTS = 0, 16, 32, 512
"""Words, by their numbers."""

ALWAYS = (1 << 32) - 1
IN_RING = 1 << 31
_RUNG = (1).to_bytes(8, "little")
_PLACE = struct.Struct("<II")
_PLACED = struct.Struct("<III")


class Memory:
    """The memory, and the bell that the reader rings when there may be room."""

    def __init__(self, ring: Ring) -> None:
        self.bytes = ring.bytes
        self.bell = ring.room
        os.set_inheritable(self.bell, False)
        try:
            self.map = mmap.mmap(ring.fd, CONTROL_BYTES + ring.bytes)
        except (OSError, ValueError) as error:
            raise UsageError(f"descriptor {ring.fd} is not the memory of a ring: {error}") from error
        os.close(ring.fd)
        self.words = memoryview(self.map)[:CONTROL_BYTES].cast("I")

    def ring(self) -> None:
        """Tells the writer that there may be room."""
        # So many may have rung that one more makes no difference.
        with suppress(BlockingIOError):
            os.write(self.bell, _RUNG)


class Incoming:
    """The reader's side."""

    def __init__(self, ring: Ring) -> None:
        import ctypes  # few programs need it

        self._memory = Memory(ring)
        self._array: Callable[[int], Any] = lambda size: ctypes.c_ubyte * size
        self._held = 0

    def before_wait(self) -> None:
        """The program is about to wait for the next block."""
        if self._held:
            self._memory.words[HUNGRY] = 1
            self._memory.ring()

    def after_wait(self) -> None:
        """Something has come."""
        self._memory.words[HUNGRY] = 0

    def blocks(self, codec: Codec, stream: BufferedReader, head_size: int) -> Iterator[tuple[int, Buffer]]:
        """All blocks of the pipe, as :meth:`Codec.blocks` gives them. What lies in the ring is shown where it lies."""
        before = head_size + 4
        while True:
            data = stream.read(before)
            if not data:
                return
            if len(data) < before:
                raise TornError(len(data))
            number = int.from_bytes(data[:head_size], "big")
            length = int.from_bytes(data[head_size:], "little")
            size = length & ~IN_RING
            if codec.block_size is not None and size != codec.block_size:
                raise CodecError(f"a block of {size} bytes on a pipe with block_size {codec.block_size}")
            if size > codec.max_block_bytes:
                raise TooLongError(size, codec.max_block_bytes)
            if length & IN_RING:
                yield number, self._payload(size, *_PLACE.unpack(exactly(stream, _PLACE.size, before)))
            else:
                yield number, exactly(stream, size, before)

    def _payload(self, size: int, place: int, ticket: int) -> memoryview:
        start, memory = place * ALIGN, self._memory
        if ticket in (0, ALWAYS) or start + size > memory.bytes:
            raise CodecError(
                f"damaged ring: a block of {size} bytes at byte {start}, and the ring has {memory.bytes} bytes; "
                "its writer is at fault"
            )
        # Whatever is made of the payload's memory keeps this object alive, and only this object.
        held = self._array(size).from_buffer(memory.map, CONTROL_BYTES + start)
        self._held += 1
        weakref.finalize(held, self._release, ticket).atexit = False
        return memoryview(held).cast("B").toreadonly()

    def _release(self, ticket: int) -> None:
        self._held -= 1
        self._memory.words[RELEASED + ticket % SLOTS] = ticket
        self._memory.ring()


class Outgoing:
    """The writer's side: which places are taken, the oldest first."""

    def __init__(self, ring: Ring) -> None:
        self._memory = Memory(ring)
        self._payloads = memoryview(self._memory.map)[CONTROL_BYTES:]
        self._taken: deque[tuple[int, int]] = deque()
        self._head = 0
        self._ticket = 0
        self._memory.words[WANTED] = ALWAYS

    def can_hold(self, size: int) -> bool:
        """Whether a payload belongs into the ring."""
        return WORTH_BYTES <= size <= self._memory.bytes

    def put(self, payload: Buffer) -> Optional[bytes]:
        """Puts a payload into the ring, if there is room. Gives what stands on the pipe in its place."""
        size = len(payload)
        start = self._room(-(-size // ALIGN) * ALIGN)
        if start is None:
            return None
        self._payloads[start : start + size] = payload
        return _PLACED.pack(size | IN_RING, start // ALIGN, self._ticket)

    def wait(self, pipe: int, poll: Callable[[select.poll], Any]) -> bool:
        """Waits until there may be room. ``False``: there will be none, the reader has it all and waits, or is gone."""
        with_reader = select.poll()
        with_reader.register(pipe, 0)
        with_reader.register(self._memory.bell, select.POLLIN)
        with suppress(BlockingIOError):
            os.read(self._memory.bell, 8)
            return True
        if self._memory.words[HUNGRY] and not _queued(pipe):
            return False
        return all(ready == self._memory.bell for ready, _ in poll(with_reader))

    def _room(self, size: int) -> Optional[int]:
        words, taken = self._memory.words, self._taken
        while taken and words[RELEASED + taken[0][1] % SLOTS] == taken[0][1]:
            taken.popleft()
        if not taken:
            self._head = 0  # what was used last is in the cache
        oldest = taken[0][0] if taken else 0
        start = self._head
        if len(taken) + 2 >= SLOTS:
            return None
        if taken and start <= oldest:
            if oldest - start < size:
                return None
        elif self._memory.bytes - start < size:
            if oldest < size:
                return None
            start = 0
        self._ticket = 1 if self._ticket >= ALWAYS - 1 else self._ticket + 1
        taken.append((start, self._ticket))
        self._head = start + size
        return start


def _queued(pipe: int) -> int:
    import fcntl
    import termios

    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), "little")


def payload_of(data: Encoded, has_length: bool) -> Buffer:
    """The payload of what a codec has made of a value, without the length before it."""
    if isinstance(data, tuple):
        return data[-1]
    return memoryview(data)[4:] if has_length else data
