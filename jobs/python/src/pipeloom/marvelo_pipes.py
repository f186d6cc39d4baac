"""The classes of MARVELO's pipes, as codecs: what they read and write, pack and unpack is kept.

from fission.core.pipes import BasePipe     # before
from pipeloom.marvelo import BasePipe       # after

A job names such a class for a pipe: ``CODECS = {"numbers": IntPipe}``. How many blocks are taken at once, and what is
optional, is said in the network file.
"""

from __future__ import annotations

import json
import pickle
from io import BufferedReader, BytesIO
from typing import Any, Optional

from pipeloom.codec.base import Codec, Encoded, exactly
from pipeloom.codec.pickled import PROTOCOL
from pipeloom.codec.raw import as_buffer
from pipeloom.errors import CodecError, TornError, UsageError
from pipeloom.pipes import Pipe


class BasePipe(Codec):
    """Blocks of ``BLOCK_SIZE`` bytes, unless a subclass reads and writes others."""

    stands_in_frames = True
    frames_are_bytes = False

    BLOCK_SIZE: Any = 1
    BLOCK_COUNT: Any = 1
    ASYNC: Any = False
    SOURCE_JOBS: Any = []
    DESTINATION_JOBS: Any = []

    def __init__(self, id: Any = None) -> None:  # noqa: A002
        super().__init__(self.BLOCK_SIZE if isinstance(self.BLOCK_SIZE, int) else None)
        self.id = id

    @classmethod
    def for_pipe(cls, pipe: Pipe) -> Codec:
        made = cls(pipe.name)
        made.check_size(pipe)
        return made

    def check_size(self, pipe: Pipe) -> None:
        """Says so if the network file has blocks of another size."""
        if isinstance(self.BLOCK_SIZE, int) and pipe.block_size not in (None, self.BLOCK_SIZE):
            raise UsageError(
                f"pipe {pipe.name}: block_size is {pipe.block_size} in the network file, "
                f"and BLOCK_SIZE of {type(self).__name__} is {self.BLOCK_SIZE}"
            )

    def read(self, file_obj: Any) -> Any:
        """Reads a block."""
        return exactly(file_obj, self.BLOCK_SIZE)

    def read_wrapper(self, file_obj: Any) -> Any:
        """Reads a block as bytes; of no use here."""
        return self.read(file_obj)

    def unpack(self, data: Any) -> Any:
        """Makes a value of what was read."""
        return data

    def pack(self, data: Any) -> Any:
        """Makes of a value what is written."""
        return data

    def write(self, file_obj: Any, data: Any) -> None:
        """Writes a block."""
        block = as_buffer(data)
        if isinstance(self.BLOCK_SIZE, int) and len(block) != self.BLOCK_SIZE:
            raise CodecError(f"a block of {len(block)} bytes on a pipe with BLOCK_SIZE {self.BLOCK_SIZE}")
        file_obj.write(block)

    def frame(self, stream: BufferedReader) -> Optional[Any]:
        if not stream.peek(1):
            return None
        try:
            return self.read(stream)
        except EOFError as error:
            # How much of the block was there is not known.
            raise TornError(1) from error

    def decode(self, payload: Any) -> Any:
        return self.unpack(payload)

    def encode(self, value: Any) -> Encoded:
        written = BytesIO()
        self.write(written, self.pack(value))
        return written.getvalue()

    def dummy(self) -> Any:
        return self.unpack(bytes(self.BLOCK_SIZE)) if isinstance(self.BLOCK_SIZE, int) else None


class BytesPipe(BasePipe):
    """Blocks of a size that the network file gives."""

    def __init__(self, id: Any, block_size: int, block_count: int = 1) -> None:  # noqa: A002
        self.BLOCK_SIZE = block_size
        self.BLOCK_COUNT = block_count
        super().__init__(id)

    @classmethod
    def for_pipe(cls, pipe: Pipe) -> Codec:
        if not pipe.block_size:
            raise UsageError(f"pipe {pipe.name}: {cls.__name__} needs a block_size in the network file")
        return cls(pipe.name, pipe.block_size, pipe.block_count)


class ReadPickleMixIn:
    """Reads pickles."""

    def read(self, file_obj: Any) -> Any:
        """Reads a value; its bytes are never needed."""
        try:
            return pickle.load(file_obj)
        except pickle.UnpicklingError as error:
            raise CodecError(f"no pickle that can be read here: {error}") from error


class WritePickleMixIn:
    """Writes pickles."""

    def write(self, file_obj: Any, data: Any) -> None:
        """Writes a value."""
        pickle.dump(data, file_obj, PROTOCOL)


class PickleMixIn(ReadPickleMixIn, WritePickleMixIn):
    """Both."""


class ReadJSONMixIn:
    """Reads JSON, a value in each line."""

    def read(self, file_obj: Any) -> Any:
        """Reads a line."""
        return file_obj.readline()

    def unpack(self, data: Any) -> Any:
        """Makes a value of it."""
        try:
            return json.loads(data)
        except ValueError as error:
            raise CodecError(f"no JSON: {data!r:.60} ({error})") from error


class WriteJSONMixIn:
    """Writes JSON, a value in each line."""

    def pack(self, data: Any) -> Any:
        """Makes a line of a value."""
        return (json.dumps(data) + "\n").encode()

    def write(self, file_obj: Any, data: Any) -> None:
        """Writes the line."""
        file_obj.write(data)


class JSONMixIn(ReadJSONMixIn, WriteJSONMixIn):
    """Both."""


class OptionalMixIn:
    """Marks a pipe that need not have a block. In the network file ``optional = { ... }`` says what is given then."""

    ASYNC: Any = True
    OPTIONAL_DEFAULT: Any = None
    OPTIONAL_STORE: Any = True
    OPTIONAL_BUFFER_SIZE: Any = 0
    OPTIONAL_DELETE_MODE: Any = "oldest"


class PicklePipe(PickleMixIn, BasePipe):
    """Pickles."""

    BLOCK_SIZE = "PKL"


class JSONPipe(JSONMixIn, BasePipe):
    """JSON."""

    BLOCK_SIZE = "JSON"


class OptionalPicklePipe(OptionalMixIn, PicklePipe):
    """Pickles that need not come."""


class OptionalJSONPipe(OptionalMixIn, JSONPipe):
    """JSON that need not come."""


class OptionalBytesPipe(OptionalMixIn, BytesPipe):
    """Bytes that need not come."""
