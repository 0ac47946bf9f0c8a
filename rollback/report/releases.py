"""Pure: a history of releases as people read it: the newest first, which is live, which is the last known good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback.report import words
from rollback.report.text import collapse, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rollback.report.markup import Markup
    from rollback.report.model import ReleaseReport, Report

_CELL, _MESSAGE, _TEXT = 60, 60, 300


def table(report: Report, markup: Markup) -> Iterator[str]:
    """The releases, as the summary shows them."""
    head = ("Recorded", "Commit", "Run", "Stacks", "Job", "")
    shown = markup.table(head, report.releases, lambda one: _row(one, markup))
    if shown:
        yield "<h3>Releases</h3>"
        yield shown


def rows(report: Report) -> Iterator[list[str]]:
    """The releases, as a terminal shows them."""
    for one in report.releases:
        marks = " and ".join(mark.upper() for mark in _marks(one))
        said = ": ".join(part for part in (marks, shorten(collapse(_said(one)), _TEXT)) if part)
        cells = (words.when(one.recorded), words.short(one.commit), _message(one), f"run {one.run_id}", _job(one))
        yield [*(shorten(collapse(cell), _CELL) for cell in cells), said]


def _row(one: ReleaseReport, markup: Markup) -> list[str]:
    message = f"<br>{markup.prose(_message(one))}" if one.message.strip() else ""
    marks = [f"<strong>{icon} {mark}</strong>" for mark, icon in _ICONS.items() if mark in _marks(one)]
    said = [markup.prose(_said(one))] if _said(one) else []
    return [
        words.when(one.recorded),
        f"{markup.code(words.short(one.commit))}{message}",
        markup.link(one.run_url, markup.code(one.run_id)),
        "<br>".join(markup.code(name) for name in one.stacks[: markup.rows]),
        markup.code(one.job_id) if one.job_id else "",
        "<br>".join([*marks, *said]),
    ]


_ICONS = {"live": "🌐", "last known good": "⭐"}


def _marks(one: ReleaseReport) -> list[str]:
    return [mark for mark, is_so in (("live", one.live), ("last known good", one.last_known_good)) if is_so]


def _said(one: ReleaseReport) -> str:
    why = "" if one.restorable else f"can't be gone back to: {one.why_not}"
    return ". ".join(text.rstrip(".") for text in (why, one.note) if text)


def _message(one: ReleaseReport) -> str:
    return shorten(collapse(one.message.partition("\n")[0]), _MESSAGE)


def _job(one: ReleaseReport) -> str:
    return f"job {one.job_id}" if one.job_id else "no job"
