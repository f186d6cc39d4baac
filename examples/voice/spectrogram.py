#!/usr/bin/env python3
"""Draws the spectra that it reads as a spectrogram and writes it as a PNG file."""

import argparse
import math
import struct
import sys

from canvas import TEXT_HEIGHT, Canvas, text_width

PLOT_WIDTH, PLOT_HEIGHT = 840, 448
LEFT, TOP, RIGHT, BOTTOM = 64, 36, 116, 52
RANGE_DB = 80  # from the loudest point down
SHADES = 64  # hardly told from more by the eye, and a smaller file
PAPER, INK = SHADES, SHADES + 1
ANCHORS = (  # from black by purple and orange to pale yellow, each step about as much brighter
    (0, 0, 4), (20, 14, 54), (59, 15, 112), (100, 26, 128), (140, 41, 129), (183, 55, 121),
    (222, 73, 104), (247, 112, 92), (254, 159, 109), (254, 207, 146), (252, 253, 191),
)  # fmt: skip


def palette():
    colours = []
    for shade in range(SHADES):
        at = shade / (SHADES - 1) * (len(ANCHORS) - 1)
        low, part = split(at, len(ANCHORS))
        colours.append([round(a + (b - a) * part) for a, b in zip(ANCHORS[low], ANCHORS[low + 1])])
    return [*colours, [255, 255, 255], [30, 30, 30]]


def split(at, length):
    """`at` as an index that has a successor, and the part of the way to that successor."""
    low = min(int(at), length - 2)
    return low, at - low


def read_spectra(source, bins):
    """All spectra from `source` in dB; a sine of full scale has magnitude 1, so 0 dB."""
    spectrum = struct.Struct(f"<{bins}f")
    spectra = []
    while True:
        block = source.read(spectrum.size)  # waits until all of it has come
        if not block:
            return spectra
        if len(block) != spectrum.size:
            sys.exit(f"the input ended inside a block, after {len(block)} bytes")
        spectra.append([20 * math.log10(m + 1e-9) for m in spectrum.unpack(block)])


def shade(level, top):
    return round(min(max(1 + (level - top) / RANGE_DB, 0), 1) * (SHADES - 1))


def draw_spectra(canvas, spectra, top):
    """Fills the plot, by linear interpolation in frequency and then in time."""
    bins = len(spectra[0])
    columns = [
        split(x / (PLOT_WIDTH - 1) * (len(spectra) - 1), len(spectra)) for x in range(PLOT_WIDTH)
    ]
    for y in range(PLOT_HEIGHT):
        low, part = split((1 - y / (PLOT_HEIGHT - 1)) * (bins - 1), bins)
        line = [s[low] + (s[low + 1] - s[low]) * part for s in spectra]
        pixels = [
            shade(line[left] + (line[left + 1] - line[left]) * part, top) for left, part in columns
        ]
        canvas.rows[TOP + y][LEFT : LEFT + PLOT_WIDTH] = bytes(pixels)


def draw_axes(canvas, seconds, kilohertz, top):
    bottom, right = TOP + PLOT_HEIGHT, LEFT + PLOT_WIDTH
    steps = (0.5, 1, 2, 5, 10, 30, 60, 300, 1800)
    step = next((step for step in steps if seconds / step <= 12), seconds)
    for tick in range(int(seconds / step) + 1):
        x = LEFT + round(tick * step / seconds * (PLOT_WIDTH - 1))
        label = f"{tick * step:g}"
        canvas.fill(x, bottom, 2, 8, INK)
        canvas.text(x - text_width(label) // 2 + 1, bottom + 14, label, INK)
    canvas.text(right + 14, bottom + 14, "s", INK)

    step = 1 if kilohertz <= 10 else 5
    for tick in range(int(kilohertz / step) + 1):
        y = bottom - 1 - round(tick * step / kilohertz * (PLOT_HEIGHT - 1))
        label = str(tick * step)
        canvas.fill(LEFT - 8, y, 8, 2, INK)
        canvas.text(LEFT - 14 - text_width(label), y - TEXT_HEIGHT // 2 + 1, label, INK)
    canvas.text(LEFT - 14 - text_width("kHz") // 2, TOP - 28, "kHz", INK)

    bar = right + 20
    for y in range(PLOT_HEIGHT):
        level = top - RANGE_DB * y / (PLOT_HEIGHT - 1)
        canvas.fill(bar, TOP + y, 18, 1, shade(level, top))
    for level in range(top - top % 10, top - RANGE_DB - 1, -10):
        y = TOP + round((top - level) / RANGE_DB * (PLOT_HEIGHT - 1))
        canvas.fill(bar + 18, y, 6, 2, INK)
        canvas.text(bar + 30, y - TEXT_HEIGHT // 2 + 1, str(level), INK)
    canvas.text(bar, TOP - 28, "dB", INK)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=512, help="samples behind each spectrum")
    parser.add_argument("--hop", type=int, default=256, help="samples from spectrum to spectrum")
    parser.add_argument("--rate", type=int, default=16000, help="samples in a second")
    parser.add_argument("--out", required=True, help="the PNG file to write")
    parser.add_argument("-i", dest="input", required=True, help="where the spectra come from")
    args = parser.parse_args()

    with open(args.input, "rb") as source:
        spectra = read_spectra(source, args.size // 2 + 1)
    if len(spectra) < 2:
        sys.exit(f"{len(spectra)} spectra are not enough to draw")
    top = math.ceil(max(map(max, spectra)) / 5) * 5

    canvas = Canvas(
        LEFT + PLOT_WIDTH + RIGHT, TOP + PLOT_HEIGHT + BOTTOM, palette(), background=PAPER
    )
    draw_spectra(canvas, spectra, top)
    draw_axes(canvas, (len(spectra) - 1) * args.hop / args.rate, args.rate / 2000, top)
    with open(args.out, "wb") as file:
        file.write(canvas.png())


if __name__ == "__main__":
    main()
