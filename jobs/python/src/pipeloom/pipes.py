"""The pipes of a job: their names, codecs and places, as the runtime tells them in ``PIPELOOM_PIPES``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from pipeloom.errors import UsageError

MAX_BLOCK_BYTES = 256 << 20
"""The longest payload, where the network file does not say ``max_block_bytes``."""

VERSION = 1
"""The version of the table that is understood here. Keys that are not known are passed over."""


@dataclass(frozen=True)
class Ring:
    """Memory that both ends of a pipe share: its descriptor, that of the bell for room, and the bytes for payloads."""

    fd: int
    room: int
    bytes: int


@dataclass(frozen=True)
class Pipe:
    """One pipe of a job."""

    name: str
    codec: str = "json"
    block_size: Optional[int] = None
    """The size of each payload in bytes, where it is fixed."""
    block_count: int = 1
    """How many blocks a compute block takes from this pipe."""
    head: bool = False
    """Whether a head stands before each payload on the wire."""
    max_block_bytes: int = MAX_BLOCK_BYTES
    """The longest payload that the pipe allows."""
    between_kits: bool = False
    """Whether a program with a kit has the other end, with nobody in between: then the run is told of it."""
    path: Optional[str] = None
    fd: Optional[int] = None
    codec_class: Optional[str] = None
    """``FILE.py:CLASS``, if the network file names a class for the codec."""
    ring: Optional[Ring] = None
    """The memory beside it, for large payloads, once both ends have said that they know it."""

    @property
    def id(self) -> str:
        """The name, under the name that it has in MARVELO."""
        return self.name


@dataclass(frozen=True)
class PipeTable:
    """All pipes of a job, in the file's order, and the size of the network's heads."""

    inputs: list[Pipe]
    outputs: list[Pipe]
    head_size: int = 1
    each: bool = False
    """Whether no output may have more blocks than there are compute blocks."""
    acknowledge: bool = False
    """Whether the run wants to know which compute blocks are done."""
    heartbeat_seconds: Optional[float] = None
    """After so much silence on the control channel the run takes the job to hang."""

    @classmethod
    def from_json(cls, text: str) -> PipeTable:
        """Reads the value of ``PIPELOOM_PIPES``."""
        try:
            table = json.loads(text)
            version = table["v"]
            if version != VERSION:
                raise UsageError(f"PIPELOOM_PIPES has version {version}, not {VERSION}: runtime and kit do not fit")
            pipes = [(entry["direction"], _pipe(entry)) for entry in table["pipes"]]
            head_size = int(table["head_size"])
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(f"PIPELOOM_PIPES cannot be read: {error!r}") from error
        return cls(
            [pipe for direction, pipe in pipes if direction == "input"],
            [pipe for direction, pipe in pipes if direction == "output"],
            head_size,
            table.get("each", False),
            table.get("acknowledge", False),
            table.get("heartbeat_seconds"),
        )


def _pipe(entry: Mapping[str, Any]) -> Pipe:
    known = ("block_size", "max_block_bytes", "path", "fd")
    ring = entry.get("ring")
    return Pipe(
        name=entry["name"],
        codec=entry["codec"],
        codec_class=entry.get("class"),
        block_count=entry.get("block_count", 1),
        head=entry.get("head", False),
        between_kits=entry.get("between_kits", False),
        ring=Ring(ring["fd"], ring["room"], ring["bytes"]) if ring else None,
        **{key: entry[key] for key in known if entry.get(key) is not None},
    )
