"""Pure: what is told where telling it in full fails: plain, short, and made of as little as possible."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, TypeVar

from rollback.report.model import Context, FrontendReport, Notice, Report, StackReport
from rollback.report.outputs import NAMES
from rollback.report.text import HIDDEN, collapse

if TYPE_CHECKING:
    from collections.abc import Callable

Told = TypeVar("Told")

_LONGEST = 2_000
_UNKNOWN = "(not known)"


def first_that_works(*ways: Callable[[], Told]) -> Told:
    """Return what the first of these gives that does not raise; the last one is made so that it does not."""
    *fuller, plainest = ways
    for way in fuller:
        try:
            return way()
        except Exception:  # noqa: BLE001, S112 - whatever breaks: the next way needs less
            continue
    return plainest()


def plain_report(report: Report, redact: Callable[[str], str]) -> Report:
    """Return the report with nothing but how each part ended and why; a text that can't be redacted is left out."""

    def text(value: object) -> str:
        return first_that_works(lambda: redact(str(value))[:_LONGEST], lambda: HIDDEN)

    return Report(
        mode=report.mode,
        outcome=report.outcome,
        reason=text(report.reason),
        triggered=report.triggered,
        dry_run=report.dry_run,
        context=Context(
            repository=text(report.context.repository),
            run_url=text(report.context.run_url),
            branch=text(report.context.branch),
            commit=text(report.context.commit),
            environment=text(report.context.environment),
        ),
        stacks=tuple(
            StackReport(name=text(part.name), result=part.result, status=text(part.status), reason=text(part.reason))
            for part in report.stacks
        ),
        stack_result=report.stack_result,
        frontend=_plain_frontend(report.frontend, text) if report.frontend else None,
        frontend_result=report.frontend_result,
        notices=tuple(
            Notice(code=notice.code, level=notice.level, text=text(notice.text)) for notice in report.notices
        ),
        started=report.started,
        notified=report.notified,
    )


def _plain_frontend(part: FrontendReport, text: Callable[[object], str]) -> FrontendReport:
    return FrontendReport(
        app_id=text(part.app_id),
        branch=text(part.branch),
        result=part.result,
        job=part.job and part.job.model_copy(update={"message": "", "note": ""}),
        restored=part.restored and part.restored.model_copy(update={"message": "", "note": ""}),
        reason=text(part.reason),
    )


def plain_outputs(report: Report) -> dict[str, str]:
    """Return every output, of a redacted report, with as much in it as can be had."""
    stack = next((part for part in report.stacks if part.result is report.stack_result), None)
    part = report.frontend
    given = {
        "triggered": lambda: str(report.triggered).lower(),
        "outcome": lambda: report.outcome.value,
        "reason": lambda: collapse(report.reason),
        "stack-result": lambda: report.stack_result.value if report.stack_result else "",
        "stack-status": lambda: collapse(stack.status) if stack else "",
        "frontend-result": lambda: report.frontend_result.value if report.frontend_result else "",
        "frontend-job-id": lambda: part.job.id if part and part.job else "",
        "frontend-job-status": lambda: part.job.status if part and part.job else "",
        "restored-job-id": lambda: part.restored.id if part and part.restored else "",
        "verify-result": lambda: report.verification.verdict.value,
        "notified": lambda: str(report.notified).lower(),
        "report": lambda: plain_report(report, str).model_dump_json(),
    }
    return {name: first_that_works(given.get(name, str), str) for name in NAMES}


def plain_summary(report: Report) -> str:
    """Return a summary of a redacted report that is text alone."""
    return "\n\n".join(f"<p>{html.escape(line)}</p>" for line in plain_lines(report)) + "\n"


def plain_lines(report: Report) -> list[str]:
    """Return how the run and each of its parts ended, a line each."""
    lines = [f"Rollback: {report.outcome.value}. {collapse(report.reason)[:_LONGEST]}"]
    for part in (*report.stacks, *((report.frontend,) if report.frontend else ())):
        name = f"Stack {part.name}" if isinstance(part, StackReport) else "Frontend"
        result = part.result.value if part.result else _UNKNOWN
        lines.append(f"{collapse(name)}: {result}. {collapse(part.reason)[:_LONGEST]}")
    return lines
