"""The codecs by name."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Callable, Optional

from pipeloom.codec.base import Codec, Encoded
from pipeloom.codec.enclosed import Enclosed
from pipeloom.codec.pickled import Pickle
from pipeloom.codec.raw import Bytes, Framed, Stream
from pipeloom.codec.text import Json, Lines, Nul
from pipeloom.errors import UsageError
from pipeloom.load import load_class
from pipeloom.pipes import Pipe

CODECS: Mapping[str, Callable[[Optional[int]], Codec]] = {
    "bytes": Bytes,
    "framed": Framed,
    "json": Json,
    "lines": Lines,
    "nul": Nul,
    "pickle": Pickle,
    "stream": Stream,
}


FRAMED = ("framed", "pickle")
"""Those in which a block stands behind its length."""


def codec_for(pipe: Pipe, own: Mapping[str, Any]) -> Codec:
    """The codec of a pipe: the class that the network file names, or by name.

    That is one of the job's own, one of those above, or a class in a file (``codec.py:Frames``).
    """
    codec = _made(pipe, own)
    # Between jobs in Python alone the runtime is given the length of each block.
    if (codec.stands_in_frames or pipe.codec_class is not None) and pipe.codec in FRAMED:
        codec = Enclosed(codec)
    codec.max_block_bytes = pipe.max_block_bytes
    return codec


def _made(pipe: Pipe, own: Mapping[str, Any]) -> Codec:
    name, block_size = pipe.codec, pipe.block_size
    if pipe.codec_class is not None:
        return load_class(pipe.codec_class, Codec).for_pipe(pipe)
    if pipe.name in own:
        found = own[pipe.name]
        if isinstance(found, Codec):
            # It may be given for several pipes, which allow blocks of different length.
            return copy.copy(found)
        made: Codec = (
            found.for_pipe(pipe) if isinstance(found, type) and issubclass(found, Codec) else found(block_size)
        )
        return made
    if name in CODECS:
        return CODECS[name](block_size)
    if name == "bincode":
        raise UsageError(
            f"pipe {pipe.name}: the codec bincode is for Rust jobs only; give the pipe another one, "
            'for example codec = "json"'
        )
    if ":" in name:
        return load_class(name, Codec).for_pipe(pipe)
    known = ", ".join(CODECS)
    raise UsageError(
        f"pipe {pipe.name}: unknown codec {name}; there are {known}, and those in CODECS of the job's class"
    )


def encoder(codec: Codec) -> Callable[[Any], Encoded]:
    """``encode`` of a codec; of one that somebody else has written, with a look at how long its blocks are."""
    return codec.encode if type(codec) in CODECS.values() else codec.encode_checked
