"""Another origin: a server of its own, for what a redirect must not carry there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from sandbox.exchange import Answer, Incoming, text_answer
from sandbox.server import Server

if TYPE_CHECKING:
    from types import TracebackType


class Elsewhere:
    """Answers everything with `answer` and remembers who asked, with all headers.

    with Elsewhere() as other:
        sandbox.github.redirect = (307, other.url)
    """

    def __init__(self) -> None:
        self.answer = text_answer("elsewhere")
        self.requests: list[Incoming] = []
        self._server = Server(self._respond)
        self.url = self._server.url

    def __enter__(self) -> Self:
        """Start serving."""
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop serving."""
        self._server.stop()

    def sent(self, header: str) -> list[str]:
        """Return this header of each request; empty where a request had none."""
        return [incoming.header(header) for incoming in self.requests]

    def _respond(self, incoming: Incoming) -> Answer:
        self.requests.append(incoming)
        return self.answer
