"""What a job's methods take, read from their signatures without a call."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any, Callable, Optional

from pipeloom.errors import UsageError
from pipeloom.job import Job

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


@dataclass(frozen=True)
class Inputs:
    """How many values ``run`` takes, and what its signature says of each."""

    least: int
    most: Optional[int]
    names: list[str]
    annotations: list[Any]
    rest_annotation: Any = None

    def annotation(self, place: int) -> Any:
        """What the signature says of the value of this input."""
        return self.annotations[place] if place < len(self.annotations) else self.rest_annotation

    def __str__(self) -> str:
        if self.most is None:
            return f"{self.least} or more"
        return str(self.least) if self.least == self.most else f"{self.least} to {self.most}"


def parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """The parameters of a method, without ``self``."""
    found = list(inspect.signature(function).parameters.values())
    return found[1:] if found and found[0].name == "self" else found


def inputs_of(job: type[Job]) -> Inputs:
    """What ``run`` takes."""
    run = inspect.getattr_static(job, "run")
    function = run.__func__ if isinstance(run, (staticmethod, classmethod)) else run
    found = list(inspect.signature(function).parameters.values())
    if not isinstance(run, staticmethod):
        found = found[1:]
    needed = [each for each in found if each.kind is inspect.Parameter.KEYWORD_ONLY and each.default is each.empty]
    if needed:
        raise UsageError(f"{job.__name__}.run needs {needed[0].name} by keyword, but values are given by place")
    places = [each for each in found if each.kind in _POSITIONAL]
    rest = [each for each in found if each.kind is inspect.Parameter.VAR_POSITIONAL]
    return Inputs(
        least=sum(each.default is each.empty for each in places),
        most=None if rest else len(places),
        names=[each.name for each in places],
        annotations=[_annotation(each) for each in places],
        rest_annotation=_annotation(rest[0]) if rest else None,
    )


def has_at_end(job: type[Job]) -> bool:
    """Whether the job may send something behind its last compute block."""
    own = getattr(job, "at_end", None)
    return inspect.isfunction(own) and own is not Job.at_end


def _annotation(parameter: inspect.Parameter) -> Any:
    return None if parameter.annotation is parameter.empty else parameter.annotation


def check_inputs(job: type[Job], name: str, given: int) -> None:
    """Says so if ``run`` does not take this number of values."""
    if job.run is Job.run:
        raise UsageError(f"job {name}: {job.__name__} has no method run")
    takes = inputs_of(job)
    if given < takes.least or (takes.most is not None and given > takes.most):
        raise UsageError(f"job {name}: {job.__name__}.run takes {takes} inputs, and is given {given}")


def check_args(job: type[Job], name: str, args: dict[str, Any]) -> None:
    """Says so if ``__init__`` does not take these arguments."""
    if not args and job.__init__ is Job.__init__:
        return
    if job.__init__ is Job.__init__:
        raise UsageError(f"job {name}: {job.__name__} takes no args, and is given {', '.join(args)}")
    found = parameters(job.__init__)
    named = [each for each in found if each.kind in (*_POSITIONAL, inspect.Parameter.KEYWORD_ONLY)]
    takes = [each.name for each in named]
    missing = [each.name for each in named if each.default is each.empty and each.name not in args]
    if missing:
        raise UsageError(f"job {name}: args lacks {', '.join(missing)}, which {job.__name__} needs")
    unknown = [key for key in args if key not in takes]
    if unknown and not any(each.kind is inspect.Parameter.VAR_KEYWORD for each in found):
        raise UsageError(
            f"job {name}: args has {', '.join(unknown)}, but {job.__name__} takes {', '.join(takes) or 'none'}"
        )
