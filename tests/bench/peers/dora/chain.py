"""One node of a chain: fills blocks, passes them on, or sums them.

    chain.py source SIZE COUNT EVERY    a block each EVERY microseconds with its time in front; 0 for as fast as they go
    chain.py forward
    chain.py sink SIZE EVERY REPORT
"""

import json
import sys
import time

import numpy
import pyarrow
from dora import Node

MASK = (1 << 64) - 1


def source(size: int, count: int, every: int) -> None:
    node = Node()
    due = time.monotonic_ns()
    for number in range(1, count + 1):
        words = numpy.full(size // 8, number, dtype=numpy.uint64)
        if every:
            due += every * 1_000
            time.sleep(max(0, due - time.monotonic_ns()) / 1e9)
            words[0] = time.monotonic_ns()
        node.send_output("blocks", pyarrow.array(words.view(numpy.uint8)))


def forward() -> None:
    node = Node()
    for event in node:
        if event["type"] == "INPUT":
            node.send_output("blocks", event["value"])


def sink(size: int, every: int, report: str) -> None:
    total = numbers = count = first_ns = last_ns = 0
    delays_ns = []
    for event in Node():
        if event["type"] != "INPUT":
            continue
        words = event["value"].to_numpy().view(numpy.uint64)
        total += int(words.sum())
        last_ns = time.monotonic_ns()
        first_ns = first_ns or last_ns
        count += 1
        numbers += int(words[0])
        if every:
            delays_ns.append(last_ns - int(words[0]))
        if words.size * 8 != size:
            sys.exit(f"a block of {words.size * 8} bytes, not {size}")
    seen = {"sum": total & MASK, "numbers": numbers & MASK, "count": count, "first_ns": first_ns, "last_ns": last_ns}
    if delays_ns:
        delays_ns.sort()
        at = [delays_ns[min(len(delays_ns) * percent // 100, len(delays_ns) - 1)] for percent in (50, 99, 100)]
        seen["delays"] = dict(zip(("p50_ns", "p99_ns", "max_ns"), at))
    with open(report, "w") as file:
        json.dump(seen, file)


role, arguments = sys.argv[1], sys.argv[2:]
if role == "source":
    source(*(int(argument) for argument in arguments))
elif role == "forward":
    forward()
else:
    sink(int(arguments[0]), int(arguments[1]), arguments[2])
