"""Time as the product sees it, so that tests can pass hours in no time."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time and waits."""

    def monotonic(self) -> float:
        """Return seconds that never jump: for deadlines."""
        ...

    def now(self) -> datetime:
        """Return the wall clock's aware time: for people, never for deadlines."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The machine's own clock."""

    def monotonic(self) -> float:
        """Return seconds that never jump."""
        return time.monotonic()

    def now(self) -> datetime:
        """Return the wall clock's aware time."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait, interruptible by a signal's exception."""
        time.sleep(seconds)
