"""SIGTERM: a source ends its stream well, any other job goes on until its inputs end."""

from __future__ import annotations

import _thread
import signal
import threading
import time
from types import FrameType
from typing import Optional

GRACE_SECONDS = 0.5
"""How long a source's own code may go on when it was told to end, before it is interrupted."""


class Interrupted(BaseException):  # no error, and no user's "except Exception" may catch it
    """Raised inside a source's own code, which waits for something while the job is told to end."""


class Stop:
    """Whether a source has been told to end.

    The first signal asks: the block that the source is making is its last one. If none comes soon, the signal is sent
    again and again, and each interrupts the source's code, if it runs, until that has ended.

    A signal that comes in the moment before a call that waits is seen behind that call, as anywhere in Python. That is
    why one signal more is not enough. Where it is the first one, the run asks again.
    """

    def __init__(self) -> None:
        self.requested = False
        self.overdue = False
        self.in_users_code = False
        self.ended = False
        """Whether the source's code has ended, so that nothing is left to be interrupted."""

    def listen(self) -> None:
        """Takes SIGTERM from now on."""
        signal.signal(signal.SIGTERM, self._on_signal)

    def _on_signal(self, number: int, frame: Optional[FrameType]) -> None:
        if not self.requested:
            self.requested = True
            # Not by threading: what has been interrupted may hold a lock of it, or of what it uses.
            _thread.start_new_thread(self._insist, (threading.get_ident(),))
            return
        self.overdue = True
        if self.in_users_code:
            self.in_users_code = False
            raise Interrupted

    def _insist(self, thread: int) -> None:
        while True:
            time.sleep(GRACE_SECONDS)
            if self.ended:
                return
            signal.pthread_kill(thread, signal.SIGTERM)


def let_inputs_end() -> None:
    """The next SIGTERM does nothing: the end of the inputs ends the job. One more ends it as ever."""
    signal.signal(signal.SIGTERM, _let_the_next_one_end)


def _let_the_next_one_end(number: int, _frame: Optional[FrameType]) -> None:
    signal.signal(number, signal.SIG_DFL)
