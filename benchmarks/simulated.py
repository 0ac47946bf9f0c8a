"""The product in its own process on a clock nobody waits for: `python -m benchmarks.simulated ASKS ANSWERS START`."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime


class PipeClock:
    """The product's clock, its sleeps passed by another process: each goes into one pipe and ends by another."""

    def __init__(self, asks: int, answers: int, start: float) -> None:
        self._asks = asks
        self._answers = answers
        self._start = start
        self._passed = 0.0

    def monotonic(self) -> float:
        """Return the seconds slept so far."""
        return self._passed

    def now(self) -> datetime:
        """Return the embedded AWS's time."""
        return datetime.fromtimestamp(self._start + self._passed, UTC)

    def sleep(self, seconds: float) -> None:
        """Let both clocks move."""
        self._passed += seconds
        os.write(self._asks, f"{seconds!r}\n".encode())
        os.read(self._answers, 1)


if __name__ == "__main__":
    from rollback.engine import clock

    pipes = PipeClock(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
    clock.SystemClock = lambda: pipes  # type: ignore[assignment,misc,return-value]
    from rollback.__main__ import main

    sys.exit(main([]))
