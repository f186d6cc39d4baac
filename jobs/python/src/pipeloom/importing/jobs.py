"""Jobs as tables of a network file."""

from __future__ import annotations

import os
import shlex
from typing import Any, Optional

from pipeloom.importing.arguments import args_of
from pipeloom.importing.draft import JobDraft, Names, clean, job_name
from pipeloom.importing.modules import Modules
from pipeloom.importing.notes import Notes
from pipeloom.importing.predefined import Predefined
from pipeloom.importing.toml import written
from pipeloom.importing.values import Function, Instance, Unknown, is_framework

NEAR = ("localhost", "127.0.0.1", "local")


class Jobs:
    """Makes tables of jobs, for a file in ``folder``."""

    def __init__(self, folder: str, modules: Modules, notes: Notes) -> None:
        self.folder = folder
        self.modules = modules
        self.notes = notes

    def drafts(self, jobs: list[Instance]) -> list[JobDraft]:
        """A draft for each job."""
        wanted = [self._wanted_name(job) for job in jobs]
        names = Names(wanted)
        predefined = Predefined(self.notes)
        drafts = []
        for number, (job, name) in enumerate(zip(jobs, wanted), start=1):
            inputs, outputs = self._pipes(job, "inputs"), self._pipes(job, "outputs")
            draft = JobDraft(names.give(name), job.place, "", {}, inputs, outputs, job.cls)
            if not predefined.fill(draft, job, number):
                self._fill(draft, job)
            drafts.append(draft)
        return drafts

    def _wanted_name(self, job: Instance) -> str:
        own = job.get("name")
        if isinstance(own, str) and own and job.cls.is_a("LoggingJob"):
            return clean(own, "job")
        program = job.get("EXECUTABLE")
        if is_framework(job.cls.module) and isinstance(program, str) and program.split():
            stem = os.path.splitext(os.path.basename(program.split()[-1]))[0]
            return clean(stem, "program")
        return job_name(job.cls.name)

    def _pipes(self, job: Instance, key: str) -> list[Instance]:
        found = job.get(key)
        if not isinstance(found, (list, tuple)) or not found:
            found = job.kwargs.get(key) or []
        if isinstance(found, Unknown):
            found = [found]
        pipes = []
        for pipe in found:
            if isinstance(pipe, Instance) and isinstance(pipe.get("id"), (int, str)):
                pipes.append(pipe)
            else:
                place = pipe.place if isinstance(pipe, (Unknown, Instance)) else job.place
                self.notes.say(place, f"a pipe of {job.cls.name} is left out: which one it is, is not known")
        return pipes

    def _fill(self, draft: JobDraft, job: Instance) -> None:
        if job.cls.is_a("ExecutableJob"):
            draft.what = "exec"
            self._exec(draft, job)
        else:
            draft.what = "python"
            self._python(draft, job)
        self._dependencies(draft, job)
        self._queue(draft, job)
        self._machine(draft, job)

    def _python(self, draft: JobDraft, job: Instance) -> None:
        path = os.path.relpath(job.cls.module.path, self.folder)
        draft.table["python"] = f"{path}:{job.cls.name}"
        args = args_of(job, self.notes)
        if args:
            draft.table["args"] = args
        log = job.get("logging_output") if job.cls.is_a("LoggingJob") else None
        if isinstance(log, Instance):
            draft.log = log
            draft.table["log_times"] = True
            if log not in draft.outputs:
                draft.outputs.append(log)
        elif job.cls.is_a("LoggingJob"):
            # Its class says LOG_TIMES, which would take the last output for the times.
            draft.table["log_times"] = False

    def _exec(self, draft: JobDraft, job: Instance) -> None:
        words = self._words(job, "EXECUTABLE")
        if not words:
            self.notes.say(job.place, f"the program of {job.cls.name} is not known: write it into `exec`")
        draft.table["exec"] = [*(words or ["./program"]), *self._words(job, "PARAMETERS")]
        if job.cls.is_a("MARVELOJob"):
            draft.table["pass"] = "fd"
        for key, value, usual in [
            ("input_flag", job.get("INPUT_FLAG"), "-i"),
            # Its own pages call it OUTPUTS_FLAG.
            ("output_flag", job.get("OUTPUTS_FLAG") or job.get("OUTPUT_FLAG"), "-o"),
        ]:
            if isinstance(value, str) and value != usual:
                draft.table[key] = value
        if job.get("HEAD") is True:
            draft.table["head"] = True
        own = [
            name
            for entry in job.cls.order()
            for name, value in entry.names.items()
            if isinstance(value, Function) and name != "__init__" and not is_framework(entry.module)
        ]
        if own:
            self.notes.say(job.place, f"methods of {job.cls.name} are not carried over: {', '.join(own)}")

    def _words(self, job: Instance, key: str) -> list[str]:
        value = job.get(key)
        if isinstance(value, Unknown):
            text = f"{key} of {job.cls.name} is left out: what {value.text} is, only running the project would tell"
            self.notes.say(value.place, text)
            return []
        if isinstance(value, (list, tuple)):
            return [str(word) for word in value]
        if not isinstance(value, str):
            return []
        try:
            return shlex.split(value)
        except ValueError as error:
            self.notes.say(job.place, f"{key} of {job.cls.name} is split at its spaces only: {error}")
            return value.split()

    def _dependencies(self, draft: JobDraft, job: Instance) -> None:
        value = job.get("DEPENDENCIES")
        if value is None or value == "":
            return
        # What a class of Python imports is found where it is.
        entries = value if isinstance(value, (list, tuple)) else [value]
        paths = []
        for path in entries:
            if isinstance(path, str):
                place = self.modules.existing(path)
                if not os.path.exists(place):
                    self.notes.say(job.place, f"the dependency {path} of {job.cls.name} is not there")
                paths.append(os.path.relpath(place, self.folder))
            elif isinstance(path, Unknown):
                self.notes.say(path.place, f"a dependency of {job.cls.name} is left out: {path.text}")
        if paths:
            draft.table["dependencies"] = paths

    def _queue(self, draft: JobDraft, job: Instance) -> None:
        most = job.get("MAX_QUEUE")
        if isinstance(most, Unknown):
            self.notes.say(most.place, f"MAX_QUEUE of {job.cls.name} is left out: {most.text}")
        elif isinstance(most, int) and most > 0 and draft.inputs:
            if most < 2:
                self.notes.say(job.place, f"MAX_QUEUE of {job.cls.name} is 2 here: less is not possible")
            draft.table["max_queue"] = max(2, most)
            draft.table["when_full"] = "drop-oldest"

    def _machine(self, draft: JobDraft, job: Instance) -> None:
        groups = _texts(job.get("GROUPS"))
        if "LOCAL" in groups:
            draft.table["local"] = True
        others = [group for group in groups if group not in ("ALL", "LOCAL", "")]
        node: Optional[Any] = job.get("DEFAULT_NODE")
        if others:
            self._elsewhere(draft, job, "groups", others)
        if isinstance(node, str) and node:
            if node in NEAR:
                draft.table["node"] = "localhost"
            else:
                self._elsewhere(draft, job, "node", node)

    def _elsewhere(self, draft: JobDraft, job: Instance, key: str, value: Any) -> None:
        draft.comments.append(f"{key} = {written(value)}")
        was = "GROUPS" if key == "groups" else "DEFAULT_NODE"
        self.notes.say(job.place, f"{was} of {job.cls.name} is a comment in the file: all jobs run on this machine")


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [entry for entry in value if isinstance(entry, str)] if isinstance(value, (list, tuple)) else []
