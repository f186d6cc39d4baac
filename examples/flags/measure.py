"""Temperatures of a day, three of them wrong: measure.py -o CELSIUS."""

import sys

with open(sys.argv[2], "w") as celsius:
    for hour in range(24):
        wrong = hour in (5, 11, 17)
        print(-999.0 if wrong else 12 + (hour - 12) * 0.5, file=celsius)
