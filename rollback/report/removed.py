"""Pure: how people are told what of the failed deployment's own a restore removes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rollback.report.model import Report, StackReport


def heading(report: Report) -> str:
    """Return the heading over the list: of what was removed, or in a dry run would be."""
    if report.dry_run:
        return "What the failed deployment made, and would be removed again"
    return "What the failed deployment had made, and is removed again"


def lines(stack: StackReport) -> list[str]:
    """Return a line for each stateful resource that went with the failed deployment: what, which, and why it might."""
    return [
        f"{one.logical_id} ({one.type}){one.physical_id and f' {one.physical_id}'}: {one.why}"
        for one in stack.removed_again
    ]
