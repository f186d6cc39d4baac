"""The codecs by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable, Optional

from pipeloom.codec.base import Codec
from pipeloom.codec.enclosed import Enclosed
from pipeloom.codec.pickled import Pickle
from pipeloom.codec.raw import Bytes, Framed, Stream
from pipeloom.codec.text import Json, Lines, Nul
from pipeloom.errors import UsageError
from pipeloom.load import load_class

CODECS: Mapping[str, Callable[[Optional[int]], Codec]] = {
    "bytes": Bytes,
    "framed": Framed,
    "json": Json,
    "lines": Lines,
    "nul": Nul,
    "pickle": Pickle,
    "stream": Stream,
}


def codec_for(
    pipe: str, name: str, block_size: Optional[int], own: Mapping[str, Any], spec: Optional[str] = None
) -> Codec:
    """The codec of a pipe: the class ``spec`` of the network file, or by name.

    That is one of the job's own, one of those above, or a class in a file (``codec.py:Frames``).
    """
    if spec is not None:
        named: Codec = load_class(spec, Codec)(block_size)
        # Between jobs in Python alone the runtime is given the length of each block.
        return Enclosed(named) if name == "framed" else named
    if pipe in own:
        made: Codec = own[pipe] if isinstance(own[pipe], Codec) else own[pipe](block_size)
        return made
    if name in CODECS:
        return CODECS[name](block_size)
    if name == "bincode":
        raise UsageError(
            f"pipe {pipe}: the codec bincode is for Rust jobs only; give the pipe another one, "
            'for example codec = "json"'
        )
    if ":" in name:
        custom: Codec = load_class(name, Codec)(block_size)
        return custom
    known = ", ".join(CODECS)
    raise UsageError(f"pipe {pipe}: unknown codec {name}; there are {known}, and those in CODECS of the job's class")
