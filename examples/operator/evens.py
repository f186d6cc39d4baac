"""Even numbers: evens.py COUNT -o NUMBERS."""

import sys

with open(sys.argv[3], "w") as numbers:
    for number in range(1, int(sys.argv[1]) + 1):
        print(2 * number, file=numbers)
