"""What every codec is."""

from __future__ import annotations

from collections.abc import Iterator
from io import BufferedReader
from typing import Any, Optional, Union

from pipeloom.errors import TornError

MAX_BLOCK_BYTES = 256 << 20
"""The longest payload that is believed when its length stands on the wire."""

READ_BYTES = 64 << 10
"""How much is read at once where blocks are small."""

LARGE_BYTES = 32 << 10
"""From this size on a payload is not put together with others before it is written."""

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

    def __init__(self, block_size: Optional[int] = None) -> None:
        self.block_size = block_size

    def frame(self, stream: BufferedReader) -> Optional[bytes]:
        """Reads one payload; ``None`` where the stream ends before it begins. See :func:`exactly`."""
        raise NotImplementedError(f"{type(self).__name__} does not read: it has no method frame")

    def decode(self, payload: bytes) -> Any:
        """The value in a payload."""
        return payload

    def encode(self, value: Any) -> Encoded:
        """All that stands on the wire for a value, apart from its head."""
        raise NotImplementedError(f"{type(self).__name__} does not write: it has no method encode")

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
                    raise TornError(f"the stream ended inside a head, after {len(head)} of {head_size} bytes")
                number = int.from_bytes(head, "big")
            payload = self.frame(stream)
            if payload is None:
                if head_size:
                    raise TornError("the stream ended behind a head, without its payload")
                return
            yield number, payload


def exactly(stream: BufferedReader, size: int) -> bytes:
    """Reads so many bytes, or says that the stream is torn."""
    data = stream.read(size)
    if len(data) < size:
        raise TornError(f"the stream ended inside a block, after {len(data)} of {size} bytes")
    return data
