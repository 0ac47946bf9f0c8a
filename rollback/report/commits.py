"""Pure: when two texts name the same commit. Amplify shows full SHAs, short ones, tags, or `HEAD` for none."""

from __future__ import annotations

import re

_SHA = re.compile(r"[0-9a-f]{7,64}", re.IGNORECASE)
_SHORTEST_FULL = 40
_SHORTEST_DATE = 8


def same_commit(one: str, other: str) -> bool:
    """Return whether both certainly name the same commit: by prefix in either direction, from 7 digits on."""
    length = min(len(one), len(other))
    return is_sha(one) and is_sha(other) and one[:length].lower() == other[:length].lower()


def is_sha(text: str) -> bool:
    """Return whether the text has the form of a commit's id, full or short."""
    return _SHA.fullmatch(text) is not None


def tells_commits_apart(text: str) -> bool:
    """Return whether the text certainly is a commit's id, so that one which differs is another commit.

    A short one of decimal digits alone may as well be a tag, such as a date: 20251203.
    """
    may_be_a_date = text.isdecimal() and _SHORTEST_DATE <= len(text) < _SHORTEST_FULL
    return is_sha(text) and not may_be_a_date
