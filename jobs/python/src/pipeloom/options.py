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
        pipes = PipeTable(given.inputs, given.outputs, given.head or 1)
    else:
        # The pipes stand behind flags as well, which the network file may have named in its own way.
        given, _ = parser.parse_known_args(argv)
        pipes = PipeTable.from_json(table)
    return Options(getattr(given, "job", None), _args_of(given), given.describe, pipes)


def _parser(with_spec: bool) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pipeloom" if with_spec else None,
        description="Runs a job of a Pipeloom network. Within a network, the runtime says where the pipes are. "
        "By hand, what stands before -i or -o says how blocks stand on the pipes behind it.",
        allow_abbrev=False,
    )
    if with_spec:
        parser.add_argument("job", metavar="FILE.py:CLASS", help="the job's class")
    parser.add_argument("--args", metavar="JSON", help="arguments of the job, an object")
    parser.add_argument("--describe", action="store_true", help="say as JSON what the job takes, and do not run it")
    parser.add_argument("--codec", metavar="NAME", default="json", help="the codec of pipes (json)")
    parser.add_argument("--block-size", type=_count, metavar="BYTES", help="the size of blocks of the codec bytes")
    parser.add_argument("--block-count", type=_count, default=1, metavar="COUNT", help="blocks of a compute block (1)")
    parser.add_argument("--head", type=int, choices=range(1, 5), metavar="BYTES", help="heads of 1 to 4 bytes")
    for flag, name, about in [("-i", "inputs", "an input; - for stdin"), ("-o", "outputs", "an output; - for stdout")]:
        parser.add_argument(flag, action=_AddPipe, dest=name, default=[], metavar="PATH", help=about)
    return parser


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise ValueError
    return count


class _AddPipe(argparse.Action):
    """Adds a pipe, with what was said before it."""

    def __call__(self, parser: object, given: argparse.Namespace, value: Any, option: Optional[str] = None) -> None:
        is_input = self.dest == "inputs"
        pipe = Pipe(
            name=os.path.splitext(os.path.basename(value))[0] if value != "-" else "stdin" if is_input else "stdout",
            codec=given.codec,
            block_size=given.block_size,
            block_count=given.block_count if is_input else 1,
            head=given.head is not None,
            path=None if value == "-" else value,
            fd=None if value != "-" else 0 if is_input else 1,
        )
        setattr(given, self.dest, [*getattr(given, self.dest), pipe])


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
