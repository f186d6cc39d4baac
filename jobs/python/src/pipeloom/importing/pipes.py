"""Pipes as tables of a network file."""

from __future__ import annotations

from typing import Any

from pipeloom.importing.draft import JobDraft, PipeDraft, clean
from pipeloom.importing.notes import Notes
from pipeloom.importing.toml import can_be_written
from pipeloom.importing.values import Class, Function, Instance, Unknown, is_framework

# What says how values become bytes.
METHODS = ("pack", "read", "read_wrapper", "unpack", "write")


def drafts(jobs: list[JobDraft], notes: Notes) -> list[PipeDraft]:
    """All pipes, in the order in which jobs name them."""
    found: dict[Any, PipeDraft] = {}
    for job in jobs:
        for pipe in [*job.inputs, *job.outputs]:
            number = pipe.get("id")
            draft = found.setdefault(str(number), PipeDraft(pipe, clean(f"pipe_{number}", "pipe")))
            if draft.pipe.cls is not pipe.cls:
                notes.say(pipe.place, f"pipe {number} is a {draft.pipe.cls.name} elsewhere, which counts")
            if pipe in job.inputs:
                draft.readers.append(job)
            elif draft.writer is None:
                draft.writer = job
            else:
                notes.say(pipe.place, f"pipe {number} is written by {draft.writer.name} already")
    for draft in found.values():
        _fill(draft, jobs, notes)
    return list(found.values())


def _fill(draft: PipeDraft, jobs: list[JobDraft], notes: Notes) -> None:
    for way, there in [("writes", draft.writer is not None), ("reads", bool(draft.readers))]:
        if not there:
            notes.say(draft.place, f"no job {way} pipe {draft.pipe.get('id')}")
    if draft.is_log:
        draft.table["codec"] = "json"
        return
    optional = _optional(draft, notes) if draft.pipe.cls.is_a("OptionalMixIn") else None
    _codec(draft, optional, notes)
    count = draft.pipe.get("BLOCK_COUNT")
    if isinstance(count, int) and count > 1:
        draft.table["block_count"] = count
    elif not isinstance(count, int):
        notes.say(draft.place, f"BLOCK_COUNT of {draft.pipe.cls.name} is no number; 1 is taken for it")
    if optional is not None:
        draft.table["optional"] = optional
    elif draft.pipe.get("ASYNC") is True:
        draft.table["async"] = True
    dropping = [job.name for job in draft.readers if "when_full" in job.table]
    if dropping and len(dropping) < len(draft.readers):
        draft.table["when_full"] = "block"
        notes.say(draft.place, f"{draft.name} drops nothing for {dropping[0]}, as others read it that drop nothing")
    for key, attribute, end in [
        ("writers", "SOURCE_JOBS", draft.ends[:1] if draft.writer else []),
        ("readers", "DESTINATION_JOBS", draft.readers),
    ]:
        _allowed(draft, key, attribute, end, jobs, notes)


def _optional(draft: PipeDraft, notes: Notes) -> dict[str, Any]:
    pipe = draft.pipe
    table: dict[str, Any] = {}
    default = pipe.get("OPTIONAL_DEFAULT")
    if isinstance(default, Unknown) or not (default is None or can_be_written(default)):
        notes.say(draft.place, f"OPTIONAL_DEFAULT of {pipe.cls.name} is left out: it is no text, number or list")
    elif default is not None:
        table["default"] = default
    if pipe.get("OPTIONAL_STORE") is False:
        table["store"] = False
    buffer = pipe.get("OPTIONAL_BUFFER_SIZE")
    if isinstance(buffer, int) and buffer > 0:
        table["buffer"] = buffer
        if pipe.get("OPTIONAL_DELETE_MODE") == "newest":
            table["drop"] = "newest"
    return table


