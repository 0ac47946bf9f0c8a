"""A clock for the product that nobody waits for: each sleep moves it, and the embedded AWS's clock with it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol


class Movable(Protocol):
    """Another clock that moves along."""

    def advance(self, seconds: float) -> None:
        """Move forward."""
        ...


class FakeClock:
    """`rollback.clock.Clock` without waiting; `sleeps` are the seconds of each sleep so far."""

    def __init__(self, moves_along: Movable | None = None, start: float = 1_764_720_000.0) -> None:
        self.sleeps: list[float] = []
        self._time = 0.0
        self._start = start
        self._moves_along = moves_along

    def monotonic(self) -> float:
        return self._time

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._start + self._time, UTC)

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self._time += seconds
        if self._moves_along is not None:
            self._moves_along.advance(seconds)
