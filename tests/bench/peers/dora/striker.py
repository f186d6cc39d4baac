"""Kills whoever signs the blocks it reads, at random moments, and takes the time until somebody else signs.

    striker.py KILLS SEED REPORT
"""

import json
import os
import random
import signal
import sys
import threading
import time

import pyarrow as pa
from dora import Node

LONGEST_LIFE_SECONDS = 0.1


class Striker:
    """What was done to whom, and what came of it."""

    def __init__(self, seed: int) -> None:
        self.moments = random.Random(seed)
        self.victim = 0
        self.struck_ns = 0
        self.recoveries_ns = []

    def sees(self, signer: int) -> None:
        if signer == self.victim:
            return
        if self.victim:
            self.recoveries_ns.append(time.monotonic_ns() - self.struck_ns)
        self.victim = signer

    def strikes_soon(self) -> None:
        threading.Timer(self.moments.uniform(0, LONGEST_LIFE_SECONDS), self.strikes).start()

    def strikes(self) -> None:
        self.struck_ns = time.monotonic_ns()
        os.kill(self.victim, signal.SIGKILL)


kills, seed, report = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
striker = Striker(seed)
node = Node()
for event in node:
    if event["type"] == "STOP":
        sys.exit("stopped before all was done")
    if event["type"] != "INPUT":
        continue
    before = striker.victim
    striker.sees(int.from_bytes(event["value"].to_numpy()[8:12].tobytes(), "little"))
    if len(striker.recoveries_ns) == kills:
        break
    if striker.victim != before:
        striker.strikes_soon()
with open(report, "w") as file:
    json.dump({"recoveries_ns": striker.recoveries_ns, "count": kills}, file)
node.send_output("enough", pa.array([True]))
