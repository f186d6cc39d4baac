"""Sinks with a kit that keep account as the villain `record` does: see tests/villains/record.rs and shape.rs."""

import os

from pipeloom import Job

MASK = (1 << 64) - 1


def payload(number, length):
    """Every byte of a block follows from its number."""
    chance, words = number, [number]
    # One number of chance chooses the length, of which these blocks have only one.
    for place in range((length + 7) // 8):
        chance = chance + 0x9E3779B97F4A7C15 & MASK
        mixed = (chance ^ chance >> 30) * 0xBF58476D1CE4E5B9 & MASK
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & MASK
        if place:
            words.append(mixed ^ mixed >> 31)
    return b"".join(word.to_bytes(8, "little") for word in words)[:length]


class Keep(Job):
    """Each block stands in the account when its step returns; the kit says what is done."""

    def __init__(self, **_):
        self.account = os.open("sink.seen.0", os.O_RDWR | os.O_APPEND | os.O_CREAT)
        # Who is killed while it writes over the end of a page of the file may have written a part.
        written = os.pread(self.account, os.fstat(self.account).st_size, 0)
        os.ftruncate(self.account, written.rfind(b"\n") + 1)
        self.write(["begin"])

    def run(self, block):
        self.write([self.line(block)])

    def at_end(self):
        self.write(["end"])

    def line(self, block):
        number = int.from_bytes(block[:8], "little")
        return str(number) if bytes(block) == payload(number, len(block)) else f"garbage {len(block)}"

    def write(self, lines):
        os.write(self.account, "".join(f"{line}\n" for line in lines).encode())


class Commit(Keep):
    """Some blocks at once come into the account, and only then it says that they are done."""

    ACKNOWLEDGES = True

    def __init__(self, together, **_):
        super().__init__()
        self.together, self.held = together, []

    def run(self, block):
        self.held.append(self.line(block))
        if len(self.held) == self.together:
            self.commit()

    def at_end(self):
        self.commit()
        super().at_end()

    def commit(self):
        self.write(self.held)
        self.held.clear()
        self.acknowledge()
