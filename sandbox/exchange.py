"""One HTTP request and its answer, as the parts of the embedded AWS hand them to each other."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from email.message import Message


class ConnectionDroppedError(Exception):
    """Raised to close the connection without an answer. A hook may raise it too."""


@dataclass
class Incoming:
    """A request: `target` is path and query exactly as they came; `headers` are case-insensitive."""

    method: str
    target: str
    headers: Message
    body: bytes

    @property
    def path(self) -> str:
        """The path as it came, still percent-encoded."""
        return self.target.split("?", 1)[0]

    @property
    def query(self) -> str:
        """The query string, without the question mark."""
        return urlsplit(self.target).query

    def header(self, name: str) -> str:
        """Return the header's value, or an empty string."""
        return str(self.headers.get(name, ""))

    def json(self) -> dict[str, Any] | None:
        """Return the body's JSON object, whatever its Content-Type; None if it is none."""
        try:
            value = json.loads(self.body or b"{}")
        except ValueError:
            return None
        return value if isinstance(value, dict) else None

    def fields(self) -> dict[str, Any]:
        """Return the body's fields, from JSON or from a form. Raises ValueError if it is neither."""
        if "application/json" in self.header("Content-Type"):
            value = json.loads(self.body or b"{}")
            if not isinstance(value, dict):
                message = "the body is no JSON object"
                raise ValueError(message)
            return value
        return {name: values[-1] for name, values in parse_qs(self.body.decode(), keep_blank_values=True).items()}


@dataclass
class Answer:
    """An answer; `hold` is how many real seconds the server keeps it back.

    `pace` is how many it waits before each byte of the body, or, where the body is `endless`, before each repetition.
    """

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    hold: float = 0.0
    pace: float = 0.0
    endless: bool = False


def json_answer(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """Return `value` as a JSON answer."""
    return Answer(
        status, json.dumps(value).encode(), {"Content-Type": "application/json; charset=utf-8", **(headers or {})}
    )


def text_answer(text: str, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """Return `text` as a plain answer."""
    return Answer(status, text.encode(), {"Content-Type": "text/html; charset=utf-8", **(headers or {})})
