"""Jobs of pipes with nobody in between."""

import os
import signal

from pipeloom import Job
from pipeloom.codec import Codec, exactly


class Count(Job):
    def run(self):
        for number in range(1, 101):
            if number == 100:
                self.finish()
            yield number


class Ends(Job):
    """A source that does not say which block is its last one."""

    def run(self):
        yield from range(1, 4)


class Silent(Job):
    def run(self):
        return None


class Forward(Job):
    """Marks blocks with a bit of its own."""

    def run(self, value):
        self.head[7] = int(value) % 7 == 0
        return value


class Plain(Job):
    def run(self, value):
        return value


class Reset(Job):
    """Sets a bit that is not its to set."""

    def run(self, value):
        self.head[1] = int(value) % 11 == 0
        return value


class Twice(Job):
    def run(self, value):
        yield value
        yield value


class CutOff(Job):
    """Writes two blocks and half of a third one, and is killed."""

    BUFFERED = False

    def run(self):
        yield b"one,"
        yield b"two,"
        fd = os.open(self.outputs[0].path, os.O_WRONLY)
        os.write(fd, b"\0th")
        os.kill(os.getpid(), signal.SIGKILL)


class Counted(Codec):
    """A length in two bytes, and so many bytes."""

    def frame(self, stream):
        size = stream.read(2)
        return exactly(stream, int.from_bytes(size, "big")) if size else None

    def encode(self, value):
        return value


class Misreads(Job):
    """Takes lines for something else."""

    CODECS = {"a": Counted}

    def run(self, value):
        return value


class Killed(Job):
    """A sink that is killed at its tenth block."""

    def run(self, value):
        if int(value) == 10:
            os.kill(os.getpid(), signal.SIGKILL)


class Keep(Job):
    """Writes down what it is given: heads, and values."""

    def setup(self, *args, **kwargs):
        super().setup(*args, **kwargs)
        self.file = open("kept", "w")
        if all(pipe.between_kits for pipe in self.inputs):
            open("direct", "w").close()

    def run(self, *values):
        heads = [heads if isinstance(heads, list) else [heads] for heads in self.in_heads]
        print([[head.number for head in some] for some in heads], values, file=self.file)

    def teardown(self):
        self.file.close()
