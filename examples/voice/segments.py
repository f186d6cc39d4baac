#!/usr/bin/env python3
"""Writes where speech starts and ends (s, CSV), from the voice bit in the heads of its input."""

import argparse
import csv
import sys

FINISHED = 0x20
VOICE = 0x10


def heads(source, block_size):
    """The heads of all blocks; the payloads are of no interest here."""
    while True:
        block = source.read(1 + block_size)  # waits until all of it has come
        if not block:
            return
        if len(block) != 1 + block_size:
            sys.exit(f"the input ended inside a block, after {len(block)} bytes")
        yield block[0]
        if block[0] & FINISHED:
            return


def segments(heads):
    """(first, past the last) block of each stretch with the voice bit."""
    first, number = None, 0
    for head in heads:
        if head & VOICE and first is None:
            first = number
        elif not head & VOICE and first is not None:
            yield first, number
            first = None
        number += 1
    if first is not None:
        yield first, number


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--block-size", type=int, required=True, help="bytes in a payload")
    parser.add_argument("--hop", type=int, default=256, help="samples from block to block")
    parser.add_argument("--rate", type=int, default=16000, help="samples in a second")
    parser.add_argument("--out", required=True, help="the CSV file to write")
    parser.add_argument("-i", dest="input", required=True, help="heads and payloads come from here")
    args = parser.parse_args()

    with open(args.input, "rb") as source, open(args.out, "w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["start_s", "end_s"])
        for span in segments(heads(source, args.block_size)):
            table.writerow([f"{block * args.hop / args.rate:.3f}" for block in span])
            file.flush()


if __name__ == "__main__":
    main()
