"""The real `entrypoint.py` in a process of its own, killed with SIGKILL while it speaks to AWS."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox import ConnectionDroppedError, Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

ENTRYPOINT = Path(__file__).parents[2] / "entrypoint.py"


@dataclass(frozen=True)
class Moment:
    """When to kill: at the `number`-th call of `operation` (`*` is any), before or after its effect."""

    operation: str
    number: int
    when: str


def start(variables: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start the action as the container would, with these variables and none of the machine's own settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GITHUB_", "INPUT_"))}
    command = [sys.executable, str(ENTRYPOINT)]
    return subprocess.Popen(command, env={**kept, **variables}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def run(variables: dict[str, str]) -> tuple[int, str]:
    """Run the action to its end; return its exit code and what it printed."""
    process = start(variables)
    printed, _ = process.communicate(timeout=100)
    return process.returncode, printed.decode(errors="replace")


def run_killed(sandbox: Sandbox, moment: Moment, variables: dict[str, str]) -> bool:
    """Run the action and kill it at the moment; return whether it came to that."""
    started = threading.Event()
    with _killing(sandbox, moment, started) as processes:
        processes.append(start(variables))
        started.set()
        processes[0].communicate(timeout=100)
    return processes[0].returncode == -signal.SIGKILL


@contextmanager
def _killing(sandbox: Sandbox, moment: Moment, started: threading.Event) -> Iterator[list[subprocess.Popen[bytes]]]:
    processes: list[subprocess.Popen[bytes]] = []
    calls = Counter[str]()

    def before(_service: str, operation: str, _params: dict[str, Any]) -> None:
        calls.update((operation, "*"))
        if moment.when == "before" and calls[moment.operation] == moment.number and _meant(operation):
            kill()

    def after(_service: str, operation: str, _params: dict[str, Any]) -> None:
        if moment.when == "after" and calls[moment.operation] == moment.number and _meant(operation):
            kill()

    def _meant(operation: str) -> bool:
        return moment.operation in {operation, "*"}

    def kill() -> None:
        started.wait()
        os.kill(processes[0].pid, signal.SIGKILL)
        processes[0].wait()
        raise ConnectionDroppedError

    sandbox.before_call.append(before)
    sandbox.after_call.append(after)
    try:
        yield processes
    finally:
        sandbox.before_call.remove(before)
        sandbox.after_call.remove(after)
