#!/usr/bin/env python3
"""Reads a 16-bit WAV file and writes it in frames of float samples, each behind a head byte.

A frame is FRAME little-endian 32-bit floats in [-1, 1). Several channels are averaged into
one, and the last frame is filled up with zeros and carries the finished bit.
"""

import argparse
import signal
import struct
import sys
import wave

FINISHED = 0x20


def frames(recording, size):
    """The samples of `recording` in lists of `size`, the last one filled up with zeros."""
    channels = recording.getnchannels()
    while True:
        data = recording.readframes(size)
        if not data:
            return
        values = struct.unpack(f"<{len(data) // 2}h", data)
        samples = [
            sum(values[at : at + channels]) / channels / 32768
            for at in range(0, len(values), channels)
        ]
        yield samples + [0.0] * (size - len(samples))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("input", help="a WAV file of 16-bit samples")
    parser.add_argument("--frame", type=int, default=256, help="samples in each frame")
    parser.add_argument("--rate", type=int, help="refuse a file with another sample rate (Hz)")
    parser.add_argument("-o", dest="output", required=True, help="where the frames go")
    args = parser.parse_args()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # without a reader, end quietly as cat does

    with wave.open(args.input, "rb") as recording, open(args.output, "wb") as output:
        if recording.getsampwidth() != 2:
            sys.exit(f"{args.input}: samples have {8 * recording.getsampwidth()} bits, not 16")
        if args.rate not in (None, recording.getframerate()):
            sys.exit(f"{args.input}: {recording.getframerate()} Hz, expected {args.rate} Hz")

        # One frame is held back, because only the end of the file tells which one is the last.
        held = None
        for frame in frames(recording, args.frame):
            if held is not None:
                output.write(b"\0" + held)
                output.flush()
            held = struct.pack(f"<{args.frame}f", *frame)
        if held is not None:
            output.write(bytes([FINISHED]) + held)


if __name__ == "__main__":
    main()
