"""Outputs: values in, bytes out, several blocks at once where there is time for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from pipeloom.codec import Buffer, Codec, Encoded, encoder
from pipeloom.codec.base import LARGE_BYTES
from pipeloom.codec.raw import Framed, framed
from pipeloom.errors import CodecError, PipeloomError, ReadersGoneError
from pipeloom.failure import raised_by_codec
from pipeloom.pipes import Pipe
from pipeloom.wire.ring import Outgoing, payload_of, ring_of

FLUSH_BYTES = 64 << 10
"""So much waits for company at most."""


class Writer(Protocol):
    """Where the bytes of all outputs go."""

    def write(self, pending: list[tuple[int, list[Buffer]]]) -> set[int]:
        """Writes buffers to outputs, given by their places; returns those whose readers are gone."""

    def wait_for_room(self, place: int, ring: Outgoing) -> bool:
        """Waits until there may be room beside an output; ``False`` if there will be none."""

    def close(self) -> None:
        """Ends all streams."""


class Output:
    """What waits to be written to one pipe."""

    __slots__ = ("blocks", "codec", "encode", "gone", "head_size", "parts", "pipe", "ring")

    def __init__(self, pipe: Pipe, codec: Codec, head_size: int) -> None:
        self.pipe = pipe
        self.codec = codec
        self.encode = encoder(codec)
        self.head_size = head_size if pipe.head and codec.has_heads else 0
        self.parts: list[Buffer] = []
        self.blocks = 0
        self.gone = False
        ring = ring_of(pipe, codec)
        self.ring = Outgoing(ring) if ring else None


class Outputs:
    """All outputs of a job."""

    def __init__(self, outputs: Sequence[Output], writer: Writer) -> None:
        self.list = list(outputs)
        self._writer = writer
        self._single = self.list[0] if len(self.list) == 1 else None
        self._count = len(self.list)
        self._waiting = 0
        self.is_lost = False
        """Whether something could not be written."""

    def put_all(self, value: Any, number: int) -> None:
        """One value for all outputs, or a tuple with one for each, behind the same head."""
        single = self._single
        if single is not None and not isinstance(value, tuple):
            self._put(single, value, number)
        else:
            self.put_each(value, [number] * self._count)

    def put_each(self, value: Any, numbers: Sequence[int]) -> None:
        """The same, with a head for each output."""
        for output, item, number in zip(self.list, self._items(value), numbers):
            self._put(output, item, number)

    def prepared(self, value: Any) -> list[bytes]:
        """What a value is on each output, to be put later; the job may change the value until then."""
        items = zip(self.list, self._items(value))
        return [b"".join(_pieces(_encoded(output, item))) for output, item in items]

    def put_prepared(self, prepared: Sequence[bytes], numbers: Sequence[int]) -> None:
        """Puts what was prepared."""
        for output, data, number in zip(self.list, prepared, numbers):
            self._append(output, data, number)

    def _items(self, value: Any) -> tuple[Any, ...]:
        if not isinstance(value, tuple):
            return (value,) * self._count
        if len(value) == self._count:
            return value
        names = ", ".join(output.pipe.name for output in self.list)
        items = "1 value" if len(value) == 1 else f"{len(value)} values"
        raise PipeloomError(
            f"run returned a tuple of {items} for {self._count} outputs ({names}); "
            "to send a tuple itself, put it into another one"
        )

    def _put(self, output: Output, value: Any, number: int) -> None:
        self._append(output, _encoded(output, value), number)

    def _append(self, output: Output, data: Encoded, number: int) -> None:
        if output.ring is not None:
            data = self._with_length(output, output.ring, data)
        parts = output.parts
        output.blocks += 1
        if output.head_size:
            parts.append(number.to_bytes(output.head_size, "big"))
        if type(data) is bytes:
            parts.append(data)
            self._waiting += len(data) + 1
            return
        for part in _pieces(data):
            size = len(part)
            # The job may change the memory of what is no bytes, so only what is written in this call stays as it is.
            parts.append(part if size >= LARGE_BYTES else bytes(part))
            self._waiting += FLUSH_BYTES if size >= LARGE_BYTES else size + 1

    def _with_length(self, output: Output, ring: Outgoing, data: Encoded) -> Encoded:
        """What stands on a pipe with memory beside it: a length and the payload, or where that lies."""
        has_length = isinstance(output.codec, Framed)
        payload = payload_of(data, has_length)
        if not output.gone and ring.wants(len(payload), output.blocks):
            placed = ring.put(payload)
            while placed is None:
                self.flush()
                if output.gone or not self._writer.wait_for_room(self.list.index(output), ring):
                    break
                placed = ring.put(payload)
            if placed is not None:
                self._waiting += FLUSH_BYTES
                return placed
        return data if has_length or not ring.has_begun else framed(payload)

    @property
    def is_full(self) -> bool:
        """Whether nothing more should wait."""
        return self._waiting >= FLUSH_BYTES

    def flush(self) -> None:
        """Writes all that waits. Raises ``ReadersGoneError`` when no output has a reader any more."""
        if not self._waiting:
            return
        pending = []
        for place, output in enumerate(self.list):
            if output.parts and not output.gone:
                pending.append((place, _gathered(output.parts)))
            output.parts = []
        self._waiting = 0
        try:
            gone = self._writer.write(pending)
        except BaseException:
            self.is_lost = True
            raise
        for place in gone:
            self.list[place].gone = True
        if self.list and all(output.gone for output in self.list):
            raise ReadersGoneError

    def close(self) -> None:
        """Ends all streams."""
        self._writer.close()


def _encoded(output: Output, value: Any) -> Encoded:
    try:
        return output.encode(value)
    except CodecError as error:
        raise PipeloomError(f"pipe {output.pipe.name}: {error}") from error
    except Exception as error:
        raised_by_codec(error, output.pipe.name)
        raise


def _pieces(data: Encoded) -> tuple[Buffer, ...]:
    return data if isinstance(data, tuple) else (data,)


def _gathered(parts: list[Buffer]) -> list[Buffer]:
    """Small pieces in one, large ones as they are."""
    if not any(len(part) >= LARGE_BYTES for part in parts):
        return [b"".join(parts)]
    return parts
