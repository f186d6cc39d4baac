"""Codecs: how values stand on a pipe."""

from pipeloom.codec.base import MAX_BLOCK_BYTES, Buffer, Codec, Encoded, exactly
from pipeloom.codec.names import codec_for

__all__ = ["MAX_BLOCK_BYTES", "Buffer", "Codec", "Encoded", "codec_for", "exactly"]
