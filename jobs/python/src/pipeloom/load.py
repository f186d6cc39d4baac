"""Finding a class by ``FILE.py:CLASS`` or ``package.module:CLASS``."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from types import ModuleType
from typing import TypeVar

from pipeloom.errors import UsageError

T = TypeVar("T")


class NoClassError(UsageError):
    """The file has no such class, but others."""

    def __init__(self, text: str, there: list[str]) -> None:
        super().__init__(text)
        self.there = there


def load_class(spec: str, base: type[T]) -> type[T]:
    """Imports a subclass of ``base``. What goes wrong inside the file itself is raised as it is."""
    place, _, name = spec.rpartition(":")
    if not place or not name:
        raise UsageError(f"{spec!r} names no class: write FILE.py:CLASS")
    module = _load_file(place) if place.endswith(".py") else _load_module(place)
    found = getattr(module, name, None)
    if isinstance(found, type) and issubclass(found, base):
        return found
    there = [key for key, item in vars(module).items() if _is_own(item, base, module)]
    known = f"; it has {', '.join(there)}" if there else ""
    what = f"is no subclass of {base.__name__}" if found is not None else "is not there"
    raise NoClassError(f"{place}: {name} {what}{known}", there)


def _is_own(item: object, base: type, module: ModuleType) -> bool:
    return isinstance(item, type) and issubclass(item, base) and item.__module__ == module.__name__


def _load_file(path: str) -> ModuleType:
    if not os.path.isfile(path):
        raise UsageError(f"there is no file {path}")
    path = os.path.abspath(path)
    stem = os.path.splitext(os.path.basename(path))[0]
    loaded = sys.modules.get(stem)
    if loaded is not None and getattr(loaded, "__file__", None) == path:
        return loaded
    # The file's own name, so that what is pickled here is found there; but never in the place of another module.
    name = stem if loaded is None else f"_pipeloom_job_{stem}"
    folder = os.path.dirname(path)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def _load_module(name: str) -> ModuleType:
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(error.name + ".")):
            raise UsageError(f"there is no module {name}") from error
        raise
