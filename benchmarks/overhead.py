"""What the product adds to AWS's own time, and in how many calls: AWS at work for 8 minutes, on a simulated clock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING

from benchmarks import product
from benchmarks.shop import Ledger, Shop, bill, deploy_badly
from benchmarks.tables import number, table
from sandbox import ManualClock

if TYPE_CHECKING:
    from benchmarks.sides import Sample

EIGHT_MINUTES = Shop(stack_seconds=300, build_seconds=180)
POLL_INTERVALS = (2, 5, 10, 20)


@dataclass(frozen=True)
class Overhead:
    """The table of runs against an AWS that takes 8 minutes, and calls and seconds past its end by poll-interval."""

    text: str
    calls: dict[int, int]
    past_end: dict[int, float]


def simulated(poll_intervals: tuple[int, ...] = POLL_INTERVALS) -> Overhead:
    """Run against an AWS that takes 8 minutes, by poll-interval."""
    rows = []
    result = Overhead("", {}, {})
    for interval in poll_intervals:
        clock = ManualClock()
        with Ledger(clock) as aws:
            deploy_badly(aws, clock, EIGHT_MINUTES)
            began = clock.now()
            done = product.roll_back_simulated(aws, clock, EIGHT_MINUTES, {"poll-interval": str(interval)})
            charged = bill(aws, began, EIGHT_MINUTES)
            passed = clock.now() - began
        if done.code != 0:
            raise RuntimeError(done.output)
        result.calls[interval], result.past_end[interval] = charged.number, charged.after_aws
        operations = ", ".join(f"{count} {name.partition(':')[2]}" for name, count in charged.calls.most_common())
        rows.append(
            [
                f"{interval} s{' (default)' if interval == 5 else ''}",  # noqa: PLR2004
                number(charged.number),
                number(charged.after_aws),
                number(passed - charged.aws_seconds),
                operations,
            ]
        )
    head = ["poll-interval", "calls", "s past AWS's end", "s past its critical path", "calls by operation"]
    return replace(result, text=table(head, rows))


def in_real_time(samples: list[Sample]) -> str:
    """Return the same for an AWS that takes 30 s, out of the runs side by side."""
    past_end = [item.bill.after_aws for item in samples]
    row = [
        "5 s (default)",
        number(median(item.bill.number for item in samples)),
        f"{number(median(past_end))} ({number(min(past_end))} to {number(max(past_end))})",
        number(median(item.past for item in samples)),
    ]
    return table(["poll-interval", "calls", "s past AWS's end", "s past its critical path"], [row])
