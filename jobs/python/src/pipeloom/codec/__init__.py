"""Codecs: how values stand on a pipe."""

from pipeloom.codec.base import Buffer, Codec, Encoded, exactly
from pipeloom.codec.names import codec_for, encoder

__all__ = ["Buffer", "Codec", "Encoded", "codec_for", "encoder", "exactly"]
