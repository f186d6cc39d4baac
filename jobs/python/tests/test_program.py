"""Jobs as programs: pipes, signals, errors, the control channel."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path
from typing import Callable

import pytest
from processes import DEADLINE_SECONDS, JOBS, environment, ran, started, table
from sample_jobs import Count, Divide, Forward, Spread, Sum, Telling

from pipeloom.testing import Outcome, Sent

Run = Callable[..., Outcome]


def test_a_job_is_the_same_as_a_program(run_program: Run) -> None:
    outcome = run_program(Sum, [1, Sent(2, 0x08)], [10, 20, 30], codec="json")
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    assert outcome.values() == [11, 22]
    assert [head.number for head in outcome.heads[0]] == [0, 0x08]


def test_args_come_by_keyword(run_program: Run) -> None:
    outcome = run_program(Count, args={"limit": 4}, codec="lines")
    assert outcome.values() == ["1", "2", "3", "4"]
    assert outcome.finished


def test_large_blocks_and_wide_heads(run_program: Run) -> None:
    blocks = [os.urandom(1 << 20) for _ in range(3)]
    outcome = run_program(Forward, [Sent(block, 5) for block in blocks], codec="bytes:1048576", head_size=3)
    assert outcome.values() == blocks
    assert [head.to_wire() for head in outcome.heads[0]] == [b"\0\0\x05"] * 3


def test_several_outputs(run_program: Run) -> None:
    outcome = run_program(Spread, list(range(5000)), outputs=2, codec="json")
    assert outcome.outputs == [list(range(5000)), [-value for value in range(5000)]]
    assert {head.number for head in outcome.heads[1]} == {0x04}


def test_a_job_tells_the_run_of_itself(run_program: Run) -> None:
    outcome = run_program(Telling, [1, 2])
    assert outcome.reports == [
        {"progress": 0.5, "message": "half"},
        {"status": {"at": 1}},
        {"metrics": {"level": 1.0}},
        {"result": [1]},
        {"progress": 1.0},
        {"status": {"at": 2}},
        {"metrics": {"level": 2.0}},
        {"result": [2]},
    ]


def test_nobody_who_listens_to_reports_is_no_failure() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.close()
        control = {"PIPELOOM_CONTROL": str(theirs.fileno())}
        done = ran("Telling", "-i", "-", "-o", "-", stdin=b"1\n", env=control, pass_fds=[theirs.fileno()])
    assert (done.returncode, done.stdout, done.stderr) == (0, b"1\n", b"")


def test_a_full_control_channel_stops_nobody() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        lines = b"".join(b"%d\n" % (number % 3) for number in range(3))
        control = {"PIPELOOM_CONTROL": str(theirs.fileno())}
        theirs.setblocking(False)
        _fill(theirs)
        done = ran("Telling", "-i", "-", "-o", "-", stdin=lines, env=control, pass_fds=[theirs.fileno()])
    assert (done.returncode, done.stdout, done.stderr) == (0, lines, b"")


def _fill(channel: socket.socket) -> None:
    with contextlib.suppress(BlockingIOError):
        while True:
            channel.send(b"{}\n" * 1000)


def test_a_traceback_begins_with_the_users_line(run_program: Run) -> None:
    outcome = run_program(Divide, [2, 4, 0], codec="json")
    assert outcome.exit_code == 1
    assert outcome.values() == [0.5, 0.25]
    lines = outcome.stderr.splitlines()
    assert lines[0] == "pipeloom: job Divide failed in compute block 3: ZeroDivisionError"
    assert lines[2].startswith(f'  File "{JOBS}", line ')
    assert lines[3] == "    return 1 / value"
    assert lines[-1] == "ZeroDivisionError: division by zero"


def test_a_file_with_an_error_is_shown_from_its_own_line(tmp_path: Path) -> None:
    file = tmp_path / "broken.py"
    file.write_text("import nothing_of_that_name\n")
    done = ran(f"{file}:Job", "-o", "-")
    assert done.returncode == 1
    lines = done.stderr.decode().splitlines()
    assert lines[0] == "pipeloom: ModuleNotFoundError"
    assert lines[2].startswith(f'  File "{file}", line 1')
    assert ran(f"{file}:Job", "--describe").stderr == done.stderr
    file.write_text("def run(:\n")
    done = ran(f"{file}:Job", "-o", "-")
    assert done.returncode == 1
    assert done.stderr.decode().splitlines()[1].startswith(f'  File "{file}", line 1')


@pytest.mark.parametrize(
    ("job", "where"),
    [
        ("NoFrame", "in compute block 1 on pipe stdin: KeyError"),
        ("NoDecode", "in compute block 1 on pipe stdin: KeyError"),
        ("NoEncode", "in compute block 1 on pipe stdout: KeyError"),
        ("NoInit", "on pipe stdin: KeyError"),
    ],
)
def test_a_codec_that_raises_names_its_pipe(tmp_path: Path, job: str, where: str) -> None:
    file = tmp_path / "raising.py"
    file.write_text(
        "from pipeloom import Codec\n"
        "class Good(Codec):\n"
        "    def frame(self, stream): return stream.read(1) or None\n"
        "    def encode(self, value): return value\n"
        "class NoFrame(Good):\n"
        "    def frame(self, stream): return {}[stream.read(1)]\n"
        "class NoDecode(Good):\n"
        "    def decode(self, payload): return {}[payload]\n"
        "class NoEncode(Good):\n"
        "    def encode(self, value): return {}[value]\n"
        "class NoInit(Good):\n"
        "    def __init__(self, block_size): self.kind = {}[block_size]\n"
    )
    flags = ["--codec", f"{file}:{job}", "-i", "-", "-o", "-"]
    done = ran("Forward", *flags, stdin=b"ab", env={"PIPELOOM_JOB": "it"})
    lines = done.stderr.decode().splitlines()
    assert (done.returncode, lines[0]) == (1, f"pipeloom: job it failed {where}")
    assert lines[2].startswith(f'  File "{file}", line ')


def test_a_stream_that_ends_inside_a_block_is_an_error() -> None:
    done = ran("Forward", "--codec", "bytes", "--block-size", "4", "-i", "-", "-o", "-", stdin=b"abcdef")
    assert (done.returncode, done.stdout) == (1, b"abcd")
    why = "the stream ended inside a block, after 2 bytes of it: its writer was cut off, or its blocks are not what"
    why += " the pipe's codec, block_size and heads say"
    assert done.stderr.decode().strip() == f"pipeloom: job Forward: pipe stdin: {why} (compute block 2)"


def test_flags_hold_for_the_pipes_behind_them(tmp_path: Path) -> None:
    (tmp_path / "left").write_text("1\n2\n3\n")
    pipes = ["-i", "left", "--codec", "lines", "--head", "2", "-o", "-"]
    done = ran("Forward", *pipes, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"\0\x001\n\0\x002\n\0\x003\n", b"")
    for flag, why in [("--block-size", "--block-size: invalid"), ("--head", "--head: invalid choice")]:
        done = ran("Forward", flag, "0", *pipes)
        assert done.returncode == 2
        assert why in done.stderr.decode()


def test_a_wrong_call_says_what_is_wrong() -> None:
    for job, argv, why in [
        ("Sum", ["-i", "a", "-o", "b"], "job Sum: Sum.run takes 2 inputs, and is given 1"),
        ("Count", [], "job Count has no pipes: give -i PATH or -o PATH"),
        ("Count", ["--codec", "bincode", "-o", "-"], "the codec bincode is for Rust jobs only"),
        ("Count", ["--codec", "bytes", "-o", "-"], "pipe stdout: the codec bytes needs a block_size"),
        ("Count", ["-o", "-", "--args", "[]"], "--args is no JSON object"),
        ("Cuont", ["-o", "-"], "Cuont is not there; it has Forward, Sum, Count"),
        ("nowhere.py:Count", ["-o", "-"], "there is no file nowhere.py"),
        ("Forward", ["-i", "nowhere", "-o", "-"], "pipe nowhere: failed to open nowhere: No such file"),
    ]:
        done = ran(job, *argv)
        assert done.returncode == 1, argv
        assert why in done.stderr.decode(), argv
        assert "Traceback" not in done.stderr.decode()


def test_the_arguments_are_those_of_the_file_unless_the_call_has_some() -> None:
    told = {"PIPELOOM_ARGS": '{"limit": 2}'}
    assert ran("Count", "-o", "-", env=told).stdout == b"1\n2\n"
    assert ran("Count", "-o", "-", "--args", '{"limit": 1}', env=told).stdout == b"1\n"
    done = ran("Forward", "-i", "-", "-o", "-", env={"PIPELOOM_ARGS": '{"most": 2}', "PIPELOOM_JOB": "it"})
    assert done.returncode == 1
    assert "job it: Forward takes no args, and is given most" in done.stderr.decode()
    done = ran("Count", "-o", "-", env={"PIPELOOM_ARGS": "[]", "PIPELOOM_JOB": "it"})
    assert "job it: PIPELOOM_ARGS is no JSON object" in done.stderr.decode()


def test_a_reader_that_has_gone_ends_a_job_quietly() -> None:
    with started("Endless", "-o", "-") as child:
        assert child.stdout
        assert child.stderr
        assert child.stdout.readline() == b"1\n"
        child.stdout.close()
        assert child.wait(DEADLINE_SECONDS) == 0
        assert child.stderr.read() == b""


def test_what_a_job_prints_does_not_get_into_its_blocks() -> None:
    done = ran("Chatty", "-i", "-", "-o", "-", stdin=b"1\n2\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"1\n2\n", b"seen 1\nseen 2\n")


def test_printing_to_nobody_is_no_failure(tmp_path: Path) -> None:
    end, fd = os.pipe()
    os.close(end)
    with started("Last", "-i", "-", stdout=fd, env={"PYTHONUNBUFFERED": ""}) as child:
        os.close(fd)
        _, stderr = child.communicate(b"1\n", timeout=DEADLINE_SECONDS)
    assert (child.returncode, stderr) == (0, b"")


def test_sigterm_ends_a_source_well() -> None:
    with started("Endless", "--head", "1", "-o", "-") as child:
        assert child.stdout
        assert child.stdout.read(3) == b"\x401\n"
        child.send_signal(signal.SIGTERM)
        rest = child.stdout.read()
        assert child.wait(DEADLINE_SECONDS) == 0
    lines = rest.splitlines()
    assert lines[-1][:1] == b"\x20"
    assert int(lines[-1][1:]) == len(lines) + 1


def test_sigterm_interrupts_a_source_that_waits() -> None:
    with started("Stuck", "-o", "-") as child:
        assert child.stdout
        assert child.stderr
        assert child.stdout.readline() == b"1\n"
        child.send_signal(signal.SIGTERM)
        assert child.stdout.read() == b""
        assert child.wait(DEADLINE_SECONDS) == 0
        assert child.stderr.read() == b"cleaned up\n"


def test_sigterm_lets_a_connector_work_until_its_inputs_end() -> None:
    with started("Forward", "-i", "-", "-o", "-") as child:
        assert child.stdin
        assert child.stdout
        child.stdin.write(b"1\n")
        child.stdin.flush()
        assert child.stdout.readline() == b"1\n"
        child.send_signal(signal.SIGTERM)
        child.stdin.write(b"2\n")
        child.stdin.close()
        assert child.stdout.read() == b"2\n"
        assert child.wait(DEADLINE_SECONDS) == 0


def test_a_second_sigterm_ends_a_connector() -> None:
    with started("Forward", "-i", "-", "-o", "-") as child:
        assert child.stdin
        assert child.stdout
        for block in (b"1\n", b"2\n"):
            child.stdin.write(block)
            child.stdin.flush()
            assert child.stdout.readline() == block
            child.send_signal(signal.SIGTERM)
        assert child.wait(DEADLINE_SECONDS) == -signal.SIGTERM


def test_a_block_is_sent_before_the_job_waits_for_the_next() -> None:
    with started("Forward", "--codec", "lines", "-i", "-", "-o", "-") as child:
        assert child.stdin
        assert child.stdout
        for line in (b"one\n", b"two\n"):
            child.stdin.write(line)
            child.stdin.flush()
            assert child.stdout.readline() == line


def test_pipes_come_as_descriptors(tmp_path: Path) -> None:
    (in_end, feed), (drain, out_end) = os.pipe(), os.pipe()
    os.write(feed, b"\x085\n")
    os.close(feed)
    env = table(
        [
            {"name": "in", "direction": "input", "fd": in_end, "head": True},
            {"name": "out", "direction": "output", "fd": out_end, "head": True, "codec": "lines"},
        ]
    )
    # The runtime gives the descriptors behind flags as well; what the table says of them counts.
    done = ran("Forward", "-i", str(in_end), "--to", str(out_end), env=env, pass_fds=[in_end, out_end])
    os.close(in_end)
    os.close(out_end)
    assert (done.returncode, done.stderr) == (0, b"")
    with os.fdopen(drain, "rb") as pipe:
        assert pipe.read() == b"\x085\n"


def test_pipes_that_somebody_has_made_not_to_block() -> None:
    (in_end, feed), (drain, out_end) = os.pipe(), os.pipe()
    for end in (in_end, out_end):
        os.set_blocking(end, False)
    env = table(
        [
            {"name": "in", "direction": "input", "fd": in_end, "codec": "framed"},
            {"name": "out", "direction": "output", "fd": out_end, "codec": "framed"},
        ]
    )
    block = struct.pack("<I", 300_000) + os.urandom(300_000)
    with started("Forward", env=env, pass_fds=[in_end, out_end]) as child:
        os.close(in_end)
        os.close(out_end)
        with os.fdopen(feed, "wb") as pipe:
            pipe.write(block)
        with os.fdopen(drain, "rb") as pipe:
            assert pipe.read() == block
        assert child.wait(DEADLINE_SECONDS) == 0


def test_describe_says_what_a_codec_can_do(tmp_path: Path) -> None:
    file = tmp_path / "pulses.py"
    file.write_text(
        "import pipeloom\n"
        "class Half(pipeloom.Codec):\n"
        "    def encode(self, value): return (b'a', value)\n"
        "    def dummy(self): return b'b'\n"
        "class Whole(Half):\n"
        "    def frame(self, stream): return stream.read(2)\n"
    )
    said = json.loads(ran(f"{file}:Half", "--describe").stdout)
    assert (said["kind"], said["reads"], said["writes"], said["dummy"]) == ("codec", False, True, b"ab".hex())
    assert said["methods"] == ["encode", "dummy"]
    said = json.loads(ran(f"{file}:Whole", "--describe").stdout)
    assert (said["reads"], said["writes"]) == (True, True)


@pytest.mark.parametrize(
    ("init", "why"),
    [
        ("self, first, second", r"TypeError: .*missing 1 required positional argument: 'second'"),
        ("self", r"TypeError: .*takes 1 positional argument but 2 were given"),
        ("self, block_size: 1 / 0", "ZeroDivisionError: division by zero"),
    ],
)
def test_describe_says_that_no_codec_can_be_made_of_a_class(tmp_path: Path, init: str, why: str) -> None:
    file = tmp_path / "broken.py"
    taken, _, does = init.partition(":")
    file.write_text(f"import pipeloom\nclass Half(pipeloom.Codec):\n    def __init__({taken}): {does or '...'}\n")
    done = ran(f"{file}:Half", "--describe")
    assert (done.returncode, done.stdout) == (1, b"")
    assert re.fullmatch(f"pipeloom: Half cannot be made for a pipe: {why}\n", done.stderr.decode())


@pytest.mark.parametrize("init", ["pass", "super().__init__(block_size)", "assert block_size % 12 == 0"])
def test_describe_takes_a_codec_that_some_block_size_suits(tmp_path: Path, init: str) -> None:
    file = tmp_path / "sized.py"
    file.write_text(
        "from pipeloom import Codec\n"
        "class Sized(Codec):\n"
        f"    def __init__(self, block_size): {init}\n"
        "    def frame(self, stream): return stream.read(1) or None\n"
        "    def encode(self, value): return value\n"
    )
    assert json.loads(ran(f"{file}:Sized", "--describe").stdout)["kind"] == "codec"
    done = ran("Forward", "--codec", f"{file}:Sized", "--block-size", "24", "-i", "-", "-o", "-", stdin=b"ab")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"ab", b"")


def test_describe_is_json_whatever_the_defaults_and_the_locale_are(tmp_path: Path) -> None:
    file = tmp_path / "odd.py"
    file.write_text(
        "from pipeloom import Job\n"
        "class Größe(Job):\n"
        "    'Größer.'\n"
        "    def __init__(self, most=float('inf'), least=[float('nan')], what={1: float('-inf')}): ...\n"
        "    def run(self, value): ...\n",
        encoding="utf-8",
    )

    def refused(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    done = ran(f"{file}:Größe", "--describe", env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "1"})
    said = json.loads(done.stdout.decode("ascii"), parse_constant=refused)
    assert (said["name"], said["doc"]) == ("Größe", "Größer.")
    assert [each["default"] for each in said["args"]] == ["inf", ["nan"], "{1: -inf}"]
    there = json.loads(ran(f"{file}:Nobody", "--describe", env={"PYTHONIOENCODING": "ascii"}).stdout)["there"]
    assert there == ["Größe"]


def test_describe_of_a_class_that_is_not_there_says_which_are() -> None:
    done = ran("Cuont", "--describe")
    said = json.loads(done.stdout)
    assert (done.returncode, said["kind"], said["there"][:2]) == (0, "missing", ["Forward", "Sum"])


def test_describe_is_not_disturbed_by_what_a_file_prints(tmp_path: Path) -> None:
    file = tmp_path / "loud.py"
    file.write_text("from pipeloom import Job\nprint('hello')\nclass Loud(Job):\n    def run(self, *values): ...\n")
    done = ran(f"{file}:Loud", "--describe")
    assert json.loads(done.stdout)["inputs"] == {"min": 0, "max": None, "names": []}
    assert done.stderr == b"hello\n"


@pytest.mark.parametrize("text", ["{", "{}", '{"v": 1, "head_size": 1, "pipes": [{}]}', "[]"])
def test_a_table_that_cannot_be_read_is_no_traceback(text: str) -> None:
    done = ran("Forward", env={"PIPELOOM_PIPES": text})
    assert done.returncode == 1
    assert done.stderr.startswith(b"pipeloom: PIPELOOM_PIPES cannot be read")


def test_a_pipe_of_a_network_that_is_gone_is_not_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "gone"
    done = ran("Count", env=table([{"name": "out", "direction": "output", "path": str(path)}]))
    assert done.returncode == 1
    assert b"pipe out: " in done.stderr
    assert not path.exists()


def test_a_table_of_another_version_is_refused() -> None:
    done = ran("Forward", env={"PIPELOOM_PIPES": '{"v": 3}'})
    assert done.returncode == 1
    assert b"version 3, not 1" in done.stderr


def test_a_file_can_be_the_program(tmp_path: Path) -> None:
    file = tmp_path / "twice.py"
    file.write_text(
        "from pipeloom import Job\n"
        "class Twice(Job):\n"
        "    def run(self, value):\n"
        "        return 2 * value\n"
        'if __name__ == "__main__":\n'
        "    Twice.main()\n"
    )
    (tmp_path / "in").write_text("1\n2\n")
    command = [sys.executable, str(file), "-i", "in", "-o", "out"]
    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert (tmp_path / "out").read_text() == "2\n4\n"


def test_describe_says_what_a_job_takes_and_does_not_run_it() -> None:
    done = ran("Count", "--describe")
    assert done.returncode == 0
    said = json.loads(done.stdout)
    assert said == {
        "v": 1,
        "name": "Count",
        "doc": "Counts from 1, and says which number is the last.",
        "kind": "job",
        "attributes": {
            "HEAD": False,
            "GROUPS": "ALL",
            "DEFAULT_NODE": None,
            "MAX_QUEUE": None,
            "DEPENDENCIES": None,
            "BUFFERED": False,
            "LOG_TIMES": False,
        },
        "codecs": {},
        "args": [{"name": "limit", "required": False, "default": 3, "type": "int"}],
        "other_args": True,
        "inputs": {"min": 0, "max": 0, "names": []},
        "generator": True,
    }
    assert json.loads(ran("Sum", "--describe").stdout)["inputs"] == {"min": 2, "max": 2, "names": ["a", "b"]}
