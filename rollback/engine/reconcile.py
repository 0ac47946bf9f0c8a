"""The loop at the heart of the product: observe, decide, perform, and look again until a part is done.

The state lives in AWS: a run that was killed is started again, observes what is under way, and goes on. The loop owns
what all parts share: the deadline, the pace, and the patience with an AWS that throttles or answers nonsense.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from rollback.engine.endings import denied, rejected, unreadable
from rollback.engine.moves import Done, Ended, Move, Wait
from rollback.engine.pace import Pace
from rollback.engine.trouble import Busy, Denied, Rejected, Throttled, Unreadable
from rollback.engine.waiting import Reminder

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from rollback.engine.clock import Clock

UNREADABLE_LOOKS = 10
"""How many looks in a row, or moves in a row, may fail with a 5xx or an unreadable answer."""

Observation = TypeVar("Observation")


class Part(Protocol[Observation]):
    """A stack or the frontend, as the loop sees it. Only `observe` and `perform` touch AWS; `decide` is pure."""

    @property
    def label(self) -> str:
        """Return how progress lines name the part."""
        ...

    def observe(self) -> Observation:
        """Look at AWS. Raises AwsTrouble."""
        ...

    def decide(self, seen: Observation, /) -> Move:
        """Return the next move."""
        ...

    def perform(self, move: Move, /) -> None:
        """Make the move. Raises AwsTrouble."""
        ...

    def timed_out(self, waiting_for: str, /) -> Done:
        """Return how the part ends when the waiting does."""
        ...


@dataclass(frozen=True)
class Patience:
    """How long to wait: `timeout` in seconds for the whole part, `longest_gap` in seconds between two looks.

    `say` is told, at once and then once a minute, what `patiently` waits for.
    """

    timeout: float
    longest_gap: float
    say: Callable[[str], None] = lambda _: None


def reconcile(
    part: Part[Observation],
    patience: Patience,
    clock: Clock,
    say: Callable[[str], None] = lambda _: None,
    waiting: Callable[[Wait], None] = lambda _: None,
) -> Generator[float, None, Done]:
    """Drive `part`, a step at a time, until it is done, no safe move is left, or the deadline ends the waiting.

    Yields when the next step is due, on the monotonic clock (see `engine.turns`), and returns how the part ended. The
    deadline ends waiting only: a move that is due is made even past it. `waiting` is told of each wait.
    """
    deadline = clock.monotonic() + patience.timeout
    pace = Pace(patience.longest_gap)
    steps = _Steps(part, pace, say, Reminder(clock, say))
    while not isinstance(move := steps.next(), Done):
        now = clock.monotonic()
        if now >= deadline:
            return part.timed_out(move.why)
        waiting(move)
        yield min(now + pace.gap(move), deadline)
    return move


class _Steps(Generic[Observation]):
    """The loop's body: one look, one decision, at most one move; and what AWS's troubles mean for the next look."""

    def __init__(self, part: Part[Observation], pace: Pace, say: Callable[[str], None], reminder: Reminder) -> None:
        self._part = part
        self._pace = pace
        self._say = say
        self._reminder = reminder
        self._doing = "look"
        self._unreadable = {"look": 0, "move": 0}

    def next(self) -> Wait | Done:
        """Return what to wait for, or how the part ended."""
        try:
            return self._look_and_move()
        except Busy as trouble:
            self._pace.slow_down()
            what = "AWS is busy" if isinstance(trouble, Throttled) else "No clear answer from AWS"
            self._reminder.remind(f"{what}, waiting for AWS: {trouble.what}")
            return Wait(trouble.what)
        except Unreadable as trouble:
            self._unreadable[self._doing] += 1
            if self._unreadable[self._doing] >= UNREADABLE_LOOKS:
                return unreadable(trouble.what, trouble.cure)
            self._say(f"Looking again: {trouble.what}")
            return Wait(trouble.what)
        except Ended as end:
            return end.done
        except Denied as trouble:
            return denied(trouble.what, trouble.cure)
        except Rejected as trouble:
            return rejected(trouble.what)

    def _look_and_move(self) -> Wait | Done:
        self._doing = "look"
        move = self._part.decide(self._part.observe())
        self._unreadable["look"] = 0
        self._pace.speed_up()
        if isinstance(move, (Done, Wait)):
            return move
        self._doing = "move"
        self._part.perform(move)
        self._unreadable["move"] = 0
        self._pace.something_moved()
        return Wait("the move to show") if move.writes else self._look_and_move()


def patiently(look: Callable[[], Observation], patience: Patience, clock: Clock) -> Observation:
    """Return what `look` sees, with the loop's patience for throttling, lost connections and unreadable answers.

    Raises the AwsTrouble that ended the patience.
    """
    deadline = clock.monotonic() + patience.timeout
    pace = Pace(patience.longest_gap)
    reminder = Reminder(clock, patience.say)
    unreadable_looks = 0
    while True:
        try:
            return look()
        except (Busy, Unreadable) as trouble:
            unreadable_looks = unreadable_looks + 1 if isinstance(trouble, Unreadable) else 0
            left = deadline - clock.monotonic()
            if unreadable_looks >= UNREADABLE_LOOKS or left <= 0:
                raise
            reminder.remind(f"waiting for AWS, {left:.0f} s at most: {trouble.what}")
            if isinstance(trouble, Busy):
                pace.slow_down()
        clock.sleep(min(pace.gap(Wait("AWS to answer")), left))
