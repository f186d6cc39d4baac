"""The jobs of an XML file, the older way to describe a network in MARVELO."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Optional
from xml.parsers import expat

from pipeloom.importing.modules import Modules
from pipeloom.importing.notes import ImportFailedError, Notes
from pipeloom.importing.values import Class, Instance, Place


@dataclass
class Element:
    """An element with the line on which it begins, which xml.etree does not tell."""

    tag: str
    attributes: dict[str, str]
    line: int
    children: list[Element] = field(default_factory=list)


def jobs_of(path: str, modules: Modules, notes: Notes) -> list[Instance]:
    """The jobs of an XML file, which are programs all."""
    return [
        _job(job, node.attributes.get("pi_id") or node.attributes.get("ip"), path, modules, notes)
        for node in _root(path).children
        for job in node.children
    ]


def _root(path: str) -> Element:
    top = Element("", {}, 0)
    open_elements = [top]
    parser = expat.ParserCreate()

    def start(tag: str, attributes: dict[str, str]) -> None:
        element = Element(tag, attributes, parser.CurrentLineNumber)
        open_elements[-1].children.append(element)
        open_elements.append(element)

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: open_elements.pop()
    try:
        with open(path, "rb") as file:
            parser.ParseFile(file)
    except expat.ExpatError as error:
        raise ImportFailedError(f"{path}:{error.lineno}: {expat.errors.messages[error.code]}") from error
    except OSError as error:
        raise ImportFailedError(f"{path}: {error.strerror}") from error
    return top.children[0]


def _job(job: Element, node: Optional[str], path: str, modules: Modules, notes: Notes) -> Instance:
    place = Place(path, job.line)
    parts: dict[str, list[Any]] = {"input": [], "output": [], "parameter": []}
    for child in job.children:
        if child.tag not in parts:
            notes.say(Place(path, child.line), f"<{child.tag}> is not known")
        elif child.tag == "parameter":
            parts["parameter"].append(child.attributes.get("param", ""))
        else:
            parts[child.tag].append(_pipe(child, path, modules, notes))
    names = {
        "EXECUTABLE": job.attributes.get("executable"),
        "DEPENDENCIES": job.attributes.get("path"),
        "PARAMETERS": " ".join(parts["parameter"]),
        "inputs": parts["input"],
        "outputs": parts["output"],
        "DEFAULT_NODE": node,
    }
    return Instance(_framework(modules, "fission.core.jobs", "DynamicMARVELOJob", place), [], {}, place, names)


def _pipe(element: Element, path: str, modules: Modules, notes: Notes) -> Instance:
    place = Place(path, element.line)
    names: dict[str, Any] = {"id": element.attributes.get("pipe_id")}
    for name in ("block_size", "block_count"):
        text = element.attributes.get(name) or "1"
        if not text.isdigit():
            notes.say(place, f"{name} is no number: {text}")
        names[name.upper()] = int(text) if text.isdigit() else 1
    return Instance(_framework(modules, "fission.core.pipes", "BasePipe", place), [], {}, place, names)


def _framework(modules: Modules, module: str, name: str, place: Place) -> Class:
    found = modules.find(module, place)
    cls = found.names[name] if found else None
    if not isinstance(cls, Class):
        raise ImportFailedError(f"{module} has no {name}")
    return cls
