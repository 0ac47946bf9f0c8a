"""Whose time the embedded AWS runs on: the real one, scaled, or one that a test moves by hand."""

from __future__ import annotations

import threading
import time
from typing import Protocol


class Clock(Protocol):
    """Tells the embedded AWS what time it is, in epoch seconds."""

    def now(self) -> float:
        """Return the time in epoch seconds."""
        ...


class ScaledClock:
    """The wall clock from the moment of its making, with AWS's seconds passing `speed` times as fast."""

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = speed
        self._wall = time.time()
        self._started = time.monotonic()

    def now(self) -> float:
        """Return the scaled time in epoch seconds."""
        return self._wall + (time.monotonic() - self._started) * self._speed


class ManualClock:
    """A clock that stands still until somebody calls `advance`: for tests that must not wait."""

    def __init__(self, start: float = 1_764_720_000.0) -> None:
        self._now = start
        self._lock = threading.Lock()

    def now(self) -> float:
        """Return the time in epoch seconds."""
        with self._lock:
            return self._now

    def advance(self, seconds: float) -> None:
        """Move the clock forward by `seconds`."""
        with self._lock:
            self._now += seconds
