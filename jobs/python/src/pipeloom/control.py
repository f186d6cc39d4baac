"""The control channel: what a job tells the run beside its blocks, one JSON object a line.

Nothing here ever fails the job: where nobody listens, or nobody listens fast enough, it is as if nothing had been said.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import math
import os
import select
import socket
import stat
import sys
import threading
from collections.abc import Mapping
from typing import Any, Optional, Protocol

MAX_LINE_BYTES = 1 << 20
"""The longest line that the runtime takes."""

WAIT_MILLISECONDS = 1000
"""How long a result waits for room; most other things are dropped where there is none."""

FOR_EVER = -1


class Channel(Protocol):
    """What a socket has."""

    def fileno(self) -> int: ...
    def send(self, data: bytes, flags: int, /) -> int: ...


class _Appended:
    """A file as such a channel."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def fileno(self) -> int:
        return self._fd

    def send(self, data: bytes, _flags: int, /) -> int:
        return os.write(self._fd, data)


class Control:
    """The near end of the channel; with ``None``, one that nobody listens to."""

    def __init__(self, channel: Optional[Channel]) -> None:
        self._channel = channel
        self._rest = b""
        self._is_read = True
        self._lock = threading.Lock()

    @classmethod
    def from_environment(cls) -> Control:
        """The descriptor that ``PIPELOOM_CONTROL`` names, if it is a socket or a file that is appended to."""
        try:
            fd = int(os.environ["PIPELOOM_CONTROL"])
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                return cls(socket.socket(fileno=os.dup(fd)))
            # By hand, 3>>FILE shows what the job says. Any other file may be one that the job has itself.
            is_appended = fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_APPEND
            return cls(_Appended(os.dup(fd)) if is_appended else None)
        except (KeyError, ValueError, OSError):
            return cls(None)

    def tell(self, message: Mapping[str, Any], wait: bool = False) -> None:
        """Sends one message. With ``wait``, it may wait for room."""
        self._tell(message, WAIT_MILLISECONDS if wait else 0)

    def insist(self, message: Mapping[str, Any]) -> None:
        """Sends one message, however long there is no room for it."""
        self._tell(message, FOR_EVER)

    def _tell(self, message: Mapping[str, Any], wait: int) -> None:
        try:
            line = json.dumps(message, default=repr, allow_nan=False).encode() + b"\n"
        except (TypeError, ValueError, RecursionError) as error:
            self._complain(f"{sorted(message)} is no JSON: {error}")
            return
        if len(line) > MAX_LINE_BYTES:
            self._complain(f"{sorted(message)} has {len(line)} bytes, more than {MAX_LINE_BYTES}")
            return
        with self._lock, contextlib.suppress(OSError):
            self._send(line, wait)

    def _send(self, line: bytes, wait: int) -> None:
        if self._channel is None or not self._push(wait):
            return
        self._rest = line
        # A line that has been sent in part must be completed; one of which nothing went out need not be said.
        if not self._push(wait) and len(self._rest) == len(line) and not wait:
            self._rest = b""

    def _push(self, wait: int) -> bool:
        """Sends what is left over, and waits for room for so many milliseconds. Whether all of it went out."""
        channel = self._channel
        while self._rest and channel is not None:
            try:
                sent = channel.send(self._rest, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
                self._rest = self._rest[sent:]
            except BlockingIOError:
                room = select.poll()
                room.register(channel, select.POLLOUT)
                # Whoever has not read for so long is not waited for again.
                if not (wait and (self._is_read or wait == FOR_EVER) and room.poll(wait)):
                    self._is_read = self._is_read and not wait
                    return False
        self._is_read = True
        return True

    def _complain(self, what: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            print(f"pipeloom: not told to the run: {what}", file=sys.stderr)


def fraction(value: float) -> float:
    """A progress as the channel takes it: from 0 to 1."""
    return min(1.0, max(0.0, float(value))) if not math.isnan(value) else 0.0
