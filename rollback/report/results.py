"""The words of the contract for how a part and a whole run can end, and which is worse than which."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Mode(StrEnum):
    """What a run is asked to do."""

    ROLLBACK = "rollback"
    SNAPSHOT = "snapshot"
    VERIFY = "verify"
    STATUS = "status"


class Rule(StrEnum):
    """The name of the rule that decided whether a rollback is due."""

    FORCED = "forced"
    INFRASTRUCTURE_NOT_DEPLOYED = "infrastructure-not-deployed"
    FRONTEND_FAILED = "frontend-failed"
    SMOKE_TESTS_FAILED = "smoke-tests-failed"
    NOTHING_FAILED = "nothing-failed"


class Result(StrEnum):
    """How one part (a stack, or the frontend) ended. It speaks of the state, not of the steps."""

    ROLLED_BACK = "rolled-back"
    ALREADY_GOOD = "already-good"
    NOT_NEEDED = "not-needed"
    REFUSED = "refused"
    FAILED = "failed"
    TIMED_OUT = "timed-out"
    PLANNED = "planned"
    SKIPPED = "skipped"


class Outcome(StrEnum):
    """How the whole run ended."""

    NOT_TRIGGERED = "not-triggered"
    PLANNED = "planned"
    NOT_NEEDED = "not-needed"
    ROLLED_BACK = "rolled-back"
    VERIFIED = "verified"
    UNHEALTHY = "unhealthy"
    PARTIAL = "partial"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    INVALID_INPUTS = "invalid-inputs"
    SNAPSHOT_SAVED = "snapshot-saved"
    STATUS = "status"


class Verdict(StrEnum):
    """What the verification said."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


GOOD = frozenset({Result.ROLLED_BACK, Result.ALREADY_GOOD, Result.NOT_NEEDED})

WORST_FIRST = (
    Result.FAILED,
    Result.TIMED_OUT,
    Result.REFUSED,
    Result.PLANNED,
    Result.ROLLED_BACK,
    Result.NOT_NEEDED,
    Result.ALREADY_GOOD,
    Result.SKIPPED,
)


def worst(results: Iterable[Result]) -> Result:
    """Return the result that stands for several stacks; `skipped` for none at all."""
    return min(results, key=WORST_FIRST.index, default=Result.SKIPPED)
