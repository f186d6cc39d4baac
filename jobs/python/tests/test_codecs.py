"""How values stand on the wire."""

from __future__ import annotations

import os
import random
import struct
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import Any, Callable, Optional

import pytest

from pipeloom import Codec, CodecError, Job, PipeloomError
from pipeloom.codec import codec_for, encoder
from pipeloom.codec.base import exactly
from pipeloom.codec.enclosed import Enclosed
from pipeloom.errors import TornError, UsageError
from pipeloom.pipes import Pipe
from pipeloom.testing import Outcome, Sent

Run = Callable[..., Outcome]


class Forward(Job):
    def run(self, value: Any) -> Any:
        return value


def codec(name: str, block_size: Optional[int] = None) -> Codec:
    return codec_for(Pipe("pipe", name, block_size), {})


def wire(name: str, value: Any, block_size: Optional[int] = None) -> bytes:
    encoded = codec(name, block_size).encode(value)
    return b"".join(encoded) if isinstance(encoded, tuple) else bytes(encoded)


def read(name: str, data: bytes, head_size: int = 0, block_size: Optional[int] = None) -> list[tuple[int, Any]]:
    one = codec(name, block_size)
    stream: BufferedReader = BufferedReader(BytesIO(data))
    return [(number, one.decode(payload)) for number, payload in one.blocks(stream, head_size)]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("json", {"a": [1, 2.5, None, True, "ä"]}, '{"a":[1,2.5,null,true,"ä"]}\n'.encode()),
        ("json", "two\nlines", b'"two\\nlines"\n'),
        ("json", [float("nan"), {"b": float("inf")}], b'[null,{"b":null}]\n'),
        ("json", (1, 2), b"[1,2]\n"),
        ("lines", "some text", b"some text\n"),
        ("lines", 3, b"3\n"),
        ("lines", True, b"true\n"),
        ("lines", "", b"\n"),
        ("nul", "two\nlines", b"two\nlines\0"),
        ("framed", b"abc", b"\x03\x00\x00\x00abc"),
        ("framed", b"", b"\x00\x00\x00\x00"),
        ("framed", memoryview(b"abc"), b"\x03\x00\x00\x00abc"),
        ("stream", bytearray(b"abc"), b"abc"),
    ],
)
def test_a_value_has_its_bytes(name: str, value: Any, expected: bytes) -> None:
    assert wire(name, value) == expected


def test_a_pickle_rides_in_a_frame() -> None:
    data = wire("pickle", {1, 2})
    assert struct.unpack_from("<I", data)[0] == len(data) - 4
    assert read("pickle", data) == [(0, {1, 2})]


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("json", {1, 2}, "a set is no JSON"),
        ("json", b"bytes", "a bytes is no JSON"),
        ("lines", "a\nb", "a line break inside a block: 'a"),
        ("lines", [1], "a list is no text: use the codec json"),
        ("lines", None, "a NoneType is no text"),
        ("framed", "text", "use text.encode"),
        ("framed", 5, "int where bytes"),
        ("stream", None, "NoneType where bytes"),
        ("pickle", lambda: 0, "a function cannot be pickled"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(name: str, value: Any, why: str) -> None:
    with pytest.raises(CodecError, match=why):
        wire(name, value)


def test_a_block_has_the_size_of_its_pipe() -> None:
    assert wire("bytes", b"abcd", 4) == b"abcd"
    with pytest.raises(CodecError, match="a block of 3 bytes on a pipe with block_size 4"):
        wire("bytes", b"abc", 4)
    with pytest.raises(CodecError, match="needs a block_size"):
        codec("bytes")


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("json", b"{]\n", "no JSON: '{]'"),
        ("lines", b"\xff\n", "no UTF-8"),
        ("framed", b"\xff\xff\xff\xff", "a block of 4294967295 bytes"),
        ("pickle", b"\x02\x00\x00\x00zz", "no pickle that can be read here"),
    ],
)
def test_bytes_that_are_no_value_are_refused(name: str, data: bytes, why: str) -> None:
    with pytest.raises(CodecError, match=why):
        read(name, data)


