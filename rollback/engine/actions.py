"""What was done to a part, as the report tells it: nothing that AWS refused, and nothing unclear as if it were sure."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rollback.engine.trouble import AwsTrouble, Busy, Throttled, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rollback.engine.moves import Move

_UNCLEAR = " (AWS's answer got lost)"


class Actions:
    """The moves made so far, oldest first, in the words of `Move.did`."""

    def __init__(self) -> None:
        self._done: list[tuple[str, bool]] = []

    @property
    def texts(self) -> tuple[str, ...]:
        """Return what was done, a phrase each."""
        return tuple(text for text, _ in self._done)

    @property
    def told(self) -> str:
        """Return all of it as people read it in a sentence."""
        return "; ".join(self.texts)

    @property
    def wrote(self) -> bool:
        """Return whether anything was changed in AWS, as far as is known."""
        return any(writes for _, writes in self._done)

    @contextmanager
    def doing(self, move: Move) -> Iterator[None]:
        """Count the move from its beginning on: a signal in the middle of the call must not make us forget it.

        What AWS certainly did not take is taken back, what is repeated is told once. Raises what is raised inside.
        """
        if self.texts[-1:] == (move.did + _UNCLEAR,):
            self._done.pop()
        self._done.append((move.did, move.writes))
        try:
            yield
        except AwsTrouble as trouble:
            self.failed(trouble)
            raise

    def failed(self, trouble: AwsTrouble) -> None:
        """Take the newest back, or say that nobody knows whether it took effect."""
        text, writes = self._done.pop()
        if isinstance(trouble, (Busy, Unreadable)) and not isinstance(trouble, Throttled):
            self._done.append((text + _UNCLEAR, writes))

    def certain(self) -> None:
        """Tell the newest as done: something shows that it took effect."""
        if self._done:
            text, writes = self._done[-1]
            self._done[-1] = text.removesuffix(_UNCLEAR), writes

    def also(self, text: str) -> None:
        """Add something done besides the moves."""
        self._done.append((text, True))
