"""What a project's source stands for, as far as it is known without running it."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any, Optional


@dataclass(frozen=True)
class Place:
    """A line of a file."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True)
class Unknown:
    """A value that only running the project would tell."""

    place: Place
    text: str
    """The source of what is not known."""


@dataclass(frozen=True)
class External:
    """A module, or something in it, that is no part of the project."""

    name: str


@dataclass(eq=False, repr=False)
class Module:
    """A file of the project."""

    name: str
    path: str
    names: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False, repr=False)
class Function:
    """A function, or a method without its object."""

    node: ast.FunctionDef
    module: Module
    defaults: dict[str, Any]
    owner: Optional[Class] = None


@dataclass(eq=False, repr=False)
class Bound:
    """A method of an object."""

    function: Function
    of: Instance


@dataclass(eq=False, repr=False)
class Class:
    """A class of the project, or of the framework."""

    name: str
    module: Module
    bases: list[Class]
    names: dict[str, Any]
    """Attributes and methods that stand in its own body."""
    line: int

    def order(self) -> list[Class]:
        """The class, then those it inherits from, in Python's order."""
        lists = [base.order() for base in self.bases] + [list(self.bases)]
        found = [self]
        while lists := [rest for rest in lists if rest]:
            heads = [rest[0] for rest in lists]
            # Where Python would refuse the bases, any order will do.
            first = next((head for head in heads if not any(head in rest[1:] for rest in lists)), heads[0])
            found.append(first)
            lists = [[entry for entry in rest if entry is not first] for rest in lists]
        return found

    def find(self, name: str, after: Optional[Class] = None) -> Any:
        """An attribute or method by name; with ``after``, as ``super()`` in that class sees it."""
        order = self.order()
        start = order.index(after) + 1 if after in order else 0
        return next((entry.names[name] for entry in order[start:] if name in entry.names), None)

    def has(self, name: str) -> bool:
        return any(name in entry.names for entry in self.order())

    def is_a(self, name: str) -> bool:
        """Whether it is or inherits from the framework's class of this name."""
        return any(entry.name == name and is_framework(entry.module) for entry in self.order())


@dataclass(eq=False, repr=False)
class Instance:
    """An object that the project makes."""

    cls: Class
    args: list[Any]
    kwargs: dict[str, Any]
    place: Place
    names: dict[str, Any] = field(default_factory=dict)

    def get(self, name: str) -> Any:
        """An attribute of the object or of its class; ``None`` if there is none."""
        return self.names[name] if name in self.names else self.cls.find(name)


FRAMEWORK = "MARVELO"
"""Stands as the path of the framework's own modules."""


def is_framework(module: Module) -> bool:
    return module.path == FRAMEWORK


def is_plain(value: Any) -> bool:
    """Whether it is data all through: what Python's own operations may be used on."""
    if isinstance(value, (list, tuple, set)):
        return all(map(is_plain, value))
    if isinstance(value, dict):
        return all(is_plain(key) and is_plain(item) for key, item in value.items())
    return value is None or isinstance(value, (bool, int, float, str, bytes, range))
