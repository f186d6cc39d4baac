"""A project of MARVELO in a folder, for tests of how it is imported."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Optional

from pipeloom.importing.network import convert

HEADER = """
from fission.core.jobs import *
from fission.core.pipes import *
"""


class Project:
    """The project ``demo`` in the folder ``root``, from which MARVELO would be started."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.text = ""
        self.notes: list[str] = []

    def file(self, name: str, text: str) -> Project:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
        return self

    def config(self, text: str) -> Project:
        return self.file("demo/config.py", HEADER + dedent(text))

    def read(self, name: str = "demo/config.py", interpreter: Optional[str] = None) -> Project:
        """Reads it, for a network file in ``root``."""
        self.text, self.notes = convert(str(self.root / name), str(self.root), interpreter)
        return self

    def has(self, *tables: str) -> Project:
        """Each of these tables is in the file, as it stands here."""
        for table in tables:
            assert dedent(table).strip() + "\n\n" in self.text + "\n", self.text
        return self

    def says(self, *notes: str) -> Project:
        """There is a note with each of these texts; the place is a line of the file."""
        for note in notes:
            assert any(note in entry for entry in self.notes), self.notes
        return self

    def says_nothing(self) -> Project:
        assert self.notes == []
        return self


NUMBERS = """
from pipeloom.marvelo import PythonJob

class NumbersJob(PythonJob):
    def __init__(self, start=1, count=3, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.numbers = range(start, start + count)

    def run(self):
        for number in self.numbers:
            if number == self.numbers[-1]:
                self.finish()
            yield number

class SumJob(PythonJob):
    def run(self, *numbers):
        return sum(numbers)
"""
"""``demo/jobs/jobs.py`` of projects that are run."""
