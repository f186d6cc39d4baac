"""What must change in the project's own files, and what they need to be found."""

from __future__ import annotations

import ast
import os
from typing import Union

from pipeloom import marvelo
from pipeloom.importing.modules import SHARED, Modules
from pipeloom.importing.notes import ImportFailedError, Notes
from pipeloom.importing.values import Class, Place, is_framework


class Sources:
    """The files of Python jobs."""

    def __init__(self, modules: Modules, notes: Notes) -> None:
        self.modules = modules
        self.notes = notes
        self.seen: dict[str, set[str]] = {}

    def folders(self, cls: Class) -> set[str]:
        """The folders in which the class's file, and those that it imports, look for modules of the project."""
        for entry in cls.order():
            if not is_framework(entry.module):
                self._look_at_class(entry)
        if cls.module.path == self.modules.main:
            place = Place(cls.module.path, cls.line)
            self.notes.say(place, f"{cls.name} stands beside JOBS: give it a file of its own")
            return set()
        return self._file(cls.module.path)

    def _file(self, path: str) -> set[str]:
        if path in self.seen:
            return self.seen[path]
        folders = self.seen.setdefault(path, set())
        try:
            tree = self.modules.parse(path)
        except ImportFailedError as error:
            self.notes.say(Place(path, 1), f"it cannot be read: {error}")
            return folders
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                folders |= self._import_from(node, Place(path, node.lineno))
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    folders |= self._module(alias.name, Place(path, node.lineno))
        return folders

    def _import_from(self, node: ast.ImportFrom, place: Place) -> set[str]:
        names = [alias.name for alias in node.names]
        name = node.module or ""
        if node.level:
            self.notes.say(place, "a job's file is loaded by itself: write relative imports in full, or remove them")
            return set()
        if name.split(".")[0] == "fission":
            self._framework(names, place)
            return set()
        if name == "shared.jobs.jobs" and set(names) <= set(SHARED):
            self._framework(names, place)
            return set()
        found = self._module(name, place)
        for inner in names:
            if self.modules.path_of(f"{name}.{inner}"):
                found |= self._module(f"{name}.{inner}", place)
        return found

    def _framework(self, names: list[str], place: Place) -> None:
        there = [name for name in names if name in marvelo.__all__]
        missing = [name for name in names if name not in marvelo.__all__ and name != "*"]
        if there or "*" in names:
            self.notes.say(place, f"write instead: from pipeloom.marvelo import {', '.join(there) or '*'}")
        if missing:
            self.notes.say(place, f"pipeloom.marvelo has no {', '.join(missing)}")

    def _module(self, name: str, place: Place) -> set[str]:
        if name.split(".")[0] == "fission":
            self.notes.say(place, "write instead: from pipeloom.marvelo import ...")
            return set()
        path = self.modules.path_of(name)
        if path is None or os.path.dirname(path) == os.path.dirname(place.path):
            beside = f"{os.path.join(os.path.dirname(place.path), name)}.py"
            return self._file(beside) if os.path.isfile(beside) else self._folder_of(name, path)
        return self._folder_of(name, path)

    def _folder_of(self, name: str, path: Union[str, None]) -> set[str]:
        if path is None:
            return set()
        up = len(name.split(".")) + (os.path.basename(path) == "__init__.py")
        root = path
        for _ in range(up):
            root = os.path.dirname(root)
        return {root} | self._file(path)

    def _look_at_class(self, cls: Class) -> None:
        path = cls.module.path
        body = next((n for n in ast.walk(self.modules.parse(path)) if getattr(n, "lineno", 0) == cls.line), None)
        for node in ast.walk(body) if isinstance(body, ast.ClassDef) else []:
            if isinstance(node, ast.Attribute) and node.attr == "id" and getattr(node.value, "id", "") == "self":
                self.notes.say(Place(path, node.lineno), "a job has no self.id: it has self.name, its name in the file")
        for old in ("init_job", "setup_job", "run_job"):
            if cls.is_a("LoggingJob") and old in cls.names:
                new = {"init_job": "__init__", "setup_job": "setup", "run_job": "run"}[old]
                self.notes.say(Place(path, cls.line), f"{old} of {cls.name} is {new} here")
