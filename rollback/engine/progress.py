"""What happened when: the one place where the parts tell their progress, for the log and for the report's timeline."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rollback.report.model import Moment

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollback.engine.clock import Clock

_MOST_MOMENTS = 500
_LONGEST = 4_000
"""Characters of a moment: whoever shows it cuts it, after redaction; a secret is not to be cut before."""


@dataclass
class Progress:
    """Collects the timeline and hands each line to `print_line` as it happens. Times are seconds since `begun`.

    Telling never raises: a rollback goes on without it.
    """

    clock: Clock
    print_line: Callable[[str], None]
    begun: float
    moments: list[Moment] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """Return the seconds since the run began."""
        return self.clock.monotonic() - self.begun

    def tell(self, part: str, text: str) -> None:
        """Record a change of state: it appears in the log now, and in the report's timeline."""
        with suppress(Exception):
            self.moments.append(Moment(seconds=round(self.seconds, 1), part=part, text=text[:_LONGEST]))
            del self.moments[:-_MOST_MOMENTS]
        self.detail(part, text)

    def detail(self, part: str, text: str) -> None:
        """Say something in the log alone."""
        with suppress(Exception):
            self.print_line(f"{part}: {text}")
