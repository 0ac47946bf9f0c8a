"""Pure: a report as the action's outputs. Each is there in every outcome, empty where it has no value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rollback.report.results import WORST_FIRST, Mode, Outcome, Result
from rollback.report.shorter import shorter
from rollback.report.text import HIDDEN, clean, collapse
from rollback.report.words import known_commit

if TYPE_CHECKING:
    from rollback.report.model import Report, StackReport

NAMES: Final = (
    "triggered",
    "outcome",
    "reason",
    "stack-result",
    "stack-status",
    "frontend-result",
    "frontend-job-id",
    "frontend-job-status",
    "restored-job-id",
    "restored-commit",
    "verify-result",
    "notified",
    "recovery-seconds",
    "snapshot",
    "snapshot-digest",
    "ready",
    "report",
)
"""In the order of the contract."""

REPORT_LIMIT = 60_000
"""Bytes of the report's JSON: a job's outputs share 1 MB, and an environment variable holds 128 KiB."""

_ACCOUNT = re.compile(r"(?i)(?<=:)\d{12}(?=[:/])|(?<=%3A)\d{12}(?=%3A|%2F)|(?<=//)\d{12}(?=\.)")
_NO_RESULT = frozenset({Outcome.NOT_TRIGGERED, Outcome.INVALID_INPUTS, Outcome.STATUS, Outcome.SNAPSHOT_SAVED})


def outputs(report: Report) -> dict[str, str]:
    """Return every output of the contract. The report has to be redacted already.

    Account numbers in ARNs and links give way to `***`: GitHub drops a job output whole that contains a masked value,
    and aws-actions/configure-aws-credentials masks the account number.
    """
    has_results = report.mode is Mode.ROLLBACK and report.outcome not in _NO_RESULT
    job = report.frontend.job if report.frontend else None
    restored = report.frontend.restored if report.frontend else None
    values = {
        "triggered": _truth(report.triggered),
        "outcome": report.outcome.value,
        "reason": report.reason,
        "stack-result": _word(_stack_result(report)) if has_results else "",
        "stack-status": _stack_status(report),
        "frontend-result": _word(_frontend_result(report)) if has_results else "",
        "frontend-job-id": job.id if job else "",
        "frontend-job-status": job.status if job else "",
        "restored-job-id": restored.id if restored else "",
        "restored-commit": known_commit(restored),
        "verify-result": report.verification.verdict.value,
        "notified": _truth(report.notified),
        "recovery-seconds": "" if report.recovery_seconds is None else str(round(report.recovery_seconds)),
        "snapshot": report.snapshot,
        "snapshot-digest": report.snapshot_digest,
        "ready": "" if report.ready is None else _truth(report.ready),
    }
    shown = {name: collapse(hide_accounts(value)) for name, value in values.items()}
    shown["report"] = shorter(report, REPORT_LIMIT, lambda text: clean(hide_accounts(text))).model_dump_json()
    return {name: shown[name] for name in NAMES}


def hide_accounts(text: str) -> str:
    """Return the text with the account number in each ARN and console link replaced by `***`."""
    return _ACCOUNT.sub(HIDDEN, text)


def worst_stack(report: Report) -> StackReport | None:
    """Return the stack that stands for all: the first one that has the worst result; without results, the first."""
    ended = [stack for stack in report.stacks if stack.result is not None]
    return min(ended, key=lambda stack: WORST_FIRST.index(stack.result or Result.SKIPPED), default=None) or next(
        iter(report.stacks), None
    )


def _stack_result(report: Report) -> Result | None:
    stack = worst_stack(report)
    return stack.result if stack else report.stack_result


def _stack_status(report: Report) -> str:
    stack = worst_stack(report)
    return stack.status if stack else ""


def _frontend_result(report: Report) -> Result | None:
    return report.frontend.result if report.frontend else report.frontend_result


def _word(result: Result | None) -> str:
    """Return the result's word; empty for a part that an interrupted run did not come to."""
    return result.value if result else ""


def _truth(value: bool) -> str:  # noqa: FBT001  # the one argument of a formatter
    return "true" if value else "false"
