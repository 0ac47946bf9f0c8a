"""The embedded AWS's time, which can be moved: to make a past, and instead of another process's sleeps."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from sandbox import ManualClock, ScaledClock

if TYPE_CHECKING:
    from typing import Self


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


class SleepsMove:
    """While another process runs, each of its sleeps goes into one pipe, moves the clock, and ends by the other pipe.

    `descriptors` are the two that the process inherits; `started` is to be called once it has them.
    """

    def __init__(self, clock: MovableClock) -> None:
        self._clock = clock
        self._asked, asks = os.pipe()
        answers, self._answer = os.pipe()
        self.descriptors = (asks, answers)
        self._mover = threading.Thread(target=self._move, daemon=True)

    def started(self) -> None:
        """Keep this process's own ends alone, and begin."""
        for descriptor in self.descriptors:
            os.close(descriptor)
        self._mover.start()

    def __enter__(self) -> Self:
        """Return this."""
        return self

    def __exit__(self, *_: object) -> None:
        """End with the last process that has the pipes."""
        self._mover.join()
        os.close(self._asked)
        os.close(self._answer)

    def _move(self) -> None:
        with os.fdopen(self._asked, closefd=False) as sleeps:
            for seconds in sleeps:
                self._clock.advance(float(seconds))
                os.write(self._answer, b".")
