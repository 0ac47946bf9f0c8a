"""Pure: what becomes of outside text before anybody sees it: no invisible characters, no endless lines.

What is secret in it is the `redactor`'s; escaping for a medium (HTML, Slack, workflow commands) is the medium's own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, TypeVar, get_origin

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HIDDEN = "***"
SHORTEST_SECRET = 4
"""A shorter "secret" would blot out ordinary words; GitHub's runner leaves those alone too."""

LONGEST_TEXT = 20_000
"""Characters: more than any renderer shows, and few enough to render in time where a job is cancelled."""

AnyRecord = TypeVar("AnyRecord", bound=BaseModel)

_ANSI = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|\x1b[@-_]?")
_LINE_ENDS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
# Bidirectional controls reorder what a reader sees, zero-width ones hide what a word is. The joiners of scripts stay.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_SURROGATES = re.compile("[\ud800-\udfff]")
_SPACES = re.compile(r"\s+")


def clean(text: str) -> str:
    r"""Return the text without escapes, control and bidirectional characters; every kind of line end becomes ``\n``."""
    text = _LINE_ENDS.sub("\n", _ANSI.sub("", text))
    return _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", _INVISIBLE.sub("", text))


def collapse(text: str) -> str:
    """Return the cleaned text on one line, each run of white space as one space."""
    return _SPACES.sub(" ", clean(text)).strip()


def shorten(text: str, limit: int) -> str:
    """Return the text in at most `limit` characters; a cut ends in an ellipsis that says how much is missing."""
    if len(text) <= limit:
        return text
    note = f"… (+{len(text) - limit:,} characters)"
    if len(note) >= limit:
        return text[: max(limit - 1, 0)] + "…"[:limit]
    # The note itself takes room, so that more is missing than the text is too long by.
    note = f"… (+{len(text) - limit + len(note):,} characters)"
    return text[: limit - len(note)] + note


def listed(names: Sequence[str], most: int = 10) -> str:
    """Return names as people read them in a sentence: at most so many, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def map_texts(record: AnyRecord, change: Callable[[str], str]) -> AnyRecord:
    """Return a copy of the record with `change` applied to every free text in it, however deep.

    Words with a fixed meaning (enumerations and literals) stay as they are.
    """
    update: dict[str, object] = {}
    for name, field in type(record).model_fields.items():
        if get_origin(field.annotation) is not Literal:
            update[name] = _map_value(getattr(record, name), change)
    return record.model_copy(update=update)


def _map_value(value: object, change: Callable[[str], str]) -> object:
    if type(value) is str:  # an enumeration's member is a str too
        return change(value)
    if isinstance(value, BaseModel):
        return map_texts(value, change)
    if isinstance(value, tuple):
        return tuple(_map_value(item, change) for item in value)
    return value
