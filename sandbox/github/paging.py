"""GitHub's pages: 30 items unless asked for up to 100, and a Link header that leads to the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode

if TYPE_CHECKING:
    from sandbox.exchange import Incoming

_USUAL, _MOST = 30, 100


def asked(incoming: Incoming) -> dict[str, str]:
    """Return the query's parameters."""
    return {name: values[-1] for name, values in parse_qs(incoming.query).items()}


def page(incoming: Incoming, items: list[Any], base: str) -> tuple[list[Any], dict[str, str]]:
    """Return the items of the page that is asked for, and the headers that go with it."""
    query = asked(incoming)
    size = min(_number(query.get("per_page"), _USUAL), _MOST)
    number = _number(query.get("page"), 1)
    last = max(-(-len(items) // size), 1)
    leads = {"prev": number - 1, "next": number + 1, "last": last, "first": 1}
    wanted = [*(["prev"] if number > 1 else []), *(["next", "last"] if number < last else [])]
    wanted += ["first"] if number > 1 else []
    links = [f'<{base}{incoming.path}?{urlencode({**query, "page": leads[name]})}>; rel="{name}"' for name in wanted]
    return items[(number - 1) * size : number * size], {"Link": ", ".join(links)} if links else {}


def _number(text: str | None, usual: int) -> int:
    return int(text) if text and text.isdecimal() and int(text) else usual
