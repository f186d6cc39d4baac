"""A sensor: sensor.py NAME COUNT -o READINGS."""

import sys

READINGS = {
    "room": lambda n: 19.0 + 0.2 * (n % 7),
    "window": lambda n: 8.0 + 0.5 * (n % 5),
    "heater": lambda n: 40.0 + 3.0 * (n % 11),
}

name, count, path = sys.argv[1], int(sys.argv[2]), sys.argv[4]
with open(path, "w") as readings:
    for number in range(count):
        print(f"{READINGS[name](number):.1f}", file=readings)
