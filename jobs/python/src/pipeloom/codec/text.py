"""Codecs ``json``, ``lines`` and ``nul``: text for each block."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from io import BufferedReader
from itertools import chain, repeat
from typing import Any, Optional

from pipeloom.codec.base import READ_BYTES, Codec
from pipeloom.errors import CodecError, TooLongError

SHOWN_CHARS = 40
"""How much of a wrong line an error shows."""


class _Ended(Codec):
    """Payloads that one byte ends, which the last one may lack."""

    end = b"\n"

    def frame(self, stream: BufferedReader) -> Optional[bytes]:
        """Reads up to the end, which may be part of what is returned."""
        line = stream.readline(self.max_block_bytes + 2)
        if len(line) > self.max_block_bytes:
            self._check(len(line) - line.endswith(self.end))
        return line or None

    def payload_bytes(self, payload: bytes) -> int:
        return len(payload) - payload.endswith(self.end)

    def blocks(self, stream: BufferedReader, head_size: int) -> Iterator[tuple[int, bytes]]:
        return super().blocks(stream, head_size) if head_size else chain.from_iterable(self._cut(stream))

    def _cut(self, stream: BufferedReader) -> Iterator[Iterator[tuple[int, bytes]]]:
        """Blocks without heads, cut out of what comes at once."""
        pieces: list[bytes] = []
        size = 0
        while data := stream.read1(READ_BYTES):
            *payloads, rest = data.split(self.end)
            if payloads:
                payloads[0] = b"".join([*pieces, payloads[0]])
                longest = max(map(len, payloads)) if self.max_block_bytes < READ_BYTES else len(payloads[0])
                self._check(longest)
                yield zip(repeat(0), payloads)
                pieces, size = [], 0
            if rest:
                pieces.append(rest)
                size += len(rest)
                self._check(size)
        if pieces:
            yield iter([(0, b"".join(pieces))])

    def _check(self, size: int) -> None:
        if size > self.max_block_bytes:
            raise TooLongError(size, self.max_block_bytes)

    def _with_end(self, payload: bytes) -> bytes:
        if len(payload) > self.max_block_bytes:
            raise TooLongError(len(payload), self.max_block_bytes)
        return payload + self.end


class Lines(_Ended):
    """Texts without line breaks, one in each line."""

    end_name = "a line break"

    def decode(self, payload: bytes) -> str:
        try:
            return payload.decode().removesuffix(self.end.decode())
        except UnicodeDecodeError as error:
            raise CodecError(f"no UTF-8: {_shown(payload)}") from error

    def encode(self, value: Any) -> bytes:
        if isinstance(value, str):
            text = value.encode()
        elif isinstance(value, (bytes, bytearray, memoryview)):
            text = bytes(value)
        elif isinstance(value, bool):
            text = b"true" if value else b"false"
        elif value is None or isinstance(value, (dict, list, set)):
            raise CodecError(f"a {type(value).__name__} is no text: use the codec json, or make a text of it")
        else:
            text = str(value).encode()
        if self.end in text:
            raise CodecError(f"{self.end_name} inside a block: {_shown(text)}")
        return self._with_end(text)

    def dummy(self) -> str:
        return ""


class Nul(Lines):
    """Texts ended by a NUL byte, as ``find -print0`` writes them."""

    end, end_name = b"\0", "a NUL byte"

    def frame(self, stream: BufferedReader) -> Optional[bytes]:
        pieces: list[bytes] = []
        size = 0
        while waiting := stream.peek():
            place = waiting.find(self.end)
            pieces.append(stream.read(place + 1 if place >= 0 else len(waiting)))
            size += len(pieces[-1]) - (place >= 0)
            self._check(size)
            if place >= 0:
                break
        return b"".join(pieces) or None


def _plain(value: Any) -> Any:
    """Numbers and arrays of numpy, and whatever else gives itself as a list."""
    to_list = getattr(value, "tolist", None)
    if to_list is None:
        raise TypeError(f"a {type(value).__name__} is no JSON")
    return to_list()


def _without_nan(value: Any) -> Any:
    """What is no number becomes null, as JSON has no word for it."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(item) for item in value]
    return _without_nan(value.tolist()) if hasattr(value, "tolist") else value


_to_text = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_plain).encode
_to_value = json.JSONDecoder().decode


class Json(_Ended):
    """One JSON value per line."""

    def decode(self, payload: bytes) -> Any:
        try:
            return _to_value(payload.decode())
        except (ValueError, RecursionError) as error:
            raise CodecError(f"no JSON: {_shown(payload)} ({error})") from error

    def encode(self, value: Any) -> bytes:
        try:
            text = _to_text(value).encode()
        except (TypeError, ValueError, RecursionError):
            text = self._text_without_nan(value)
        return self._with_end(text)

    def _text_without_nan(self, value: Any) -> bytes:
        try:
            return _to_text(_without_nan(value)).encode()
        except (TypeError, ValueError, RecursionError) as error:
            raise CodecError(f"no value for JSON: {error}") from error


def _shown(line: bytes) -> str:
    text = line.decode(errors="replace").rstrip("\n")
    return repr(text if len(text) <= SHOWN_CHARS else text[:SHOWN_CHARS] + "...")
