"""Pure: what every part's `decide` can answer besides its own moves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from rollback.report.model import Command, Notice
    from rollback.report.results import Result


@dataclass(frozen=True)
class Move:
    """A step towards the last known good. Its `says` is the line people read, also in a dry run's plan.

    Only moves that write are left out of a dry run, but for those that merely prepare: what they make is deleted again.
    """

    writes: ClassVar[bool] = True
    prepares: ClassVar[bool] = False

    @property
    def says(self) -> str:
        """Return what the move does, in one sentence without a full stop."""
        return type(self).__name__

    @property
    def did(self) -> str:
        """Return the same once it is made, as the report's "what was done" has it."""
        return self.says


@dataclass(frozen=True)
class Wait(Move):
    """Look again later: `why`, and in how many seconds the end is expected, where that is known."""

    writes: ClassVar[bool] = False

    why: str
    ends_in: float | None = None

    @property
    def says(self) -> str:
        """Return what is waited for."""
        return f"wait for {self.why}"


@dataclass(frozen=True)
class Done(Move):
    """The part's end: how, why in one sentence, which notice explains it, and the next commands."""

    writes: ClassVar[bool] = False

    result: Result
    reason: str
    code: str = ""
    next_steps: tuple[Command, ...] = ()
    warnings: tuple[Notice, ...] = ()


class Ended(Exception):
    """Raised by a look that finds nothing to drive: `done` is how the part ends."""

    def __init__(self, done: Done) -> None:
        super().__init__(done.reason)
        self.done = done
