"""What somebody should know of a network that was imported."""

from __future__ import annotations

import os

from pipeloom.importing.values import FRAMEWORK, Place


class ImportFailedError(Exception):
    """A project that cannot be read at all."""


class Notes:
    """What was not carried over, each with its place."""

    def __init__(self) -> None:
        self._all: list[tuple[Place, str]] = []

    def say(self, place: Place, text: str) -> None:
        """Adds a note, once."""
        if (place, text) not in self._all:
            self._all.append((place, text))

    def lines(self) -> list[str]:
        """All notes, by file and line as they came."""
        return [f"{_shown(place)}: {text}" for place, text in self._all]


def _shown(place: Place) -> str:
    if place.path == FRAMEWORK:
        return str(place)
    near = os.path.relpath(place.path)
    return f"{place.path if near.startswith('../../..') else near}:{place.line}"
