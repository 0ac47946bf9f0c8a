"""The product and the reference's own script, in turn, against the same AWS; and what each leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import TYPE_CHECKING

from benchmarks import product, reference
from benchmarks.clocks import WallClock
from benchmarks.shop import BAD, GOOD, Bill, Ledger, Shop, bill, deploy_badly
from benchmarks.tables import number, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.process import Run

ROUNDS = 5
SHOP = Shop()
_HURRY = 600.0
_MOST_SECONDS = 90.0


@dataclass(frozen=True)
class Sample:
    """One run, and what AWS counted in it."""

    run: Run
    bill: Bill

    @property
    def past(self) -> float:
        """Seconds of the run in which AWS was not at work for it."""
        return self.run.wall - self.bill.aws_seconds


def sample(shop: Shop, roll_back: Callable[[Ledger], Run], speed: float = 1.0) -> Sample:
    """Prepare AWS anew, run, and ask AWS."""
    clock = WallClock(speed)
    with Ledger(clock) as aws:
        deploy_badly(aws, clock, shop)
        began = clock.now()
        done = roll_back(aws)
        return Sample(done, bill(aws, began, shop))


def by_product(aws: Ledger) -> Run:
    """Roll back as the container does."""
    return product.roll_back(aws, SHOP)


@dataclass(frozen=True)
class Sides:
    """The samples of each, and of one single call of the AWS CLI."""

    ours: list[Sample]
    theirs: list[Sample]
    one_call: list[Run]

    def text(self) -> str:
        """Return the table: medians and their ratio, what depends least on the machine first."""
        ours, theirs = self.ours, self.theirs
        one = median(run.cpu for run in self.one_call)
        rows = [
            self._row("calls to AWS", lambda s: s.bill.number),
            self._row("calls a minute", lambda s: s.bill.number / s.run.wall * 60),
            self._row("bytes to and from AWS", lambda s: s.bill.bytes),
            self._row("seconds past AWS's own critical path", lambda s: s.past),
            self._row("seconds past the last thing AWS did", lambda s: s.bill.after_aws),
            self._row("processor time, in `aws cloudformation describe-stacks` calls", lambda s: s.run.cpu / one),
            self._row("processor time, s", lambda s: s.run.cpu),
            self._row("peak memory of the largest process, MiB", lambda s: s.run.peak_mib),
            self._row("seconds in all", lambda s: s.run.wall),
        ]
        head = ["median of " + str(len(ours)), "product", "reference's script", "product / script"]
        codes = {s.run.code for s in ours} | {s.run.code for s in theirs}
        lives = {s.bill.live_commit for s in ours} | {s.bill.live_commit for s in theirs}
        ended = "All runs ended in exit code 0 with the good commit live." if codes == {0} and lives == {GOOD} else (
            f"NOT COMPARABLE: exit codes {codes}, live commits {lives}."
        )  # fmt: skip
        spread = ", ".join(
            f"{name} {number(min(walls))} to {number(max(walls))} s"
            for name, walls in (("product", [s.past for s in ours]), ("script", [s.past for s in theirs]))
        )
        memory = number(median(run.peak_mib for run in self.one_call))
        return (
            f"{table(head, rows)}\n{ended} Range of the seconds past the critical path: {spread}. "
            f"One `aws cloudformation describe-stacks`: {number(one)} s of processor time, {memory} MiB.\n"
        )

    def _row(self, name: str, figure: Callable[[Sample], float]) -> list[str]:
        ours, theirs = (median(figure(s) for s in samples) for samples in (self.ours, self.theirs))
        return [name, number(ours), number(theirs), number(ours / theirs)]


def compare(say: Callable[[str], None]) -> Sides:
    """Run both, and one call of the CLI, in turn."""
    sides = Sides([], [], [])
    for round_number in range(1, ROUNDS + 1):
        say(f"side by side: round {round_number} of {ROUNDS}")
        sides.ours.append(sample(SHOP, by_product))
        sides.theirs.append(sample(SHOP, reference.roll_back))
        with Ledger(WallClock()) as aws:
            aws.cloudformation.create(SHOP.names[0], '{"Resources":{"A":{"Type":"AWS::SNS::Topic"}}}')
            sides.one_call.append(reference.describe_stacks(aws))
    return sides


_CASES = {
    "smoke tests failed, stack at rest in UPDATE_COMPLETE (the main case)": Shop(
        stack_status="UPDATE_COMPLETE", frontend="SUCCEED", stack_seconds=1200, build_seconds=600
    ),
    "smoke tests failed, stack still in UPDATE_IN_PROGRESS": Shop(
        frontend="SUCCEED", stack_seconds=1200, build_seconds=600
    ),
}


def leavings() -> str:
    """Return what each does where the script's steps do not fit, sleeps shortened: an hour's wait in a minute."""
    rows = []
    for title, shop in _CASES.items():
        rows += [
            [title, "product", *_left(_hurried(shop, partial(product.roll_back, shop=shop)))],
            ["", "reference's script", *_left(_hurried(shop, _script_in_a_hurry))],
        ]
    return table(["case", "who", "exit code", "calls", "redeployed", "the site then serves"], rows)


def _hurried(shop: Shop, roll_back: Callable[[Ledger], Run]) -> Sample:
    return sample(shop, roll_back, speed=_HURRY)


def _script_in_a_hurry(aws: Ledger) -> Run:
    return reference.roll_back(aws, timeout=_MOST_SECONDS, speed=_HURRY)


def _left(done: Sample) -> list[str]:
    started = done.bill.calls["amplify:StartJob"]
    live = {GOOD: "the last known good", BAD: "the failed commit"}.get(done.bill.live_commit, "another commit")
    code = "killed" if done.run.timed_out else str(done.run.code)
    return [code, str(done.bill.number), str(started), live]
