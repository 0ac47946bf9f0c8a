"""Pure: which log lines are errors, in the forms of Lambda's own runtimes, and how often each was logged."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rollback.report import links
from rollback.report.model import LoggedError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

PATTERN = '?ERROR ?FATAL ?CRITICAL ?Exception ?errorType ?"Task timed out" ?"Runtime exited" ?"Status: timeout"'
"""For FilterLogEvents: any of these terms. It lets more through than errors: `is_error` decides."""

MOST_MESSAGES = 5
_LONGEST = 500
_FORMS = re.compile(
    r"^(?:\S+Z?\s+)?(?:[0-9a-f-]{36}\s+)?\[?(?:ERROR|FATAL|CRITICAL)\]?(?:[\s:]|$)"  # Node.js, Python, Ruby, .NET
    r"|Task timed out after |Runtime exited |Runtime\.\w+Error|RequestId: \S+ Error: |\bStatus: (?:timeout|error)\b"
    r"|^\{?\"?errorMessage\"?:|\"errorType\"\s*:"
    r"|^(?:Exception in thread .*|(?:[\w$]+\.)+\w*(?:Exception|Error)(?::.*)?)$",  # Java's stack traces
    re.MULTILINE,
)
_LEVELS = frozenset({"ERROR", "FATAL", "CRITICAL"})
_HEAD = re.compile(r"^(?:\d{4}-\d\d-\d\dT\S+\s+)?(?:[0-9a-f-]{36}\s+)?", re.IGNORECASE)
_IDS = re.compile(
    r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b|\d+(?:[.:,T-]\d+)*Z?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Logged:
    """A line that a function logged."""

    function: str
    group: str
    at: datetime
    text: str


def is_error(text: str) -> bool:
    """Return whether the line is an error, by the level that it names or by a form of the runtimes' own."""
    said = _as_json(text)
    if said is None:
        return bool(_FORMS.search(text))
    record = said.get("record")
    ended_badly = isinstance(record, dict) and record.get("status") in {"timeout", "error", "failure"}
    return _level(said) in _LEVELS or "errorType" in said or ended_badly


def counted(lines: Iterable[Logged], region: str) -> tuple[LoggedError, ...]:
    """Return the most frequent errors among the lines, numbers and ids taken out, each with how often and when."""
    alike: dict[tuple[str, str], list[Logged]] = defaultdict(list)
    for line in lines:
        if is_error(line.text):
            alike[line.function, message(line.text)].append(line)
    ranked = sorted(alike.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(
        LoggedError(
            function=function,
            message=text,
            count=len(found),
            first=min(one.at for one in found),
            last=max(one.at for one in found),
            link=links.log_group(region, found[0].group),
        )
        for (function, text), found in ranked[:MOST_MESSAGES]
    )


def message(text: str) -> str:
    """Return what the line says, without its time and request, and with an ellipsis for each number and id."""
    said = _as_json(text)
    told = _told(said) if said is not None else _HEAD.sub("", text.strip()).split("\n\tat ")[0]
    return _IDS.sub("…", " ".join(told.split()))[:_LONGEST]


def _as_json(text: str) -> dict[str, Any] | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _level(said: dict[str, Any]) -> str:
    return str(said.get("level") or said.get("log_level") or "").upper()


def _told(said: dict[str, Any]) -> str:
    within = said.get("message")
    inner = within if isinstance(within, dict) else said
    words = [inner.get("errorType"), inner.get("errorMessage") or inner.get("message") or inner.get("msg")]
    told = ": ".join(str(word) for word in words if word)
    return told or json.dumps(said)
