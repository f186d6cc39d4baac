"""The Python kit as tests use it: kitted.py DEED --args '{"values": [VALUE, ...]}'. The deeds are those of kitted.c."""

import itertools
import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../jobs/python/src"))

from pipeloom import Job, PipeloomError  # noqa: E402


class Kitted(Job):
    """A job with numbers to go by."""

    def __init__(self, values=()):
        self.values = values


def fitting(value, pipe):
    """A text as its bytes, where the output has bytes."""
    return value.encode() if isinstance(value, str) and pipe.codec in ("bytes", "framed") else value


class Forward(Kitted):
    """Each block on, with its head. One input goes to all outputs, several go to one each."""

    def setup(self):
        if self.inputs[0].block_count > 1:
            self.run = self.run_for_several_blocks

    def run(self, *values):
        count = len(self.outputs)
        self.out_heads = self.in_heads if len(values) > 1 else self.in_heads * count
        values = values if len(values) > 1 else values * count
        return tuple(fitting(value, pipe) for value, pipe in zip(values, self.outputs))

    def run_for_several_blocks(self, *inputs):
        count = len(self.outputs)
        for blocks, heads in zip(zip(*inputs), zip(*self.in_heads)):
            self.out_heads = heads if len(inputs) > 1 else heads * count
            yield blocks if len(inputs) > 1 else blocks * count


class Sum(Kitted):
    """The sum of all numbers of a compute block; behind the last one the sum of all."""

    def setup(self):
        self.all = 0

    def run(self, *values):
        numbers = [int(number) for value in values for number in (value if isinstance(value, list) else [value])]
        self.all += sum(numbers)
        return sum(numbers)

    def at_end(self):
        return self.all


class Count(Kitted):
    """1, 2, 3 to a number, or for ever; on all outputs."""

    def run(self):
        for number in itertools.count(1):
            if [number] == self.values:
                self.finish()
            yield tuple(fitting(str(number), pipe) for pipe in self.outputs)


class Burst(Kitted):
    """So many blocks of that size, on the first output and then on the second."""

    def run(self):
        blocks, size = self.values
        for number in range(1, blocks + 1):
            if number == blocks:
                self.finish()
            yield b"x" * size


class Report(Kitted):
    """Says all that can be said."""

    def setup(self):
        self.blocks = 0

    def run(self, value):
        self.blocks += 1

    def at_end(self):
        self.progress(0.5, 'half "way"')
        self.status({"at": [1, 2]})
        self.metrics(blocks=self.blocks)
        self.result({"blocks": self.blocks})


class Stuck(Kitted):
    """One block, and then it waits for what never comes."""

    def run(self):
        yield "1"
        while True:
            signal.pause()


class Dwell(Kitted):
    """Each block on, after work of two milliseconds; from the one that is called "stop" it does not come back."""

    def run(self, value):
        until = time.monotonic() + 0.002
        if value == "stop":
            signal.pause()
        while time.monotonic() < until:
            pass
        return value


class Fail(Kitted):
    """Fails in the second compute block."""

    def setup(self):
        self.number = 0

    def run(self, value):
        self.number += 1
        if self.number == 2:
            raise PipeloomError("the second block is not liked")
        return value


class Die(Kitted):
    """Each block on, but its first two lives are killed in this compute block."""

    def setup(self):
        self.number = 0

    def run(self, value):
        self.number += 1
        if [self.number] == self.values and int(os.environ["PIPELOOM_INCARNATION"]) < 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return value


class Commit(Kitted):
    """Says by itself what is done, after so many compute blocks each. Of the last few it says nothing."""

    ACKNOWLEDGES = True

    def setup(self):
        self.number = 0

    def run(self, value):
        self.number += 1
        if self.number % self.values[0] == 0:
            self.acknowledge()


def pattern(number, size):
    """A block of a pattern: its number, and then nothing but its lowest byte."""
    return number.to_bytes(8, "little") + bytes([number % 256]) * (size - 8)


class Pattern(Kitted):
    """So many blocks of up to that size each, the longest one first. With a third value it is killed before that block."""

    def run(self):
        blocks, most, *killed = self.values
        for number in itertools.count(1):
            if number == blocks:
                self.finish()
            if [number] == killed:
                os.kill(os.getpid(), signal.SIGKILL)
            yield pattern(number, most if number == 1 else 8 + number * 1000003 % (most - 7))


class Verify(Kitted):
    """Sees that blocks are those of a pattern, also after it has kept each for so many others. With a second value it is
    killed at that block."""

    def setup(self):
        self.blocks = 0
        self.kept = []

    def run(self, block: memoryview):
        self.blocks += 1
        if [self.blocks] == self.values[1:]:
            os.kill(os.getpid(), signal.SIGKILL)
        self.check(self.blocks, block)
        self.kept.append((self.blocks, block))
        if len(self.kept) > self.values[0]:
            self.check(*self.kept.pop(0))

    def check(self, number, block):
        if bytes(block) != pattern(number, len(block)):
            raise PipeloomError(f"block {number} is not what was sent")

    def at_end(self):
        for number, block in self.kept:
            self.check(number, block)
        self.result({"blocks": self.blocks, "shared": '"ring"' in os.environ["PIPELOOM_PIPES"]})


if __name__ == "__main__":
    DEEDS = [Forward, Sum, Count, Burst, Report, Stuck, Dwell, Fail, Die, Commit, Pattern, Verify]
    deed = next(deed for deed in DEEDS if deed.__name__.lower() == sys.argv[1])
    deed.main(sys.argv[2:])
