"""Codecs ``json``, ``lines`` and ``nul``: text for each block."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from io import BufferedReader
from itertools import chain, repeat
from typing import Any, Optional

from pipeloom.codec.base import MAX_BLOCK_BYTES, READ_BYTES, Codec
from pipeloom.errors import CodecError

SHOWN_CHARS = 40
"""How much of a wrong line an error shows."""


class _Line(Codec):
    """A payload is a line with its line break, which the last one may lack."""

    def frame(self, stream: BufferedReader) -> Optional[bytes]:
        line = stream.readline(MAX_BLOCK_BYTES + 1)
        if len(line) > MAX_BLOCK_BYTES:
            raise CodecError(f"a line of more than {MAX_BLOCK_BYTES} bytes")
        return line or None

    def blocks(self, stream: BufferedReader, head_size: int) -> Iterator[tuple[int, bytes]]:
        return super().blocks(stream, head_size) if head_size else zip(repeat(0), stream)


class _Text(Codec):
    """Texts that one byte ends."""

    end = b""
    end_name = ""

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
            raise CodecError(f"{self.end_name} inside a text: {_shown(text)}")
        return text + self.end

    def dummy(self) -> str:
        return ""


class Lines(_Text, _Line):
    """Texts without line breaks, one in each line."""

    end, end_name = b"\n", "a line break"


class Nul(_Text):
    """Texts ended by a NUL byte, as ``find -print0`` writes them. The last one may lack it."""

    end, end_name = b"\0", "a NUL byte"

    def frame(self, stream: BufferedReader) -> Optional[bytes]:
        text = b""
        while waiting := stream.peek():
            place = waiting.find(self.end)
            text += stream.read(place + 1 if place >= 0 else len(waiting))
            if place >= 0:
                return text
        return text or None

    def blocks(self, stream: BufferedReader, head_size: int) -> Iterator[tuple[int, bytes]]:
        return super().blocks(stream, head_size) if head_size else chain.from_iterable(self._cut(stream))

    def _cut(self, stream: BufferedReader) -> Iterator[Iterator[tuple[int, bytes]]]:
        rest = b""
        while data := stream.read1(READ_BYTES):
            *texts, rest = (rest + data).split(self.end)
            yield zip(repeat(0), texts)
        if rest:
            yield iter([(0, rest)])


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


class Json(_Line):
    """One JSON value per line."""

    def decode(self, payload: bytes) -> Any:
        try:
            return _to_value(payload.decode())
        except (ValueError, RecursionError) as error:
            raise CodecError(f"no JSON: {_shown(payload)} ({error})") from error

    def encode(self, value: Any) -> bytes:
        try:
            return _to_text(value).encode() + b"\n"
        except (TypeError, ValueError, RecursionError):
            pass
        try:
            return _to_text(_without_nan(value)).encode() + b"\n"
        except (TypeError, ValueError, RecursionError) as error:
            raise CodecError(f"no value for JSON: {error}") from error


def _shown(line: bytes) -> str:
    text = line.decode(errors="replace").rstrip("\n")
    return repr(text if len(text) <= SHOWN_CHARS else text[:SHOWN_CHARS] + "...")
