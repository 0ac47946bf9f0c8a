"""Pure: a report cut until its JSON fits, gently at first, and saying what was left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from rollback.report.text import AnyRecord, map_texts, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rollback.report.model import FrontendReport, Happening, JobReport, Report, StackReport


Item = TypeVar("Item")


class Limits(NamedTuple):
    """How many entries a long list keeps, how many any other list, and how many characters a text."""

    long: int
    other: int
    text: int


_STEPS = (
    Limits(1_000, 200, 8_000),
    Limits(200, 100, 2_000),
    Limits(100, 100, 1_000),
    Limits(50, 50, 1_000),
    Limits(20, 20, 500),
    Limits(10, 10, 300),
    Limits(5, 8, 150),
    Limits(0, 5, 80),
    Limits(0, 2, 50),
    Limits(0, 1, 20),
)
_SMALLEST_ENTRY = 40
"""Bytes of JSON."""


def shorter(report: Report, limit: int, change: Callable[[str], str]) -> Report:
    """Return the report with `change` applied to its texts, cut so that its JSON has at most `limit` bytes.

    `shortened` says what was left out.
    """
    if _entries(report) * _SMALLEST_ENTRY <= limit:
        whole = map_texts(report, change)
        if _size(whole) <= limit:
            return whole
    cut = report
    for limits in _STEPS:
        cut = _within(report, limits, change)
        if _size(cut) <= limit:
            break
    return cut


def _entries(report: Report) -> int:
    """Return how many entries the long lists have: too many are not worth a try to keep them all."""
    history = report.frontend.history if report.frontend else ()
    return len(report.timeline) + len(history) + sum(len(stack.events) for stack in report.stacks)


def _size(report: Report) -> int:
    return len(report.model_dump_json().encode())


def _within(report: Report, limits: Limits, change: Callable[[str], str]) -> Report:
    kept: dict[str, tuple[int, int]] = {}

    def tell(what: str, before: int, after: int) -> None:
        if after < before:
            had, has = kept.get(what, (0, 0))
            kept[what] = had + before, has + after

    stacks = tuple(_short_stack(stack, limits, tell) for stack in report.stacks)
    frontend = _short_frontend(report.frontend, limits, tell) if report.frontend else None
    timeline = keep_ends(report.timeline, limits.long)
    tell("timeline", len(report.timeline), len(timeline))
    cut = report.model_copy(update={"stacks": stacks, "frontend": frontend, "timeline": timeline})
    cut = _cut_lists(cut, limits, tell)
    cut = map_texts(cut, lambda text: shorten(change(text), limits.text))
    left_out = [f"{what}: {has:,} of {had:,} kept" for what, (had, has) in kept.items()]
    left_out.append(f"texts: at most {limits.text:,} characters each")
    return cut.model_copy(update={"shortened": tuple(left_out)})


def _short_stack(stack: StackReport, limits: Limits, tell: Callable[[str, int, int], None]) -> StackReport:
    events = _newest(stack.events, limits.long)
    tell("events of a stack", len(stack.events), len(events))
    return stack.model_copy(update={"events": events})


def _short_frontend(frontend: FrontendReport, limits: Limits, tell: Callable[[str, int, int], None]) -> FrontendReport:
    history = _notable(frontend.history, limits.long)
    tell("job history", len(frontend.history), len(history))
    return frontend.model_copy(update={"history": history})


def _cut_lists(record: AnyRecord, limits: Limits, tell: Callable[[str, int, int], None]) -> AnyRecord:
    """Return the record with every list but the three long ones, which were cut with thought, cut at its end."""
    update: dict[str, object] = {}
    for name in type(record).model_fields:
        value = getattr(record, name)
        if hasattr(value, "model_copy"):
            update[name] = _cut_lists(value, limits, tell)
        elif isinstance(value, tuple):
            kept = value if name in {"events", "history", "timeline"} else value[: limits.other]
            tell(name.replace("_", " "), len(value), len(kept))
            update[name] = tuple(
                _cut_lists(item, limits, tell) if hasattr(item, "model_copy") else item for item in kept
            )
    return record.model_copy(update=update)


def _newest(events: Sequence[Happening], count: int) -> tuple[Happening, ...]:
    """Return the newest events, in the order in which they were."""
    ranked = sorted(range(len(events)), key=lambda index: events[index].at.timestamp(), reverse=True)[:count]
    return tuple(events[index] for index in sorted(ranked))


def _notable(history: Sequence[JobReport], count: int) -> tuple[JobReport, ...]:
    """Return the first jobs, and those further back that are live or the last known good."""
    return tuple(
        job for index, job in enumerate(history) if index < count or (count and (job.live or job.last_known_good))
    )


def keep_ends(items: Sequence[Item], count: int) -> tuple[Item, ...]:
    """Return at most `count` items: a third of them how it began, the others how it ended."""
    if len(items) <= count:
        return tuple(items)
    begin = count // 3
    return (*items[:begin], *items[len(items) - (count - begin) :])
