"""Forwards blocks, each with the id of this process, and knows nothing of Pipeloom: bare_sign.py SIZE -i PATH -o PATH."""

import os
import sys

size, source, target = int(sys.argv[1]), sys.argv[3], sys.argv[5]
signature = os.getpid().to_bytes(4, "little")
with open(source, "rb", buffering=0) as blocks, open(target, "wb", buffering=0) as signed:
    while block := blocks.read(size):
        signed.write(block[:8] + signature + block[12:])
