"""The network file's text."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from pipeloom.importing.draft import Raw


def can_be_written(value: Any) -> bool:
    """Whether a value has a form in TOML; ``None`` has none."""
    if isinstance(value, (bool, str, float, Raw)):
        return not isinstance(value, str) or _is_text(value)
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    if isinstance(value, (list, tuple)):
        return all(map(can_be_written, value))
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and _is_text(key) and can_be_written(item) for key, item in value.items())
    return False


def _is_text(text: str) -> bool:
    return not any(0xD800 <= ord(letter) < 0xE000 for letter in text)


def written(value: Any) -> str:
    """A value as TOML, on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Raw):
        return _text(value.text)
    if isinstance(value, str):
        return _text(escaped(value))
    if isinstance(value, float):
        if math.isfinite(value):
            text = repr(value)
            return text if re.search(r"[.e]", text) else text + ".0"
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(written, value)) + "]"
    if isinstance(value, Mapping):
        inner = ", ".join(f"{key(name)} = {written(item)}" for name, item in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    return str(value)


def key(name: str) -> str:
    """A key, bare where it can be."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _text(name)


def escaped(text: str) -> str:
    """A text in which nothing stands for a parameter."""
    return text.replace("${", "$${")


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def lines(name: str, table: Mapping[str, Any], comments: list[str]) -> list[str]:
    """A table with its header."""
    entries = [f"{key(name)} = {written(value)}" for name, value in table.items()]
    return [f"[{name}]", *entries, *(f"# {line}" for line in comments), ""]
