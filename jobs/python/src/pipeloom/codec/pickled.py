"""Codec ``pickle``: Python values between Python jobs. Whoever can write such a pipe can run code in its reader."""

from __future__ import annotations

import pickle
from typing import Any

from pipeloom.codec.base import Encoded
from pipeloom.codec.raw import Framed
from pipeloom.errors import CodecError

PROTOCOL = 5
"""Known to every Python from 3.8 on."""


class Pickle(Framed):
    """A length, then a pickle."""

    is_raw = False

    def decode(self, payload: bytes) -> Any:
        try:
            return pickle.loads(payload)
        except Exception as error:  # unpickling runs code of the value's classes, which may raise anything
            raise CodecError(f"no pickle that can be read here: {type(error).__name__}: {error}") from error

    def encode(self, value: Any) -> Encoded:
        try:
            return self.framed(pickle.dumps(value, PROTOCOL))
        except CodecError:
            raise
        except Exception as error:
            raise CodecError(f"a {type(value).__name__} cannot be pickled: {error}") from error

    def dummy(self) -> Any:
        return None
