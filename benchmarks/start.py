"""From process start to the first AWS call: how long, and what takes it."""

from __future__ import annotations

import re
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import median

from benchmarks import product
from benchmarks.process import Run, run
from benchmarks.shop import Shop
from benchmarks.tables import table
from sandbox import Sandbox

TIMES = 9
_IMPORT = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+([\w.]+)")
_SHOWN = 14


def profile() -> str:
    """Return the steps to the first call, and the packages whose import takes most."""
    runs = [_to_first_call() for _ in range(TIMES)]
    steps = [re.findall(r"^step\t(.*)\t(.*)$", done.output, re.MULTILINE) for done in runs]
    walls = [float(re.findall(r"^wall\t(.*)$", done.output, re.MULTILINE)[0]) for done in runs]
    rows, before = [], 0.0
    for place, (name, _) in enumerate(steps[0]):
        reached = median(float(step[place][1]) for step in steps)
        rows.append([name, f"{(reached - before) * 1000:.0f}"])
        before = reached
    rows.append(["**all, processor time**", f"**{before * 1000:.0f}**"])
    rows.append(["all, wall clock", f"{median(walls) * 1000:.0f}"])
    text = table([f"to the first AWS call, median of {TIMES}", "ms"], rows)
    return f"{text}\n{_imports()}"


def _to_first_call(*options: str) -> Run:
    with Sandbox() as aws, tempfile.TemporaryDirectory() as folder:
        environment = product.environment(aws, Shop(), Path(folder), {"slack-webhook-url": ""})
        command = [sys.executable, *options, "-m", "benchmarks.first_call", str(time.monotonic())]
        return run(command, environment)


def _imports() -> str:
    """Return a table of the imports' own time by package, as `-X importtime` has it."""
    profiles = []
    for _ in range(TIMES):
        own: Counter[str] = Counter()
        for microseconds, module in _IMPORT.findall(_to_first_call("-X", "importtime").output):
            package = module.partition(".")[0].lstrip("_")
            own[package if package in _NAMED else "the standard library"] += int(microseconds)
        profiles.append(own)
    packages = {package: median(own[package] for own in profiles) / 1000 for package in {*profiles[0]}}
    rows = [[name, f"{ms:.0f}"] for name, ms in sorted(packages.items(), key=lambda item: -item[1])[:_SHOWN] if ms >= 1]
    return table(["imports, own time by package", "ms"], rows)


_NAMED = frozenset(
    {
        "rollback", "pydantic", "pydantic_core", "boto3", "botocore", "s3transfer", "urllib3", "slack_sdk", "dateutil",
        "jmespath", "yaml", "six", "typing_extensions", "annotated_types", "typing_inspection",
    }
)  # fmt: skip