def _codec(draft: PipeDraft, optional: Any, notes: Notes) -> None:
    cls = draft.pipe.cls
    family = _family(draft.pipe)
    kinds = {end.what for end in draft.ends}
    own = _own_methods(cls)
    interactive = "interactive" in kinds
    if interactive and family != "json":
        # People type lines.
        draft.table["codec"] = "lines"
    elif family == "pickle":
        default = optional is not None and "default" in optional
        pickle = kinds <= {"python"} and not default
        draft.table["codec"] = "pickle" if pickle else "json"
        if not pickle:
            why = "it has a default" if default else "not all its ends are in Python"
            notes.say(draft.place, f"{draft.name} has the codec json, not pickle, as {why}: its values must be JSON")
    elif family == "bytes":
        _bytes(draft, kinds, optional, notes)
    elif family == "framed":
        draft.table["codec"] = "framed"
        size = draft.pipe.get("BLOCK_SIZE")
        text = f"the protocol {size!r} of {cls.name} is not carried over: blocks stand behind their lengths"
        notes.say(draft.place, text)
    else:
        draft.table["codec"] = family
    if optional is not None and draft.table["codec"] == "lines":
        _line_default(draft, optional, notes)
    if own and "python" in kinds:
        value = "lines of text" if interactive else f"what {draft.table['codec']} gives"
        notes.say(
            draft.place,
            f"{' and '.join(own)} of {cls.name}: not carried over; the jobs of {draft.name} get {value}; "
            + (
                f'give them CODECS = {{"{draft.name}": {cls.name}}}, whose base comes from pipeloom.marvelo'
                if family == draft.table["codec"]
                else "convert it there"
            ),
        )


def _family(pipe: Instance) -> str:
    for mixin, codec in [("ReadPickleMixIn", "pickle"), ("WritePickleMixIn", "pickle"), ("PickleMixIn", "pickle")]:
        if pipe.cls.is_a(mixin):
            return codec
    if any(pipe.cls.is_a(mixin) for mixin in ("ReadJSONMixIn", "WriteJSONMixIn")):
        return "json"
    return "bytes" if isinstance(pipe.get("BLOCK_SIZE"), int) else "framed"


def _own_methods(cls: Class) -> list[str]:
    own = [entry for entry in cls.order() if not is_framework(entry.module)]
    return [name for name in METHODS if any(isinstance(entry.names.get(name), Function) for entry in own)]


def _bytes(draft: PipeDraft, kinds: set[str], optional: Any, notes: Notes) -> None:
    size = draft.pipe.get("BLOCK_SIZE")
    if size == 1 and kinds <= {"exec"} and optional is None:
        draft.table["codec"] = "stream"
        notes.say(draft.place, f"{draft.name} is a stream of bytes, as no size of its blocks is given")
        return
    draft.table.update({"codec": "bytes", "block_size": size})
    if "csv-sink" in kinds:
        notes.say(draft.place, f"a csv-sink must be told what the bytes of {draft.name} are: give it the argument type")
    default = optional.pop("default", None) if optional else None
    if isinstance(default, str) and len(default.encode()) == size:
        optional["default"] = default
    elif default is not None:
        notes.say(draft.place, f"OPTIONAL_DEFAULT of {draft.pipe.cls.name} is left out: it is no text of {size} bytes")


def _line_default(draft: PipeDraft, optional: dict[str, Any], notes: Notes) -> None:
    default = optional.get("default", "")
    if not isinstance(default, (str, int, float)) or (isinstance(default, str) and len(default.splitlines()) > 1):
        del optional["default"]
        notes.say(draft.place, f"OPTIONAL_DEFAULT of {draft.pipe.cls.name} is left out: it is no line of text")
    elif not isinstance(default, str):
        notes.say(draft.place, f"the default of {draft.name} comes as a text, as all its lines do")


def _allowed(
    draft: PipeDraft, key: str, attribute: str, ends: list[JobDraft], jobs: list[JobDraft], notes: Notes
) -> None:
    classes = draft.pipe.get(attribute)
    if not classes:
        return
    if not isinstance(classes, (list, tuple)) or not all(isinstance(entry, Class) for entry in classes):
        notes.say(draft.place, f"{attribute} of {draft.pipe.cls.name} is left out: its classes are not known")
        return
    names = [job.name for job in jobs if job.cls in classes]
    strange = [end.name for end in ends if end.name not in names]
    if strange:
        notes.say(draft.place, f"{attribute} of {draft.pipe.cls.name} is left out: {strange[0]} is not of its classes")
    elif names:
        draft.table[key] = names
