"""Reading: blocks are the same however a stream comes in pieces."""

from __future__ import annotations

import os
import random
import struct
import threading
from io import RawIOBase
from typing import Any

import pytest

from pipeloom import Codec, PipeloomError
from pipeloom.codec import codec_for
from pipeloom.pipes import Pipe
from pipeloom.wire.inputs import Descriptor, Input, compute_blocks

CODECS: dict[str, Any] = {
    "json": [1, [2, "ä"], None, {"long": "x" * 5000}],
    "lines": ["", "text", "y" * 5000],
    "nul": ["", "two\nlines", "z" * 5000],
    "bytes": [b"abc", b"\0\n\0", b"\n\n\n"],
    "framed": [b"", b"abc", bytes(70_000)],
    "pickle": [(1, 2), {"a": {1}}],
}


class Pieces(RawIOBase):
    """A stream that comes in pieces of any size."""

    def __init__(self, data: bytes, chance: random.Random) -> None:
        self._data = data
        self._chance = chance

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = min(len(buffer), len(self._data), self._chance.choice([1, 2, 3, 50, 4096, 100_000]))
        buffer[:size] = self._data[:size]
        self._data = self._data[size:]
        return size


def codec_of(name: str) -> Codec:
    return codec_for(Pipe("pipe", name, 3 if name == "bytes" else None), {})


def written(codec: Codec, values: list[Any], heads: list[int], head_size: int) -> bytes:
    wire = b""
    for value, head in zip(values, heads):
        encoded = codec.encode(value)
        wire += head.to_bytes(head_size, "big")
        wire += b"".join(encoded) if isinstance(encoded, tuple) else encoded
    return wire


@pytest.mark.parametrize("name", list(CODECS))
@pytest.mark.parametrize("head_size", [0, 1, 3])
def test_blocks_do_not_depend_on_how_a_stream_is_cut(name: str, head_size: int) -> None:
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    codec = codec_of(name)
    for _ in range(20):
        values = chance.choices(CODECS[name], k=chance.randrange(30))
        heads = [chance.randrange(256) if head_size else 0 for _ in values]
        raw = Pieces(written(codec, values, heads, head_size), chance)
        read = Input(Pipe("pipe", name, head=head_size > 0), codec, raw, head_size or 1)
        assert [(number, value) for number, _, (value,) in compute_blocks([read])] == list(zip(heads, values)), (
            f"seed {seed}"
        )


def test_inputs_of_all_kinds_are_lined_up() -> None:
    chance = random.Random(1)
    first, second, third = codec_of("lines"), codec_of("bytes"), codec_of("json")
    inputs = [
        Input(Pipe("a", head=True), first, Pieces(written(first, ["x", "y", "z"], [1, 2, 4], 1), chance), 1),
        Input(Pipe("b", block_count=2), second, Pieces(b"abcdefghijklmno", chance), 1),
        Input(Pipe("c", block_count=1), third, Pieces(b"1\n2\n3\n4\n", chance), 1),
    ]
    assert list(compute_blocks(inputs)) == [
        (1, (1, (0, 0), 0), ("x", [b"abc", b"def"], 1)),
        (2, (2, (0, 0), 0), ("y", [b"ghi", b"jkl"], 2)),
    ]


@pytest.mark.parametrize("name", list(CODECS))
@pytest.mark.parametrize("head_size", [1, 2])
def test_the_mark_of_the_last_block_is_told_though_no_compute_block_took_it(name: str, head_size: int) -> None:
    codec = codec_of(name)
    finished = 0x20 << 8 * (head_size - 1)
    values = (5 * CODECS[name])[:5]
    for last, ending in [(finished, "finished"), (0, "ended")]:
        wire = written(codec, values, [0, 0, 0, 0, last], head_size)
        ends = Ends(1)
        pipe = Pipe("pipe", name, block_count=3, head=True, between_kits=True)
        read = Input(pipe, codec_of(name), Descriptor(ends.ends[0][0], lambda: None), head_size)
        writer = ends.writes((0, wire))
        used = [numbers for _, numbers, _ in compute_blocks([read])]
        writer.join(30)
        assert used == [((0, 0, 0),)]
        told = read.came(used[-1][0])
        assert (told["blocks"], told["ending"]) == (5, ending)


class Ends:
    """The ends of pipes: a job's inputs, and what its writer has."""

    def __init__(self, count: int) -> None:
        self.ends = [os.pipe() for _ in range(count)]
        self.flushed = 0

    def inputs(self, codec: str, block_count: int = 1) -> list[Input]:
        def flush() -> None:
            assert threading.current_thread() is threading.main_thread()
            self.flushed += 1

        pipe = Pipe("pipe", codec, block_count=block_count)
        return [Input(pipe, codec_for(pipe, {}), Descriptor(end, flush), 1) for end, _ in self.ends]

    def writes(self, *turns: tuple[int, bytes]) -> threading.Thread:
        """Writes to the inputs in these turns, beside the test, and then ends them all."""

        def write() -> None:
            for place, data in turns:
                os.write(self.ends[place][1], data)
            for _, end in self.ends:
                os.close(end)

        thread = threading.Thread(target=write, daemon=True)
        thread.start()
        return thread


def test_a_writer_may_give_any_input_first() -> None:
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    ends = Ends(3)
    # More than a pipe holds: whoever waits for one input alone keeps the writer from ever giving it.
    blocks = [[chance.randbytes(300_000) for _ in range(4)] for _ in range(3)]
    turns = []
    for number in range(0, 4, 2):
        for place in chance.sample(range(3), 3):
            turns += [(place, struct.pack("<I", 300_000) + block) for block in blocks[place][number : number + 2]]
    writer = ends.writes(*turns)
    read = list(compute_blocks(ends.inputs("framed", block_count=2)))
    writer.join(30)
    assert [values for _, _, values in read] == [
        tuple(each[number : number + 2] for each in blocks) for number in (0, 2)
    ], f"seed {seed}"
    assert ends.flushed


def test_an_input_that_ends_ends_all_whoever_reads_it() -> None:
    ends = Ends(2)
    writer = ends.writes((1, b"1\n2\n"), (0, b"3\n"))
    assert [values for _, _, values in compute_blocks(ends.inputs("json"))] == [(3, 1)]
    writer.join(30)


def test_an_input_that_cannot_be_read_is_named() -> None:
    chance = random.Random(1)
    inputs = [
        Input(Pipe("good"), codec_of("json"), Pieces(b"1\n2\n", chance), 1),
        Input(Pipe("bad"), codec_of("json"), Pieces(b"1\n{\n", chance), 1),
    ]
    blocks = compute_blocks(inputs)
    assert next(blocks)[2] == (1, 1)
    with pytest.raises(PipeloomError, match=r"pipe bad: no JSON: '\{'"):
        next(blocks)
