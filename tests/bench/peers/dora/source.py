"""Sends a block of 64 bytes each millisecond until it hears that there were enough."""

import pyarrow as pa
from dora import Node

node = Node()
block = pa.array(bytes(64), type=pa.uint8())
for event in node:
    if event["type"] == "STOP" or event["type"] == "INPUT" and event["id"] == "enough":
        break
    if event["type"] == "INPUT":
        node.send_output("blocks", block)
