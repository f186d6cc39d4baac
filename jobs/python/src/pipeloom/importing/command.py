"""The command line: ``marvelo FILE [-o NETWORK.toml]``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Optional

from pipeloom.importing.network import convert
from pipeloom.importing.notes import ImportFailedError


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Writes the network file, and on standard error what was not carried over. 2 if the project cannot be read."""
    parser = argparse.ArgumentParser(prog="pipeloom import", allow_abbrev=False)
    parser.add_argument("system", choices=["marvelo"])
    parser.add_argument("file", metavar="CONFIG.py|NETWORK.xml")
    parser.add_argument("-o", "--output", metavar="NETWORK.toml")
    parser.add_argument("--force", action="store_true")
    parser.add_argument("--interpreter", metavar="PYTHON")
    given = parser.parse_args(argv)
    try:
        folder = os.path.realpath(os.path.dirname(os.path.abspath(given.output))) if given.output else os.getcwd()
        text, notes = convert(given.file, folder, given.interpreter)
        _write(text, given.output, given.force)
    except ImportFailedError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for note in notes:
        print(note, file=sys.stderr)
    return 0


def _write(text: str, output: Optional[str], force: bool) -> None:
    try:
        if output is None:
            # TOML is UTF-8, whatever the locale is.
            sys.stdout.buffer.write(text.encode())
            sys.stdout.buffer.flush()
            return
        with open(output, "w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise ImportFailedError(f"{output} is there already: name another file, or give --force") from error
    except BrokenPipeError:
        # Nobody reads any more; nothing is left to be flushed at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except UnicodeEncodeError as error:
        raise ImportFailedError("a name in the project is no text") from error
    except OSError as error:
        raise ImportFailedError(f"cannot write {output or 'standard output'}: {error.strerror}") from error
