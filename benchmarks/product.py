"""The product, as a process of its own: as the container starts it, or on a clock that nobody waits for."""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.clocks import SleepsMove
from benchmarks.process import ROOT, Run, run
from benchmarks.shop import APP_NAME, BAD, BRANCH, Shop

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.clocks import MovableClock
    from sandbox import Sandbox

ENTRYPOINT = (sys.executable, str(ROOT / "entrypoint.py"))


def environment(aws: Sandbox, shop: Shop, folder: Path, inputs: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment as the runner sets it; `inputs` are added to the usual ones."""
    frontend = "failure" if shop.frontend == "FAILED" else "success"
    results = {
        "deploy-infrastructure": {"result": "success"},
        "deploy-frontend": {"result": frontend},
        "smoke-tests": {"result": "skipped" if frontend == "failure" else "failure"},
    }
    given = {
        "stack-name": ",".join(shop.names),
        "app-name": APP_NAME,
        "branch": BRANCH,
        "commit": BAD,
        "job-results": json.dumps(results),
        "slack-webhook-url": aws.slack.webhook_url,
        **(inputs or {}),
    }
    files = {name: folder / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    for file in files.values():
        file.touch()
    return {
        **aws.environment(),
        **{f"INPUT_{name.upper()}": value for name, value in given.items()},
        **{name: str(file) for name, file in files.items()},
        "GITHUB_REPOSITORY": "example/shop",
        "GITHUB_RUN_ID": "1764720000",
        "GITHUB_WORKSPACE": str(folder),
    }


def roll_back(aws: Sandbox, shop: Shop, inputs: Mapping[str, str] | None = None) -> Run:
    """Run `entrypoint.py` to its end, in real time."""
    with tempfile.TemporaryDirectory() as folder:
        return run(ENTRYPOINT, environment(aws, shop, Path(folder), inputs))


def roll_back_simulated(
    aws: Sandbox, clock: MovableClock, shop: Shop, inputs: Mapping[str, str] | None = None, folder: Path | None = None
) -> Run:
    """Run the product in no time: whenever it sleeps, AWS's clock moves instead."""
    with ExitStack() as stack:
        folder = folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sleeps = stack.enter_context(SleepsMove(clock))
        asks, answers = sleeps.descriptors
        command = [sys.executable, "-m", "benchmarks.simulated", str(asks), str(answers), repr(clock.now())]
        environ = environment(aws, shop, folder, inputs)
        return run(command, environ, descriptors=sleeps.descriptors, started=sleeps.started, timeout=120)
