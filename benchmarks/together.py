"""Stacks and frontend at the same time, one after the other, and by the reference's script, on a simulated clock."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from benchmarks import product, reference
from benchmarks.shop import GOOD, Ledger, Shop, bill, deploy_badly
from benchmarks.tables import number, table
from sandbox import ManualClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.process import Run

SHOP = Shop(stack_seconds=480, build_seconds=300)
LONGER = max(SHOP.stack_seconds, SHOP.build_seconds)
_HOUR = Shop(stack_seconds=3600, build_seconds=60)


@dataclass(frozen=True)
class Orders:
    """The table of recovery times, and what the goals are held against: seconds of each, and calls an hour."""

    text: str
    together: float
    script: float
    calls_an_hour: int


def compare() -> Orders:
    """Run all three against an AWS that takes eight minutes for the stack and five for the build."""
    who: dict[str, Callable[[Ledger, ManualClock], Run]] = {
        "product, `order: together`": partial(_by_product, order="together"),
        "product, `order: stack-first`": partial(_by_product, order="stack-first"),
        "reference's script": reference.roll_back_simulated,
    }
    took = {name: _recovery(roll_back) for name, roll_back in who.items()}
    together, _, script = (seconds for seconds, _ in took.values())
    rows = [
        [name, number(seconds), number(calls), number(seconds / LONGER), number(seconds / script)]
        for name, (seconds, calls) in took.items()
    ]
    head = ["who", "recovery, s", "calls", "of the longer part", "of the script's"]
    calls = _calls_in_an_hour()
    an_hour = f"An hour of waiting for one stack, `poll-interval` at its default: {number(calls)} calls."
    text = f"{table(head, rows)}\n{an_hour}\n"
    return Orders(text, together, script, calls)


def _by_product(aws: Ledger, clock: ManualClock, order: str) -> Run:
    return product.roll_back_simulated(aws, clock, SHOP, {"order": order})


def _recovery(roll_back: Callable[[Ledger, ManualClock], Run]) -> tuple[float, int]:
    """Return the seconds from the beginning to the end of the run, and its calls."""
    clock = ManualClock()
    with Ledger(clock) as aws:
        deploy_badly(aws, clock, SHOP)
        began = clock.now()
        done = roll_back(aws, clock)
        charged = bill(aws, began, SHOP)
    if done.code != 0 or charged.live_commit != GOOD:
        raise RuntimeError(done.output)
    return clock.now() - began, charged.number


def _calls_in_an_hour() -> int:
    clock = ManualClock()
    with Ledger(clock) as aws:
        deploy_badly(aws, clock, _HOUR)
        done = product.roll_back_simulated(aws, clock, _HOUR, {"app-name": "", "stack-timeout": "90"})
        calls = len(aws.calls)
    if done.code != 0:
        raise RuntimeError(done.output)
    return calls
