"""Decisions as text: each case with its move, each move in all its words. A table that changed shows in a diff."""

from __future__ import annotations

import os
from dataclasses import fields, is_dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from rollback.engine.moves import Done, Move

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rollback.report.model import Command, Notice

FOLDER = Path(__file__).parent
RECORD = os.environ.get("RELIABILITY") == "record"
"""Writes the tables anew instead of comparing with them: look at the diff before committing it."""


def assert_is(name: str, cases: Iterable[tuple[str, object]]) -> None:
    """Compare the cases, each with what came of it, with the table of this name."""
    path = FOLDER / f"{name}.txt"
    text = table(cases)
    if RECORD:
        path.write_text(text, encoding="utf-8")
    wanted = path.read_text(encoding="utf-8")
    assert text.splitlines() == wanted.splitlines(), f"see {path}; RELIABILITY=record writes it anew"


def table(cases: Iterable[tuple[str, object]]) -> str:
    """Return the cases, each with a mark for what came of it, and after them what the marks mean.

    A mark is made of the words it stands for, so that a decision that changes changes no other line.
    """
    legend: dict[str, str] = {}
    lines = []
    for case, found in cases:
        words = [in_words(one) for one in (found if isinstance(found, list) else [found])]
        marks = [sha256(one.encode()).hexdigest()[:5] for one in words]
        legend.update(zip(marks, words, strict=True))
        lines.append(f"{case}: {' / '.join(marks)}")
    return "\n".join([*lines, "", *(f"{mark}. {legend[mark]}" for mark in sorted(legend)), ""])


def in_words(move: object) -> str:
    """Return what was decided, with all that people may read of it."""
    if not isinstance(move, Move):
        return _facts(move)
    if not isinstance(move, Done):
        return f"{_facts(move)}: {move.says}"
    lines = [f"{move.result} [{move.code}] {move.reason}"]
    lines += [f"    next: {_command(command)}" for command in move.next_steps]
    lines += [f"    {_notice(notice)}" for notice in move.warnings]
    return "\n".join(lines)


def _facts(value: object) -> str:
    if not is_dataclass(value):
        return repr(value)
    facts = ", ".join(f"{field.name}={_short(getattr(value, field.name))}" for field in fields(value))
    return f"{type(value).__name__}({facts})"


def _short(value: object) -> str:
    return f"job {value.id}" if hasattr(value, "id") else repr(value)


def _command(command: Command) -> str:
    return f"{command.purpose}: {command.line}" if command.line else command.purpose


def _notice(notice: Notice) -> str:
    remedies = "".join(f"\n        {_command(command)}" for command in notice.remedies)
    return f"{notice.level} [{notice.code}] {notice.text}{remedies}"
