"""Pure: a text with its escapes undone, each character with its place in the text as it came.

URLs bring percent signs, pages HTML entities, JSON and programs backslashes, shells their quotes; and each of them may
be wrapped in another. Whatever is looked for is looked for in what was meant.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_BACKSLASH = (
    r"(?P<pair>\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|(?P<number>\\(?:u[0-9a-fA-F]{4}|U000[0-9a-fA-F]{5}|x[0-9a-fA-F]{2}))|(?P<backslash>\\[\s\S])"
)
_KINDS = {
    "percent": (r"(?P<percent>(?:%[0-9a-fA-F]{2})+)", ("%",)),
    "entity": (r"(?P<entity>&(?:#[0-9]{1,7};?|#[xX][0-9a-fA-F]{1,6};?|[A-Za-z][A-Za-z0-9]{1,31};))", ("&",)),
    "quote": (r"(?P<quote>'\\''|'\"'\"')", ("'\\''", "'\"'\"'")),
    "backslash": (_BACKSLASH, ("\\",)),
}
_ANY = "any"
_ESCAPES = {kind: re.compile(pattern) for kind, (pattern, _) in _KINDS.items()}
_ESCAPES[_ANY] = re.compile("|".join(pattern for pattern, _ in _KINDS.values()))
_SIGNS = {kind: signs for kind, (_, signs) in _KINDS.items()}
_SIGNS[_ANY] = tuple(sign for signs in _SIGNS.values() for sign in signs)
_DEEPEST = 3
"""Layers of whatever escapes there are; of each order of two kinds, as deep as two."""
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_HIGHEST = 0x10FFFF


@dataclass
class Decoded:
    """The text that was meant; `start` and `end` lead from it back to the one that it was decoded from."""

    text: str = ""
    _marks: list[int] = field(default_factory=list)
    _starts: list[int] = field(default_factory=list)
    _ends: list[int] = field(default_factory=list)

    def start(self, position: int) -> int:
        """Return where the character at this position begins in the original."""
        at = bisect_right(self._marks, position) - 1
        if at < 0:
            return position
        behind = position - self._marks[at]
        return self._ends[at] + behind - 1 if behind else self._starts[at]

    def end(self, position: int) -> int:
        """Return where the character before this position ends in the original."""
        at = bisect_right(self._marks, position - 1) - 1
        return position if at < 0 else self._ends[at] + position - 1 - self._marks[at]

    def mark(self, position: int, start: int, end: int) -> None:
        """Note that the character at this position stands for the original's characters from `start` to `end`."""
        self._marks.append(position)
        self._starts.append(start)
        self._ends.append(end)


def layers(text: str) -> Iterator[tuple[Decoded, ...]]:
    """Yield each way to undo the text's escapes: the layers that lead from it to what was meant, outermost first.

    A backslash may be an escape, or a letter of what somebody escaped in another way: so each kind is undone alone too,
    and one after the other.
    """
    seen = {text}
    yield from _layers(text, (_ANY,), _DEEPEST, (), seen)
    yield from _layers(text, tuple(_KINDS), _DEEPEST - 1, (), seen)


def _layers(
    text: str, kinds: tuple[str, ...], deepest: int, above: tuple[Decoded, ...], seen: set[str]
) -> Iterator[tuple[Decoded, ...]]:
    for kind in kinds:
        layer = _decoded(text, kind)
        if layer is None:
            continue
        if layer.text not in seen:
            seen.add(layer.text)
            yield (*above, layer)
        if deepest > 1:
            yield from _layers(layer.text, kinds, deepest - 1, (*above, layer), seen)


def _decoded(text: str, kind: str) -> Decoded | None:
    """Return the text with one layer of escapes undone; None where it has none."""
    if not any(sign in text for sign in _SIGNS[kind]):
        return None
    result, pieces, length, done = Decoded(), [], 0, 0
    for escape in _ESCAPES[kind].finditer(text):
        pieces.append(text[done : escape.start()])
        length += escape.start() - done
        for character, start, end in _meant(escape):
            result.mark(length, start, end)
            pieces.append(character)
            length += 1
        done = escape.end()
    if not done:
        return None
    pieces.append(text[done:])
    result.text = "".join(pieces)
    return result


def _meant(escape: re.Match[str]) -> Iterator[tuple[str, int, int]]:
    """Yield the characters that an escape stands for, each with its place."""
    start, end, whole = escape.start(), escape.end(), escape[0]
    match escape.lastgroup:
        case "percent":
            yield from _from_percent(whole, start)
            return
        case "entity":
            characters = html.unescape(whole)
        case "pair":
            characters = (bytes.fromhex(whole[2:6]) + bytes.fromhex(whole[8:12])).decode("utf-16-be", "replace")
        case "number":
            number = int.from_bytes(bytes.fromhex(whole[2:]))
            characters = chr(number) if number <= _HIGHEST else whole
        case "quote":
            characters = "'"
        case _:
            characters = _CONTROLS.get(whole[1], whole[1])
    if characters == whole:  # an entity that HTML does not know stands for its own letters
        yield from ((letter, start + at, start + at + 1) for at, letter in enumerate(whole))
        return
    yield from ((character, start, end) for character in characters)


def _from_percent(run: str, start: int) -> Iterator[tuple[str, int, int]]:
    for character in bytes.fromhex(run.replace("%", "")).decode("utf-8", "surrogateescape"):
        end = start + 3 * len(character.encode("utf-8", "surrogateescape"))
        yield character, start, end
        start = end
