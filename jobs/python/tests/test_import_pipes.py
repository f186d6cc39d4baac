"""Pipes of a MARVELO project as tables of a network file."""

from __future__ import annotations

from pathlib import Path

import pytest
from marvelo_project import NUMBERS, Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path).file("demo/jobs/jobs.py", NUMBERS)


def between_python_jobs(project: Project, classes: str, pipe: str) -> Project:
    """A project with one pipe, between two Python jobs."""
    return project.file("demo/pipes.py", "from fission.core.pipes import *\n" + classes).config(f"""
        from demo.jobs.jobs import NumbersJob, SumJob
        from demo.pipes import *
        JOBS = [NumbersJob(outputs=[{pipe}]), SumJob(inputs=[{pipe}])]
    """).read()


@pytest.mark.parametrize(
    ("classes", "pipe", "table"),
    [
        ("", "PicklePipe(1)", 'codec = "pickle"'),
        ("", "JSONPipe(1)", 'codec = "json"'),
        ("", "BytesPipe(1, 64)", 'codec = "bytes"\nblock_size = 64'),
        ("", "BytesPipe(1, block_size=64, block_count=2)", 'codec = "bytes"\nblock_size = 64\nblock_count = 2'),
        ("class P(PicklePipe):\n    BLOCK_COUNT = 5", "P(1)", 'codec = "pickle"\nblock_count = 5'),
        ("class P(JSONPipe):\n    ASYNC = True", "P(1)", 'codec = "json"\nasync = true'),
        ("", "OptionalPicklePipe(1)", 'codec = "pickle"\noptional = {}'),
        (
            "class P(OptionalMixIn, JSONPipe):\n    OPTIONAL_DEFAULT = {'a': [1, 2.5]}\n    OPTIONAL_STORE = False\n"
            "    OPTIONAL_BUFFER_SIZE = 3\n    OPTIONAL_DELETE_MODE = 'newest'",
            "P(1)",
            'codec = "json"\n'
            'optional = { default = { a = [1, 2.5] }, store = false, buffer = 3, drop = "newest" }',
        ),
        (
            "class P(BytesPipe):\n    def __init__(self, id, size=3):\n        super().__init__(id, size * 4)",
            "P(1)",
            'codec = "bytes"\nblock_size = 12',
        ),
    ],
)
def test_a_pipe_between_python_jobs(project: Project, classes: str, pipe: str, table: str) -> None:
    between_python_jobs(project, classes, pipe).says_nothing().has(f"[pipes.pipe_1]\n{table}")


def test_pickles_are_json_where_an_end_is_not_in_python(project: Project) -> None:
    project.config("""
        from demo.jobs.jobs import NumbersJob
        JOBS = [NumbersJob(outputs=[PicklePipe(1)]), CSVSinkJob("a.csv", inputs=[PicklePipe(1)])]
    """).read().says("config.py:6: pipe_1 has the codec json, not pickle").has('[pipes.pipe_1]\ncodec = "json"')


def test_pickles_are_json_where_there_is_a_default(project: Project) -> None:
    # A default is written by the runtime, which can write no pickles.
    between_python_jobs(project, 'class P(OptionalPicklePipe):\n    OPTIONAL_DEFAULT = "+"', "P(1)").says(
        "not pickle, as it has a default"
    ).has('[pipes.pipe_1]\ncodec = "json"\noptional = { default = "+" }')


def test_what_people_type_are_lines(project: Project) -> None:
    project.config("""
        from demo.jobs.jobs import SumJob
        class Operator(OptionalPicklePipe):
            OPTIONAL_DEFAULT = "+"
        JOBS = [InteractiveJob(outputs=[Operator(1)]), SumJob(inputs=[Operator(1)])]
    """).read().says_nothing().has('[pipes.pipe_1]\ncodec = "lines"\noptional = { default = "+" }')


def test_packing_of_the_projects_own_is_said(project: Project) -> None:
    own = "class P(BasePipe):\n    BLOCK_SIZE = 4\n    def pack(self, data): ...\n    def unpack(self, data): ..."
    between_python_jobs(project, own, "P(1)").says(
        'pipe_1 get what bytes gives; give them CODECS = {"pipe_1": P}, whose base comes from pipeloom.marvelo'
    ).has(
        '[pipes.pipe_1]\ncodec = "bytes"\nblock_size = 4'
    )


def test_a_protocol_of_the_projects_own_has_lengths_here(project: Project) -> None:
    own = "class P(BasePipe):\n    BLOCK_SIZE = 'MINE'"
    between_python_jobs(project, own, "P(1)").says("the protocol 'MINE' of P is not carried over").has(
        '[pipes.pipe_1]\ncodec = "framed"'
    )


def test_allowed_ends_are_names_of_jobs(project: Project) -> None:
    project.file("demo/pipes.py", """
        from fission.core.pipes import JSONPipe
        from demo.jobs.jobs import NumbersJob, SumJob
        class Right(JSONPipe):
            SOURCE_JOBS = [NumbersJob]
            DESTINATION_JOBS = [SumJob]
        class Wrong(JSONPipe):
            DESTINATION_JOBS = [NumbersJob]
    """).config("""
        from demo.jobs.jobs import NumbersJob, SumJob
        from demo.pipes import Right, Wrong
        JOBS = [
            NumbersJob(outputs=[Right(1)]),
            NumbersJob(outputs=[Wrong(2)]),
            SumJob(inputs=[Right(1), Wrong(2)]),
        ]
    """).read().says("DESTINATION_JOBS of Wrong is left out: sum is not of its classes").has(
        """
        [pipes.pipe_1]
        codec = "json"
        writers = ["numbers-1", "numbers-2"]
        readers = ["sum"]
        """,
        """
        [pipes.pipe_2]
        codec = "json"
        """,
    )
