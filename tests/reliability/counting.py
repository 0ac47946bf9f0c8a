"""Prints at the end of the tests how much was tried: cells of the fault matrix, places to be killed at, and so on."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

FULL = os.environ.get("RELIABILITY") == "full"
"""Whether every place is tried, or a sample that fits into every run of the tests."""

CELLS, KILLS, PROCESS_KILLS = (
    "cells of the fault matrix",
    "places where a run was killed",
    "places where a real process was killed",
)
CORPUS = "pairs of the corpus"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Sum what the tests recorded with `record_property`."""
    reports = [report for found in terminalreporter.stats.values() for report in found]
    done, ends = Counter[str](), Counter[str]()
    for report in reports:
        if getattr(report, "when", "") == "call":
            said = report.user_properties
            done.update({name: value for name, value in said if name in {CELLS, KILLS, PROCESS_KILLS}})
            ends.update(value for name, value in said if name == CORPUS)
    if done or ends:
        terminalreporter.section("reliability")
        for name, number in done.items():
            terminalreporter.line(f"{number:,} {name}")
        for end, number in ends.most_common():
            how = end if end in {"restored", "already-good"} else f"refused: {end}"
            terminalreporter.line(f"{number:,} of {ends.total():,} {CORPUS} ({number / ends.total():.0%}) {how}")
