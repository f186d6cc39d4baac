"""Jobs of a MARVELO project as tables of a network file."""

from __future__ import annotations

from pathlib import Path

import pytest
from marvelo_project import NUMBERS, Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path).file("demo/jobs/jobs.py", NUMBERS)


def test_classes_are_found_through_imports_and_get_their_arguments_by_keyword(project: Project) -> None:
    project.config("""
        from demo.jobs.jobs import NumbersJob, SumJob
        JOBS = [
            NumbersJob(5, count=2, outputs=[PicklePipe(1)]),
            NumbersJob(outputs=[PicklePipe(2)]),
            SumJob(inputs=[PicklePipe(1), PicklePipe(2)], outputs=[PicklePipe(3)]),
            SumJob(inputs=[PicklePipe(3)]),
        ]
    """).read().says_nothing().has(
        """
        [jobs.numbers-1]
        python = "demo/jobs/jobs.py:NumbersJob"
        args = { start = 5, count = 2 }
        outputs = ["pipe_1"]
        """,
        """
        [jobs.numbers-2]
        python = "demo/jobs/jobs.py:NumbersJob"
        outputs = ["pipe_2"]
        """,
        """
        [jobs.sum-1]
        python = "demo/jobs/jobs.py:SumJob"
        inputs = ["pipe_1", "pipe_2"]
        outputs = ["pipe_3"]
        """,
    )


def test_classes_are_found_in_every_way_to_import_them(project: Project) -> None:
    project.file("demo/__init__.py", "").config("""
        import demo.jobs.jobs
        import demo.jobs.jobs as other
        from . import jobs
        from .jobs.jobs import NumbersJob as First
        from old_name.jobs.jobs import NumbersJob as Second
        JOBS = [demo.jobs.jobs.NumbersJob(outputs=[PicklePipe(1)]), other.NumbersJob(outputs=[PicklePipe(2)])]
        JOBS += [First(outputs=[PicklePipe(3)]), Second(outputs=[PicklePipe(4)])]
        JOBS += [other.SumJob(inputs=[PicklePipe(number) for number in range(1, 5)])]
    """).read().says("config.py:9: there is no module old_name.jobs.jobs;").has(*[
        f"""
        [jobs.numbers-{number}]
        python = "demo/jobs/jobs.py:NumbersJob"
        outputs = ["pipe_{number}"]
        """
        for number in (1, 2, 3, 4)
    ])


def test_an_executable_has_its_parameters_split_as_a_shell_would(project: Project) -> None:
    project.file("demo/source/mine", "").config("""
        class MyJob(ExecutableJob):
            EXECUTABLE = "./mine --fast"
            DEPENDENCIES = "demo/source"
            INPUT_FLAG = "--input"
            OUTPUTS_FLAG = "--output"
            MAX_QUEUE = 8
            HEAD = True

            def __init__(self, params="", **kwargs):
                super().__init__(**kwargs)
                self.PARAMETERS = params

        JOBS = [
            MyJob(params="--text 'two words' ${HOME}", inputs=[JSONPipe(1)], outputs=[JSONPipe(2)]),
            DynamicMARVELOJob("demo/source", "./mine", "-n 2", inputs=[JSONPipe(2)], outputs=[JSONPipe(1)]),
        ]
    """).read().says_nothing().has(
        """
        [jobs.my]
        exec = ["./mine", "--fast", "--text", "two words", "$${HOME}"]
        input_flag = "--input"
        output_flag = "--output"
        head = true
        dependencies = ["demo/source"]
        max_queue = 8
        when_full = "drop-oldest"
        inputs = ["pipe_1"]
        outputs = ["pipe_2"]
        """,
        """
        [jobs.mine]
        exec = ["./mine", "-n", "2"]
        pass = "fd"
        dependencies = ["demo/source"]
        inputs = ["pipe_2"]
        outputs = ["pipe_1"]
        """,
    )


def test_predefined_jobs_are_those_of_pipeloom(project: Project) -> None:
    project.config("""
        from shared.jobs.jobs import ClockJob, ForwardingJob
        JOBS = [
            ClockJob(outputs=[JSONPipe(1), JSONPipe(2)]),
            ForwardingJob(inputs=[JSONPipe(1)], outputs=[JSONPipe(3)]),
            InteractiveJob(outputs=[PicklePipe(4)]),
            CSVSinkJob("out.csv", inputs=[JSONPipe(2), JSONPipe(3)], col_pattern="{job.id}/{pipe.id}"),
            CSVSinkJob("out.csv", inputs=[PicklePipe(4)]),
        ]
    """).read().says("a clock has one pipe for all readers: 1 stands for 2 too").has(
        """
        [jobs.clock]
        use = "clock"
        args = { interval_seconds = 0.04 }
        outputs = ["pipe_1"]
        """,
        """
        [jobs.forwarding]
        use = "forward"
        inputs = ["pipe_1"]
        outputs = ["pipe_3"]
        """,
        """
        [jobs.interactive]
        use = "interactive"
        outputs = ["pipe_4"]
        """,
        """
        [jobs.csv-sink-1]
        use = "csv-sink"
        args = { path = "${run}/out.csv", columns = ["4/2", "4/3"] }
        inputs = ["pipe_1", "pipe_3"]
        """,
        """
        [jobs.csv-sink-2]
        use = "csv-sink"
        args = { path = "${run}/csv-sink-2-out.csv" }
        inputs = ["pipe_4"]
        """,
    )


