"""Classes of pipes written for MARVELO, of which only the import line has changed."""

from __future__ import annotations

import pickle
import struct
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import Any, Callable

import pytest
from test_networks import SHOW, Run, binary, count, job

from pipeloom import Codec, CodecError
from pipeloom.codec import codec_for, encoder
from pipeloom.errors import TornError, UsageError
from pipeloom.marvelo import BasePipe, BytesPipe, JSONPipe, OptionalPicklePipe, PicklePipe, PythonJob
from pipeloom.pipes import Pipe
from pipeloom.testing import Outcome, Sent

RunJob = Callable[..., Outcome]


class IntPipe(BasePipe):
    """Whole numbers of four bytes."""

    BLOCK_SIZE = 4

    def pack(self, data: Any) -> bytes:
        return struct.pack("!i", data)

    def unpack(self, data: bytes) -> int:
        number: int = struct.unpack("!i", data)[0]
        return number


class TextPipe(BasePipe):
    """Texts behind a byte with their length."""

    BLOCK_SIZE = "TEXT"

    def read(self, file_obj: Any) -> bytes:
        size = file_obj.read(1)[0]
        data: bytes = file_obj.read(size)
        if len(data) < size:
            raise EOFError
        return data

    def unpack(self, data: bytes) -> str:
        return data.decode()

    def pack(self, data: str) -> bytes:
        return data.encode()

    def write(self, file_obj: Any, data: bytes) -> None:
        file_obj.write(bytes([len(data)]))
        file_obj.write(data)


class InteractivePipe(OptionalPicklePipe):
    OPTIONAL_DEFAULT = 20
    OPTIONAL_BUFFER_SIZE = 1

    def pack(self, data: str) -> int:
        try:
            return int(data.strip())
        except ValueError:
            return 0


class Add(PythonJob):
    CODECS = {"in0": IntPipe, "in1": TextPipe, "out0": IntPipe}

    def run(self, number: int, text: str) -> int:
        return number + len(text)


def codec(found: Any, name: str = "stream", **more: Any) -> Codec:
    return codec_for(Pipe("pipe", name, **more), {"pipe": found})


def wire(one: Codec, *values: Any) -> bytes:
    blocks = [encoder(one)(value) for value in values]
    return b"".join(b"".join(block) if isinstance(block, tuple) else block for block in blocks)


def read(one: Codec, data: bytes, head_size: int = 0) -> list[Any]:
    stream: BufferedReader = BufferedReader(BytesIO(data))
    return [one.decode(payload) for _, payload in one.blocks(stream, head_size)]


@pytest.mark.parametrize(
    ("found", "values", "expected"),
    [
        (IntPipe, [1, -2], b"\0\0\0\1\xff\xff\xff\xfe"),
        (TextPipe, ["", "abc"], b"\0\3abc"),
        (JSONPipe, [{"a": 1}, [None]], b'{"a": 1}\n[null]\n'),
        (PicklePipe, [{1, 2}], pickle.dumps({1, 2}, 5)),
    ],
)
def test_blocks_stand_on_the_pipe_as_the_class_says(found: type[BasePipe], values: list[Any], expected: bytes) -> None:
    assert wire(codec(found), *values) == expected
    assert read(codec(found), expected) == values


def test_what_is_packed_alone_need_not_be_unpacked() -> None:
    assert read(codec(InteractivePipe), wire(codec(InteractivePipe), " 5 ", "none")) == [5, 0]


def test_a_block_of_a_class_that_is_longer_than_its_pipe_allows_is_refused() -> None:
    one = codec(TextPipe, max_block_bytes=64)
    assert read(one, wire(codec(TextPipe), "x" * 40)) == ["x" * 40]
    with pytest.raises(CodecError, match="a block of 100 bytes, more than max_block_bytes = 64"):
        read(one, wire(codec(TextPipe), "x" * 100))


