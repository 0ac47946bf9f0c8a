"""Pure: the sections about what was found beside the parts, as `sections` has the others: readiness, evidence, data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rollback.report import words
from rollback.report.markup import Markup, folded
from rollback.report.results import Mode, Outcome, Result

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rollback.report.model import Command, DataReport, LoggedError, Readiness, Report, RingingAlarm

SIGNS: Final = {"ready": "✅", "weak": "⚠️", "unchecked": "❔", "lost": "⛔"}
BROKEN: Final = "If the application is still broken: look at the data"
_SCHEMA = ("If the older release needs the older schema, run the migration back.",)
_ADVICE = (
    "DynamoDB and other databases: was anything written in the new format, or damaged?",
    "S3 buckets: were objects changed, moved or deleted?",
    "If data is damaged, restore it from a backup or a point in time.",
    *_SCHEMA,
)


def readiness(report: Report, markup: Markup) -> Iterator[str]:
    """Whether each part and all data could be brought back, and what switches on what is off."""
    if not report.readiness:
        return
    yield "<h3>If this deployment fails</h3>"
    yield markup.table(("", "What", "How it stands"), report.readiness, lambda one: _ready_row(one, markup))
    cures = [cure for one in report.readiness for cure in one.cures]
    yield folded("What would make it better", _commands(cures, markup)) if cures else ""


def evidence(report: Report, markup: Markup) -> Iterator[str]:
    """Alarms that ring, what functions logged as errors, what the failed build logged last."""
    found = report.evidence
    if not (found.alarms or found.logged or found.build or found.not_read):
        return
    yield "<h3>Alarms and logs</h3>"
    yield markup.bullets(found.alarms, lambda alarm: _alarm(alarm, markup))
    head = ("Times", "Function", "What was logged as an error", "First", "Last")
    yield markup.table(head, found.logged, lambda logged: _logged_row(logged, markup))
    build = found.build
    if build:
        title = f"Job {markup.code(build.job)} failed at step {markup.code(build.step)}: the end of its log"
        yield (
            folded(title, [markup.commands("\n".join(build.lines), "text")]) if build.lines else f"<p>{title}: none</p>"
        )
    yield markup.bullets(found.not_read, lambda text: f"Not read: {markup.prose(text)}")


def data(report: Report, markup: Markup) -> Iterator[str]:
    """What no rollback touches, and how the data of before could be had again."""
    if report.mode is not Mode.ROLLBACK or not (report.triggered or report.outcome is Outcome.UNHEALTHY):
        return
    stayed = any(stack.not_rolled_back or stack.result is Result.NOT_NEEDED for stack in report.stacks)
    if report.data:
        blocks = [block for one in report.data[: markup.rows] for block in _data_blocks(one, markup)]
        blocks.append(markup.bullets(_SCHEMA, str))
        if len(report.data) > markup.rows:
            blocks.append(f"<p>and {len(report.data) - markup.rows:,} more, in the <code>report</code> output</p>")
    elif stayed or not words.ended_well(report):
        blocks = [markup.bullets(_ADVICE, str)]
    else:
        return
    if report.outcome is Outcome.UNHEALTHY:
        yield f"<h3>{BROKEN}</h3>"
        yield from blocks
    else:
        yield folded(BROKEN, blocks)


def _ready_row(row: Readiness, markup: Markup) -> list[str]:
    return [SIGNS[row.state], markup.prose(row.what), "<br>".join(map(markup.prose, row.said[: markup.rows]))]


def _alarm(alarm: RingingAlarm, markup: Markup) -> str:
    since = f", since {words.when(alarm.since)}" if alarm.since else ""
    return f"🔔 {markup.link(alarm.link, markup.code(alarm.name))} is in ALARM{since}: {markup.prose(alarm.reason)}"


def _logged_row(logged: LoggedError, markup: Markup) -> list[str]:
    function = markup.link(logged.link, markup.code(logged.function))
    times = [words.when(logged.first), words.when(logged.last)]
    return [f"{logged.count:,}", function, markup.prose(logged.message), *times]


def _data_blocks(one: DataReport, markup: Markup) -> Iterator[str]:
    of = f" ({markup.code(one.type)}, {markup.code(one.physical_id)})"
    yield f"<p><strong>{markup.prose(one.resource)}</strong>{of}: {markup.prose(one.said)}</p>"
    yield from _commands(one.commands, markup)


def _commands(commands: Sequence[Command], markup: Markup) -> list[str]:
    blocks = []
    for step in commands[: markup.rows]:
        blocks += [f"<p>{markup.prose(step.purpose)}</p>", *([markup.commands(step.line)] if step.line.strip() else [])]
    return blocks
