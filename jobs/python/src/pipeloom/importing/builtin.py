"""What of Python's own functions and methods may be called on a project's values: it stays small."""

from __future__ import annotations

import ast
import operator
import os.path
import re
from collections.abc import Sized
from typing import Any, Callable

MOST_ITEMS = 100_000
"""A text or list that is longer is taken for a mistake."""

MOST_BITS = 4096


class TooMuchError(Exception):
    """A value that would be too large."""


def _power(base: Any, exponent: Any) -> Any:
    if abs(exponent) > MOST_BITS or (isinstance(base, int) and base.bit_length() * exponent > MOST_BITS):
        raise TooMuchError
    return base**exponent


def _shifted(value: int, by: int) -> int:
    if by + value.bit_length() > MOST_BITS:
        raise TooMuchError
    return value << by


def _times(left: Any, right: Any) -> Any:
    for items, count in ((left, right), (right, left)):
        if isinstance(items, (str, bytes, list, tuple)) and isinstance(count, int) and len(items) * count > MOST_ITEMS:
            raise TooMuchError
    if isinstance(left, int) and isinstance(right, int) and left.bit_length() + right.bit_length() > MOST_BITS:
        raise TooMuchError
    return left * right


def _plus(left: Any, right: Any) -> Any:
    if isinstance(left, Sized) and isinstance(right, Sized) and len(left) + len(right) > MOST_ITEMS:
        raise TooMuchError
    return left + right


def _modulo(left: Any, right: Any) -> Any:
    if isinstance(left, str):
        checked_format(left)
    return left % right


def checked_texts(values: list[Any]) -> None:
    """What a method makes of texts is at most as long as the square of them."""
    if sum(len(value) if isinstance(value, Sized) else 0 for value in values) > MOST_ITEMS // 10:
        raise TooMuchError


def checked_format(text: str) -> str:
    """A format is refused that asks for a width beyond all use."""
    wide = r"%[-+ #0]*(\d{4}|\*)|%[^%a-zA-Z]*\.(\d{4}|\*)|\{[^{}]*:[^{}]*(\d{4}|\{)"
    if re.search(wide, text):
        raise TooMuchError
    return text


BINARY: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: _plus,
    ast.Sub: operator.sub,
    ast.Mult: _times,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: _modulo,
    ast.Pow: _power,
    ast.LShift: _shifted,
    ast.RShift: operator.rshift,
    ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_,
    ast.BitXor: operator.xor,
}

UNARY: dict[type, Callable[[Any], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Not: operator.not_,
    ast.Invert: operator.invert,
}

COMPARE: dict[type, Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda item, items: item in items,
    ast.NotIn: lambda item, items: item not in items,
}

_PURE: list[Callable[..., Any]] = [abs, bool, dict, divmod, enumerate, float, int, len, list, max, min, range, repr]
_PURE += [reversed, round, set, sorted, str, sum, tuple, zip]

FUNCTIONS: dict[str, Callable[..., Any]] = {function.__name__: function for function in _PURE}

EXTERNAL: dict[str, Callable[..., Any]] = {
    f"os.path.{function.__name__}": function
    for function in (os.path.join, os.path.dirname, os.path.basename, os.path.abspath, os.path.normpath)
}

_TEXT = ["capitalize", "endswith", "format", "join", "lower", "lstrip", "replace", "rstrip", "split", "startswith"]
_TEXT += ["strip", "title", "upper"]

METHODS: dict[type, list[str]] = {
    str: _TEXT,
    list: ["append", "copy", "count", "extend", "index", "insert", "reverse"],
    tuple: ["count", "index"],
    dict: ["copy", "get", "items", "keys", "setdefault", "update", "values"],
}
ANYTHING = ["append", "copy", "count", "extend", "get", "index", "insert", "items", "keys", "reverse", "setdefault"]
ANYTHING += ["update", "values"]
"""Methods of lists and dicts that may have values of any kind in them."""
