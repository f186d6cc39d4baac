"""The base class of all jobs."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, Callable, Optional, Union

from pipeloom.control import fraction
from pipeloom.errors import PipeloomError
from pipeloom.head import Head
from pipeloom.pipes import Pipe
from pipeloom.state import State


class Job:
    """A job: override :meth:`run`.

    ``run`` is called with one value from each input and returns what goes to the outputs: a tuple has one item for each
    of them, any other value goes to all. From a job with outputs, ``None`` ends it without finishing. A source takes no
    values, and may be a generator. See the README for more.
    """

    HEAD: Any = False
    """Whether heads stand on the wire, where the network file does not say so. ``self.head`` is there either way."""
    GROUPS: Any = "ALL"
    DEFAULT_NODE: Any = None
    MAX_QUEUE: Any = None
    DEPENDENCIES: Any = None
    BUFFERED = False
    """Whether a source's blocks may wait to be written together: faster, but worse for a live source."""
    ACKNOWLEDGES = False
    """Whether the job says itself what it has done, by :meth:`acknowledge`."""
    LOG_TIMES: Any = False
    """Whether the runtime logs the times of the job, where the network file does not say ``log_times``."""
    CODECS: Mapping[str, Any] = {}
    """Codecs of the job's own, by the names of pipes: subclasses of :class:`pipeloom.Codec`, or objects of them."""
    dtype: Any = None
    """If given, inputs of bytes come as numpy arrays of this type; a dict has one for each pipe."""

    name: str
    """The job's name in the network file."""
    inputs: Sequence[Pipe] = ()
    outputs: Sequence[Pipe] = ()

    if TYPE_CHECKING:
        run: Callable[..., Any]
        """Called once for each compute block."""
    else:

        def run(self, *inputs):
            """Called once for each compute block."""
            raise NotImplementedError(f"{type(self).__name__} has no method run")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Takes the job's ``args`` by keyword; those that no subclass wants are left alone."""

    def setup(self, *args: Any, **kwargs: Any) -> None:
        """Called once, before the pipes are opened."""

    def at_end(self) -> Any:
        """Called once behind the last compute block of a job with inputs, however its streams have ended.

        What it returns, or yields, is sent as what ``run`` returns, and the last of it is the job's last block; with
        ``None`` nothing is sent. A network file says ``steps = "free"`` for a job that sends something here.
        """
        return None

    def teardown(self) -> None:
        """Called once after the last block was sent, unless the job has failed."""

    def head_reduce(self) -> Union[Head, int]:
        """What the heads of a compute block are reduced to: bitwise or, unless a subclass says otherwise."""
        heads = [head for entry in self.in_heads for head in (entry if isinstance(entry, list) else [entry])]
        return reduce(or_, heads, Head(0, self._state.head_size))

    @property
    def head(self) -> Head:
        """The reduced head of the inputs. It goes out with what this call returns, as it was changed or replaced."""
        return self._state.head

    @head.setter
    def head(self, head: Union[Head, int]) -> None:
        self._state.head = head

    @property
    def in_heads(self) -> list[Any]:
        """For each input its head, or the list of its heads where ``block_count`` is more than 1."""
        return self._state.in_heads

    @property
    def out_heads(self) -> list[Union[Head, int, None]]:
        """For each output a head of its own, or ``None`` for :attr:`head`. All ``None`` when a call begins."""
        return self._state.heads_for_outputs

    @out_heads.setter
    def out_heads(self, heads: Sequence[Union[Head, int, None]]) -> None:
        self._state.out_heads = list(heads)

    def finish(self) -> None:
        """Marks what this call returns, or what is yielded next, as the last block; then the job ends."""
        self._state.finishing = True

    def progress(self, value: float, message: Optional[str] = None) -> None:
        """Tells the run how far the job is, from 0 to 1, and what it is doing."""
        with contextlib.suppress(TypeError, ValueError):
            text = {} if message is None else {"message": str(message)}
            self._state.control.tell({"progress": fraction(value), **text})

    def status(self, value: Any) -> None:
        """Tells the run a status: any value that is JSON."""
        self._state.control.tell({"status": value})

    def metrics(self, values: Optional[Mapping[str, float]] = None, **more: float) -> None:
        """Tells the run named figures; the newest of each counts."""
        with contextlib.suppress(TypeError, ValueError):
            figures = {str(key): float(value) for key, value in {**(values or {}), **more}.items()}
            self._state.control.tell({"metrics": figures})

    def result(self, value: Any) -> None:
        """Tells the run the job's result: any value that is JSON. The last one counts."""
        self._state.control.tell({"result": value}, wait=True)

    def ready(self) -> None:
        """Tells the run that the job is ready for blocks. The kit says so itself once the pipes are open."""
        self._state.control.tell({"ready": True})

    def acknowledge(self) -> None:
        """Says that all values this job was given so far are done, with those of this call once it has returned.

        A job that is started again is given again what is not done, on pipes with ``delivery = "at-least-once"``.
        Unless a class says ``ACKNOWLEDGES = True``, the kit does this by itself, for each call of ``run`` that has
        returned and whose values are written. A job says it itself that keeps values for later, to commit a hundred at
        once.
        """
        if not self.ACKNOWLEDGES:
            raise PipeloomError(f"{type(self).__name__} calls acknowledge() and does not say ACKNOWLEDGES = True")
        if self._state.done:
            self._state.done.say()

    @classmethod
    def main(cls, argv: Optional[Sequence[str]] = None) -> None:
        """Runs the job as a program: ``if __name__ == "__main__": Sum.main()``."""
        from pipeloom.program import main

        main(cls, argv)

    @property
    def _state(self) -> State:
        # Not made in __init__, which a subclass need not call.
        state = self.__dict__.get("_pipeloom_state")
        if state is None:
            state = self.__dict__["_pipeloom_state"] = State(outputs=len(self.outputs))
        return state
