"""Memory that both ends of a pipe share: payloads in place, room that comes back, and what is no ring."""

from __future__ import annotations

import os
import select
from io import BufferedReader, BytesIO
from typing import Any, cast

import pytest

from pipeloom.codec import codec_for
from pipeloom.codec.raw import Framed
from pipeloom.errors import CodecError, TornError, UsageError
from pipeloom.pipes import Pipe, Ring
from pipeloom.wire.ring import (
    ALIGN,
    CONTROL_BYTES,
    HUNGRY,
    IN_RING,
    KNOWN,
    LENGTHS,
    WORTH_BYTES,
    Incoming,
    Outgoing,
    ring_of,
)

BYTES = 4 * WORTH_BYTES

pytestmark = pytest.mark.skipif(not hasattr(os, "eventfd"), reason="only Python 3.10 and newer make eventfds")


class Both:
    """A ring with both ends in this process."""

    def __init__(self, size: int = BYTES, knows: bool = True) -> None:
        memory = os.memfd_create("ring")
        os.ftruncate(memory, CONTROL_BYTES + size)
        self.bell = os.eventfd(0, os.EFD_NONBLOCK)
        self.writer = Outgoing(Ring(os.dup(memory), self.bell, size))
        self.ring = Ring(memory, self.bell, size)
        if knows:
            self.reader_knows()

    def reader_knows(self) -> None:
        self.reader = Incoming(Ring(os.dup(self.ring.fd), self.bell, self.ring.bytes))

    def blocks(self, wire: bytes, codec: str = "framed", block_size: int | None = None, head_size: int = 0) -> Any:
        pipe = Pipe("p", codec, block_size)
        stream = BufferedReader(cast(Any, BytesIO(wire)))
        return self.reader.blocks(codec_for(pipe, {}), stream, head_size)

    def is_rung(self) -> bool:
        return bool(select.select([self.bell], [], [], 0)[0])


def put(both: Both, payload: bytes) -> bytes:
    placed = both.writer.put(payload)
    assert placed is not None
    return placed


def test_a_payload_is_shown_where_it_lies_and_its_room_comes_back_with_the_last_view_of_it() -> None:
    both = Both()
    payload = os.urandom(BYTES)
    blocks = both.blocks(b"\x01" + put(both, payload), head_size=1)
    number, view = next(blocks)
    assert (number, view.readonly, bytes(view)) == (1, True, payload)
    part = view[10:20]
    del view
    assert both.writer.put(payload) is None, "a part of it is still looked at"
    assert bytes(part) == payload[10:20]
    assert not both.is_rung()
    del part
    assert both.is_rung()
    put(both, payload)


def test_small_payloads_come_through_the_pipe_between_large_ones() -> None:
    both = Both()
    wire = put(both, b"a" * WORTH_BYTES) + b"\x03\0\0\0abc" + put(both, b"b" * WORTH_BYTES)
    assert [bytes(view)[:3] for _, view in both.blocks(wire)] == [b"aaa", b"abc", b"bbb"]
    assert not both.writer.wants(WORTH_BYTES - 1, 0)
    assert not both.writer.wants(BYTES + 1, 0)


def test_nothing_is_put_there_before_the_reader_knows_of_it_and_lengths_begin_with_the_first_payload() -> None:
    both = Both(knows=False)
    assert not both.writer.wants(WORTH_BYTES, 0)
    both.reader_knows()
    both.writer._memory.words[KNOWN] = WORTH_BYTES + 1
    assert not both.writer.wants(WORTH_BYTES, 0), "the reader would rather have it by the pipe"
    assert both.writer._memory.words[LENGTHS] == 0
    both.reader_knows()
    both.writer._worth = WORTH_BYTES
    assert both.writer.wants(WORTH_BYTES, 2)
    assert both.writer.wants(WORTH_BYTES, 3)
    block = b"c" * WORTH_BYTES
    length = WORTH_BYTES.to_bytes(4, "little")
    wire = b"\1" + block + b"\2" + block + b"\3" + put(both, block) + b"\4" + length + block
    blocks = both.blocks(wire, "bytes", WORTH_BYTES, 1)
    assert [(number, bytes(view) == block) for number, view in blocks] == [(n, True) for n in (1, 2, 3, 4)]


def test_blocks_of_one_size_have_no_lengths_while_nothing_lies_there() -> None:
    both = Both()
    assert list(both.blocks(b"\1abc\2def", "bytes", 3, 1)) == [(1, b"abc"), (2, b"def")]
    with pytest.raises(TornError):
        list(both.blocks(b"\1abc\2de", "bytes", 3, 1))


def test_a_class_of_others_is_given_no_memory() -> None:
    class Mine(Framed):
        pass

    both = Both()
    pipe = Pipe("p", "framed", ring=both.ring)
    assert ring_of(pipe, codec_for(pipe, {})) == both.ring
    assert ring_of(pipe, codec_for(pipe, {"p": Mine})) is None


def test_places_go_round_and_are_taken_back_from_the_oldest_on() -> None:
    both = Both(16 * WORTH_BYTES)
    views = []
    for number in range(100):
        payload = bytes([number]) * (WORTH_BYTES + number)
        [(_, view)] = both.blocks(put(both, payload))
        views.append((payload, view))
        del view
        if len(views) == 3:
            views.pop(number % 2)
        assert all(bytes(view) == payload for payload, view in views)
        if len(views) == 2 and number % 2:
            views.pop(0)


def test_a_reader_that_has_all_there_is_is_seen_to_wait() -> None:
    both = Both()
    reads, writes = os.pipe()
    [(_, view)] = both.blocks(put(both, bytes(BYTES)))

    def polled(poll: select.poll) -> Any:
        return poll.poll(0)

    assert both.writer.put(bytes(WORTH_BYTES)) is None
    both.reader.before_wait()
    assert both.writer.wait(writes, polled), "the bell was rung"
    assert not both.writer.wait(writes, polled), "the block is to go through the pipe"
    os.write(writes, b"something to read")
    assert both.writer.wait(writes, polled), "it has something to do"
    both.reader.after_wait()
    assert both.reader._memory.words[HUNGRY] == 0
    os.close(reads)
    assert not both.writer.wait(writes, polled), "nobody reads the pipe any more"
    os.close(writes)
    del view


def test_what_cannot_be_is_named() -> None:
    both = Both()
    outside = (WORTH_BYTES | IN_RING).to_bytes(4, "little") + (BYTES // ALIGN).to_bytes(4, "little") + b"\1\0\0\0"
    with pytest.raises(CodecError, match="damaged ring: a block of 49152 bytes at byte 196608"):
        next(both.blocks(outside))
    both.writer.wants(WORTH_BYTES, 0)
    with pytest.raises(CodecError, match="a block of 3 bytes on a pipe with block_size 4"):
        next(both.blocks(b"\3\0\0\0abc", "bytes", 4))
    with pytest.raises(TornError):
        next(both.blocks(outside[:9]))
    with pytest.raises(UsageError, match="is not the memory of a ring"):
        Incoming(Ring(os.memfd_create("empty"), os.eventfd(0), BYTES))
