"""What ``run`` may return, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Callable

import pytest

from pipeloom import Head, Job, PipeloomError
from pipeloom.testing import Outcome, Sent

Run = Callable[..., Outcome]


class Sum(Job):
    def run(self, a: Any, b: Any) -> Any:
        return a + b


class Total(Job):
    def run(self, *values: Any) -> Any:
        return sum(values)


def test_values_go_in_and_out(run_job: Run) -> None:
    assert run_job(Sum, [1, 2], [10, 20]).values() == [11, 22]
    assert run_job(Total, [1], [2], [3]).values() == [6]


def test_the_shortest_input_decides(run_job: Run) -> None:
    assert run_job(Sum, [1, 2, 3], [10]).values() == [11]


def test_one_value_goes_to_all_outputs_and_a_tuple_has_one_for_each(run_job: Run) -> None:
    class Both(Job):
        def run(self, value: int) -> Any:
            return value if value < 2 else (value, -value)

    assert run_job(Both, [1, 2], outputs=2).outputs == [[1, 2], [1, -2]]


def test_a_tuple_is_sent_in_a_tuple(run_job: Run) -> None:
    class Pair(Job):
        def run(self, value: int) -> Any:
            return ((value, value),) * len(self.outputs)

    assert run_job(Pair, [1], outputs=2).outputs == [[(1, 1)], [(1, 1)]]


def test_a_wrong_number_of_values_names_the_outputs(run_job: Run) -> None:
    class Three(Job):
        def run(self, value: int) -> Any:
            return value, value, value

    with pytest.raises(PipeloomError, match=r"a tuple of 3 values for 2 outputs \(out0, out1\)"):
        run_job(Three, [1], outputs=2)


def test_none_ends_a_job_with_outputs_without_finishing(run_job: Run) -> None:
    class UpToTwo(Job):
        def run(self, value: int) -> Any:
            return value if value <= 2 else None

    outcome = run_job(UpToTwo, [1, 2, 3, 1])
    assert outcome.values() == [1, 2]
    assert not outcome.finished


def test_a_sink_goes_on_whatever_it_returns(run_job: Run) -> None:
    seen = []

    class Sink(Job):
        def run(self, value: int) -> Any:
            seen.append(value)
            return len(seen) if value > 1 else None

    run_job(Sink, [1, 2, 3], outputs=0)
    assert seen == [1, 2, 3]


def test_false_values_are_values(run_job: Run) -> None:
    class Same(Job):
        def run(self, value: Any) -> Any:
            return value

    assert run_job(Same, [0, "", False, [], 0.0]).values() == [0, "", False, [], 0.0]


def test_a_source_is_called_until_it_finishes(run_job: Run) -> None:
    class Count(Job):
        def setup(self) -> None:
            self.counter = 0

        def run(self) -> int:
            self.counter += 1
            if self.counter == 3:
                self.finish()
            return self.counter

    outcome = run_job(Count)
    assert outcome.values() == [1, 2, 3]
    assert outcome.finished


def test_a_generator_is_a_source(run_job: Run) -> None:
    class Count(Job):
        def run(self) -> Iterator[Any]:
            for number in range(1, 4):
                if number == 3:
                    self.finish()
                yield number, 4 - number

    outcome = run_job(Count, outputs=2)
    assert outcome.outputs == [[1, 2, 3], [3, 2, 1]]
    assert [[head.number for head in heads] for heads in outcome.heads] == [[0x40, 0, 0x20]] * 2


def test_a_generator_that_just_ends_does_not_finish(run_job: Run) -> None:
    class Count(Job):
        def run(self) -> Iterator[int]:
            yield from range(3)

    outcome = run_job(Count)
    assert outcome.values() == [0, 1, 2]
    assert not outcome.finished


def test_what_a_generator_holds_is_cleaned_up_after_finish(run_job: Run) -> None:
    cleaned = []

    class Open(Job):
        def run(self) -> Iterator[int]:
            try:
                self.finish()
                yield 1
                yield 2
            finally:
                cleaned.append(True)

    assert run_job(Open).values() == [1]
    assert cleaned == [True]


def test_a_generator_with_inputs_sends_any_number_of_blocks(run_job: Run) -> None:
    class Repeat(Job):
        def run(self, value: int) -> Iterator[int]:
            for _ in range(value):
                yield value

    outcome = run_job(Repeat, [Sent(2, 0x40), 0, 1, Sent(3, 0x20), 9])
    assert outcome.values() == [2, 2, 1, 3, 3, 3]
    assert [head.number for head in outcome.heads[0]] == [0x40, 0, 0, 0, 0, 0x20]


def test_what_a_generator_yields_last_may_be_changed_afterwards(run_job: Run) -> None:
    class Reuse(Job):
        def run(self, value: bytes) -> Iterator[bytearray]:
            memory = bytearray(value)
            yield memory
            memory[0] += 1
            yield memory
            memory[0] += 1

    assert run_job(Reuse, [Sent(b"a", 0x20)], codec="framed").values() == [b"a", b"b"]


def test_what_a_job_sends_at_its_end_is_its_last_block(run_job: Run) -> None:
    class Total(Job):
        total = 0

        def run(self, value: int) -> int:
            self.total += value
            return value

        def at_end(self) -> int:
            return self.total

    outcome = run_job(Total, [Sent(1, 0x40), Sent(2, 0x20), 9])
    assert outcome.values() == [1, 2, 3]
    assert [head.number for head in outcome.heads[0]] == [0x40, 0, 0x20]
    outcome = run_job(Total, [1, 2])
    assert outcome.values() == [1, 2, 3]
    assert not outcome.finished, "nothing has said that the stream was whole"


def test_a_job_may_send_several_blocks_or_none_at_its_end(run_job: Run) -> None:
    class Sorted(Job):
        def setup(self) -> None:
            self.kept: list[int] = []

        def run(self, value: int) -> Iterator[int]:
            self.kept.append(value)
            yield from ()

        def at_end(self) -> Iterator[int]:
            yield from sorted(self.kept)

    outcome = run_job(Sorted, [Sent(3, 0x40), 1, Sent(2, 0x20)])
    assert outcome.values() == [1, 2, 3]
    assert [head.number for head in outcome.heads[0]] == [0x40, 0, 0x20]

    class Silent(Job):
        def run(self, value: int) -> int:
            return value

        def at_end(self) -> None:
            self.result("done")

    outcome = run_job(Silent, [1, Sent(2, 0x20)])
    assert outcome.values() == [1, 2]
    assert outcome.finished
    assert outcome.result == "done"


def test_what_is_sent_at_the_end_begins_the_stream_where_nothing_was_sent_before(run_job: Run) -> None:
    class AtEnd(Job):
        def at_end(self) -> Iterator[str]:
            yield from ["one", "two"]

    class Plain(AtEnd):
        def run(self, value: int) -> Any:
            return value or None

    class Generator(AtEnd):
        def run(self, value: int) -> Iterator[int]:
            yield from [value] if value else []

    for job in (Plain, Generator):
        for given, heads in [([], [0x40, 0]), ([Sent(0, 0x40)], [0x40, 0]), ([Sent(5, 0x40)], [0x40, 0, 0])]:
            outcome = run_job(job, given)
            assert outcome.values()[-2:] == ["one", "two"]
            assert [head.number for head in outcome.heads[0]] == heads, (job, given)


def test_several_blocks_of_an_input_come_as_a_list(run_job: Run) -> None:
    class Look(Job):
        def run(self, one: int, some: list[int]) -> Any:
            return [one, some, [str(head) for head in self.in_heads[1]], str(self.head)]

    outcome = run_job(Look, [1, 2, 3], [10, Sent(20, 8), 30, 40, 50], block_count=[1, 2])
    assert outcome.values() == [
        [1, [10, 20], ["HEAD: 00000000", "HEAD: 00001000"], "HEAD: 00001000"],
        [2, [30, 40], ["HEAD: 00000000", "HEAD: 00000000"], "HEAD: 00000000"],
    ]


def test_setup_and_teardown_are_called_once(run_job: Run) -> None:
    calls = []

    class Careful(Job):
        def setup(self) -> None:
            calls.append("setup")

        def run(self, value: int) -> None:
            calls.append("run")

        def teardown(self) -> None:
            calls.append("teardown")

    run_job(Careful, [1, 2], outputs=0)
    assert calls == ["setup", "run", "run", "teardown"]


def test_a_job_keeps_attributes_that_have_names_of_ours(run_job: Run) -> None:
    class Own(Job):
        status = "mine"  # type: ignore[assignment]

        def __init__(self) -> None:
            self.result = [1]  # type: ignore[method-assign,assignment]

        @property
        def name(self) -> str:  # type: ignore[override]
            return "own name"

        def run(self, value: int) -> Any:
            return [self.status, self.result, self.name]

    assert run_job(Own, [0]).values() == [["mine", [1], "own name"]]


def test_what_a_job_raises_is_raised(run_job: Run) -> None:
    class Fails(Job):
        def run(self, value: int) -> Any:
            raise KeyError("here")

    with pytest.raises(KeyError, match="here"):
        run_job(Fails, [1])


def test_a_job_can_be_called_like_any_other_object() -> None:
    job = Sum()
    assert job.run(1, 2) == 3
    assert job.head == Head()
    assert job.in_heads == []


def test_the_number_of_inputs_is_checked_before_anything_runs(run_job: Run) -> None:
    with pytest.raises(PipeloomError, match=r"Sum\.run takes 2 inputs, and is given 3"):
        run_job(Sum, [1], [2], [3])

    class AtLeastTwo(Job):
        def run(self, a: int, b: int, *more: int) -> Any:
            return a

    with pytest.raises(PipeloomError, match="takes 2 or more inputs, and is given 1"):
        run_job(AtLeastTwo, [1])


def test_args_are_checked_by_name(run_job: Run) -> None:
    class Gain(Job):
        def __init__(self, gain: float, offset: float = 0.0) -> None:
            self.gain, self.offset = gain, offset

        def run(self, value: float) -> float:
            return self.gain * value + self.offset

    assert run_job(Gain, [1, 2], args={"gain": 2}).values() == [2, 4]
    with pytest.raises(PipeloomError, match="args lacks gain"):
        run_job(Gain, [1])
    with pytest.raises(PipeloomError, match="args has gian, but Gain takes gain, offset"):
        run_job(Gain, [1], args={"gain": 1, "gian": 2})
    with pytest.raises(PipeloomError, match="Sum takes no args, and is given gain"):
        run_job(Sum, [1], [1], args={"gain": 1})


def test_a_job_tells_of_itself(run_job: Run) -> None:
    class Telling(Job):
        def run(self, value: float) -> Any:
            self.progress(value, "half")
            self.metrics({"snr": 3}, level=1)
            self.result({"value": value})
            return value

    outcome = run_job(Telling, [0.5, 7])
    assert outcome.reports[:2] == [{"progress": 0.5, "message": "half"}, {"metrics": {"snr": 3.0, "level": 1.0}}]
    assert outcome.reports[3] == {"progress": 1.0, "message": "half"}
    assert outcome.result == {"value": 7}


def test_a_class_without_run_is_no_job(run_job: Run) -> None:
    class Empty(Job):
        pass

    with pytest.raises(PipeloomError, match="Empty has no method run"):
        run_job(Empty, [1])