@pytest.mark.parametrize("head_size", [0, 1, 2, 4])
def test_a_stream_that_ends_inside_a_block_is_torn(head_size: int) -> None:
    head = bytes(head_size)
    whole = {"bytes": head + b"abcd", "framed": head + b"\x04\x00\x00\x00abcd"}
    for name, data in whole.items():
        size = 4 if name == "bytes" else None
        assert read(name, 2 * data, head_size, size) == [(0, b"abcd")] * 2
        for cut in range(1, len(data)):
            with pytest.raises(TornError, match="the stream ended"):
                read(name, data + data[:cut], head_size, size)


def test_the_last_line_may_lack_its_line_break() -> None:
    assert read("lines", b"a\n\nb") == [(0, "a"), (0, ""), (0, "b")]
    assert read("json", b"1\n2") == [(0, 1), (0, 2)]
    with pytest.raises(TornError, match="after 1 bytes of it"):
        read("lines", b"\x00a\n\x00", 1)


@pytest.mark.parametrize("head_size", [0, 1])
def test_texts_that_a_nul_byte_ends_may_have_line_breaks_and_any_length(head_size: int) -> None:
    texts = ["a\nb", "", "x" * 150_000, "ä", "last"]
    head = bytes(head_size)
    data = b"".join(head + text.encode() + b"\0" for text in texts)
    assert read("nul", data, head_size) == [(0, text) for text in texts]
    assert read("nul", data[:-1], head_size) == [(0, text) for text in texts]
    with pytest.raises(CodecError, match="a NUL byte inside a block"):
        wire("nul", "a\0b")


def test_bincode_is_refused_with_a_remedy() -> None:
    with pytest.raises(UsageError, match=r'pipe pipe: the codec bincode is for Rust jobs only.*codec = "json"'):
        codec("bincode")


def test_an_unknown_codec_is_named() -> None:
    with pytest.raises(UsageError, match="unknown codec jsn; there are bytes, framed, json"):
        codec("jsn")


