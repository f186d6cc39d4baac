"""Arrays of numpy as values."""

from __future__ import annotations

from io import BufferedReader
from typing import Any, Callable, Optional

import pytest

from pipeloom import Codec, Job, PipeloomError
from pipeloom.testing import Outcome

numpy = pytest.importorskip("numpy")

Run = Callable[..., Outcome]


def test_blocks_come_as_arrays_where_the_signature_says_so(run_job: Run) -> None:
    class Double(Job):
        dtype = "<f4"

        def run(self, block: numpy.ndarray) -> Any:  # type: ignore[name-defined]
            assert block.dtype == "float32"
            return 2 * block

    block = numpy.array([1, 2.5], "<f4")
    outcome = run_job(Double, [block], codec="bytes:8")
    assert numpy.frombuffer(outcome.values()[0], "<f4").tolist() == [2, 5]


def test_the_item_type_may_stand_in_the_annotation(run_job: Run) -> None:
    from numpy.typing import NDArray

    array_of_int16 = NDArray[numpy.int16]  # type: ignore[name-defined]

    class Total(Job):
        def run(self, block: Any) -> Any:
            return [int(block.sum()), str(block.dtype)]

    for annotation in (array_of_int16, "NDArray[numpy.int16]", "npt.NDArray[np.int16]"):
        Total.run.__annotations__["block"] = annotation
        outcome = run_job(Total, [b"\x01\x00\x02\x00"], codec=["framed", "json"])
        assert outcome.values() == [[3, "int16"]]


def test_without_an_item_type_an_array_has_bytes(run_job: Run) -> None:
    class Types(Job):
        def run(self, *blocks: numpy.ndarray) -> Any:  # type: ignore[name-defined]
            return [str(block.dtype) for block in blocks]

    assert run_job(Types, [b"ab"], [b"c"], codec=["bytes:2", "framed", "json"]).values() == [["uint8", "uint8"]]


def test_each_pipe_may_have_its_own_item_type(run_job: Run) -> None:
    class Types(Job):
        dtype = {"in1": "<i4"}

        def run(self, a: Any, b: Any) -> Any:
            return [type(a).__name__, b.tolist()]

    assert run_job(Types, [b"ab"], [b"\x05\0\0\0"], codec=["framed", "framed", "json"]).values() == [["bytes", [5]]]


def test_numbers_and_arrays_are_json(run_job: Run) -> None:
    class Arrays(Job):
        def run(self, value: float) -> Any:
            return {"array": numpy.array([value, numpy.nan]), "number": numpy.float32(value)}

    assert run_job(Arrays, [1.5], codec="json").values() == [{"array": [1.5, None], "number": 1.5}]


def test_blocks_that_are_no_whole_number_of_items_are_refused(run_job: Run) -> None:
    class Doubles(Job):
        dtype = "float64"

        def run(self, block: Any) -> Any:
            return block

    with pytest.raises(PipeloomError, match="block_size 12 is no whole number of float64"):
        run_job(Doubles, [b"x" * 12], codec="bytes:12")
    with pytest.raises(PipeloomError, match="pipe in0: 9 bytes are no whole number of float64"):
        run_job(Doubles, [b"x" * 9], codec="framed")


def test_arrays_need_bytes(run_job: Run) -> None:
    class Arrays(Job):
        def run(self, block: numpy.ndarray) -> Any:  # type: ignore[name-defined]
            return 0

    with pytest.raises(PipeloomError, match="arrays need the codec bytes or framed, not json"):
        run_job(Arrays, [1], codec="json")


def test_a_codec_of_ones_own_may_give_arrays(run_job: Run) -> None:
    class Samples(Codec):
        def frame(self, stream: BufferedReader) -> Optional[bytes]:
            return stream.read(4) or None

        def decode(self, payload: bytes) -> Any:
            return numpy.frombuffer(payload, "<i2")

        def encode(self, value: Any) -> bytes:
            return bytes(value.astype("<i2").tobytes())

    class Double(Job):
        CODECS = {"in0": Samples, "out0": Samples}

        def run(self, samples: numpy.ndarray) -> Any:  # type: ignore[name-defined]
            return 2 * samples

    outcome = run_job(Double, [numpy.array([1, 2])], codec="stream", heads=False)
    assert [samples.tolist() for samples in outcome.values()] == [[2, 4]]
