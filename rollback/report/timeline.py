"""Pure: the timeline as a Mermaid diagram, in words of our own only: no text from outside can break it."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from rollback.report.results import Result, Rule, Verdict
from rollback.report.shorter import keep_ends

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollback.report.model import Report

MOST_BARS = 24
_FEWEST_BARS = 2
_MOST_TICKS = 6
_TICKS = (5, 15, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400)
_DAY = 24 * 3600
_HOUR, _MINUTE = 3600, 60

_PARTS: Final = {
    "stack": "Stack",
    "frontend": "Frontend",
    "verification": "Verification",
    "verify": "Verification",
    "slack": "Slack",
    "snapshot": "Snapshot",
}
_VERBS: Final = ("CREATE", "UPDATE", "DELETE", "IMPORT", "ROLLBACK", "UPDATE_ROLLBACK", "IMPORT_ROLLBACK")
_STATUSES: Final = frozenset(
    {
        *(f"{verb}_{end}" for verb in _VERBS for end in ("IN_PROGRESS", "COMPLETE", "FAILED")),
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        "REVIEW_IN_PROGRESS",
        *("CREATED", "PENDING", "PROVISIONING", "RUNNING", "CANCELLING", "SUCCEED", "FAILED", "CANCELLED"),
    }
)
# A part's timeline ends in its result, the trigger's is the rule, the verification's what it said.
_BEGINNINGS: Final = frozenset(word.value for words in (Result, Verdict, Rule) for word in words)
_WORD = re.compile(r"[A-Z][A-Z_]+")
_JOB = re.compile(r"job \d{1,18}(?= )")
_DOINGS: Final = {
    "cancel": "cancel",
    "continue": "continue",
    "roll the failed update back": "roll back",
    "prepare a change set": "change set",
    "execute the change set": "restore",
    "put back the environment": "environment",
    "redeploy": "redeploy",
    "stop job": "stop build",
    "delete our": "change set",
    "aws says no": "AWS says no",
    "aws does not stop": "AWS says no",
    "unclear": "unclear",
    "is nested": "nested",
    "a rollback by this action": "adopt",
    "our change set": "change set",
    "saved to": "saved",
    "recorded": "recorded",
}
"""How what was done begins, and the label of its bar."""


class _Bar(NamedTuple):
    section: str
    label: str
    begin: float
    end: float


def diagram(report: Report) -> str:
    """Return a Mermaid gantt chart of the timeline, a row a change, or nothing where there is too little to draw.

    A row is named by the status that its moment tells, a job's by its number too, else by what was done.
    """
    bars = _bars(report)
    if len(bars) < _FEWEST_BARS or not any(bar.end > bar.begin for bar in bars):
        return ""
    longest = max(bar.end for bar in bars)
    lines = [
        "gantt",
        "    dateFormat YYYY-MM-DD HH:mm:ss",
        f"    axisFormat {'%H:%M' if longest >= _HOUR else '%M:%S'}",
        f"    tickInterval {_tick(longest)}",
    ]
    for section in dict.fromkeys(bar.section for bar in bars):
        lines.append(f"    section {section}")
        lines += [f"    {_task(bar)}" for bar in bars if bar.section == section]
    return "\n".join(lines)


def _bars(report: Report) -> list[_Bar]:
    """Return a bar a moment; it lasts until the same part's next moment, the last of each part until nothing."""
    names = [stack.name for stack in report.stacks]
    bars: list[_Bar] = []
    ends: dict[str, float] = {}
    for moment in reversed(report.timeline):
        section, begin = _section(moment.part, names), _bounded(moment.seconds)
        bars.append(_Bar(section, _label(moment.text), begin, max(begin, ends.get(section, begin))))
        ends[section] = begin
    return list(keep_ends(bars[::-1], MOST_BARS))


def _tick(longest: float) -> str:
    """Return how far apart the axis's marks stand: few enough that their labels fit on a phone."""
    seconds = next((step for step in _TICKS if longest / step <= _MOST_TICKS), _TICKS[-1])
    return f"{seconds // _MINUTE}minute" if seconds >= _MINUTE else f"{seconds}second"


def _section(part: str, stacks: Sequence[str]) -> str:
    for index, name in enumerate(stacks, 1):
        if part in {name, f"stack {name}"}:
            return f"Stack {index}" if len(stacks) > 1 else "Stack"
    return _PARTS.get(part.lower(), "Run")


def _label(text: str) -> str:
    first = text.partition(":")[0]
    if first in _BEGINNINGS:
        return first
    known = next((word for word in _WORD.findall(text[:1_000]) if word in _STATUSES), "")
    if job := _JOB.match(text):
        return f"{job[0]} {known}".strip()
    done = next((label for beginning, label in _DOINGS.items() if text.lower().startswith(beginning)), "")
    return known or done or "event"


def _task(bar: _Bar) -> str:
    tags = ["crit"] if "failed" in bar.label.lower() else ["done"] if bar.end > bar.begin else []
    if bar.end <= bar.begin:
        tags.insert(0, "milestone")
    seconds = max(math.ceil(bar.end - bar.begin), 0)
    return f"{bar.label} :{''.join(f'{tag}, ' for tag in tags)}{_clock(bar.begin)}, {seconds}s"


def _clock(seconds: float) -> str:
    """Return the time since the run began as a time of a day of its own: browsers shift neither it nor its axis."""
    whole = int(seconds)
    return f"2000-01-01 {whole // _HOUR:02}:{whole % _HOUR // _MINUTE:02}:{whole % _MINUTE:02}"


def _bounded(seconds: float) -> float:
    return min(max(seconds, 0.0), _DAY - 1.0) if math.isfinite(seconds) else 0.0
