"""What a config computes while it is imported: known without running it, or said to be unknown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from marvelo_project import Project

from pipeloom.importing.modules import Modules
from pipeloom.importing.notes import ImportFailedError, Notes
from pipeloom.importing.values import Unknown


def value(folder: Path, source: str) -> Any:
    """What ``x`` is at the end of a file."""
    path = folder / "values.py"
    path.write_text(source)
    return Modules(str(folder), Notes()).load(str(path)).names["x"]


@pytest.mark.parametrize(
    "source",
    [
        "x = 4 * 4 * 12 + -3 // 2 ** 2 % 7",
        "a, (b, *_) = 1, [2]\nx = a < 2 <= 2 and not a or b",
        "n = 3\nx = f'{n:03d}-{n!r}-{\"a\" + \"b\"}' + '{}/{:>4}'.format(n, 1) + '%02d' % n",
        "x = [i * j for i in range(3) if i for j in (1, 10)]",
        "x = {f'k{i}': (i, [i]) for i in range(2)}",
        "x = []\nfor i in range(10):\n    if i == 2: continue\n    if i > 4: break\n    x.append(i)\nelse:\n    x = 0",
        "x = []\nfor i, name in enumerate(['a', 'b']):\n    x += [name * i]",
        "def f(a, b=2, *rest, c=3, **more): return [a, b, rest, c, more]\nx = f(1, *[5, 6], d=7)",
        "def f(n): return 1 if n < 2 else n * f(n - 1)\nx = f(6)",
        "class A:\n    y = 1\n    def __init__(self, z): self.z = z + self.y\nx = A(5).z",
        "class A:\n    def f(self): return 'A'\nclass B(A):\n    def f(self): return 'B' + super().f()\nx = B().f()",
        "import os\nx = os.path.join('a', 'b' 'c')",
        "x = [1, 2, 3][1:] + sorted({3, 1})[::-1] + list(zip('ab', (1, 2))) + [len('four'), max(3, 4), sum([1, 2])]",
        "x = 0\nwhile x < 5:\n    x += 2",
        "x = 1 if __name__ == '__main__' else 2",
        "d = {'a': {'b': [1, 2]}}\nd['a']['c'] = 3\nx = [d['a']['b'][-1], d.get('z', 4), list(d['a'])]",
        "x = ', '.join(str(i) for i in range(3)).upper().split(',')",
    ],
)
def test_values_are_those_that_python_computes(tmp_path: Path, source: str) -> None:
    names: dict[str, Any] = {"__name__": "values"}
    exec(source, names)
    assert value(tmp_path, source) == names["x"]


@pytest.mark.parametrize(
    "source",
    [
        "x = 1 / 0",
        "x = missing + 1",
        "x = 10 ** 10 ** 10",
        "x = 'a' * 10 ** 12",
        "x = 1 << 10 ** 9",
        "x = 'a'\nfor i in range(99): x += x",
        "x = [1]\nfor i in range(99): x += x\nx = x[200000]",
        "x = 3\nfor i in range(99): x *= x",
        "x = 1\nfor i in range(99): x <<= 4000",
        "x = ('a' * 90000).replace('a', 'b' * 90000)",
        "x = ('a' * 90000).join('bc')",
        "x = '%999999999d' % 1",
        "x = '{:999999999}'.format(1)",
        "x = '{:{}}'.format(1, 10 ** 9)",
        "x = f'{1:{10 ** 9}}'",
        "x = ''.__class__.__mro__",
        "x = '{0.__class__}'.format(open)",
        "def f(): return f()\nx = f()",
        "x = [lambda: 1][0]()",
        "import random\nx = random.random()",
        "import os\nx = os.environ['HOME']",
        "x = open('/etc/hostname').read()",
        "x = __import__('os').getcwd()",
        "x = eval('1')",
    ],
)
def test_what_cannot_be_known_is_unknown(tmp_path: Path, source: str) -> None:
    assert isinstance(value(tmp_path, source), Unknown)


@pytest.mark.parametrize("source", ["while True: pass", "x = [0 for i in range(10 ** 12)]", "x = sum(range(10 ** 12))"])
def test_what_takes_too_long_is_an_error(tmp_path: Path, source: str) -> None:
    with pytest.raises(ImportFailedError, match="computes too much"):
        Project(tmp_path).config(source).read()


def test_jobs_made_in_loops_and_functions_are_found(tmp_path: Path) -> None:
    Project(tmp_path).config("""
        COUNT = 2
        def sink(number):
            return CSVSinkJob(f"out{number}.csv", inputs=[JSONPipe(10 * number)])

        JOBS = [sink(number) for number in range(1, COUNT + 1)]
        for number in (3, 4):
            JOBS.append(sink(number))
        JOBS += [InteractiveJob(outputs=[JSONPipe(10 * number) for number in range(1, 5)])]
    """).read().says_nothing().has(
        '[jobs.csv-sink-4]\nuse = "csv-sink"\nargs = { path = "${run}/out4.csv" }\ninputs = ["pipe_40"]',
        '[jobs.interactive]\nuse = "interactive"\noutputs = ["pipe_10", "pipe_20", "pipe_30", "pipe_40"]',
    )


def test_what_is_not_known_is_said_with_its_line(tmp_path: Path) -> None:
    Project(tmp_path).file("demo/jobs.py", "from pipeloom.marvelo import PythonJob\nclass A(PythonJob): ...").config("""
        import os, sys
        from demo.jobs import A
        JOBS = [A(rate=os.getenv("RATE"), size=2, data=object, outputs=[JSONPipe(1), JSONPipe(os.getpid())])]
        if len(sys.argv) > 2:
            JOBS.append(A(inputs=[JSONPipe(1)]))
        JOBS.append(make())
        JOBS += make_more()
    """).read().says(
        "config.py:7: the argument rate of A is left out",
        "config.py:7: the argument data of A is left out",
        "config.py:7: a pipe of A is left out",
        "config.py:8: a job that cannot be known without running the project: if len(sys.argv) > 2",
        "config.py:10: a job that cannot be known without running the project: make()",
        "config.py:11: a job that cannot be known without running the project: make_more()",
    ).has('[jobs.a]\npython = "demo/jobs.py:A"\nargs = { size = 2 }\noutputs = ["pipe_1"]')


def test_nothing_of_a_project_is_run(tmp_path: Path) -> None:
    trap = f"open({str(tmp_path / 'ran')!r}, 'w').close()\nimport os\nos.mkdir({str(tmp_path / 'ran too')!r})\n"
    Project(tmp_path).file("demo/jobs.py", trap + "class A: ...").file("demo/ast.py", trap).config(
        trap + "import ast\nfrom demo.jobs import A\nJOBS = []"
    ).read()
    assert sorted(path.name for path in tmp_path.rglob("*ran*")) == []


@pytest.mark.parametrize(
    ("name", "text", "error"),
    [
        ("config.py", "JOBS = [\n  A(size=),\n]", r"config.py:2: .*syntax"),
        ("config.py", "USER = 'pi'", "it has neither JOBS nor XML_FILE"),
        ("config.py", "JOBS = []\nXML_FILE = 'absent.xml'", "absent.xml: No such file"),
        ("net.xml", "<network>\n<node>\n</network>", "net.xml:3: mismatched tag"),
        ("net.xml", "", "net.xml:1: no element found"),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path, name: str, text: str, error: str) -> None:
    with pytest.raises(ImportFailedError, match=error):
        Project(tmp_path).file(f"demo/{name}", text).read(f"demo/{name}")
