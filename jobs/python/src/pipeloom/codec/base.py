"""What every codec is."""

from __future__ import annotations

import select
from collections.abc import Iterator
from io import BufferedReader, UnsupportedOperation
from typing import Any, Optional, Union

from pipeloom.errors import CodecError, TooLongError, TornError
from pipeloom.pipes import MAX_BLOCK_BYTES, Pipe

READ_BYTES = 64 << 10
"""How much is read at once where blocks are small."""

LARGE_BYTES = 32 << 10
"""From this size on a payload is not put together with others before it is written."""

AROUND_BYTES = 1
"""What may be left of a frame in a payload: a line break."""

Buffer = Union[bytes, bytearray, memoryview]

Encoded = Union[Buffer, tuple[Buffer, ...]]
"""What stands on the wire behind the head, in one piece or in several."""


class Codec:
    """How values stand on a pipe. A subclass of your own turns the bytes of any program into values, and back.

    A job names it for a pipe: ``CODECS = {"frames": MyCodec}``. It is made with the pipe's ``block_size``.
    """

    has_heads = True
    """Whether the stream is cut into blocks, which a head may precede."""

    is_raw = False
    """Whether values are payloads, so that ``decode`` has nothing to do."""

    stands_in_frames = False
    """Whether, where the network file says ``framed`` or ``pickle``, each block stands behind its length."""

    frames_are_bytes = True
    """Whether ``frame`` gives bytes, and not whatever ``decode`` takes."""

    max_block_bytes = MAX_BLOCK_BYTES
    """The longest payload that the pipe allows. Set for each pipe; what ``encode`` gives is checked against it."""

    block_size: Optional[int] = None
    """The size of blocks that the pipe has, if it has one."""

    def __init__(self, block_size: Optional[int] = None) -> None:
        self.block_size = block_size

    @classmethod
    def for_pipe(cls, pipe: Pipe) -> Codec:
        """The codec of a pipe."""
        return cls(pipe.block_size)

    def frame(self, stream: BufferedReader) -> Optional[bytes]:
        """Reads one payload; ``None`` where the stream ends before it begins. See :func:`exactly`."""
        raise NotImplementedError(f"{type(self).__name__} does not read: it has no method frame")

    def payload_bytes(self, payload: bytes) -> int:
        """How long a payload is, without what only ends it."""
        return len(payload)

    def decode(self, payload: bytes) -> Any:
        """The value in a payload."""
        return payload

    def encode(self, value: Any) -> Encoded:
        """All that stands on the wire for a value, apart from its head."""
        raise NotImplementedError(f"{type(self).__name__} does not write: it has no method encode")

    def encode_to_bytes(self, value: Any) -> Encoded:
        """The same, unless it is no bytes."""
        encoded = self.encode(value)
        if type(encoded) is not bytes:
            for piece in encoded if isinstance(encoded, tuple) else (encoded,):
                self.check_bytes(piece, "encode")
        return encoded

    def encode_checked(self, value: Any) -> Encoded:
        """The same, unless it is longer than the pipe allows."""
        encoded = self.encode_to_bytes(value)
        size = sum(map(len, encoded)) if isinstance(encoded, tuple) else len(encoded)
        if size > self.max_block_bytes:
            raise TooLongError(size, self.max_block_bytes)
        return encoded

    def dummy(self) -> Any:
        """The value that stands for a missing block."""
        return None

    def blocks(self, stream: BufferedReader, head_size: int) -> Iterator[tuple[int, bytes]]:
        """All blocks of a stream: the number of each head (0 without heads) and the payload."""
        while True:
            number = 0
            if head_size:
                head = stream.read(head_size)
                if not head:
                    return
                if len(head) < head_size:
                    raise TornError(len(head))
                number = int.from_bytes(head, "big")
            try:
                payload = self.frame(stream)
            except TornError as torn:
                raise TornError(head_size + torn.size) from None
            if payload is None:
                if head_size:
                    raise TornError(head_size)
                return
            if type(payload) is not bytes and self.frames_are_bytes:
                self.check_bytes(payload, "frame")
                payload = bytes(payload)
            if type(payload) is bytes:
                if len(payload) > self.max_block_bytes + AROUND_BYTES:
                    raise TooLongError(len(payload), self.max_block_bytes)
                if not payload and not head_size and self._gives_nothing(stream):
                    raise CodecError(f"{type(self).__name__}.frame gave an empty block at the end; give None there")
            yield number, payload

    def check_bytes(self, given: Any, method: str) -> None:
        """Says so if what one of the class's own methods gave is no bytes."""
        if not isinstance(given, (bytes, bytearray, memoryview)):
            raise CodecError(f"{type(self).__name__}.{method} gave a {type(given).__name__}; bytes are wanted")

    def _gives_nothing(self, stream: BufferedReader) -> bool:
        """Whether the stream is at its end and ``frame``, asked once more, does not say so."""
        return not _may_wait(stream) and not stream.peek(1) and self.frame(stream) is not None


def _may_wait(stream: BufferedReader) -> bool:
    """Whether a read may have to wait for a writer, who has not ended the stream then."""
    ready = select.poll()
    try:
        ready.register(stream, select.POLLIN)
    except UnsupportedOperation:
        return False  # no descriptor, but memory
    return not ready.poll(0)


def exactly(stream: BufferedReader, size: int, before: int = 0) -> bytes:
    """Reads so many bytes of a block of which ``before`` were read already, or says that the stream is torn."""
    data = stream.read(size)
    if len(data) < size:
        raise TornError(before + len(data))
    return data
