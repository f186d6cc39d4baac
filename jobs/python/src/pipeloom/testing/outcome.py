"""What a job is given in a test, and what it has made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BufferedReader, BytesIO
from typing import Any, Optional, Union

from pipeloom.codec import codec_for, encoder
from pipeloom.head import FINISHED, RESET, Head
from pipeloom.job import Job
from pipeloom.pipes import Pipe, PipeTable
from pipeloom.testing.network import NetworkJob


@dataclass(frozen=True)
class Sent:
    """A block with a head of its own, given to a job."""

    value: Any
    head: Union[Head, int] = 0


@dataclass
class Outcome:
    """What a job has done."""

    outputs: list[list[Any]]
    """The values on each output."""
    heads: list[list[Head]]
    """Their heads."""
    reports: list[dict[str, Any]] = field(default_factory=list)
    """What the job told the run, without what the kit itself tells of the job and its pipes."""
    exit_code: int = 0
    stdout: str = ""
    stderr: str = ""
    names: Sequence[str] = ()
    """The names of the outputs."""

    def values(self, output: Union[int, str] = 0) -> list[Any]:
        """The values on one output, given by its place or its name."""
        return self.outputs[list(self.names).index(output) if isinstance(output, str) else output]

    @property
    def finished(self) -> bool:
        """Whether the last block of every output says that it is the last."""
        return all(heads and heads[-1].finished for heads in self.heads)

    @property
    def result(self) -> Any:
        """The last result that the job told the run."""
        return next((report["result"] for report in reversed(self.reports) if "result" in report), None)


def is_report(message: Mapping[str, Any]) -> bool:
    """Whether the job's own code tells this, and not the kit."""
    return "pipe" not in message and message != {"ready": True}


@dataclass(frozen=True)
class Trial:
    """The pipes of a job that is tried, and what stands on its inputs."""

    table: PipeTable
    wires: list[bytes]
    own_codecs: Mapping[str, Any]

    @classmethod
    def of(
        cls,
        job: type[Job],
        inputs: Sequence[Sequence[Any]],
        outputs: Optional[int],
        codec: Union[str, Sequence[str], None],
        head_size: Optional[int],
        heads: Optional[bool],
        block_count: Union[int, Sequence[int], None],
    ) -> Trial:
        outputs = 1 if outputs is None else outputs
        codec = "pickle" if codec is None else codec
        head_size = 1 if head_size is None else head_size
        heads = heads is not False
        block_count = 1 if block_count is None else block_count
        names = [f"in{place}" for place in range(len(inputs))] + [f"out{place}" for place in range(outputs)]
        codecs = [codec] * len(names) if isinstance(codec, str) else list(codec)
        counts = [block_count] * len(inputs) if isinstance(block_count, int) else list(block_count)
        if len(codecs) != len(names) or len(counts) != len(inputs):
            raise ValueError(f"{len(codecs)} codecs and {len(counts)} block counts for the pipes {', '.join(names)}")
        pipes = []
        for name, text, count in zip(names, codecs, counts + [1] * outputs):
            codec_name, size = _codec_and_size(text)
            pipes.append(Pipe(name, codec_name, size, count, heads and codec_name != "stream"))
        table = PipeTable(pipes[: len(inputs)], pipes[len(inputs) :], head_size)
        wires = [_wire(pipe, values, head_size, job.CODECS) for pipe, values in zip(table.inputs, inputs)]
        return cls(table, wires, job.CODECS)

    @classmethod
    def of_network(cls, job: NetworkJob, own_codecs: Mapping[str, Any], inputs: Sequence[Sequence[Any]]) -> Trial:
        """The pipes as a network file has them. The streams are marked as the runtime does it."""
        table = job.table
        filled = _filled(job, own_codecs, inputs)
        marked = [_marked(values, table.head_size) for values in filled]
        wires = [_wire(pipe, values, table.head_size, own_codecs) for pipe, values in zip(table.inputs, marked)]
        return cls(table, wires, own_codecs)

    def outcome(self, wires: Sequence[bytes], reports: list[dict[str, Any]]) -> Outcome:
        """What came of it, from what stands on the outputs."""
        values, heads = self.read(wires)
        return Outcome(values, heads, reports, names=[pipe.name for pipe in self.table.outputs])

    def read(self, wires: Sequence[bytes]) -> tuple[list[list[Any]], list[list[Head]]]:
        """Values and heads of what stands on the outputs."""
        read = [self._read(pipe, wire) for pipe, wire in zip(self.table.outputs, wires)]
        return [[value for value, _ in blocks] for blocks in read], [[head for _, head in blocks] for blocks in read]

    def _read(self, pipe: Pipe, wire: bytes) -> list[tuple[Any, Head]]:
        size = self.table.head_size
        codec = codec_for(pipe, self.own_codecs)
        stream: BufferedReader = BufferedReader(BytesIO(wire))
        blocks = codec.blocks(stream, size if pipe.head else 0)
        return [(codec.decode(payload), Head(number, size)) for number, payload in blocks]


def _marked(values: Sequence[Any], head_size: int) -> list[Sent]:
    """The first block carries the reset bit, the last one the finished bit."""
    blocks = [value if isinstance(value, Sent) else Sent(value) for value in values]
    marked = []
    for place, block in enumerate(blocks):
        head = Head(block.head, head_size)
        head[RESET] = place == 0
        head[FINISHED] = head[FINISHED] or place + 1 == len(blocks)
        marked.append(Sent(block.value, head))
    return marked


def _filled(job: NetworkJob, own: Mapping[str, Any], inputs: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """What comes of optional inputs where no block has come; all others decide how many compute blocks there are."""
    lists = [list(values) for values in inputs]
    pipes = job.table.inputs
    needed = [len(values) // pipe.block_count for pipe, values in zip(pipes, lists) if pipe.name not in job.optional]
    given = [-(-len(values) // pipe.block_count) for pipe, values in zip(pipes, lists)]
    compute_blocks = min(needed, default=max(given, default=0))
    for pipe, values in zip(pipes, lists):
        if pipe.name not in job.optional:
            continue
        default, store = job.optional[pipe.name]
        blocks = compute_blocks * pipe.block_count
        last = values[:blocks][-1] if store and values[:blocks] else codec_for(pipe, own).decode(default)
        values[blocks:] = []
        values += [last.value if isinstance(last, Sent) else last] * (blocks - len(values))
    return lists


def _codec_and_size(text: str) -> tuple[str, Optional[int]]:
    """``bytes:64`` is a codec with a size, ``codec.py:Frames`` a class."""
    name, _, size = text.rpartition(":")
    return (name, int(size)) if name and size.isdigit() else (text, None)


def _wire(pipe: Pipe, values: Sequence[Any], head_size: int, own: Mapping[str, Any]) -> bytes:
    encode = encoder(codec_for(pipe, own))
    wire = bytearray()
    for value in values:
        sent = value if isinstance(value, Sent) else Sent(value)
        if pipe.head:
            wire += Head(sent.head, head_size).to_wire()
        encoded = encode(sent.value)
        for part in encoded if isinstance(encoded, tuple) else (encoded,):
            wire += part
    return bytes(wire)
