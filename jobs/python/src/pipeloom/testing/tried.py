"""Jobs of any kind, run by ``pipeloom try``."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from typing import Any, Callable, Optional

from pipeloom.errors import PipeloomError
from pipeloom.head import RESET, Head
from pipeloom.pipes import Pipe
from pipeloom.testing.network import NetworkJob
from pipeloom.testing.outcome import Outcome, Sent

TIMEOUT_SECONDS = 60.0

WRONG_USE = 2
"""The exit code of ``pipeloom`` where the job was not run."""

REPORTS: dict[Any, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "progress": lambda event: {
        "progress": event["fraction"],
        **({"message": event["message"]} if event.get("message") else {}),
    },
    "status": lambda event: {"status": event["status"]},
    "metrics": lambda event: {"metrics": event["metrics"]},
    "result": lambda event: {"result": event["result"]},
}


def run_tried(
    job: NetworkJob, inputs: Sequence[Sequence[Any]], timeout_seconds: float, steps: Optional[int] = None
) -> Outcome:
    """Gives the job these values and returns what it has sent."""
    command = [*job.command, "--json", "--run-dir", os.path.join(job.folder, "run")]
    if steps is not None:
        command += ["--steps", str(steps)]
    for pipe, values in zip(job.table.inputs, inputs):
        if values or pipe.name not in job.optional:
            command += ["--input", f"{pipe.name}={_file(job, pipe, values)}"]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=timeout_seconds
    )
    if done.returncode == WRONG_USE:
        raise PipeloomError(f"job {job.name}: {done.stderr.strip() or done.stdout.strip()}")
    return _outcome(job, done.stdout.splitlines(), done.returncode)


def _event(line: str) -> Optional[dict[str, Any]]:
    """What a line tells; ``None`` for one that a native job has printed."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and event.get("v") == 1 and "event" in event else None


def _outcome(job: NetworkJob, lines: list[str], exit_code: int) -> Outcome:
    names = [pipe.name for pipe in job.table.outputs]
    outcome = Outcome([[] for _ in names], [[] for _ in names], exit_code=exit_code, names=names)
    for line in lines:
        event = _event(line)
        kind = event["event"] if event else None
        if event is None:
            outcome.stdout += line + "\n"
        elif kind == "block" and event["side"] == "output":
            place = names.index(event["pipe"])
            outcome.outputs[place].append(_value(job.table.outputs[place], event))
            outcome.heads[place].append(Head(int(event.get("head", "0"), 16), job.table.head_size))
        elif kind in REPORTS:
            outcome.reports.append(REPORTS[kind](event))
        elif kind == "line" and event["stderr"]:
            outcome.stderr += event["text"] + "\n"
        elif kind == "line":
            outcome.stdout += event["text"] + "\n"
        elif kind == "job-failed" and not outcome.stderr:
            outcome.stderr = event["cause"]["message"] + "\n"
    return outcome


def _file(job: NetworkJob, pipe: Pipe, values: Sequence[Any]) -> str:
    """The values as ``pipeloom try`` reads them, one on each line."""
    path = os.path.join(job.folder, f"{pipe.name}.values")
    with open(path, "wb") as file:
        for value in values:
            if pipe.codec == "stream":
                file.write(value.encode() if isinstance(value, str) else value)
            else:
                sent = value if isinstance(value, Sent) else Sent(value)
                file.write(f"{_head(sent, job.table.head_size)} {_text(pipe, sent.value)}\n".encode())
    return path


def _head(sent: Sent, size: int) -> str:
    """A head as it is written. Which block is the first is known without it."""
    head = Head(int(sent.head), size)
    head[RESET] = False
    return f"0x{head.number:0{2 * size}x}"


def _text(pipe: Pipe, value: Any) -> str:
    if pipe.codec in ("bytes", "framed"):
        return memoryview(value).cast("B").hex()
    if pipe.codec != "lines":
        return json.dumps(value, ensure_ascii=False)
    text = value if isinstance(value, str) else json.dumps(value)
    if "\n" in text:
        raise ValueError(f"a line break inside a value for the pipe {pipe.name}: {text!r}")
    return text


def _value(pipe: Pipe, event: dict[str, Any]) -> Any:
    """The value as a job in Python has it."""
    if "hex" in event:
        return bytes.fromhex(event["hex"])
    return event["value"].encode() if pipe.codec == "stream" else event["value"]
