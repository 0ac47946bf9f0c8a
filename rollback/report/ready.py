"""Pure: whether the last known good could be brought back, in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rollback.report.model import Report

_MOST_NAMES = 5


def ready(report: Report) -> str:
    """Return what the readiness says in all; empty where nobody looked."""
    if report.ready is None:
        return ""
    lost = [row.what for row in report.readiness if row.state == "lost"]
    if lost:
        return f"This could not be brought back: {', '.join(lost[:_MOST_NAMES])}. Why stands below."
    weak = sum(row.state != "ready" for row in report.readiness)
    return f"Everything could be brought back{f'; {weak} to look at stand below' if weak else ''}."