def test_random_blocks_come_out_as_they_went_in(run_job: Run) -> None:
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    for size in (1, 3, 64, 40_000, 200_000):
        blocks = [chance.randbytes(size) for _ in range(min(20_000, max(3, 300_000 // size)))]
        for head_size in (1, 2):
            sent = [Sent(block, chance.randrange(32)) for block in blocks]
            for name in (f"bytes:{size}", "framed"):
                outcome = run_job(Forward, sent, codec=name, head_size=head_size)
                assert outcome.values() == blocks, f"seed {seed}, {name}"
                assert [head.number for head in outcome.heads[0]] == [each.head for each in sent], f"seed {seed}"


def test_memory_that_the_job_uses_again_is_sent_as_it_was(run_job: Run) -> None:
    for size in (16, 100_000):

        class Reuse(Job):
            size: int

            def setup(self) -> None:
                self.memory = bytearray(self.size)

            def run(self, value: bytes) -> memoryview:
                self.memory[:] = value
                return memoryview(self.memory)

        Reuse.size = size
        blocks = [bytes([number]) * size for number in range(5)]
        for name in (f"bytes:{size}", "framed"):
            assert run_job(Reuse, blocks, codec=name).values() == blocks


@pytest.mark.parametrize("name", ["json", "lines", "nul", "framed", "pickle", f"{__file__}:Words"])
@pytest.mark.parametrize("head_size", [0, 1])
def test_a_block_that_is_longer_than_its_pipe_allows_is_refused(name: str, head_size: int) -> None:
    pipe = Pipe("pipe", name, max_block_bytes=64)
    narrow, wide = codec_for(pipe, {}), codec_for(Pipe("pipe", name), {})
    fits, too_long = ("x" * 40, "x" * 100) if name not in ("framed",) else (b"x" * 40, b"x" * 100)
    why = r"a block of \d+ bytes, more than max_block_bytes = 64; the network file may allow more"
    assert encoder(narrow)(fits) == wide.encode(fits)
    with pytest.raises(CodecError, match=why):
        encoder(narrow)(too_long)

    def blocks(value: Any) -> list[tuple[int, bytes]]:
        encoded = wide.encode(value)
        data = b"".join(encoded) if isinstance(encoded, tuple) else bytes(encoded)
        stream: BufferedReader = BufferedReader(BytesIO(2 * (bytes(head_size) + data)))
        return list(narrow.blocks(stream, head_size))

    assert [narrow.decode(payload) for _, payload in blocks(fits)] == [fits, fits]
    with pytest.raises(CodecError, match=why):
        blocks(too_long)


class Words(Codec):
    """Words with a blank behind each."""

    def frame(self, stream: BufferedReader) -> Optional[bytes]:
        word = b""
        while not word.endswith(b" "):
            byte = stream.read(1)
            if not byte:
                return word or None
            word += byte
        return word

    def decode(self, payload: bytes) -> str:
        return payload.decode().strip()

    def encode(self, value: str) -> bytes:
        return value.encode() + b" "

    def dummy(self) -> str:
        return "-"


def test_a_codec_of_ones_own(run_job: Run) -> None:
    class Louder(Job):
        CODECS = {"in0": Words, "out0": Words()}

        def run(self, word: str) -> str:
            return word.upper()

    outcome = run_job(Louder, ["one", Sent("two", 0x20)], codec="stream", heads=True)
    assert outcome.values() == ["ONE", "TWO"]


def test_a_codec_is_named_by_its_file() -> None:
    one = codec(f"{__file__}:Words")
    assert one.encode("a") == b"a "
    assert one.dummy() == "-"


def test_a_codec_that_the_file_names_counts_more_than_the_jobs_own() -> None:
    class Other(Codec):
        pass

    found = codec_for(Pipe("pipe", "stream", codec_class=f"{__file__}:Words"), {"pipe": Other})
    assert type(found).__name__ == "Words"


class Framing(Codec):
    """A codec whose ``frame`` is given by a test."""

    def __init__(self, frame: Callable[[BufferedReader], Any]) -> None:  # which need not call that of its base
        self.frame = frame  # type: ignore[method-assign,assignment]


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        (lambda stream: stream.read(2), r"Framing\.frame gave an empty block at the end; give None there"),
        (lambda stream: bytearray(stream.read(2)), r"Framing\.frame gave an empty block at the end; give None there"),
        (lambda stream: stream.read(2).decode(), r"Framing\.frame gave a str; bytes are wanted"),
    ],
)
def test_a_frame_that_never_ends_is_refused(frame: Callable[[BufferedReader], Any], why: str) -> None:
    for data in (b"", b"abcd", b"abc"):
        with pytest.raises(CodecError, match=why):
            list(Framing(frame).blocks(BufferedReader(BytesIO(data)), 0))


def test_a_frame_between_jobs_in_python_is_bytes_too() -> None:
    with pytest.raises(CodecError, match=r"Framing\.frame gave a str; bytes are wanted"):
        Enclosed(Framing(lambda stream: stream.read().decode())).decode(b"abc")


def test_an_empty_block_may_be_the_last_and_is_given_before_the_next_comes() -> None:
    def frame(stream: BufferedReader) -> Optional[bytes]:
        size = stream.read(1)
        return exactly(stream, size[0]) if size else None

    end, fd = os.pipe()
    with os.fdopen(end, "rb") as stream:
        blocks = Framing(frame).blocks(stream, 0)
        os.write(fd, b"\0")
        assert next(blocks) == (0, b"")
        os.write(fd, b"\1a\0")
        os.close(fd)
        assert list(blocks) == [(0, b"a"), (0, b"")]


def test_between_jobs_in_python_blocks_stand_behind_their_lengths() -> None:
    enclosed = codec_for(Pipe("pipe", "framed", codec_class=f"{__file__}:Words"), {})
    data = b"".join(framed for framed in map(enclosed.encode, ["one", "four"]) if isinstance(framed, bytes))
    assert data == b"\x04\0\0\0one \x05\0\0\0four "
    stream: BufferedReader = BufferedReader(BytesIO(b"\x10" + data[:8] + b"\x20" + data[8:] + b"\x80\0\0\0\0"))
    blocks = [(number, enclosed.decode(payload)) for number, payload in enclosed.blocks(stream, 1)]
    assert blocks == [(0x10, "one"), (0x20, "four"), (0x80, "-")]
    with pytest.raises(CodecError, match=r"Words\.frame does not read what its encode has written"):
        enclosed.decode(b"one two ")
    wants_more = Enclosed(Framing(lambda stream: exactly(stream, 4)))
    with pytest.raises(CodecError, match=r"Framing\.frame does not read what its encode has written"):
        wants_more.decode(b"abc")


@pytest.mark.parametrize(
    ("given", "kind"), [(None, "NoneType"), ("abc", "str"), ([b"a"], "list"), ((b"a", "b"), "str"), (3, "int")]
)
@pytest.mark.parametrize("codec_name", ["stream", "framed"])
def test_what_encode_gives_must_be_bytes(run_job: Run, given: Any, kind: str, codec_name: str) -> None:
    class Wrong(Words):
        stands_in_frames = True

        def encode(self, value: Any) -> Any:
            return given

    class Give(Job):
        CODECS = {"out0": Wrong}

        def run(self, value: Any) -> Any:
            return value

    with pytest.raises(PipeloomError, match=rf"pipe out0: Wrong\.encode gave a {kind}; bytes are wanted"):
        run_job(Give, [1], codec=["pickle", codec_name])


def test_a_block_without_a_byte_is_the_dummy_and_nothing_else() -> None:
    class Plain(Codec):
        def encode(self, value: bytes) -> bytes:
            return value

    class WithDummy(Plain):
        def dummy(self) -> bytes:
            return b""

    class Numbered(Plain):
        def dummy(self) -> bytes:
            return b"0"

    assert Enclosed(WithDummy()).encode(b"") == bytes(4)
    assert Enclosed(WithDummy()).decode(b"") == b""
    for one in (Plain(), Numbered()):
        with pytest.raises(CodecError, match=r"encode gave no byte for a bytes.* or dummy give this value"):
            Enclosed(one).encode(b"")


def test_the_codec_of_the_documents_says_where_a_stream_is_torn() -> None:
    document = Path(__file__).parents[3] / "docs" / "network-file.md"
    _, _, section = document.read_text(encoding="utf-8").partition("#### Codecs in Python")
    _, _, example = section.partition("```python")
    names: dict[str, Any] = {}
    exec(example.partition("```")[0], names)
    one: Codec = names["Pulse"]()
    values = [[1, 2, 3], [], [4]]
    encoded = [one.encode(value) for value in values]
    data = b"".join(each for each in encoded if isinstance(each, bytes))

    def read_back(data: bytes) -> list[Any]:
        return [one.decode(payload) for _, payload in one.blocks(BufferedReader(BytesIO(data)), 0)]

    assert read_back(data) == values
    for torn, size in [(data[:-1], 2), (data[:-2], 1), (data[:6], 1), (data[:4], 4)]:
        with pytest.raises(TornError, match=f"after {size} bytes of it"):
            read_back(torn)
    assert Enclosed(one).decode(b"") == one.dummy()


def test_exactly_says_how_much_came() -> None:
    with pytest.raises(TornError, match="after 6 bytes of it: its writer was cut off"):
        exactly(BufferedReader(BytesIO(b"ab")), 3, before=4)


def test_a_value_that_cannot_be_read_names_its_input(run_job: Run) -> None:
    class Wrong(Codec):
        def frame(self, stream: BufferedReader) -> Optional[bytes]:
            return stream.readline() or None

        def encode(self, value: bytes) -> bytes:
            return value

        def decode(self, payload: bytes) -> Any:
            raise CodecError("not mine")

    class Strict(Job):
        CODECS = {"in1": Wrong}

        def run(self, a: Any, b: Any) -> Any:
            return a

    with pytest.raises(PipeloomError, match="pipe in1: not mine"):
        run_job(Strict, [1], [b"x\n"], codec="json", heads=False)
    with pytest.raises(PipeloomError, match=r"pipe out0: .*a set is no JSON"):
        run_job(Forward, [{1}], codec=["pickle", "json"])
