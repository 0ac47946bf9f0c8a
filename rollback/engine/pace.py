"""How often to look: close around where the end is expected, rarely before it, and ever more rarely after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rollback.engine.moves import Wait


class Pace:
    """The time between two looks: wide while the end is far, close where it is expected, wider again after that.

    What ends is noticed late by a tenth of how far it was mispredicted, or of how long it took where nothing predicts
    it, but by a second at least. `longest_gap` (poll-interval) bounds the gap, except where AWS throttles.
    """

    def __init__(self, longest_gap: float) -> None:
        self._longest = longest_gap
        self._shortest = min(1.0, longest_gap)
        self._waited = 0.0
        self._slowed = 1.0

    def something_moved(self) -> None:
        """Look closely again."""
        self._waited = 0.0
        self._slowed = 1.0

    def slow_down(self) -> None:
        """Halve the rate: AWS asked for it."""
        self._slowed = min(self._slowed * 2, 8.0)

    def speed_up(self) -> None:
        """Double it again: AWS answered."""
        self._slowed = max(self._slowed / 2, 1.0)

    def gap(self, move: Wait) -> float:
        """Return the seconds until the next look."""
        if move.ends_in is None:
            wanted = self._waited / 10
        else:
            wanted = move.ends_in / 2 if move.ends_in > 0 else -move.ends_in / 10
        gap = min(max(wanted, self._shortest), self._longest) * self._slowed
        self._waited += gap
        return gap
