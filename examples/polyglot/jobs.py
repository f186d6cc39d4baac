"""How loud tones are."""

import math
from array import array

from pipeloom import Job

LOUD = 4


class Level(Job):
    """The level of each tone, as part of the loudest that there can be."""

    def run(self, samples, name):
        values = array("h", samples)
        level = math.sqrt(sum(value * value for value in values) / len(values)) / 32768
        self.head[LOUD] = level > 0.1
        return {"name": name.decode(), "level": level}


class Decibels(Job):
    """What Python has said to itself, for others."""

    def run(self, tone):
        return {"name": tone["name"], "decibels": round(20 * math.log10(tone["level"]), 1)}
