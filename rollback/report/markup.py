"""Pure: outside text as GitHub shows it, with nothing in it active: no Markdown, HTML, link, mention or reference.

Outside text only ever stands in HTML blocks. GitHub begins Markdown again after a blank line, so no text here holds
one. Inside HTML GitHub still turns `@name`, `#1`, commit ids and addresses into links, but not inside `<code>`: words
that look like one of those are set as code.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from rollback.report.text import clean, collapse, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Item = TypeVar("Item")

_ACTIVE = re.compile(r"[@#$`]|://|:[a-z0-9_+-]+:|[0-9a-f]{7}|^(?:www\.|gh-\d)|\.[a-z]{2,}/", re.IGNORECASE)
_WORD = re.compile(r"\S+")
_TRIMMED = re.compile(r"([(\[{\"'“]*)(.*?)([)\]}\"'”.,;:!?]*)", re.DOTALL)
_SAFE_URL = re.compile(r"https?://[^\s<>\"'`\\]{1,4000}")
_BREAKABLE = re.compile(r"(?<=[_/:])(?=\w)")
_FENCE_RUN = re.compile("`{3,}")


@dataclass(frozen=True)
class Markup:
    """Writes pieces of HTML that stay within limits: so many rows of a list, so many characters of a text."""

    rows: int
    chars: int

    def prose(self, text: str) -> str:
        """Return a sentence from outside: one line, escaped, its active words set as code."""
        return _WORD.sub(_word, shorten(collapse(text), self.chars))

    def code(self, text: str) -> str:
        """Return a name from outside (a stack, a status, a branch) as code that may break at its separators."""
        shown = shorten(collapse(text), self.chars)
        pieces = _BREAKABLE.split(shown)
        return f"<code>{'<wbr>'.join(map(html.escape, pieces))}</code>" if shown else ""

    def link(self, url: str, label: str) -> str:
        """Return a link with a label that is HTML already; only the label where the address is not plain http(s)."""
        if not _SAFE_URL.fullmatch(url):
            return label
        return f'<a href="{html.escape(clean(url))}">{label}</a>'

    def bullets(self, items: Sequence[Item], show: Callable[[Item], str]) -> str:
        """Return a list, or nothing for none; `show` gives an item as HTML, and is asked only within the limit."""
        if not items:
            return ""
        shown = [f"<li>{show(item)}</li>" for item in items[: self.rows]]
        return "\n".join(["<ul>", *shown, *self._rest(len(items), "<li>{}</li>"), "</ul>"])

    def table(self, head: Sequence[str], items: Sequence[Item], cells: Callable[[Item], Sequence[str]]) -> str:
        """Return a table; `cells` gives an item's cells as HTML, one alone spans all columns. Nothing for no items."""
        if not items:
            return ""
        body = [_row(cells(item), len(head)) for item in items[: self.rows]]
        rest = self._rest(len(items), f'<tr><td colspan="{len(head)}">{{}}</td></tr>')
        titles = "".join(f'<th align="left">{title}</th>' for title in head)
        return "\n".join(["<table>", f"<tr>{titles}</tr>", *body, *rest, "</table>"])

    def commands(self, text: str, language: str = "bash") -> str:
        """Return command lines, or others, as a block to copy, fenced so that nothing in them can end it."""
        shown = shorten(clean(text).strip("\n"), self.chars)
        fence = "`" * max([3, *(len(run) + 1 for run in _FENCE_RUN.findall(shown))])
        return f"{fence}{language}\n{shown}\n{fence}"

    def _rest(self, count: int, frame: str) -> list[str]:
        return [frame.format(f"and {count - self.rows:,} more")] if count > self.rows else []


def folded(title: str, blocks: Iterable[str]) -> str:
    """Return blocks behind a title (HTML already) that opens on a click."""
    return "\n\n".join([f"<details><summary>{title}</summary>", *blocks, "</details>"])


def _word(found: re.Match[str]) -> str:
    word = found[0]
    trimmed = _TRIMMED.fullmatch(word)
    if trimmed is None or not trimmed[2] or not _ACTIVE.search(word):
        return html.escape(word)
    before, middle, after = map(html.escape, trimmed.groups())
    return f"{before}<code>{middle}</code>{after}"


def _row(cells: Sequence[str], columns: int) -> str:
    if len(cells) == 1 and columns > 1:
        return f'<tr><td colspan="{columns}">{cells[0]}</td></tr>'
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
