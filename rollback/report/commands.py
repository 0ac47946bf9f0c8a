"""Pure: command lines ready to paste. They are code: whatever is named in one is quoted here, and nowhere else made.

A branch may be named `x';touch${IFS}PWNED;'y`; in a command line of ours it is an argument and nothing more.
"""

from __future__ import annotations

import re
from shlex import quote

_PLAIN = re.compile(r"[A-Za-z0-9@%+=:,./_…-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ESCAPED = {"\\": "\\\\", "'": "\\'"}

Value = str | tuple[str, ...] | bool


def aws(service: str, operation: str, /, **options: Value) -> str:
    """Return an AWS CLI command line for bash.

    An option's name is its argument's, with underscores for hyphens. One that is empty or False is left out, of one
    that is True only the name is written, and a tuple gives the option several values.
    """
    words = ["aws", service, operation]
    for name, value in options.items():
        words += _option(f"--{name.replace('_', '-')}", value)
    return " ".join(words)


def _option(name: str, value: Value) -> list[str]:
    if value is True:
        return [name]
    if not value:
        return []
    values = value if isinstance(value, tuple) else (str(value),)
    if len(values) == 1 and values[0].startswith("-"):  # the CLI would take it for another option
        return [f"{name}={quoted(values[0])}"]
    return [name, *map(quoted, values)]


def quoted(text: str) -> str:
    """Return the text as one word of bash, on one line: line ends and other controls are written as bash's escapes."""
    if _PLAIN.fullmatch(text):  # the ellipsis is where a person fills something in
        return text
    if not _CONTROL.search(text):
        return quote(text)
    return f"$'{''.join(map(_escaped, text))}'"


def _escaped(character: str) -> str:
    if _CONTROL.match(character):
        return "".join(f"\\x{byte:02x}" for byte in character.encode())
    return _ESCAPED.get(character, character)
