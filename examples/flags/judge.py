"""Sets bit 3 where a value cannot be: judge.py -i CELSIUS -o JUDGED.

A line comes behind its head, one byte, and so it goes on. Bits 3 to 7 are ours.
"""

import sys

BIT_3 = 0x10

with open(sys.argv[2], "rb") as celsius, open(sys.argv[4], "wb") as judged:
    while head := celsius.read(1):
        line = celsius.readline()
        wrong = not -90 <= float(line) <= 60
        judged.write(bytes([head[0] | BIT_3 if wrong else head[0]]) + line)
