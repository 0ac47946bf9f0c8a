"""The checks, looked at until all were fine once, and then for as long as they must stay so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rollback.engine.bounds import Overdue, in_time
from rollback.report.model import Look, VerificationReport
from rollback.report.results import Verdict
from rollback.verification.alarms import look_at_alarms
from rollback.verification.checks import Check
from rollback.verification.site import look_at_site

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollback.aws import Aws
    from rollback.engine.clock import Clock

_ONE_LOOK = 10.0
_LAST_LOOK = 1.0
"""Seconds: a single look takes no longer, and so much of the time is kept for the last one."""


@dataclass(frozen=True)
class Wanted:
    """What must hold: the URL that answers 200, the text in its answer, the alarms that are not in ALARM.

    Within `timeout` seconds everything must have been fine once; then it must stay so for `hold` seconds.
    """

    url: str = field(default="", repr=False)
    contains: str = ""
    alarms: tuple[str, ...] = ()
    timeout: float = 120.0
    hold: float = 0.0
    longest_gap: float = 5.0

    @property
    def anything(self) -> bool:
        """Return whether any check was asked for."""
        return bool(self.url or self.alarms)


class Verification:
    """One verification. `commit` is the one that should be served, empty where unknown; `say` prints a line."""

    def __init__(self, wanted: Wanted, commit: str, aws: Aws, clock: Clock, say: Callable[[str], None]) -> None:
        self._wanted = wanted
        self._commit = commit
        self._aws = aws
        self._clock = clock
        self._say = say
        self._began = clock.monotonic()
        self._looks: list[Look] = []
        self._well_after: float | None = None

    def run(self) -> VerificationReport:
        """Look until everything was fine and stayed so, or something is not in its time."""
        checks = self._until_fine()
        relapsed = False
        if all(check.fine for check in checks) and self._wanted.hold:
            checks = self._hold(checks)
            relapsed = not all(check.fine for check in checks)
        passed = all(check.fine for check in checks)
        return VerificationReport(
            verdict=Verdict.PASSED if passed else Verdict.FAILED,
            checks=tuple(check.verdict for check in checks),
            proves_commit=passed and bool(self._wanted.contains),
            well_after=self._well_after,
            relapsed=relapsed,
            looks=tuple(self._looks),
        )

    def _until_fine(self) -> list[Check]:
        deadline = self._began + self._wanted.timeout
        last = min(_LAST_LOOK, self._wanted.timeout / 2)
        gap = min(1.0, self._wanted.longest_gap)
        while True:
            left = deadline - self._clock.monotonic()
            checks = self._look(min(_ONE_LOOK, max(left, last)))
            left = deadline - self._clock.monotonic()
            if all(check.fine for check in checks):
                self._well_after = round(self._clock.monotonic() - self._began, 1)
                return checks
            if left <= last:
                return checks
            self._say("not yet: " + "; ".join(check.line for check in checks if not check.fine))
            self._clock.sleep(min(gap, left - last))
            gap = min(gap * 1.5, self._wanted.longest_gap)

    def _hold(self, checks: list[Check]) -> list[Check]:
        ends = self._clock.monotonic() + self._wanted.hold
        self._say(f"all checks are fine; they must stay so for {self._wanted.hold / 60:g} min")
        while all(check.fine for check in checks) and (left := ends - self._clock.monotonic()) > 0:
            self._clock.sleep(min(self._wanted.longest_gap, left))
            checks = self._look(_ONE_LOOK)
        return checks

    def _look(self, seconds: float) -> list[Check]:
        wanted = self._wanted
        checks = [look_at_site(wanted.url, wanted.contains, self._commit, seconds)] if wanted.url else []
        if wanted.alarms:
            try:
                checks.append(in_time(seconds, lambda: look_at_alarms(wanted.alarms, self._aws)))
            except Overdue:
                checks.append(Check(fine=False, line=f"CloudWatch does not answer within {seconds:.0f} s"))
        self._remember(checks)
        return checks

    def _remember(self, checks: list[Check]) -> None:
        """Keep what differs from the look before: a small table tells it all."""
        text = "; ".join(check.verdict for check in checks)
        if not self._looks or self._looks[-1].text != text:
            fine = all(check.fine for check in checks)
            seconds = round(self._clock.monotonic() - self._began, 1)
            self._looks.append(Look(seconds=seconds, fine=fine, text=text))


def verify(wanted: Wanted, commit: str, aws: Aws, clock: Clock, say: Callable[[str], None]) -> VerificationReport:
    """Return what came of the verification; `skipped` where nothing was asked for."""
    return Verification(wanted, commit, aws, clock, say).run() if wanted.anything else VerificationReport()
