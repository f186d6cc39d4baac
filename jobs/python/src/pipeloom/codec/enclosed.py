"""Blocks of a codec of one's own behind their lengths, so that whoever does not know the codec can tell them apart."""

from __future__ import annotations

from io import BufferedReader, BytesIO
from typing import Any

from pipeloom.codec.base import Codec, Encoded
from pipeloom.codec.raw import Framed
from pipeloom.errors import CodecError, TornError


class Enclosed(Framed):
    """A length, then a block as another codec writes it. A block without a byte is the other codec's dummy."""

    is_raw = False

    def __init__(self, inner: Codec) -> None:
        super().__init__(inner.block_size)
        self._inner = inner

    def decode(self, payload: bytes) -> Any:
        if not payload:
            return self._inner.dummy()
        stream: BufferedReader = BufferedReader(BytesIO(payload))
        try:
            block = self._inner.frame(stream)
        except TornError:  # it wants more than there is
            block = None
        if block is None or stream.read(1):
            raise CodecError(f"{type(self._inner).__name__}.frame does not read what its encode has written")
        if self._inner.frames_are_bytes:
            self._inner.check_bytes(block, "frame")
        return self._inner.decode(block)

    def encode(self, value: Any) -> Encoded:
        encoded = self._inner.encode_to_bytes(value)
        block = b"".join(encoded) if isinstance(encoded, tuple) else encoded
        if not len(block) and not self._has_empty_dummy():
            raise CodecError(
                f"{type(self._inner).__name__}.encode gave no byte for a {type(value).__name__}, and a block without "
                "one stands for a missing block: let encode give a byte at least, or dummy give this value"
            )
        return self.framed(block)

    def _has_empty_dummy(self) -> bool:
        try:
            encoded = self._inner.encode_to_bytes(self._inner.dummy())
        except Exception:  # user code, which may not take the value
            return False
        return not any(map(len, encoded if isinstance(encoded, tuple) else (encoded,)))

    def dummy(self) -> Any:
        return self._inner.dummy()
