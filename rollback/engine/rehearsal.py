"""A dry run: the same loop and the same decisions, up to the first move that would change something."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Generic, TypeVar

from rollback.engine.endings import unreadable
from rollback.engine.moves import Done, Ended, Move, Wait
from rollback.engine.trouble import Denied
from rollback.report.model import Command
from rollback.report.results import Result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rollback.engine.reconcile import Part

Observation = TypeVar("Observation")


class Rehearsed(Generic[Observation]):
    """A part whose first move that would change something, or first wait, is told as the plan, and is its end.

    Moves that only prepare are made, and waited for: whoever asks for a plan has the part delete what they made.
    """

    def __init__(self, part: Part[Observation]) -> None:
        self._part = part
        self._prepared: Move | None = None
        self._awaited = ""

    @property
    def label(self) -> str:
        """Return how progress lines name the part."""
        return self._part.label

    def observe(self) -> Observation:
        """Look at AWS. Raises AwsTrouble, and Ended where what was prepared may not be seen."""
        with self._seen_as_far_as_allowed():
            return self._part.observe()

    def decide(self, seen: Observation, /) -> Move:
        """Return the next move as long as it only looks or prepares, else the plan."""
        move = self._part.decide(seen)
        self._awaited = move.why if isinstance(move, Wait) else ""
        waits = isinstance(move, Wait) and self._prepared is None
        changes = move.writes and not move.prepares
        if isinstance(move, Done) or not (waits or changes):
            return move
        return _would(move)

    def perform(self, move: Move, /) -> None:
        """Make the move, which only looks or prepares. Raises as `observe` does."""
        self._prepared = move if move.prepares else self._prepared
        with self._seen_as_far_as_allowed():
            self._part.perform(move)

    def timed_out(self, waiting_for: str, /) -> Done:
        """Return the plan as far as it came, or that AWS could not be read."""
        waiting = bool(self._awaited) and waiting_for == self._awaited
        return _would(Wait(waiting_for)) if waiting else unreadable(waiting_for, "")

    @contextmanager
    def _seen_as_far_as_allowed(self) -> Iterator[None]:
        try:
            yield
        except Denied as trouble:
            if self._prepared is None:
                raise
            plan = _would(self._prepared).reason
            text = f"{plan} What that would change this plan could not see: {trouble.what}"
            raise Ended(Done(Result.PLANNED, text, next_steps=(Command(purpose=trouble.cure),))) from trouble


def _would(move: Move) -> Done:
    return Done(Result.PLANNED, f"Would {move.says}.")
