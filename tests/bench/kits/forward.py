"""A forwarder with the kit for Python."""

from pipeloom import Job


class Forward(Job):
    def run(self, block: bytes) -> bytes:
        return block
