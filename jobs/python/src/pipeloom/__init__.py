"""Jobs for Pipeloom networks.

A job is a class with a method ``run``, which is called once for each compute block:

    from pipeloom import Job

    class Sum(Job):
        def run(self, a, b):
            return a + b

    if __name__ == "__main__":
        Sum.main()
"""

from pipeloom.codec import Codec
from pipeloom.errors import CodecError, PipeloomError
from pipeloom.head import CORRUPTED, FINISHED, RESET, Head
from pipeloom.job import Job
from pipeloom.pipes import Pipe

__all__ = ["CORRUPTED", "FINISHED", "RESET", "Codec", "CodecError", "Head", "Job", "Pipe", "PipeloomError"]
