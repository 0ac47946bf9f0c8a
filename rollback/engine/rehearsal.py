"""A dry run: the same loop and the same decisions, up to the first move that would change something."""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Generic, TypeVar

from rollback.engine.endings import unreadable
from rollback.engine.moves import Done, Ended, Move, Wait
from rollback.engine.reconcile import reconcile
from rollback.engine.trouble import Busy, Denied
from rollback.engine.waiting import LONGEST_LOOK
from rollback.report.model import Command
from rollback.report.results import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from rollback.engine.clock import Clock
    from rollback.engine.reconcile import Part, Patience

Observation = TypeVar("Observation")


class Rehearsed(Generic[Observation]):
    """A part whose first move that would change something, or first wait, is told as the plan, and is its end.

    Moves that only prepare are made, and waited for: whoever asks for a plan has the part delete what they made. An AWS
    that can't be read is waited for two minutes.
    """

    def __init__(self, part: Part[Observation], clock: Clock) -> None:
        self._part = part
        self._clock = clock
        self._read_at = clock.monotonic()
        self.gives_up_at = math.inf
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
            self._read_at, self.gives_up_at = self._clock.monotonic(), math.inf
        except Busy as trouble:
            self.gives_up_at = self._read_at + LONGEST_LOOK
            if self._clock.monotonic() < self.gives_up_at:
                raise
            raise Ended(unreadable(trouble.what, trouble.cure)) from trouble
        except Denied as trouble:
            if self._prepared is None:
                raise
            plan = _would(self._prepared).reason
            text = f"{plan} What that would change this plan could not see: {trouble.what}"
            raise Ended(Done(Result.PLANNED, text, next_steps=(Command(purpose=trouble.cure),))) from trouble


def rehearse(
    part: Part[Observation], patience: Patience, clock: Clock, say: Callable[[str], None]
) -> Generator[float, None, Done]:
    """Drive `part` as `reconcile` does, and return the plan."""
    rehearsed = Rehearsed(part, clock)
    steps = reconcile(rehearsed, patience, clock, say)
    while True:
        try:
            due = next(steps)
        except StopIteration as end:
            done: Done = end.value
            return done
        yield min(due, rehearsed.gives_up_at)


def _would(move: Move) -> Done:
    return Done(Result.PLANNED, f"Would {move.says}.")
