"""Jobs that are other programs, described by class attributes."""

from __future__ import annotations

import os
import shlex
import shutil
from typing import Any, NoReturn

from pipeloom.errors import UsageError
from pipeloom.job import Job
from pipeloom.pipes import Pipe, PipeTable
from pipeloom.wire.opening import STDIN, STDOUT


class ExecutableJob(Job):
    """A program, which is given the paths of its pipes behind flags.

    In a network file ``exec`` says the same. Where the class itself is run, its process becomes the program.
    """

    EXECUTABLE: Any = None
    """The program, and its first arguments. A relative path is looked up in ``DEPENDENCIES``."""
    PARAMETERS: Any = None
    """More arguments."""
    INPUT_FLAG = "-i"
    OUTPUT_FLAG = "-o"
    PASS = "path"
    """How pipes are given: ``"path"``, or ``"fd"`` for numbers of open descriptors."""

    def command(self, inputs: list[str], outputs: list[str]) -> list[str]:
        """The program with all its arguments, for pipes at these paths or descriptors."""
        if not self.EXECUTABLE:
            raise UsageError(f"{type(self).__name__} has no EXECUTABLE")
        argv = [*_words(self.EXECUTABLE), *_words(self.PARAMETERS)]
        for flag, places in [(self.INPUT_FLAG, inputs), (self.OUTPUT_FLAG, outputs)]:
            for place in places:
                argv += [flag, place]
        return argv

    @classmethod
    def check_program(cls) -> None:
        """Says so if the class names no program, or one that is not there, as far as the class alone decides it."""
        if cls.__init__ is not Job.__init__ or cls.command is not ExecutableJob.command:
            return
        program = next(iter(_words(cls.EXECUTABLE)), None)
        if not program:
            raise UsageError(f"{cls.__name__} has no EXECUTABLE")
        # One in a folder may come from dependencies that the network file names.
        if (os.path.isabs(program) or os.sep not in program) and not shutil.which(program):
            where = "is no program" if os.path.exists(program) else "is not there"
            raise UsageError(f"{cls.__name__}: EXECUTABLE {program} {where}")

    def become(self, pipes: PipeTable) -> NoReturn:
        """Replaces this process by the program. What is its standard input or output in a network needs no flag."""
        wrong = [pipe.name for pipe in [*pipes.inputs, *pipes.outputs] if pipe.head != bool(self.HEAD)]
        if wrong:
            has, wants = ("no heads", "true") if self.HEAD else ("heads", "false")
            raise UsageError(f"{type(self).__name__}: pipe {wrong[0]} has {has}; set head = {wants} for the job")
        argv = self.command(
            [self._place(pipe, os.O_RDONLY) for pipe in pipes.inputs if pipe.fd != STDIN],
            [self._place(pipe, os.O_WRONLY) for pipe in pipes.outputs if pipe.fd != STDOUT],
        )
        if isinstance(self.DEPENDENCIES, str) and os.path.isdir(self.DEPENDENCIES):
            os.chdir(self.DEPENDENCIES)
        try:
            os.execvp(argv[0], argv)
        except OSError as error:
            raise UsageError(f"{type(self).__name__}: {argv[0]}: {error.strerror}") from error

    def _place(self, pipe: Pipe, flags: int) -> str:
        if self.PASS == "path" and pipe.path is not None:
            return os.path.abspath(pipe.path)
        fd = pipe.fd if pipe.fd is not None else os.open(pipe.path or "", flags)
        os.set_inheritable(fd, True)
        return str(fd) if self.PASS == "fd" else f"/dev/fd/{fd}"


def _words(text: Any) -> list[str]:
    return shlex.split(text) if isinstance(text, str) else [str(word) for word in text or []]
