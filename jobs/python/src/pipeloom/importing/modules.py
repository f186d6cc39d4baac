"""From a module's name to its file, and what is in it. Files are read, never imported."""

from __future__ import annotations

import ast
import os
from typing import Any, Optional

from pipeloom.importing import framework
from pipeloom.importing.evaluate import Scope
from pipeloom.importing.execute import Executor
from pipeloom.importing.notes import ImportFailedError, Notes
from pipeloom.importing.values import FRAMEWORK, Module, Place

SHARED = ["ClockJob", "DistributingJob", "ForwardingJob", "LoggingJob", "LoggingSinkJob"]
"""What MARVELO's shared project has, and Pipeloom has of its own."""


class Modules:
    """The files of a project."""

    def __init__(self, folder: str, notes: Notes) -> None:
        self.folder = folder
        parent = os.path.dirname(folder)
        # MARVELO is started in the folder above the project.
        self.roots = [parent, folder, os.path.dirname(parent)]
        self.main: Optional[str] = None
        """The file with the jobs."""
        self.notes = notes
        self.known: dict[str, Optional[Module]] = {}
        self.trees: dict[str, ast.Module] = {}
        self.executor = Executor(self.find)

    def load(self, path: str) -> Module:
        """A file by its path. What keeps it from being read is an error."""
        self.main = path
        name = f"{os.path.basename(self.folder)}.{os.path.splitext(os.path.basename(path))[0]}"
        return self._execute(name, path, self.parse(path))

    def find(self, name: str, place: Place) -> Optional[Module]:
        """A module by its name; ``None`` if it is neither the framework's nor in the project."""
        if name not in self.known:
            self.known[name] = None
            self.known[name] = self._find(name, place)
        return self.known[name]

    def _find(self, name: str, place: Place) -> Optional[Module]:
        own = self._own(name, place)
        if own is not None and name not in framework.MODULES:
            return own
        if name not in framework.MODULES:
            return None
        module = self._framework(name)
        if own is None:
            return module
        own.names.update({key: value for key, value in module.names.items() if key in SHARED})
        return own

    def _framework(self, name: str) -> Module:
        return self._execute(name, FRAMEWORK, ast.parse(framework.MODULES[name]))

    def _own(self, name: str, place: Place) -> Optional[Module]:
        path = self.path_of(name)
        if path is None and "." in name and name.split(".")[0] not in ("fission", "pipeloom"):
            rest = name.split(".", 1)[1]
            # The project has another name now, but its layout is still MARVELO's.
            if rest.split(".")[0] not in ("jobs", "nodes", "pipes"):
                return None
            path = self.path_of(f"{os.path.basename(self.folder)}.{rest}")
            if path is None:
                return None
            self.notes.say(place, f"there is no module {name}; {os.path.relpath(path)} is taken for it")
        if path is None:
            return None
        try:
            return self._execute(name, path, self.parse(path))
        except ImportFailedError as error:
            self.notes.say(place, f"{name} cannot be read: {error}")
            return None

    def path_of(self, name: str) -> Optional[str]:
        """The file of a module of the project. The framework is none, wherever its source lies."""
        parts = name.split(".")
        if parts[0] in ("fission", "pipeloom"):
            return None
        for root in self.roots:
            base = os.path.join(root, *parts)
            for path in (base + ".py", os.path.join(base, "__init__.py")):
                if os.path.isfile(path):
                    return path
        return None

    def parse(self, path: str) -> ast.Module:
        """The source of a file."""
        if path not in self.trees:
            try:
                with open(path, "rb") as file:
                    self.trees[path] = ast.parse(file.read(), path)
            except SyntaxError as error:
                raise ImportFailedError(f"{os.path.relpath(path)}:{error.lineno}: {error.msg}") from error
            except (OSError, ValueError, RecursionError, MemoryError) as error:
                why = getattr(error, "strerror", None) or error
                raise ImportFailedError(f"{os.path.relpath(path)}: {why}") from error
        return self.trees[path]

    def _execute(self, name: str, path: str, tree: ast.Module) -> Module:
        names: dict[str, Any] = {"__name__": name, "__file__": os.path.abspath(path)}
        module = Module(name, path, names)
        self.known[name] = module
        self.executor.execute(tree.body, Scope(module))
        return module

    def existing(self, path: str) -> str:
        """Where a path of the project leads: MARVELO looks from the folder above it."""
        found = (os.path.join(root, path) for root in [*self.roots, os.path.dirname(self.roots[-1])])
        return next((place for place in found if os.path.exists(place)), os.path.join(self.folder, path))
