"""Memory that both ends of a pipe share, if both have a kit.

Large payloads lie there, and the pipe carries where. The memory begins with words of 32 bits: what the writer waits
for, whether the reader waits while it has payloads, for each of ``SLOTS`` tickets the one that was released last,
from which size on the reader wants payloads, without which nothing is put there, and where lengths begin.
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
from pipeloom.codec.enclosed import Enclosed
from pipeloom.codec.pickled import Pickle
from pipeloom.codec.raw import Bytes, Framed
from pipeloom.errors import CodecError, TooLongError, TornError, UsageError
from pipeloom.pipes import Pipe, Ring

WORTH_BYTES = 48 << 10
"""A shorter payload goes through the pipe: here a place in memory costs as much as to copy 40 KiB."""

CONTROL_BYTES = 64 << 10
ALIGN = 64
WANTED, HUNGRY, RELEASED, SLOTS = 0, 16, 32, 512
KNOWN, LENGTHS, WRITER = RELEASED + SLOTS, RELEASED + SLOTS + 1, RELEASED + SLOTS + 2
"""Words, by their numbers. ``LENGTHS`` is 1 more than the blocks before the first one with a length, ``WRITER`` is 1
once a program has opened the writer's side."""

ALWAYS = (1 << 32) - 1
IN_RING = 1 << 31
_RUNG = (1).to_bytes(8, "little")
_PLACE = struct.Struct("<II")
_PLACED = struct.Struct("<III")


def ring_of(pipe: Pipe, codec: Codec) -> Optional[Ring]:
    """The memory beside a pipe, if any. Not with a class of others, which may cut and write the stream itself."""
    ring = pipe.ring
    if ring and type(codec) not in (Bytes, Framed, Pickle, Enclosed):
        os.close(ring.fd)
        os.close(ring.room)
        return None
    return ring


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
        self._memory.words[KNOWN] = WORTH_BYTES

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
        if isinstance(codec, Bytes):
            yield from self._without_lengths(codec, stream, head_size)
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

    def _without_lengths(self, codec: Codec, stream: BufferedReader, head_size: int) -> Iterator[tuple[int, Buffer]]:
        """Blocks of one size, up to the first one with a length, or to the end."""
        words, count = self._memory.words, 0
        # The word is written before the block is, so it is looked at once the block has begun to come.
        while stream.peek(1) and not 0 < words[LENGTHS] <= count + 1:
            number = int.from_bytes(exactly(stream, head_size, 0), "big")
            yield number, exactly(stream, codec.block_size or 0, head_size)
            count += 1

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
        self._worth = WORTH_BYTES
        words = self._memory.words
        # Where several programs write one after the other, only the first knows which places are taken.
        self._is_first, words[WRITER] = not words[WRITER], 1
        self.has_begun = not self._is_first and words[LENGTHS] != 0
        """Whether payloads may lie there by now."""
        words[WANTED] = ALWAYS

    def wants(self, size: int, blocks_before: int) -> bool:
        """Whether a payload belongs into the ring. With the first one lengths begin, on a pipe that has none."""
        fits = self._is_first and self._worth <= size <= self._memory.bytes
        return fits and (self.has_begun or self._begin(size, blocks_before))

    def _begin(self, size: int, blocks_before: int) -> bool:
        words = self._memory.words
        if words[KNOWN] and blocks_before < ALWAYS:
            self._worth = max(self._worth, words[KNOWN])
            if size >= self._worth:
                words[LENGTHS] = blocks_before + 1
                self.has_begun = True
        return self.has_begun

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
