"""How often to look: rarely while the end is far, closely around where it is expected, ever more rarely after that."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rollback.engine.moves import Wait

CLOSE, CLOSE_FOR = 0.25, 5.0
"""The shortest gap where an end is near, and for how many seconds in all after a move gaps may be below USUAL."""

USUAL = 1.0
"""The shortest gap else."""


class Pace:
    """The time between two looks of one part, in seconds.

    Of the way to an expected end four fifths are slept through; around it no gap is below a hundredth of the wait. An
    end that comes later is noticed late by a tenth of how far it was mispredicted; where nothing predicts it, by a
    tenth of how long it took. `longest_gap` (poll-interval) bounds the gap, except where AWS throttles.
    """

    def __init__(self, longest_gap: float) -> None:
        self._longest = longest_gap
        self._waited = 0.0
        self._slowed = 1.0
        self._closely = 0.0

    def something_moved(self) -> None:
        """Look closely again."""
        self._waited = self._closely = 0.0
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
            wanted, shortest = self._waited / 10, USUAL
        else:
            wanted = move.ends_in * 0.8 if move.ends_in > 0 else -move.ends_in / 10
            close = max(CLOSE, self._waited / 100)
            shortest = min(close, USUAL) if self._closely < CLOSE_FOR else USUAL
        gap = min(max(wanted, shortest), self._longest)
        if gap < USUAL:
            self._closely += gap
        gap *= self._slowed
        self._waited += gap
        return gap