def test_times_are_logged_by_the_runtime(project: Project) -> None:
    project.file("demo/jobs/logging.py", """
        from pipeloom.marvelo import LoggingJob
        class Timed(LoggingJob):
            def init_job(self, size): ...
            def run_job(self): ...
    """).config("""
        from shared.jobs.jobs import LoggingSinkJob
        from demo.jobs.logging import Timed
        JOBS = [
            Timed(size=4, outputs=[PicklePipe(1)], logging_output=PicklePipe(9), name="Big one"),
            CSVSinkJob("out.csv", inputs=[PicklePipe(1)]),
            LoggingSinkJob("times.csv", inputs=[PicklePipe(9)]),
        ]
    """).read().says("logging.py:3: run_job of Timed is run here").has(
        """
        [jobs.Big-one]
        python = "demo/jobs/logging.py:Timed"
        args = { size = 4 }
        log_times = true
        outputs = ["pipe_1", "pipe_9"]
        """,
        """
        [jobs.logging-sink]
        use = "logging-sink"
        args = { path = "${run}/times.csv" }
        inputs = ["pipe_9"]
        """,
        """
        [pipes.pipe_9]
        codec = "json"
        """,
    )


def test_times_that_nobody_takes_are_not_logged(project: Project) -> None:
    logging = "from pipeloom.marvelo import LoggingJob\nclass Timed(LoggingJob): ...\n"
    project.file("demo/jobs/logging.py", logging).config("""
        from demo.jobs.logging import Timed
        JOBS = [Timed(outputs=[PicklePipe(1)]), CSVSinkJob("out.csv", inputs=[PicklePipe(1)])]
    """).read().has(
        """
        [jobs.timed]
        python = "demo/jobs/logging.py:Timed"
        log_times = false
        outputs = ["pipe_1"]
        """
    )


def test_other_machines_are_comments_and_said(project: Project) -> None:
    project.config("""
        from demo.jobs.jobs import NumbersJob
        class Far(NumbersJob):
            GROUPS = ["SPARK", "ALL"]
            DEFAULT_NODE = "192.168.4.5"
        class Near(LocalJob, NumbersJob):
            DEFAULT_NODE = "127.0.0.1"
        JOBS = [Far(outputs=[PicklePipe(1)]), Near(outputs=[PicklePipe(2)])]
        NODES = [1]
        HEAD_SIZE = 2
        USER = "pi"
    """).read().says(
        "config.py:6: Far stands beside JOBS: give it a file of its own",
        "config.py:11: GROUPS of Far is a comment",
        "config.py:11: DEFAULT_NODE of Far is a comment",
        "config.py:12: NODES are not carried over",
        "config.py:14: settings without a counterpart: USER",
    ).has(
        """
        [network]
        name = "demo"
        head_size = 2
        """,
        """
        [jobs.far]
        python = "demo/config.py:Far"
        outputs = ["pipe_1"]
        # groups = ["SPARK"]
        # node = "192.168.4.5"
        """,
        """
        [jobs.near]
        python = "demo/config.py:Near"
        local = true
        node = "localhost"
        outputs = ["pipe_2"]
        """,
    )


def test_what_must_change_in_the_projects_files_is_said(project: Project) -> None:
    project.file("demo/helpers.py", "from fission.core.jobs import PythonJob\n").file("demo/jobs/more.py", """
        from . import jobs
        from fission.core.jobs import PythonJob, InteractiveJob
        from demo.helpers import PythonJob as Base
        class More(Base):
            def run(self):
                return self.id
    """).config("""
        from demo.jobs.more import More
        JOBS = [More(outputs=[PicklePipe(1)])]
    """).read().says(
        "more.py:2: a job's file is loaded by itself",
        "more.py:3: write instead: from pipeloom.marvelo import PythonJob",
        "more.py:3: pipeloom.marvelo has no InteractiveJob",
        "more.py:7: a job has no self.id",
        "helpers.py:1: write instead: from pipeloom.marvelo import PythonJob",
        "config.py:6: no job reads pipe 1",
    ).has("""
        [jobs.more]
        python = "demo/jobs/more.py:More"
        env = { PYTHONPATH = "${network}" }
        outputs = ["pipe_1"]
    """)


def test_an_interpreter_stands_in_the_file(project: Project) -> None:
    project.config("""
        from demo.jobs.jobs import NumbersJob
        JOBS = [NumbersJob(outputs=[PicklePipe(1)])]
    """).read(interpreter="python3.12").has("""
        [jobs.numbers]
        python = "demo/jobs/jobs.py:NumbersJob"
        interpreter = "python3.12"
        outputs = ["pipe_1"]
    """)


def test_a_network_in_xml(project: Project) -> None:
    project.file("system/read.py", "").file("net.xml", """\
        <network>
          <node pi_id="127.0.0.1">
            <algorithm path="system" executable="python3 read.py">
              <parameter param="-f a.wav"/>
              <output pipe_id="1"/>
            </algorithm>
          </node>
          <node pi_id="10.0.0.2">
            <algorithm path="lost" executable="./show.py">
              <input pipe_id="1"/>
              <input pipe_id="2" block_size="20" block_count="3"/>
            </algorithm>
          </node>
        </network>
    """).read("net.xml").says(
        "net.xml:9: the dependency lost of DynamicMARVELOJob is not there",
        "net.xml:9: DEFAULT_NODE of DynamicMARVELOJob is a comment",
        "net.xml:5: pipe_1 is a stream of bytes",
        "net.xml:11: no job writes pipe 2",
    ).has(
        """
        [jobs.read]
        exec = ["python3", "read.py", "-f", "a.wav"]
        pass = "fd"
        dependencies = ["system"]
        node = "localhost"
        outputs = ["pipe_1"]
        """,
        """
        [pipes.pipe_2]
        codec = "bytes"
        block_size = 20
        block_count = 3
        """,
    )
