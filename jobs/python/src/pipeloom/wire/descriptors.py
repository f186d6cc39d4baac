"""Writing to descriptors: to one it waits, to several it writes side by side."""

from __future__ import annotations

import os
import select
import stat
from typing import Optional

from pipeloom.codec import Buffer
from pipeloom.heart import Heart
from pipeloom.wire.ring import Outgoing

IOV_MAX = 1024
"""How many pieces the kernel takes at once."""


class DescriptorWriter:
    """Writes to the descriptors of a job's outputs.

    With several outputs none must hold up another: their readers may want one block of each before they take more. So
    the descriptors do not block, and whichever has room is written.
    """

    def __init__(self, fds: list[int], heart: Optional[Heart] = None) -> None:
        self._fds = fds
        self._heart = heart or Heart()
        self._single = len(fds) == 1
        for fd in fds if self._heart.beats or not self._single else []:
            mode = os.fstat(fd).st_mode
            if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
                os.set_blocking(fd, False)

    def write(self, pending: list[tuple[int, list[Buffer]]]) -> set[int]:
        """Writes all of it; returns the outputs whose readers are gone."""
        if self._single:
            gone = [place for place, parts in pending if not self._write_waiting(self._fds[place], parts)]
            return set(gone)
        return self._write_side_by_side(dict(pending))

    def _write_side_by_side(self, pending: dict[int, list[Buffer]]) -> set[int]:
        gone: set[int] = set()
        places = {self._fds[place]: place for place in pending}
        poll = select.poll()
        for fd in places:
            poll.register(fd, select.POLLOUT)
        ready = list(places)
        while pending:
            for fd in ready:
                place = places[fd]
                try:
                    pending[place] = _behind(pending[place], os.writev(fd, pending[place][:IOV_MAX]))
                except BlockingIOError:
                    continue
                except BrokenPipeError:
                    gone.add(place)
                    pending[place] = []
                if not pending[place]:
                    del pending[place]
                    poll.unregister(fd)
            ready = [fd for fd, _ in self._heart.wait(poll)] if pending else []
        return gone

    def _write_waiting(self, fd: int, parts: list[Buffer]) -> bool:
        while parts:
            try:
                parts = _behind(parts, os.writev(fd, parts[:IOV_MAX]))
            except BlockingIOError:  # whoever has made the pipe did not want it to block, or the heart beats meanwhile
                room = select.poll()
                room.register(fd, select.POLLOUT)
                self._heart.wait(room)
            except BrokenPipeError:
                return False
        return True

    def wait_for_room(self, place: int, ring: Outgoing) -> bool:
        """Waits until there may be room beside an output; ``False`` if there will be none."""
        return ring.wait(self._fds[place], self._heart.wait)

    def close(self) -> None:
        for fd in self._fds:
            os.close(fd)
        self._fds = []


def _behind(parts: list[Buffer], written: int) -> list[Buffer]:
    """What is left when so many bytes have been written."""
    for index, part in enumerate(parts):
        if written < len(part):
            return [memoryview(part)[written:] if written else part, *parts[index + 1 :]]
        written -= len(part)
    return []
