"""A project as a network file."""

from __future__ import annotations

import os
from typing import Optional

from pipeloom.importing import config, pipes, toml
from pipeloom.importing.draft import JobDraft, PipeDraft, Raw
from pipeloom.importing.jobs import Jobs
from pipeloom.importing.modules import Modules
from pipeloom.importing.notes import Notes
from pipeloom.importing.sources import Sources


def convert(path: str, folder: str, interpreter: Optional[str] = None) -> tuple[str, list[str]]:
    """The network file's text, for a file in ``folder``, and what was not carried over.

    Python jobs are given the interpreter, if there is one.
    """
    notes = Notes()
    path = os.path.abspath(path)
    modules = Modules(os.path.dirname(path), notes)
    project = config.read(path, modules, notes)
    jobs = Jobs(folder, modules, notes).drafts(project.jobs)
    if interpreter is not None:
        _choose(interpreter, jobs, folder)
    _one_output_for_clocks(jobs, notes)
    drafts = pipes.drafts(jobs, notes)
    sources = Sources(modules, notes)
    for job in jobs:
        _finish(job, {str(draft.pipe.get("id")): draft for draft in drafts}, folder, sources)
    lines = [f"# {os.path.basename(os.path.dirname(path))}/{os.path.basename(path)} of a MARVELO project.", ""]
    head_size = {"head_size": project.head_size} if project.head_size != 1 else {}
    lines += toml.lines("network", {"name": project.name, **head_size}, [])
    for job in jobs:
        lines += toml.lines(f"jobs.{toml.key(job.name)}", job.table, job.comments)
    for draft in drafts:
        lines += toml.lines(f"pipes.{toml.key(draft.name)}", draft.table, [])
    return "\n".join(lines), notes.lines()


def _choose(interpreter: str, jobs: list[JobDraft], folder: str) -> None:
    """One with a slash is a path from here; any other is looked up."""
    if os.path.sep in interpreter and not os.path.isabs(interpreter):
        interpreter = os.path.join(".", os.path.relpath(interpreter, folder))
    for job in jobs:
        if job.what == "python":
            job.table["interpreter"] = interpreter


def _one_output_for_clocks(jobs: list[JobDraft], notes: Notes) -> None:
    """A clock has one pipe, which any number of jobs may read."""
    for clock in jobs:
        if clock.what != "clock" or len(clock.outputs) < 2:
            continue
        first, *others = clock.outputs
        clock.outputs = [first]
        numbers = [pipe.get("id") for pipe in others]
        for job in jobs:
            job.inputs = [first if pipe.get("id") in numbers else pipe for pipe in job.inputs]
        text = ", ".join(map(str, numbers))
        notes.say(clock.place, f"a clock has one pipe for all readers: {first.get('id')} stands for {text} too")


def _finish(job: JobDraft, drafts: dict[str, PipeDraft], folder: str, sources: Sources) -> None:
    if job.what == "python" and job.cls is not None:
        found = sorted(sources.folders(job.cls))
        if found:
            places = [os.path.relpath(place, folder) for place in found]
            places = ["${network}" if place == "." else "${network}/" + toml.escaped(place) for place in places]
            job.table["env"] = {"PYTHONPATH": Raw(":".join(places))}
    for key, given in [("inputs", job.inputs), ("outputs", job.outputs)]:
        if given:
            job.table[key] = [drafts[str(pipe.get("id"))].name for pipe in given]
