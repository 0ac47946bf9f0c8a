"""The reference's own script, run with the AWS CLI from PyPI in a virtual environment of its own."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.clocks import SleepsMove
from benchmarks.process import ROOT, Run, run
from benchmarks.shop import APP_NAME, BRANCH, STACK

if TYPE_CHECKING:
    from benchmarks.clocks import MovableClock
    from sandbox import Sandbox

VENV = ROOT / "benchmarks" / ".venv"
REQUIREMENTS = ROOT / "requirements-bench.txt"
AWS = VENV / "bin" / "aws"
_SCRIPT = Path(__file__).with_name("reference.sh")
_SHORTER_SLEEPS = "import time\n_sleep = time.sleep\ntime.sleep = lambda seconds: _sleep(seconds / {speed})\n"
_NO_SLEEPS = """\
import os
import time


def _sleep(seconds):
    os.write({asks}, f"{{seconds!r}}\\n".encode())
    os.read({answers}, 1)


time.sleep = _sleep
"""
_NO_SLEEP = """\
#!/usr/bin/env bash
echo "$1" >&{asks}
read -r -n 1 <&{answers}
"""


def install() -> None:
    """Install the AWS CLI from its locked requirements, unless it is there: it pins botocore, so it lives apart."""
    done = VENV / "installed"
    if done.exists() and done.stat().st_mtime >= REQUIREMENTS.stat().st_mtime:
        return
    subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    pip: list[str | Path] = [VENV / "bin" / "python", "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "--no-deps", "-r", REQUIREMENTS], check=True)
    done.touch()


def roll_back(aws: Sandbox, *, poll_interval: float = 5.0, timeout: float = 300.0, speed: float = 1.0) -> Run:
    """Run the script; with `speed`, every sleep of the CLI's waiter and its own is that much shorter."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "sitecustomize.py").write_text(_SHORTER_SLEEPS.format(speed=speed), encoding="utf-8")
        environment = _environment(aws) | _inputs(aws, poll_interval / speed)
        if speed != 1.0:
            environment["PYTHONPATH"] = folder
        return run(["bash", _SCRIPT], environment, timeout=timeout)


def roll_back_simulated(aws: Sandbox, clock: MovableClock, *, poll_interval: float = 5.0) -> Run:
    """Run the script in no time but its sleeps', the CLI's waiter's included: AWS's clock moves instead."""
    with tempfile.TemporaryDirectory() as folder, SleepsMove(clock) as sleeps:
        asks, answers = sleeps.descriptors
        Path(folder, "sitecustomize.py").write_text(_NO_SLEEPS.format(asks=asks, answers=answers), encoding="utf-8")
        sleep = Path(folder, "sleep")
        sleep.write_text(_NO_SLEEP.format(asks=asks, answers=answers), encoding="utf-8")
        sleep.chmod(0o755)
        environment = _environment(aws) | _inputs(aws, poll_interval)
        environment |= {"PYTHONPATH": folder, "PATH": f"{folder}:{environment['PATH']}"}
        command: list[str | Path] = ["bash", _SCRIPT]
        return run(command, environment, descriptors=sleeps.descriptors, started=sleeps.started)


def describe_stacks(aws: Sandbox) -> Run:
    """Run one `aws cloudformation describe-stacks`: the measure for processor time."""
    return run([AWS, "cloudformation", "describe-stacks", "--stack-name", STACK], _environment(aws))


def _environment(aws: Sandbox) -> dict[str, str]:
    return aws.environment(
        AWS_DEFAULT_REGION=aws.region, AWS_PAGER="", PATH=f"{AWS.parent}:/usr/local/bin:/usr/bin:/bin"
    )


def _inputs(aws: Sandbox, poll_interval: float) -> dict[str, str]:
    return {
        "STACK": STACK,
        "APP_NAME": APP_NAME,
        "BRANCH": BRANCH,
        "POLL_INTERVAL": str(poll_interval),
        "SLACK_WEBHOOK_URL": aws.slack.webhook_url,
    }
