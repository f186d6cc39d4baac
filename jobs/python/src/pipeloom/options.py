"""The command line of a job."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Optional

from pipeloom.errors import UsageError
from pipeloom.pipes import Pipe, PipeTable


@dataclass(frozen=True)
class Options:
    """What a job is to do."""

    spec: Optional[str]
    """``FILE.py:CLASS``, unless the program is the job."""
    args: dict[str, Any]
    describe: bool
    pipes: PipeTable


def parse(argv: Sequence[str], with_spec: bool) -> Options:
    """Reads the command line and the environment. What the runtime says of the pipes counts more."""
    parser = _parser(with_spec)
    table = os.environ.get("PIPELOOM_PIPES")
    if table is None:
        given = parser.parse_args(argv)
        pipes = _pipes_by_hand(given)
    else:
        # The pipes stand behind flags as well, which the network file may have named in its own way.
        given, _ = parser.parse_known_args(argv)
        pipes = PipeTable.from_json(table)
    return Options(getattr(given, "job", None), _args_of(given), given.describe, pipes)


def _parser(with_spec: bool) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pipeloom" if with_spec else None,
        description="Runs a job of a Pipeloom network. Within a network, the runtime says where the pipes are.",
        allow_abbrev=False,
    )
    if with_spec:
        parser.add_argument("job", metavar="FILE.py:CLASS", help="the job's class")
    parser.add_argument("--args", metavar="JSON", help="arguments of the job, an object")
    parser.add_argument("--describe", action="store_true", help="say as JSON what the job takes, and do not run it")
    for flag, name, about in [("-i", "inputs", "an input; - for stdin"), ("-o", "outputs", "an output; - for stdout")]:
        parser.add_argument(flag, dest=name, action="append", default=[], metavar="PATH", help=about)
    parser.add_argument(
        "--codec",
        action="append",
        default=[],
        metavar="NAME[:SIZE]",
        help="the codec of all pipes, or again for each, inputs first (json); bytes:64 for blocks of 64 bytes",
    )
    parser.add_argument("--head", action="store_true", help="heads stand on the pipes")
    parser.add_argument("--head-size", type=int, default=1, choices=range(1, 5), metavar="BYTES", help="1 to 4 (1)")
    parser.add_argument("--block-count", type=int, default=1, metavar="COUNT", help="blocks of a compute block (1)")
    return parser


def _args_of(given: argparse.Namespace) -> dict[str, Any]:
    """The arguments of the command line, or else those of the network file."""
    if given.args is not None:
        return _args("--args", given.args)
    return _args("PIPELOOM_ARGS", os.environ.get("PIPELOOM_ARGS", "{}"))


def _args(place: str, text: str) -> dict[str, Any]:
    try:
        args = json.loads(text)
    except ValueError as error:
        raise UsageError(f"{place} is no JSON: {error}") from error
    if not isinstance(args, dict):
        raise UsageError(f'{place} is no JSON object, such as {{"limit": 5}}: {text}')
    return args


def _pipes_by_hand(given: argparse.Namespace) -> PipeTable:
    paths = [*given.inputs, *given.outputs]
    codecs = given.codec or ["json"]
    if len(codecs) == 1:
        codecs = codecs * len(paths)
    if len(codecs) != len(paths):
        raise UsageError(f"--codec is given {len(codecs)} times for {len(paths)} pipes: give it once, or once for each")
    pipes = []
    for place, (path, codec) in enumerate(zip(paths, codecs)):
        is_input = place < len(given.inputs)
        name, size = codec_and_size(codec)
        pipes.append(
            Pipe(
                name=os.path.splitext(os.path.basename(path))[0] if path != "-" else "stdin" if is_input else "stdout",
                codec=name,
                block_size=size,
                block_count=given.block_count if is_input else 1,
                head=given.head,
                path=None if path == "-" else path,
                fd=None if path != "-" else 0 if is_input else 1,
            )
        )
    return PipeTable(pipes[: len(given.inputs)], pipes[len(given.inputs) :], given.head_size)


def codec_and_size(text: str) -> tuple[str, Optional[int]]:
    """``bytes:64`` is a codec with a size, ``codec.py:Frames`` a class."""
    name, _, size = text.rpartition(":")
    return (name, int(size)) if name and size.isdigit() else (text, None)
