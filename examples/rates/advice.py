"""A word on each minute, behind its head: advice.py -i MINUTES -o ADVICE.

Bit 3 of the head is this network's own: it says that heat is wasted.
"""

import sys

WASTE = 0x10

with open(sys.argv[2], "rb") as minutes, open(sys.argv[4], "wb") as advice:
    while head := minutes.read(1):
        room, window, heater = map(float, minutes.readline().split())
        wasted = heater > 55 and window < 9.5
        advice.write(bytes([head[0] | WASTE if wasted else head[0]]))
        advice.write(b"close the window\n" if wasted else b"all is well\n")
