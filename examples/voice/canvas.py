"""A small picture with a palette: pixels, text, and saving as PNG, without any library."""

import struct
import zlib

# 5 x 7 dots for each character; a row is 5 bits, the leftmost one the highest.
GLYPHS = {
    "0": (0x0E, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0E),
    "1": (0x04, 0x0C, 0x04, 0x04, 0x04, 0x04, 0x0E),
    "2": (0x0E, 0x11, 0x01, 0x02, 0x04, 0x08, 0x1F),
    "3": (0x1F, 0x02, 0x04, 0x02, 0x01, 0x11, 0x0E),
    "4": (0x02, 0x06, 0x0A, 0x12, 0x1F, 0x02, 0x02),
    "5": (0x1F, 0x10, 0x1E, 0x01, 0x01, 0x11, 0x0E),
    "6": (0x06, 0x08, 0x10, 0x1E, 0x11, 0x11, 0x0E),
    "7": (0x1F, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08),
    "8": (0x0E, 0x11, 0x11, 0x0E, 0x11, 0x11, 0x0E),
    "9": (0x0E, 0x11, 0x11, 0x0F, 0x01, 0x02, 0x0C),
    ".": (0x00, 0x00, 0x00, 0x00, 0x00, 0x0C, 0x0C),
    "-": (0x00, 0x00, 0x00, 0x1F, 0x00, 0x00, 0x00),
    "s": (0x00, 0x00, 0x0E, 0x10, 0x0E, 0x01, 0x1E),
    "k": (0x10, 0x10, 0x12, 0x14, 0x18, 0x14, 0x12),
    "H": (0x11, 0x11, 0x11, 0x1F, 0x11, 0x11, 0x11),
    "z": (0x00, 0x00, 0x1F, 0x02, 0x04, 0x08, 0x1F),
    "d": (0x01, 0x01, 0x0D, 0x13, 0x11, 0x11, 0x0F),
    "B": (0x1E, 0x11, 0x11, 0x1E, 0x11, 0x11, 0x1E),
    " ": (0, 0, 0, 0, 0, 0, 0),
}
DOT = 2  # pixels
TEXT_HEIGHT = 7 * DOT


def text_width(text):
    return (6 * len(text) - 1) * DOT


class Canvas:
    """A picture of `width` x `height` pixels, each an index into `palette` (RGB triples)."""

    def __init__(self, width, height, palette, background):
        self.width, self.height, self.palette = width, height, palette
        self.rows = [bytearray([background]) * width for _ in range(height)]

    def fill(self, left, top, width, height, colour):
        for row in self.rows[top : top + height]:
            row[left : left + width] = bytes([colour]) * width

    def text(self, left, top, text, colour):
        for place, character in enumerate(text):
            for y, dots in enumerate(GLYPHS[character]):
                for x in range(5):
                    if dots & (0x10 >> x):
                        self.fill(left + (6 * place + x) * DOT, top + y * DOT, DOT, DOT, colour)

    def png(self):
        """The picture as the bytes of a PNG file (indexed colour, 8 bits, no interlace)."""
        header = struct.pack(">IIBBBBB", self.width, self.height, 8, 3, 0, 0, 0)
        palette = b"".join(bytes(colour) for colour in self.palette)
        pixels = b"".join(b"\0" + row for row in self.rows)  # each row behind its filter: none
        return b"\x89PNG\r\n\x1a\n" + b"".join(
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
            for kind, data in (
                (b"IHDR", header),
                (b"PLTE", palette),
                (b"IDAT", zlib.compress(pixels, 9)),
                (b"IEND", b""),
            )
        )
