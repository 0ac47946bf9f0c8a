"""The embedded AWS's time, which can be moved: to make a past."""

from __future__ import annotations

from sandbox import ManualClock, ScaledClock


class WallClock(ScaledClock):
    """The wall clock, `speed` times as fast, which can be moved forward besides."""

    def __init__(self, speed: float = 1.0) -> None:
        super().__init__(speed)
        self._moved = 0.0

    def now(self) -> float:
        """Return the time in epoch seconds."""
        return super().now() + self._moved

    def advance(self, seconds: float) -> None:
        """Move the clock forward."""
        self._moved += seconds


MovableClock = WallClock | ManualClock
