"""Codecs ``bytes``, ``framed`` and ``stream``: bytes, and whatever shows its memory as bytes."""

from __future__ import annotations

from collections.abc import Iterator
from io import BufferedReader
from itertools import chain, repeat
from struct import Struct
from typing import Any, Optional

from pipeloom.codec.base import LARGE_BYTES, READ_BYTES, Buffer, Codec, Encoded, exactly
from pipeloom.errors import CodecError, TooLongError, TornError

_LENGTH = Struct("<I")
_pack_length = _LENGTH.pack


def as_buffer(value: Any) -> Buffer:
    """The memory of a value, byte by byte."""
    if type(value) is bytes:
        return value
    if isinstance(value, str):
        raise CodecError("a text where bytes are wanted: use text.encode()")
    try:
        view = memoryview(value)
        return view.cast("B") if view.c_contiguous and view.nbytes else view.tobytes()
    except (TypeError, ValueError) as error:
        raise CodecError(f"{type(value).__name__} where bytes, or an object with a buffer, are wanted") from error


class Bytes(Codec):
    """Blocks of a fixed size."""

    is_raw = True

    def __init__(self, block_size: Optional[int] = None) -> None:
        if not block_size:
            raise CodecError("the codec bytes needs a block_size")
        super().__init__(block_size)
        self._size = block_size
        self.last_number = 0
        """The number of the last head, where blocks are cut many at once."""

    def frame(self, stream: BufferedReader) -> Optional[bytes]:
        data = stream.read(self._size)
        if len(data) == self._size:
            return data
        if data:
            raise TornError(len(data))
        return None

    def encode(self, value: Any) -> Encoded:
        if type(value) is not bytes:
            value = as_buffer(value)
        if len(value) != self._size:
            raise CodecError(f"a block of {len(value)} bytes on a pipe with block_size {self._size}")
        return value  # type: ignore[no-any-return]

    def dummy(self) -> bytes:
        return bytes(self._size)

    def blocks(self, stream: BufferedReader, head_size: int) -> Iterator[tuple[int, bytes]]:
        if not self.cuts_many(head_size):
            return super().blocks(stream, head_size)
        return chain.from_iterable(self._cut(stream, head_size))

    def cuts_many(self, head_size: int) -> bool:
        """Whether blocks are small, so that many are cut at once."""
        return self._size < LARGE_BYTES and head_size in (0, 1)

    def _cut(self, stream: BufferedReader, head_size: int) -> Iterator[Iterator[Any]]:
        """Small blocks, cut out of what comes at once: many for one call of Python code."""
        stride = head_size + self._size
        plain, numbered = Struct(f"{self._size}s"), Struct(f"B{self._size}s")
        rest = b""
        while True:
            data = stream.read1(READ_BYTES)
            if not data:
                break
            data = rest + data if rest else data
            whole = len(data) - len(data) % stride
            rest = data[whole:]
            if whole:
                piece = memoryview(data)[:whole]
                if head_size:
                    self.last_number = piece[-stride]
                    yield numbered.iter_unpack(piece)
                else:
                    yield zip(repeat(0), chain.from_iterable(plain.iter_unpack(piece)))
        if rest:
            raise TornError(len(rest))


def framed(payload: Buffer) -> Encoded:
    """A payload behind its length; a large one in a piece of its own."""
    size = len(payload)
    length = _pack_length(size)
    return length + payload if size < LARGE_BYTES else (length, payload)


class Framed(Codec):
    """A length (32 bits, little-endian), then so many bytes."""

    is_raw = True

    def frame(self, stream: BufferedReader) -> Optional[bytes]:
        length = stream.read(4)
        if len(length) < 4:
            if not length:
                return None
            raise TornError(len(length))
        size = int.from_bytes(length, "little")
        if size > self.max_block_bytes:
            raise TooLongError(size, self.max_block_bytes)
        return exactly(stream, size, 4)

    def encode(self, value: Any) -> Encoded:
        return self.framed(as_buffer(value))

    def framed(self, payload: Buffer) -> Encoded:
        """A payload behind its length."""
        size = len(payload)
        if size > self.max_block_bytes:
            raise TooLongError(size, self.max_block_bytes)
        return framed(payload)

    def dummy(self) -> bytes:
        return b""


class Stream(Codec):
    """No blocks and no heads: bytes as they come, until the end."""

    has_heads = False
    is_raw = True

    def frame(self, stream: BufferedReader) -> Optional[bytes]:
        return stream.read1(READ_BYTES) or None

    def encode(self, value: Any) -> Encoded:
        return as_buffer(value)

    def dummy(self) -> bytes:
        return b""
