"""What was measured against the goals that the project has set itself."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from benchmarks.tables import number, table
from benchmarks.together import LONGER

if TYPE_CHECKING:
    from benchmarks.overhead import Overhead
    from benchmarks.sides import Sides
    from benchmarks.together import Orders

DEFAULT = 5
"""`poll-interval`, where nobody sets it."""


def against(sides: Sides, eight_minutes: Overhead, orders: Orders) -> str:
    """Return the table of goals."""
    ours = sides.ours
    cpu = median(item.run.cpu for item in ours) / median(run.cpu for run in sides.one_call)
    rows = [
        _row("30 s of AWS: s past its critical path", 1.0, median(item.past for item in ours)),
        _row("30 s of AWS: calls", 30, median(item.bill.number for item in ours)),
        _row("processor time, in `aws cloudformation describe-stacks` calls", 1.2, cpu),
    ]
    for interval in (DEFAULT, 20):
        at = f"8 minutes of AWS, `poll-interval` {interval}"
        rows += [
            _row(f"{at}: s past its end", 2.0, eight_minutes.past_end[interval]),
            _row(f"{at}: calls", 80, eight_minutes.calls[interval]),
        ]
    rows += [
        _row("stack and build together, of the longer one", 1.02, orders.together / LONGER),
        _row("stack and build together, of the script's recovery", 0.65, orders.together / orders.script),
    ]
    return table(["goal", "at most", "measured", ""], rows)


def _row(goal: str, most: float, measured: float) -> list[str]:
    return [goal, number(most), number(measured), "met" if measured <= most else "missed"]
