"""What a network file says of a job holds in the test kit, too, and the kit takes nothing that it would not heed."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import pytest
from test_networks import binary

from pipeloom import Job, PipeloomError
from pipeloom.testing import Outcome

Run = Callable[..., Outcome]

pytestmark = pytest.mark.skipif(binary() is None, reason="no pipeloom: set PIPELOOM_BIN, or run cargo build")

JOBS = """
from pipeloom import Job
from pipeloom.executable import ExecutableJob

class Twice(Job):
    def run(self, word):
        yield word
        yield word

class Upper(ExecutableJob):
    EXECUTABLE = ["sh", "-c", 'tr a-z A-Z < "$2" > "$4"', "sh"]
"""

NETWORK = """
[jobs.read]
exec = ["not-there"]
outputs = ["words", "more", "names"]

[jobs.each]
python = "jobs.py:Twice"
steps = "each"
inputs = ["words"]
outputs = ["once"]

[jobs.free]
python = "jobs.py:Twice"
steps = "free"
inputs = ["more"]
outputs = ["twice"]

[jobs.upper]
python = "jobs.py:Upper"
inputs = ["names"]
outputs = ["loud"]

[jobs.rest]
exec = ["not-there"]
inputs = ["once", "twice", "loud"]

[pipes]
words.codec = "lines"
more.codec = "lines"
names.codec = "lines"
once.codec = "lines"
twice.codec = "lines"
loud.codec = "lines"
"""


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A network file with its jobs."""
    monkeypatch.setenv("PIPELOOM_BIN", binary() or "")
    (tmp_path / "jobs.py").write_text(JOBS)
    file = tmp_path / "network.toml"
    file.write_text(NETWORK)
    return file


def test_one_block_is_expected_for_each_compute_block_where_the_file_says_so(
    run_job: Run, run_program: Run, network: Path
) -> None:
    why = "output once: a block for which there is no compute block: it is block 2"
    with pytest.raises(PipeloomError, match=why):
        run_job("each", ["a", "b"], network=network)
    outcome = run_program("each", ["a", "b"], network=network)
    assert (outcome.exit_code, outcome.values()) == (1, ["a"])
    assert why in outcome.stderr
    for run in (run_job, run_program):
        assert run("free", ["a", "b"], network=network).values() == ["a", "a", "b", "b"]


@pytest.mark.parametrize("run", ["run_job", "run_program"])
def test_a_class_that_describes_a_program_is_run_as_in_its_network(
    request: pytest.FixtureRequest, run: str, network: Path
) -> None:
    outcome = request.getfixturevalue(run)("upper", ["one", "two"], network=network)
    assert (outcome.exit_code, outcome.values()) == (0, ["ONE", "TWO"])


class Same(Job):
    def run(self, value: Any) -> Any:
        self.head[1] = True
        self.progress(1)
        return value


@pytest.mark.parametrize("run", ["run_job", "run_program"])
@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"args": {"gain": 1}}, "args"),
        ({"codec": "json", "outputs": 0}, "outputs, codec"),
        ({"head_size": 2, "heads": False, "block_count": 1}, "head_size, heads, block_count"),
    ],
)
def test_what_the_file_says_is_not_taken_as_an_argument(
    request: pytest.FixtureRequest, run: str, given: dict[str, Any], names: str, network: Path
) -> None:
    with pytest.raises(ValueError, match=f"the network file says it for job free; leave out {names}$"):
        request.getfixturevalue(run)("free", ["a"], network=network, **given)
    of_network: list[dict[str, Any]] = [{"network": network}, {"params": {}}]
    for more in of_network:
        with pytest.raises(ValueError, match="give the name of a job in the file, not the class Same"):
            request.getfixturevalue(run)(Same, ["a"], **more)


@pytest.mark.parametrize("run", ["run_job", "run_program"])
def test_what_the_kit_tells_the_run_is_no_report(request: pytest.FixtureRequest, run: str) -> None:
    outcome = request.getfixturevalue(run)(Same, [1], codec="json")
    assert (outcome.values(), outcome.reports) == ([1], [{"progress": 1.0}])