@pytest.mark.parametrize("found", [IntPipe, TextPipe, PicklePipe])
def test_behind_their_lengths_blocks_are_known_to_the_runtime(found: type[BasePipe]) -> None:
    values = ["a", "bc"] if found is TextPipe else [7, 8]
    for name in ("framed", "pickle"):
        data = wire(codec(found, name), *values)
        plain = [wire(codec(found), value) for value in values]
        assert data == b"".join(struct.pack("<I", len(block)) + block for block in plain)
        assert read(codec(found, name), data) == values


def test_the_job_of_a_class_is_given_values(run_job: RunJob, run_program: RunJob) -> None:
    for run in (run_job, run_program):
        outcome = run(Add, [1, Sent(2, 0x20)], ["abc", "d"], codec=["bytes:4", "stream", "bytes:4"])
        assert outcome.values() == [4, 3]
        assert [head.number for head in outcome.heads[0]] == [0, 0x20]


def test_a_size_comes_from_the_class_or_the_file() -> None:
    assert wire(codec(BytesPipe, "bytes", block_size=3), b"abc") == b"abc"
    assert codec(IntPipe, "bytes", block_size=4).block_size == 4
    with pytest.raises(UsageError, match="block_size is 8 in the network file, and BLOCK_SIZE of IntPipe is 4"):
        codec(IntPipe, "bytes", block_size=8)
    with pytest.raises(UsageError, match="BytesPipe needs a block_size in the network file"):
        codec(BytesPipe)


def test_a_missing_block_has_a_value() -> None:
    assert codec(IntPipe).dummy() == 0
    assert codec(JSONPipe).dummy() is None


def test_what_cannot_be_read_or_written_is_told() -> None:
    with pytest.raises(CodecError, match="a block of 3 bytes on a pipe with BLOCK_SIZE 2"):
        wire(codec(BytesPipe, "bytes", block_size=2), b"abc")
    with pytest.raises(CodecError, match="a text where bytes are wanted"):
        wire(codec(BytesPipe, "bytes", block_size=2), "ab")
    with pytest.raises(TornError, match="after 3 bytes of it"):
        read(codec(IntPipe), b"\0\0\0\0\1\0\0\0", 1)
    with pytest.raises(TornError):
        read(codec(TextPipe), b"\3ab")
    with pytest.raises(CodecError, match=r"no JSON: b'\{\]"):
        read(codec(JSONPipe), b"{]\n")
    with pytest.raises(CodecError, match="no pickle that can be read here"):
        read(codec(PicklePipe), b"zz")
    with pytest.raises(CodecError, match="more than max_block_bytes = 2"):
        wire(codec(TextPipe, max_block_bytes=2), "abc")


class Double(PythonJob):
    CODECS = {"numbers": IntPipe, "doubled": IntPipe}

    def run(self, number: int) -> int:
        return 2 * number


class ToText(PythonJob):
    CODECS = {"doubled": IntPipe}

    def run(self, number: int) -> int:
        return number


class FromText(PythonJob):
    CODECS = {"numbers": IntPipe}

    def run(self, text: str) -> int:
        return int(text)


@pytest.mark.skipif(binary() is None, reason="no pipeloom: set PIPELOOM_BIN, or run cargo build")
@pytest.mark.parametrize("codec", ['codec = "bytes"\nblock_size = 4', 'codec = "framed"'])
def test_jobs_and_their_pipes_run_in_a_network(tmp_path: Path, codec: str) -> None:
    def mine(name: str, found: type[PythonJob], pipes: str) -> str:
        return job(name, "Count", pipes, "head = true").replace(
            str(Path(__file__).with_name("sample_jobs.py")) + ":Count", f"{__file__}:{found.__name__}"
        )

    network = (
        count("text", 100)
        + mine("from-text", FromText, 'inputs = ["texts"]\noutputs = ["numbers"]')
        + mine("double", Double, 'inputs = ["numbers"]\noutputs = ["doubled"]')
        + mine("to-text", ToText, 'inputs = ["doubled"]\noutputs = ["shown"]')
        + SHOW
        + f'[pipes]\ntexts.codec = "lines"\nshown.codec = "lines"\n[pipes.numbers]\n{codec}\n[pipes.doubled]\n{codec}\n'
    )
    run = Run(tmp_path, network).ended_well()
    assert run.lines() == [str(2 * number) for number in range(1, 101)]
