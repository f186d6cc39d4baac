"""What a job sees of its heads, and which heads go out."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from pipeloom import FINISHED, Head, Job, PipeloomError
from pipeloom.testing import Outcome, Sent

Run = Callable[..., Outcome]


def numbers(outcome: Outcome, output: int = 0) -> list[int]:
    return [head.number for head in outcome.heads[output]]


class Add(Job):
    def run(self, a: int, b: int) -> int:
        return a + b


def test_the_reduced_head_is_all_heads_joined_by_or(run_job: Run) -> None:
    assert numbers(run_job(Add, [Sent(1, 0x08), 2], [Sent(1, 0x41), 2])) == [0x49, 0]


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_heads_of_all_sizes_go_through(run_job: Run, size: int) -> None:
    all_bits = (1 << 8 * size) - 1
    for codec in ("json", "lines", "nul", "bytes:3", "framed", "pickle"):
        value: Any = b"abc" if codec in ("bytes:3", "framed") else "abc"
        head = Head(0x05050505 & all_bits, size)
        head[FINISHED] = False

        class Forward(Job):
            def run(self, value: Any) -> Any:
                return value

        outcome = run_job(Forward, [Sent(value, head), value], codec=codec, head_size=size)
        assert outcome.values() == [value, value]
        assert outcome.heads[0] == [head, Head(0, size)]


def test_a_head_that_looks_like_a_line_break_is_a_head(run_job: Run) -> None:
    class Forward(Job):
        def run(self, value: Any) -> Any:
            return value

    outcome = run_job(Forward, [Sent("a", 0x0A), Sent("", 0x0A), "b"], codec="lines")
    assert outcome.values() == ["a", "", "b"]
    assert numbers(outcome) == [0x0A, 0x0A, 0]


def test_the_block_that_finishes_is_handled_and_is_the_last(run_job: Run) -> None:
    outcome = run_job(Add, [1, Sent(2, 0x20), 3], [1, 1, 1])
    assert outcome.values() == [2, 3]
    assert outcome.finished


def test_a_finished_stream_ends_finished_whatever_the_heads_are_set_to(run_job: Run) -> None:
    class Reckless(Job):
        def run(self, value: int) -> int:
            self.head = Head(0x01)
            self.out_heads[0] = 0x02
            return value

    assert numbers(run_job(Reckless, [Sent(1, 0x20)], outputs=2), 0) == [0x22]
    assert numbers(run_job(Reckless, [Sent(1, 0x20)], outputs=2), 1) == [0x21]


def test_finish_ends_a_connector(run_job: Run) -> None:
    class Once(Job):
        def run(self, value: int) -> int:
            self.finish()
            return value

    outcome = run_job(Once, [1, 2])
    assert outcome.values() == [1]
    assert outcome.finished


def test_heads_are_set_for_one_call(run_job: Run) -> None:
    class Mark(Job):
        def run(self, value: int) -> int:
            assert self.out_heads == [None, None]
            if value == 1:
                self.head[4] = True
                self.out_heads[1] = Head(0x01)
            return value

    outcome = run_job(Mark, [1, 2], outputs=2)
    assert numbers(outcome, 0) == [0x08, 0]
    assert numbers(outcome, 1) == [0x01, 0]


def test_a_job_reduces_heads_in_its_own_way(run_job: Run) -> None:
    class Common(Job):
        def head_reduce(self) -> Head:
            left, right = self.in_heads
            both: Head = left & right
            return both

        def run(self, a: int, b: int) -> int:
            return self.head.number

    outcome = run_job(Common, [Sent(0, 0x0C)], [Sent(0, 0x06)])
    assert outcome.values() == [0x04]
    assert numbers(outcome) == [0x04]


def test_a_head_of_another_size_is_fitted(run_job: Run) -> None:
    class Wide(Job):
        def run(self, value: int) -> int:
            self.head = Head(0x1001, 2)
            return value

    assert numbers(run_job(Wide, [1])) == [0x10]


def test_a_wrong_number_of_heads_is_named(run_job: Run) -> None:
    class Wrong(Job):
        def run(self, value: int) -> int:
            self.out_heads = [None, None]
            return value

    with pytest.raises(PipeloomError, match="out_heads has 2 heads for 1 outputs"):
        run_job(Wrong, [1])


def test_heads_are_there_where_none_stand_on_the_wire(run_job: Run) -> None:
    class Look(Job):
        def run(self, value: int) -> Any:
            self.head[3] = True
            return [value, str(self.head), len(self.in_heads)]

    assert run_job(Look, [1], heads=False).values() == [[1, "HEAD: 00010000", 1]]
