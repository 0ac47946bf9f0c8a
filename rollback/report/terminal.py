"""Pure: a report as plain lines for a terminal: `--mode status` and `--dry-run` are read here, without any summary."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rollback.report import releases, removed, words
from rollback.report.findings import BROKEN, SIGNS
from rollback.report.results import Mode, Outcome
from rollback.report.text import clean, collapse, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rollback.report.model import Report

MOST_EVENTS: Final = 20
MOST_JOBS: Final = 20
_CELL, _TEXT = 60, 300


def terminal(report: Report) -> list[str]:
    """Return the lines to print for a redacted report; an empty one parts the sections.

    The notices are not among them: `Runner` printed those as errors and warnings.
    """
    lines = ["", words.title(report), *_told(report)]
    for title, section in (
        ("Parts", list(_parts(report))),
        (
            removed.heading(report),
            [_shown(line) for stack in report.stacks for line in removed.lines(stack)],
        ),
        ("What was not rolled back", [_shown(line) for part in words.parts(report) for line in part.not_rolled_back]),
        ("If this deployment fails", list(_readiness(report))),
        ("Why it failed", list(_cause(report))),
        ("Alarms and logs", list(_evidence(report))),
        ("Verification", [_shown(check) for check in report.verification.checks]),
        ("Releases, newest first", list(_columns(releases.rows(report)))),
        ("Amplify jobs, newest first", list(_jobs(report))),
        ("Last events, newest first", list(_events(report))),
        (BROKEN, list(_data(report))),
        ("What to do" if words.ended_well(report) else "What you must do now", list(_steps(report))),
    ):
        if section:
            lines += ["", title, *(f"  {line}" for line in section)]
    return lines


def _told(report: Report) -> Iterator[str]:
    yield _shown(re.sub(":$", ".", words.verdict(report)))  # what a summary lists below it stands above here
    for question, answer in (*words.answers(report), *words.chosen(report)):
        yield f"{question}: {_shown(answer)}"


def _parts(report: Report) -> Iterator[str]:
    looked = report.mode in {Mode.STATUS, Mode.SNAPSHOT}
    for stack in report.stacks:
        result = "" if looked else f": {words.result_words(report, stack)}"
        yield f"stack {_cell(stack.name)}{result} ({_change(stack.status_before, stack.status)})"
        yield from _doings(stack.actions, stack.reason)
    frontend = report.frontend
    if frontend:
        result = "" if looked else f": {words.result_words(report, frontend)}"
        yield f"frontend {_cell(frontend.app_name or frontend.app_id)} {_cell(frontend.branch)}{result}"
        yield from _doings(frontend.actions, frontend.reason)


def _change(before: str, now: str) -> str:
    return _cell(now) if before == now or not before else f"{_cell(before)} → {_cell(now)}"


def _doings(actions: Sequence[str], reason: str) -> Iterator[str]:
    for text in (*actions, reason):
        if text.strip():
            yield f"  {_shown(text)}"


def _cause(report: Report) -> Iterator[str]:
    cause = report.root_cause
    if cause:
        what = " ".join(
            part for part in (cause.resource, f"({cause.resource_type})" if cause.resource_type else "") if part
        )
        yield f"{_cell(cause.where)}{f' {_shown(what)}' if what else ''}: {_shown(cause.reason)}"


def _readiness(report: Report) -> Iterator[str]:
    for row in report.readiness:
        yield f"{SIGNS[row.state]} {_shown(row.what)}"
        yield from (f"     {_shown(text)}" for text in row.said)
        yield from (f"     {line}" for cure in row.cures for line in (_shown(cure.purpose), *_lines(cure.line)))


def _evidence(report: Report) -> Iterator[str]:
    found = report.evidence
    for alarm in found.alarms:
        yield f"{_cell(alarm.name)} is in ALARM: {_shown(alarm.reason)}"
    for logged in found.logged:
        yield f"{logged.count:,} times {_cell(logged.function)}: {_shown(logged.message)}"
    if found.build:
        yield f"job {_cell(found.build.job)} failed at step {_cell(found.build.step)}; its log ends in"
        yield from (f"  {_shown(line)}" for line in found.build.lines)
    yield from (f"not read: {_shown(text)}" for text in found.not_read)


def _data(report: Report) -> Iterator[str]:
    for one in report.data:
        yield f"{_cell(one.resource)} ({_cell(one.type)}, {_cell(one.physical_id)}): {_shown(one.said)}"
        yield from (f"  {line}" for step in one.commands for line in (_shown(step.purpose), *_lines(step.line)))


def _jobs(report: Report) -> Iterator[str]:
    if report.frontend is None or report.outcome not in {Outcome.STATUS, Outcome.PLANNED}:
        return
    rows = []
    for job in report.frontend.history[:MOST_JOBS]:
        marks = [word for word, is_so in (("LIVE", job.live), ("LAST KNOWN GOOD", job.last_known_good)) if is_so]
        why = ": ".join(part for part in (" and ".join(marks), _shown(job.note)) if part)
        commit = words.short(words.known_commit(job)) or "no commit"
        rows.append([_cell(job.id), _cell(commit), _cell(job.status), _cell(job.type), words.when(job.started), why])
    yield from _columns(rows)
    if len(report.frontend.history) > MOST_JOBS:
        yield f"and {len(report.frontend.history) - MOST_JOBS:,} more"


def _events(report: Report) -> Iterator[str]:
    if report.outcome is not Outcome.STATUS:
        return
    for stack in report.stacks:
        newest = sorted(stack.events, key=lambda event: event.at.timestamp(), reverse=True)[:MOST_EVENTS]
        yield from _columns(
            [words.when(event.at), _cell(event.resource), _cell(event.status), _shown(event.reason)] for event in newest
        )


def _steps(report: Report) -> Iterator[str]:
    for number, step in enumerate(words.next_steps(report), 1):
        yield f"{number}. {_shown(step.purpose)}"
        yield from (f"     {line}" for line in _lines(step.line))


def _lines(text: str) -> list[str]:
    return clean(text).splitlines()


def _columns(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the rows with their cells under each other; the last cell is as long as it is."""
    table = list(rows)
    widths = [max(map(len, column)) for column in zip(*table, strict=True)][:-1]
    for row in table:
        yield "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip()


def _cell(text: str) -> str:
    return shorten(collapse(text), _CELL)


def _shown(text: str) -> str:
    return shorten(collapse(text), _TEXT)
