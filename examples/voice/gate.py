#!/usr/bin/env python3
"""A voice-activity gate: passes spectra on and sets a bit in the head of those that hold speech.

The gate opens when the level rises above OPEN, and closes when it has been below CLOSE for HOLD
spectra, so that the short gaps inside a word do not cut it in two.
"""

import argparse
import math
import signal
import struct
import sys

FINISHED = 0x20
VOICE = 0x10  # the first of the bits that are free for use
HANN_BANDWIDTH = 1.5  # how many bins a Hann window spreads a signal over


class Gate:
    def __init__(self, open_db, close_db, hold):
        self.open_db, self.close_db, self.hold = open_db, close_db, hold
        self.left = 0  # spectra until the gate closes; 0 while it is closed

    def hears_voice(self, level_db):
        threshold = self.close_db if self.left else self.open_db
        if level_db >= threshold:
            self.left = self.hold
        elif self.left:
            self.left -= 1
        return self.left > 0


def level_db(magnitudes):
    """The level of the signal behind a spectrum, in dB relative to full scale.

    Each magnitude is the amplitude of a sine, whose mean square is half its square; the first and the
    last one have no mirror image and count twice (Parseval's theorem).
    """
    squares = sum(m * m for m in magnitudes) + magnitudes[0] ** 2 + magnitudes[-1] ** 2
    return 10 * math.log10(squares / 2 / HANN_BANDWIDTH + 1e-12)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=512, help="samples behind each spectrum")
    parser.add_argument("--open", type=float, default=-36, help="level that opens the gate (dB)")
    parser.add_argument("--close", type=float, default=-42, help="level that keeps it open (dB)")
    parser.add_argument("--hold", type=int, default=10, help="spectra that it stays open for")
    parser.add_argument("-i", dest="input", required=True, help="heads and spectra come from here")
    parser.add_argument("-o", dest="output", required=True, help="and go there")
    args = parser.parse_args()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # without a reader, end quietly as cat does

    gate = Gate(args.open, args.close, args.hold)
    spectrum = struct.Struct(f"<{args.size // 2 + 1}f")
    with open(args.input, "rb") as source, open(args.output, "wb") as output:
        while True:
            block = source.read(1 + spectrum.size)  # waits until all of it has come
            if not block:
                break
            if len(block) != 1 + spectrum.size:
                sys.exit(f"the input ended inside a block, after {len(block)} bytes")
            head, magnitudes = block[0], spectrum.unpack_from(block, 1)
            if gate.hears_voice(level_db(magnitudes)):
                head |= VOICE
            output.write(bytes([head]) + block[1:])
            output.flush()
            if head & FINISHED:
                break


if __name__ == "__main__":
    main()
