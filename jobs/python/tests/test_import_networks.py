"""Projects of MARVELO that are imported by the program, and run."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from marvelo_project import NUMBERS, Project
from processes import DEADLINE_SECONDS, environment
from test_networks import Run, binary

pytestmark = pytest.mark.skipif(binary() is None, reason="no pipeloom: set PIPELOOM_BIN, or run cargo build")


def imported(project: Project, name: str) -> Run:
    """The run of what the program makes of a file."""
    command = [binary() or "", "import", "marvelo", name, "-o", "network.toml"]
    subprocess.run(command, cwd=project.root, env=environment(), check=True, timeout=DEADLINE_SECONDS)
    return Run(project.root, (project.root / "network.toml").read_text())


ADD = """\
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--add", type=int)
parser.add_argument("--input")
parser.add_argument("-o")
asked = parser.parse_args()
with open(asked.input) as numbers, open(asked.o, "w", buffering=1) as out:
    for number in numbers:
        print(int(number) + asked.add, file=out)
"""


def test_python_jobs_and_executables(tmp_path: Path) -> None:
    project = Project(tmp_path).file("demo/jobs/jobs.py", NUMBERS).file("demo/source/add.py", ADD)
    project.config("""
        from demo.jobs.jobs import NumbersJob, SumJob
        class Pairs(PicklePipe):
            BLOCK_COUNT = 2
        class Total(SumJob):
            pass
        JOBS = [NumbersJob(10 * number, count=4, outputs=[PicklePipe(number)]) for number in (1, 2)] + [
            SumJob(inputs=[PicklePipe(1), PicklePipe(2)], outputs=[JSONPipe(3), JSONPipe(4)]),
            DynamicExecutableJob(
                "demo/source", "python3 add.py", "--add 100", input_flag="--input",
                inputs=[JSONPipe(3)], outputs=[JSONPipe(5)],
            ),
            CSVSinkJob("sums.csv", inputs=[JSONPipe(4), JSONPipe(5)], col_pattern="column {pipe.id}"),
        ]
    """)
    imported(project, "demo/config.py").ended_well()
    rows = (tmp_path / "run" / "sums.csv").read_text().splitlines()
    assert rows == ["column 4,column 5", "30,130", "32,132", "34,134", "36,136"]


def test_files_of_the_project_are_found_where_marvelo_finds_them(tmp_path: Path) -> None:
    project = Project(tmp_path).file("demo/jobs/jobs.py", NUMBERS).file("demo/tools.py", "def double(x): return 2 * x")
    project.file("demo/jobs/doubling.py", """
        from pipeloom.marvelo import PythonJob
        from demo.tools import double
        class Doubling(PythonJob):
            HEAD = True
            def run(self, pair):
                return sum(map(double, pair))
    """).file("demo/pipes/pipes.py", """
        from fission.core.pipes import PicklePipe
        class Pairs(PicklePipe):
            BLOCK_COUNT = 2
    """).config("""
        from demo.jobs.jobs import NumbersJob
        from demo.jobs.doubling import Doubling
        from demo.pipes.pipes import Pairs
        JOBS = [
            NumbersJob(count=6, outputs=[Pairs(1)]),
            Doubling(inputs=[Pairs(1)], outputs=[JSONPipe(2)]),
            CSVSinkJob("out.csv", inputs=[JSONPipe(2)]),
        ]
    """)
    imported(project, "demo/config.py").ended_well()
    assert (tmp_path / "run" / "out.csv").read_text().splitlines() == ["pipe_2", "6", "14", "22"]


def test_a_network_in_xml(tmp_path: Path) -> None:
    project = Project(tmp_path).file("system/write.py", """
        import os, sys
        os.write(int(sys.argv[sys.argv.index("-o") + 1]), sys.argv[2].encode() * 3)
    """).file("system/read.py", f"""
        import os, sys
        with os.fdopen(int(sys.argv[2]), "rb") as input, open({str(tmp_path / "read")!r}, "wb") as out:
            out.write(input.read())
    """).file("net.xml", """\
        <network>
          <node pi_id="127.0.0.1">
            <job path="system" executable="python3 write.py">
              <parameter param="-t 'a word'"/>
              <output pipe_id="1" block_size="6"/>
            </job>
            <job path="system" executable="python3 read.py">
              <input pipe_id="1" block_size="6"/>
            </job>
          </node>
        </network>
    """)
    imported(project, "net.xml").ended_well()
    assert (tmp_path / "read").read_text() == "a word" * 3


def test_what_is_written_is_a_network_that_is_fine(tmp_path: Path) -> None:
    project = Project(tmp_path).file("demo/jobs/jobs.py", NUMBERS).file("demo/jobs/more.py", """
        from pipeloom.marvelo import LocalJob, LoggingJob
        class Timed(LoggingJob):
            GROUPS = ["FAR", "ALL"]
            DEFAULT_NODE = "10.0.0.2"
            MAX_QUEUE = 1
            def __init__(self, gain, *args, **kwargs):
                super().__init__(*args, **kwargs)
            def run(self, tick, operator, number):
                return number
        class Local(LocalJob):
            def run(self, tick, number):
                return number
    """).config("""
        from shared.jobs.jobs import ClockJob, DistributingJob, ForwardingJob, LoggingSinkJob
        from demo.jobs.jobs import NumbersJob
        from demo.jobs.more import Local, Timed
        class Operator(OptionalPicklePipe):
            OPTIONAL_DEFAULT = "+"
            OPTIONAL_BUFFER_SIZE = 1
        class Number(JSONPipe):
            ASYNC = True
            SOURCE_JOBS = [NumbersJob]
            DESTINATION_JOBS = [Timed, Local]
        JOBS = [
            ClockJob(outputs=[JSONPipe(1), JSONPipe(2)]),
            InteractiveJob(outputs=[Operator(3)]),
            NumbersJob(outputs=[Number(4), Number(5)]),
            Timed(2.5, inputs=[JSONPipe(1), Operator(3), Number(4)], outputs=[PicklePipe(6)],
                  logging_output=PicklePipe(7)),
            Local(inputs=[JSONPipe(2), Number(5)], outputs=[PicklePipe(8)]),
            ForwardingJob(inputs=[PicklePipe(6)], outputs=[PicklePipe(9)]),
            DistributingJob(inputs=[PicklePipe(8)], outputs=[PicklePipe(10), PicklePipe(11)]),
            CSVSinkJob("/tmp/a ${b}.csv", inputs=[PicklePipe(9), PicklePipe(10), PicklePipe(11)]),
            LoggingSinkJob("times.csv", inputs=[PicklePipe(7)]),
        ]
        HEAD_SIZE = 4
    """)
    for command in (["import", "marvelo", "demo/config.py", "-o", "network.toml"], ["check", "network.toml"]):
        done = subprocess.run(
            [binary() or "", *command],
            cwd=tmp_path,
            env=environment(),
            check=False,
            capture_output=True,
            text=True,
            timeout=DEADLINE_SECONDS,
        )
        assert done.returncode == 0, done.stderr
    project.read().says("pipe_1 drops nothing for timed, as others read it").has(
        '[pipes.pipe_1]\ncodec = "json"\nwhen_full = "block"'
    )
    assert project.text == (tmp_path / "network.toml").read_text()
