"""Pure: a report as the job summary, in GitHub Markdown, read top down by somebody who was woken at night.

The first screen answers four questions: what failed, what was done, what is live now, what must I do. All the rest
explains. Text from outside goes through `Markup` alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rollback.report import findings, releases, sections, words
from rollback.report.markup import Markup
from rollback.report.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rollback.report.model import Report

SIZE_WANTED: Final = 200_000
"""Bytes. GitHub drops a summary of more than 1 MiB whole, and nobody reads the second screen of a long one."""

_STEPS: Final = (
    Markup(rows=200, chars=4_000),
    Markup(rows=100, chars=1_000),
    Markup(rows=50, chars=500),
    Markup(rows=20, chars=300),
    Markup(rows=10, chars=200),
    Markup(rows=5, chars=100),
    Markup(rows=2, chars=50),
)

_SECTIONS: Final[tuple[Callable[[Report, Markup], Iterable[str]], ...]] = (
    sections.verdict,
    sections.parts,
    sections.to_do,
    findings.readiness,
    sections.problems,
    sections.cause,
    sections.removed_again,
    findings.evidence,
    sections.not_rolled_back,
    sections.verification,
    releases.table,
    sections.history,
    sections.timeline,
    sections.events,
    findings.data,
    sections.links,
)


def summary(report: Report) -> str:
    """Return the summary of a redacted report, at most about 200 KB whatever the report holds."""
    text = ""
    for markup in _STEPS:
        text = _render(report, markup)
        if len(text.encode(errors="replace")) <= SIZE_WANTED:
            break
    return text


def _render(report: Report, markup: Markup) -> str:
    blocks = [f"<h2>{words.title(report)}{_place(report, markup)}</h2>"]
    for section in _SECTIONS:
        blocks += [block for block in section(report, markup) if block]
    return "\n\n".join(blocks) + "\n"


def _place(report: Report, markup: Markup) -> str:
    """Return the environment's name for the heading, so that a matrix of rollbacks can be told apart."""
    shown = report.context.environment and report.outcome is not Outcome.INVALID_INPUTS
    return f" · {markup.code(report.context.environment)}" if shown else ""
