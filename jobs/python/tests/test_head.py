"""Heads: the same operations as in Rust."""

from __future__ import annotations

import random

import pytest

from pipeloom import CORRUPTED, FINISHED, RESET, Head

NUMBER = 0x123456A5


def heads() -> list[Head]:
    return [Head(NUMBER, size) for size in range(1, 5)]


def test_bit_zero_is_the_most_significant_on_the_wire() -> None:
    head = Head()
    head[FINISHED] = True
    assert head.to_wire() == b"\x20"
    assert head.finished
    assert not head.reset
    assert str(head) == "HEAD: 00100000"


def test_a_head_of_any_size_survives_the_wire() -> None:
    for head in heads():
        assert Head.from_wire(head.to_wire()) == head
        assert head.to_wire() == (NUMBER & (1 << 8 * head.size) - 1).to_bytes(head.size, "big")


@pytest.mark.parametrize("size", [0, 5, -1])
def test_a_head_has_one_to_four_bytes(size: int) -> None:
    with pytest.raises(ValueError, match="1 to 4 bytes"):
        Head(0, size)


def test_operators_are_those_of_numbers() -> None:
    seed = random.randrange(1 << 32)
    numbers = random.Random(seed)
    for head in heads():
        limit = 1 << 8 * head.size
        for _ in range(50):
            other = numbers.randrange(limit)
            for right in (other, Head(other, head.size)):
                assert (head & right).number == head.number & other, f"seed {seed}"
                assert (head | right).number == head.number | other, f"seed {seed}"
                assert (head ^ right).number == head.number ^ other, f"seed {seed}"
        assert (~head).number == ~head.number % limit


def test_the_left_side_gives_the_size() -> None:
    short, long = Head(0x81, 1), Head(0xFFFF, 2)
    assert (short | long).size == 1
    assert (long & short).number == 0x81
    assert (0x08 | short) == Head(0x89, 1)


def test_what_is_shifted_out_is_lost() -> None:
    for head in heads():
        bits = list(head)
        for places in (0, 1, 7, len(head), 99):
            gone = [False] * min(places, len(head))
            assert list(head << places) == bits[places:] + gone
            assert list(head >> places) == gone + bits[: len(bits) - len(gone)]


def test_in_place_it_is_the_same() -> None:
    head = Head(0x0F)
    head |= 0x80
    head &= 0x8C
    head ^= Head(0x04)
    head >>= 1
    assert head == 0x44


def test_a_slice_begins_with_the_first_bit_of_its_range() -> None:
    for head in heads():
        for start in range(len(head) + 1):
            for end in range(start, len(head) + 1):
                part = head[start:end]
                assert part.size == max(1, (end - start + 7) // 8)
                assert list(part)[: end - start] == list(head)[start:end]
                assert not any(list(part)[end - start :])


def test_bits_are_read_from_both_ends_and_not_beyond() -> None:
    head = Head(0x81)
    assert head[0]
    assert head[-1]
    assert not head[1]
    for beyond in (8, -9):
        with pytest.raises(IndexError, match="of a head of 8 bits"):
            head[beyond]
        with pytest.raises(IndexError):
            head[beyond] = True


def test_marks_have_names() -> None:
    head = Head(0, 2)
    for bit in (CORRUPTED, RESET, FINISHED):
        head[bit] = True
    assert head.corrupted
    assert head.reset
    assert head.finished
    assert head == 0xE000


def test_a_head_of_another_size_keeps_its_first_bits() -> None:
    head = Head(0x4040, 2)
    assert head.resized(1) == Head(0x40, 1)
    assert head.resized(1).resized(2) == Head(0x4000, 2)


def test_only_a_head_without_bits_is_false() -> None:
    assert not Head()
    assert Head(1)
