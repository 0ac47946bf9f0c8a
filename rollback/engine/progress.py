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
_MINUTE = 60.0
_BAR = 20
"""Characters of the bar that shows how much of a wait is over."""
_LONGEST = 4_000
"""Characters of a moment: whoever shows it cuts it, after redaction; a secret is not to be cut before."""


@dataclass
class Progress:
    """Collects the timeline and hands each line to `print_line` as it happens. Times are seconds since `begun`.

    `live` shows a line that the next one replaces, where somebody looks at a terminal. Telling never raises: a rollback
    goes on without it.
    """

    clock: Clock
    print_line: Callable[[str], None]
    begun: float
    moments: list[Moment] = field(default_factory=list)
    live: Callable[[str], None] | None = None
    _since: dict[str, float] = field(default_factory=dict)
    _said: dict[str, float] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """Return the seconds since the run began."""
        return self.clock.monotonic() - self.begun

    def tell(self, part: str, text: str) -> None:
        """Record a change of state: it appears in the log now, and in the report's timeline."""
        with suppress(Exception):
            self.moments.append(Moment(seconds=round(self.seconds, 1), part=part, text=text[:_LONGEST]))
            del self.moments[:-_MOST_MOMENTS]
        self._since[part] = self._said[part] = self.seconds
        self.detail(part, text)

    def detail(self, part: str, text: str) -> None:
        """Say something in the log alone."""
        with suppress(Exception):
            self.print_line(f"{part}: {text}")

    def waiting(self, part: str, why: str, ends_in: float | None) -> None:
        """Show life in a wait: on a terminal by the live line, else once a minute. `ends_in` are seconds, if known."""
        began = self._since.setdefault(part, self.seconds)
        waited, told = self.seconds - began, self._said.setdefault(part, self.seconds)
        text = f"{part}: waiting for {why}, {_time(waited)} so far{_expected(waited, ends_in)}"
        with suppress(Exception):
            if self.live:
                self.live(f"{text}{_bar(waited, ends_in)}")
            elif self.seconds - told >= _MINUTE:
                self._said[part] = self.seconds
                self.print_line(text)


def _expected(waited: float, ends_in: float | None) -> str:
    if ends_in is None:
        return ""
    return f", about {_time(ends_in)} to go" if ends_in >= 1 else f", usually {_time(max(waited + ends_in, 0.0))}"


def _bar(waited: float, ends_in: float | None) -> str:
    if ends_in is None or waited + ends_in <= 0:
        return ""
    done = round(min(waited / (waited + ends_in), 1.0) * _BAR) if ends_in > 0 else _BAR
    return f" [{'#' * done}{'.' * (_BAR - done)}]"


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
