"""Testing jobs: running one like a function call, in this process or as the program that it is in a network.

    from pipeloom.testing import run_job

    def test_sums():
        assert run_job(Sum, [1, 2], [10, 20]).values() == [11, 22]

With pytest the two functions are fixtures of the same names as well.
"""

from pipeloom.testing.calls import run_job
from pipeloom.testing.outcome import Outcome, Sent
from pipeloom.testing.programs import run_program

__all__ = ["Outcome", "Sent", "run_job", "run_program"]
