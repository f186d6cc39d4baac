"""Values as numpy arrays, where numpy is there and a job wants them."""

from __future__ import annotations

import typing
from typing import Any, Callable, Optional

from pipeloom.codec import Codec
from pipeloom.codec.names import CODECS
from pipeloom.codec.raw import Bytes, Framed
from pipeloom.errors import CodecError, UsageError
from pipeloom.pipes import Pipe

_ARRAYS = ("ndarray", "NDArray")

BYTE = "uint8"
"""The type of an array's items where nobody says another."""


def array_decoder(pipe: Pipe, codec: Codec, annotation: Any, dtype: Any) -> Optional[Callable[[bytes], Any]]:
    """How the payloads of an input become arrays; ``None`` if the job does not want them."""
    if isinstance(dtype, dict):
        dtype = dtype.get(pipe.name)
    wanted = _wants_array(annotation)
    if dtype is None and not wanted:
        return None
    if not isinstance(codec, (Bytes, Framed)) or not codec.is_raw:
        # A codec of one's own gives what it likes.
        if not wanted or type(codec) not in CODECS.values():
            return None
        raise UsageError(f"pipe {pipe.name}: arrays need the codec bytes or framed, not {pipe.codec}")
    try:
        import numpy as np
    except ImportError as error:
        raise UsageError(f"pipe {pipe.name}: the job wants arrays, and numpy is not installed") from error
    item = np.dtype(dtype if dtype is not None else _item_type(annotation))
    if codec.block_size and codec.block_size % item.itemsize:
        raise UsageError(f"pipe {pipe.name}: block_size {codec.block_size} is no whole number of {item} items")

    def decode(payload: bytes) -> Any:
        try:
            return np.frombuffer(payload, item)
        except ValueError as error:
            raise CodecError(f"{len(payload)} bytes are no whole number of {item} items") from error

    return decode


def _wants_array(annotation: Any) -> bool:
    if isinstance(annotation, str):
        return annotation.strip("'\"").split("[")[0].rpartition(".")[2] in _ARRAYS
    origin = typing.get_origin(annotation) or annotation
    module = getattr(origin, "__module__", None) or ""
    return getattr(origin, "__name__", "") in _ARRAYS and module.partition(".")[0] == "numpy"


def _item_type(annotation: Any) -> Any:
    """The item type in ``NDArray[numpy.float32]``, if it is said."""
    if isinstance(annotation, str):
        _, _, item = annotation.partition("[")
        return item.rstrip("]'\"").rpartition(".")[2] or BYTE
    # NDArray[item] is ndarray[shape, dtype[item]], or by now a name for it of its own.
    inner = typing.get_args(annotation)
    items = typing.get_args(inner[1]) if len(inner) == 2 else inner
    return items[0] if items and isinstance(items[0], type) else BYTE
