"""Pure: a report as the record of an incident, in Markdown for an issue or a wiki: what was, and what is left to do.

It is written of the same sections as the job summary, so that text from outside is as harmless in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rollback.report import findings, sections, words
from rollback.report.markup import Markup, folded
from rollback.report.text import shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from rollback.report.model import Report

SIZE_WANTED: Final = 60_000
"""Characters: the body of an issue holds 65,536."""

_STEPS: Final = (
    Markup(rows=100, chars=2_000),
    Markup(rows=50, chars=500),
    Markup(rows=20, chars=300),
    Markup(rows=10, chars=150),
    Markup(rows=3, chars=60),
)


def incident(report: Report) -> str:
    """Return the record of a redacted report, short enough for an issue whatever the report holds."""
    text = ""
    for markup in _STEPS:
        text = _render(report, markup)
        if len(text) <= SIZE_WANTED:
            return text
    return shorten(text, SIZE_WANTED)


def _render(report: Report, markup: Markup) -> str:
    where = f" · {markup.code(report.context.environment)}" if report.context.environment else ""
    blocks = [f"<h2>{words.title(report)}{where}</h2>"]
    for section in _SECTIONS:
        blocks += [block for block in section(report, markup) if block]
    return "\n\n".join(blocks) + "\n"


def _timeline(report: Report, markup: Markup) -> Iterator[str]:
    """What happened when, as a table: an issue is read where no diagram is drawn, too."""
    rows = [
        [words.duration(moment.seconds), markup.prose(moment.part), markup.prose(moment.text)]
        for moment in report.timeline
    ]
    table = markup.table(("After", "Part", "What"), rows, list)
    yield folded(f"Timeline, since {words.when(report.started)}", [table]) if table else ""


def _whom_to_ask(report: Report, markup: Markup) -> Iterator[str]:
    context = report.context
    people = {"Made the commit": context.author, "Ran the workflow": context.actor}
    asked = [(role, name) for role, name in people.items() if name.strip()]
    if asked:
        yield "<h3>Whom to ask</h3>"
        yield markup.bullets(asked, lambda pair: f"{pair[0]}: {markup.prose(pair[1])}")


_SECTIONS: Final[tuple[Callable[[Report, Markup], Iterable[str]], ...]] = (
    sections.verdict,
    sections.cause,
    findings.evidence,
    sections.parts,
    sections.not_rolled_back,
    sections.verification,
    sections.problems,
    sections.to_do,
    findings.data,
    findings.readiness,
    _timeline,
    _whom_to_ask,
    sections.links,
)
