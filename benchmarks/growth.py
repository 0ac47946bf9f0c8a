"""How the cost of a rollback grows with what there is: events, jobs, resources, stacks, pages of a change set."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks import product
from benchmarks.shop import Ledger, Shop, bill, deploy_badly, template
from benchmarks.tables import Curve, number, table
from sandbox import ManualClock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sandbox.backend import Caller

TIMES = 3
_SHOP = Shop(stack_seconds=60, build_seconds=60, resources=2)
_ROWS: tuple[tuple[str, tuple[int, ...], Callable[[int], Shop]], ...] = (
    ("events", (10, 100, 1000, 5000), lambda size: replace(_SHOP, events=size)),
    ("jobs", (10, 100, 1000, 10_000), lambda size: replace(_SHOP, older_jobs=size)),
    ("failed jobs", (10, 100, 1000, 10_000), lambda size: replace(_SHOP, failed_jobs=size)),
    ("resources", (10, 50, 100, 500), lambda size: replace(_SHOP, resources=size)),
    ("stacks", (1, 5, 10, 20), lambda size: replace(_SHOP, stacks=size)),
)
_PAGES = (1, 5, 10, 50)
_CHANGES_A_PAGE = 10


@dataclass(frozen=True)
class Point:
    """Medians at one size."""

    size: int
    calls: float
    cpu: float
    peak_mib: float
    bytes: float


class SmallPages:
    """The embedded CloudFormation, its change sets in smaller pages: 50 pages without 5,000 resources."""

    omitted_members: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.inner: Any = None

    def handle(self, operation: str, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """Answer as AWS does when it gives fewer entries a page than it may."""
        if operation != "DescribeChangeSet":
            answered: dict[str, Any] = self.inner.handle(operation, params, caller)
            return answered
        start = int(params.pop("NextToken", "0"))
        page = self.inner.handle(operation, params, caller)
        changes = list(page["Changes"])
        while page.get("NextToken"):
            page = self.inner.handle(operation, params | {"NextToken": page["NextToken"]}, caller)
            changes += page["Changes"]
        end = start + _CHANGES_A_PAGE
        page.pop("NextToken", None)
        more = {"NextToken": str(end)} if end < len(changes) else {}
        return {**page, "Changes": changes[start:end], **more}


def curves(say: Callable[[str], None]) -> tuple[str, list[Curve]]:
    """Return the table and the curves."""
    rows, drawn = [], []
    jobs: list[tuple[str, tuple[int, ...], Callable[[int], Point]]] = [
        (title, sizes, lambda size, shop=shop: _rolled_back(shop(size), size))  # type: ignore[misc]
        for title, sizes, shop in _ROWS
    ]
    for title, sizes, measure in [*jobs, ("change-set pages", _PAGES, _restored)]:
        say(f"growth: {title}")
        points = [_median([measure(size) for _ in range(TIMES)]) for size in sizes]
        rows += [
            [f"{point.size:,} {title}", *map(number, (point.calls, point.bytes / 1e3, point.cpu, point.peak_mib))]
            for point in points
        ]
        lines = {
            "calls": tuple(point.calls for point in points),
            "CPU": tuple(point.cpu for point in points),
            "memory": tuple(point.peak_mib for point in points),
        }
        drawn.append(Curve(title, sizes, lines))
    return table(["size", "calls", "kB to and from AWS", "CPU, s", "peak memory, MiB"], rows), drawn


def _median(points: Sequence[Point]) -> Point:
    return Point(
        points[0].size,
        median(point.calls for point in points),
        median(point.cpu for point in points),
        median(point.peak_mib for point in points),
        median(point.bytes for point in points),
    )


def _rolled_back(shop: Shop, size: int) -> Point:
    clock = ManualClock()
    with Ledger(clock) as aws:
        deploy_badly(aws, clock, shop)
        began = clock.now()
        done = product.roll_back_simulated(aws, clock, shop)
        charged = bill(aws, began, shop)
    if done.code != 0:
        raise RuntimeError(done.output)
    return Point(size, charged.number, done.cpu, done.peak_mib, charged.bytes)


def _restored(pages: int) -> Point:
    """Restore a stack from a snapshot through a change set of so many pages."""
    resources = pages * _CHANGES_A_PAGE
    shop = replace(_SHOP, resources=resources, stack_status="UPDATE_COMPLETE", frontend="SUCCEED")
    clock = ManualClock()
    backend = SmallPages()
    with Ledger(clock, {"cloudformation": backend}) as aws, tempfile.TemporaryDirectory() as folder:
        backend.inner = aws.cloudformation
        record = {"snapshot": "last-known-good.json"}
        aws.cloudformation.create(shop.names[0], template("good", resources))
        aws.amplify.add_app("shop-development", "d2shop4bench")
        aws.amplify.add_branch("d2shop4bench", "develop")
        aws.amplify.add_job("d2shop4bench", "develop", commit="4f1c0de7a9b3c2d1e0f9a8b7c6d5e4f3a2b1c0d9")
        took = product.roll_back_simulated(aws, clock, shop, {**record, "mode": "snapshot"}, Path(folder))
        aws.cloudformation.update(shop.names[0], template("bad", resources), resource_seconds=0.1, cleanup_seconds=0.1)
        clock.advance(60)
        before, bytes_before = len(aws.calls), aws.counted.bytes
        done = product.roll_back_simulated(aws, clock, shop, {**record, "redeploy": "if-needed"}, Path(folder))
        calls, carried = len(aws.calls) - before, aws.counted.bytes - bytes_before
        status = aws.cloudformation.stack(shop.names[0]).status
    if took.code or done.code or status != "UPDATE_COMPLETE":
        raise RuntimeError(took.output + done.output)
    return Point(pages, calls, done.cpu, done.peak_mib, carried)
