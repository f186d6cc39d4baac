"""Inputs: from streams of bytes to the values of compute blocks."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader, RawIOBase
from typing import Any, Callable, Optional

from pipeloom.codec import Codec
from pipeloom.codec.base import LARGE_BYTES
from pipeloom.codec.raw import Bytes
from pipeloom.errors import CodecError, InputError, PipeloomError, TornError
from pipeloom.failure import raised_by_codec
from pipeloom.head import FINISHED
from pipeloom.heart import Heart
from pipeloom.pipes import Pipe
from pipeloom.state import Numbers
from pipeloom.wire.beside import Beside, Lane, beside_each_other
from pipeloom.wire.ring import Incoming, ring_of

BUFFER_BYTES = 64 << 10
SMALL_BUFFER_BYTES = 4 << 10
"""Enough for heads: large blocks are read past the buffer, except for what is already in it."""

Step = tuple[int, Numbers, "tuple[Any, ...]"]
"""A compute block: the numbers of its heads joined by "or", and one by one; and a value for each input."""


class Descriptor(RawIOBase):
    """A descriptor to read from. Before each read, which may wait, it calls ``before_wait``."""

    def __init__(self, fd: int, before_wait: Callable[[], None], heart: Optional[Heart] = None) -> None:
        self._fd = fd
        self.heart = heart or Heart()
        self._before_wait = before_wait
        self.beside: Optional[Beside] = None
        self.is_read_beside = False
        self.count = 0
        """How many bytes have come."""
        self.ring: Optional[Incoming] = None
        """Where large payloads lie."""

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._fd

    def readinto(self, buffer: Any) -> int:
        if self.ring:
            self.ring.before_wait()
        if not self.is_read_beside:
            self._before_wait()
            if self.beside:
                self.beside.wait_for(self._fd, self.heart)
            if self.heart.beats:
                self._wait()
        while True:
            try:
                count = os.readv(self._fd, [buffer])
                self.count += count
                if self.ring:
                    self.ring.after_wait()
                return count
            except BlockingIOError:  # whoever has made the pipe did not want it to block
                self._wait()

    def _wait(self) -> None:
        ready = select.poll()
        ready.register(self._fd, select.POLLIN)
        # A thread beside the job's does not know whether that one hangs.
        if self.is_read_beside:
            ready.poll()
        else:
            self.heart.wait(ready)

    def close(self) -> None:
        if not self.closed:
            os.close(self._fd)
        super().close()


class Came:
    """What has come on a pipe of which the run sees nothing."""

    def __init__(self, raw: Any, codec: Codec, head_size: int, has_ring: bool) -> None:
        self._raw = raw
        self._codec = codec
        self._head_size = head_size
        self._blocks = self._bytes = self._torn = self._number = 0
        self._is_over = False
        self._is_counted_by_bytes = isinstance(codec, Bytes) and bool(codec.block_size) and not has_ring
        cuts_many = isinstance(codec, Bytes) and codec.cuts_many(head_size) and not has_ring
        self._cut_at_once: Any = codec if cuts_many else None

    def whole_blocks(self, blocks: Iterator[Any]) -> Iterator[Any]:
        """All blocks. A stream that ends inside a block has just ended: its writer was cut off, which the run knows."""
        try:
            if self._cut_at_once:
                yield from blocks  # all are alike: they are counted at the end
                self._number = self._cut_at_once.last_number
            else:
                yield from self._counted(blocks)
        except TornError as torn:
            self._torn = torn.size
        self._is_over = True

    def _counted(self, blocks: Iterator[Any]) -> Iterator[Any]:
        payload_bytes = self._codec.payload_bytes
        for block in blocks:
            self._number = block[0]
            self._blocks += 1
            self._bytes += payload_bytes(block[1])
            yield block

    def told(self, pipe: str, last: Any) -> dict[str, Any]:
        """What the run is told; ``last`` is the number of the last head that was used, or several of them."""
        if self._is_counted_by_bytes and self._codec.block_size:
            self._blocks = self._raw.count // (self._head_size + self._codec.block_size)
            self._bytes = self._blocks * self._codec.block_size
        message = {"name": pipe, "blocks": self._blocks, "bytes": self._bytes}
        if self._torn:
            return {**message, "ending": {"torn": {"bytes": self._torn}}}
        # Behind the last compute block there may be blocks that were cut, but are too few for another.
        number = self._number | (last[-1] if isinstance(last, tuple) else last)
        if number & 1 << 8 * self._head_size - 1 - FINISHED:
            return {**message, "ending": "finished"}
        return {**message, "ending": "ended"} if self._is_over else message


class Input:
    """One input: the stream of a pipe, cut into blocks."""

    def __init__(self, pipe: Pipe, codec: Codec, raw: RawIOBase, head_size: int, decode: Any = None) -> None:
        self.pipe = pipe
        large = codec.block_size is not None and codec.block_size >= LARGE_BYTES
        self.stream: BufferedReader = BufferedReader(raw, SMALL_BUFFER_BYTES if large else BUFFER_BYTES)
        self._codec = codec
        self._decode: Any = decode or (None if codec.is_raw else codec.decode)
        self._head_size = head_size if pipe.head and codec.has_heads else 0
        ring = ring_of(pipe, codec)
        self._came = Came(raw, codec, self._head_size, ring is not None)
        self._ring = Incoming(ring) if ring else None
        if self._ring:
            # Whoever has not asked for the payload's own memory is given bytes, as from every other pipe.
            self._decode = decode or (bytes if codec.is_raw else lambda payload: codec.decode(bytes(payload)))
            if isinstance(raw, Descriptor):
                raw.ring = self._ring

    def values(self) -> Iterator[tuple[Any, Any]]:
        """The number of the head and the value; where a compute block takes several, tuple and list of them."""
        blocks: Iterator[Any]
        if self._ring:
            blocks = self._ring.blocks(self._codec, self.stream, self._head_size)
        else:
            blocks = self._codec.blocks(self.stream, self._head_size)
        if self.pipe.between_kits:
            blocks = self._came.whole_blocks(blocks)
        decode, count = self._decode, self.pipe.block_count
        if decode:
            blocks = ((number, decode(payload)) for number, payload in blocks)
        if count == 1:
            return blocks
        return ((tuple([n for n, _ in some]), [value for _, value in some]) for some in zip(*[blocks] * count))

    def came(self, last: Any) -> dict[str, Any]:
        """What the run is to be told of the pipe; ``last`` is the number of its last head, or several of them."""
        return self._came.told(self.pipe.name, last)

    @contextmanager
    def named(self) -> Iterator[None]:
        """Says which input it is that cannot be read."""
        try:
            yield
        except (CodecError, TornError) as error:
            raise InputError(f"pipe {self.pipe.name}: {error}") from error
        except (PipeloomError, OSError):
            raise  # of the outputs, perhaps, which are written before an input is waited for
        except Exception as error:
            raised_by_codec(error, self.pipe.name, is_input=True)
            raise


def compute_blocks(inputs: list[Input]) -> Iterator[Step]:
    """The compute blocks of all inputs. The shortest input decides how many there are."""
    if len(inputs) == 1 and inputs[0].pipe.block_count == 1:
        return _of_one(inputs[0])
    return _of_several(inputs)


def _of_one(only: Input) -> Iterator[Step]:
    with only.named():
        for number, value in only.values():
            yield number, (number,), (value,)


def _of_several(inputs: list[Input]) -> Iterator[Step]:
    for blocks in beside_each_other([_lane(each) for each in inputs]):
        joined = 0
        for number, _ in blocks:
            if type(number) is int:
                joined |= number
            else:
                for each in number:
                    joined |= each
        yield joined, tuple([block[0] for block in blocks]), tuple([block[1] for block in blocks])


def _lane(each: Input) -> Lane:
    raw = each.stream.raw
    return Lane(_named(each), raw if isinstance(raw, Descriptor) else None)


def _named(each: Input) -> Iterator[tuple[Any, Any]]:
    with each.named():
        yield from each.values()
