"""Pure: the results of the parts become the outcome of the run and its exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback.report.results import GOOD, Outcome, Result, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

EXIT_CODES = {
    Outcome.NOT_TRIGGERED: 0,
    Outcome.PLANNED: 0,
    Outcome.NOT_NEEDED: 0,
    Outcome.ROLLED_BACK: 0,
    Outcome.VERIFIED: 0,
    Outcome.SNAPSHOT_SAVED: 0,
    Outcome.STATUS: 0,
    Outcome.UNHEALTHY: 1,
    Outcome.PARTIAL: 1,
    Outcome.FAILED: 1,
    Outcome.INTERRUPTED: 1,
    Outcome.INVALID_INPUTS: 2,
}


def all_good(parts: Sequence[Result]) -> bool:
    """Return whether every configured part is at the last known good: only then is there something to verify."""
    counted = [part for part in parts if part is not Result.SKIPPED]
    return bool(counted) and all(part in GOOD for part in counted)


def outcome_of(parts: Sequence[Result], verdict: Verdict, *, dry_run: bool = False) -> Outcome:
    """Return the outcome for the stack part and the frontend part.

    A dry run is `planned` unless AWS could not even be read.
    """
    counted = [part for part in parts if part is not Result.SKIPPED]
    if dry_run and Result.FAILED not in counted:
        return Outcome.PLANNED
    good = [part for part in counted if part in GOOD]
    if not good:
        return Outcome.FAILED
    if len(good) < len(counted):
        return Outcome.PARTIAL
    if verdict is Verdict.FAILED:
        return Outcome.UNHEALTHY
    return Outcome.ROLLED_BACK if Result.ROLLED_BACK in good else Outcome.NOT_NEEDED
