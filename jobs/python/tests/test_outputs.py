"""Writing: several outputs never hold each other up, and what waits is written before the job waits."""

from __future__ import annotations

import os
import threading
from typing import Any

import pytest

from pipeloom.codec import Buffer, codec_for
from pipeloom.errors import ReadersGoneError
from pipeloom.pipes import Pipe
from pipeloom.wire.descriptors import DescriptorWriter
from pipeloom.wire.outputs import Output, Outputs


def outputs_to(writer: Any, count: int, codec: str = "framed", head: bool = False) -> Outputs:
    pipes = [Pipe(f"out{place}", codec, head=head) for place in range(count)]
    return Outputs([Output(pipe, codec_for(pipe, {}), 1) for pipe in pipes], writer)


def read_all(fd: int) -> bytes:
    with os.fdopen(fd, "rb") as pipe:
        return pipe.read()


def test_outputs_are_written_side_by_side() -> None:
    ends = [os.pipe() for _ in range(3)]
    outputs = outputs_to(DescriptorWriter([end for _, end in ends]), 3)
    blocks = [os.urandom(300_000) for _ in ends]
    got: dict[int, bytes] = {}

    def read_backwards() -> None:
        # In turns, the last output first, and no more of one than of the others.
        taken = [b""] * 3
        while any(len(part) < 300_004 for part in taken):
            for place in (2, 1, 0):
                if len(taken[place]) < 300_004:
                    taken[place] += os.read(ends[place][0], 1000)
        got.update(enumerate(taken))

    thread = threading.Thread(target=read_backwards, daemon=True)
    thread.start()
    outputs.put_all(tuple(blocks), 0)
    outputs.flush()
    thread.join(30)
    assert [got[place][4:] for place in range(3)] == blocks
    outputs.close()
    for end, _ in ends:
        os.close(end)


def test_small_blocks_wait_for_company() -> None:
    written: list[list[tuple[int, list[Buffer]]]] = []

    class Kept:
        def write(self, pending: list[tuple[int, list[Buffer]]]) -> set[int]:
            written.append(pending)
            return set()

        def close(self) -> None:
            pass

    outputs = outputs_to(Kept(), 1, "lines", head=True)
    for number in range(3):
        outputs.put_all(number, number)
    assert not written
    outputs.flush()
    outputs.flush()
    assert written == [[(0, [b"\x000\n\x011\n\x022\n"])]]


def test_a_large_block_does_not_wait() -> None:
    end, fd = os.pipe()
    outputs = outputs_to(DescriptorWriter([fd]), 1)
    outputs.put_all(bytes(100_000), 0)
    assert outputs.is_full
    outputs.close()
    os.close(end)


def test_a_job_goes_on_while_any_output_has_a_reader() -> None:
    (first_end, first), (second_end, second) = os.pipe(), os.pipe()
    outputs = outputs_to(DescriptorWriter([first, second]), 2, "lines")
    os.close(first_end)
    for number in range(2):
        outputs.put_all(number, 0)
        outputs.flush()
    assert os.read(second_end, 100) == b"0\n1\n"
    os.close(second_end)
    outputs.put_all(2, 0)
    with pytest.raises(ReadersGoneError):
        outputs.flush()
    outputs.close()


def test_more_pieces_than_the_kernel_takes_at_once() -> None:
    end, fd = os.pipe()
    pieces: list[Buffer] = [bytes([number % 256]) * (number % 7) for number in range(5000)]
    got: list[bytes] = []
    thread = threading.Thread(target=lambda: got.append(read_all(end)), daemon=True)
    thread.start()
    writer = DescriptorWriter([fd])
    assert writer.write([(0, pieces)]) == set()
    writer.close()
    thread.join(30)
    assert got == [b"".join(pieces)]
