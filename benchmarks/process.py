"""One process, measured by the operating system's own account of it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ROOT = Path(__file__).parent.parent
_METER = Path(__file__).with_name("meter.py")
# ru_maxrss is in KiB on Linux, in bytes on macOS.
_PEAK_UNITS_A_MIB = 1024.0 * (1024.0 if sys.platform == "darwin" else 1.0)
_INHERITED = ("PATH", "HOME", "LANG", "TMPDIR")


@dataclass(frozen=True)
class Run:
    """A finished process with all that it started: seconds of wall and processor time, largest peak memory.

    One that was killed at its timeout has no figures but its output.
    """

    wall: float
    cpu: float
    peak_mib: float
    code: int
    output: str
    timed_out: bool = False


def run(
    command: Sequence[str | Path],
    environment: Mapping[str, str],
    *,
    timeout: float = 300.0,
    descriptors: Sequence[int] = (),
    started: Callable[[], None] = lambda: None,
) -> Run:
    """Run to the end, or kill after `timeout` seconds. `started` is called as soon as the process runs."""
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    with tempfile.TemporaryDirectory() as folder:
        report, output = Path(folder, "report"), Path(folder, "output")
        with output.open("wb") as stdout:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", _METER, report, *command],
                env=inherited | dict(environment),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=subprocess.STDOUT,
                pass_fds=descriptors,
                start_new_session=True,
            )
            started()
            timed_out = _wait(process, timeout)
        text = output.read_text(encoding="utf-8", errors="replace")
        if timed_out:
            return Run(timeout, 0.0, 0.0, process.returncode, text, timed_out=True)
        wall, cpu, peak, code = map(float, report.read_text(encoding="ascii").split())
    return Run(wall, cpu, peak / _PEAK_UNITS_A_MIB, int(code), text)


def _wait(process: subprocess.Popen[bytes], timeout: float) -> bool:
    """Wait for the process; at its timeout end it with all that it started, and return True."""
    killed = threading.Event()

    def kill() -> None:
        killed.set()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    guard = threading.Timer(timeout, kill)
    guard.start()
    try:
        process.wait()
    finally:
        guard.cancel()
    return killed.is_set()
