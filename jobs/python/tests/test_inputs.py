"""Reading: blocks are the same however a stream comes in pieces."""

from __future__ import annotations

import random
from io import RawIOBase
from typing import Any

import pytest

from pipeloom import Codec, PipeloomError
from pipeloom.codec import codec_for
from pipeloom.pipes import Pipe
from pipeloom.wire.inputs import Input, compute_blocks

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
    return codec_for("pipe", name, 3 if name == "bytes" else None, {})


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


def test_an_input_that_cannot_be_read_is_named() -> None:
    chance = random.Random(1)
    inputs = [
        Input(Pipe("good"), codec_of("json"), Pieces(b"1\n2\n", chance), 1),
        Input(Pipe("bad"), codec_of("json"), Pieces(b"1\n{\n", chance), 1),
    ]
    blocks = compute_blocks(inputs)
    assert next(blocks)[2] == (1, 1)
    with pytest.raises(PipeloomError, match=r"input bad: no JSON: '\{'"):
        next(blocks)
