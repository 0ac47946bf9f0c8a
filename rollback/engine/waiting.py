"""What a wait for AWS sounds like: told at once, and again once a minute while it goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollback.engine.clock import Clock

LONGEST_LOOK = 120.0
"""For how many seconds a run that changes nothing waits for an AWS that can't be read."""

_EVERY = 60.0


@dataclass
class Reminder:
    """Hands on what is waited for, at most once a minute."""

    clock: Clock
    say: Callable[[str], None]
    _due: float = float("-inf")

    def remind(self, text: str) -> None:
        """Say the text, unless one was said in the last minute."""
        now = self.clock.monotonic()
        if now >= self._due:
            self._due = now + _EVERY
            self.say(text)
