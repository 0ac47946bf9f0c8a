"""The loop at the heart of the product: observe, decide, perform, and look again until a part is done.

The state lives in AWS: a run that was killed is started again, observes what is under way, and goes on. The loop owns
what all parts share: the deadline, the pace, and the patience with an AWS that throttles or answers nonsense.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from rollback.engine.endings import denied, rejected, unreadable
from rollback.engine.moves import Done, Ended, Move, Wait
from rollback.engine.trouble import AwsTrouble, Busy, Denied, Rejected, Throttled, Unreadable
from rollback.engine.waiting import Reminder
from rollback.report.model import Command
from rollback.report.results import Result

if TYPE_CHECKING:
    from collections.abc import Callable

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
    part: Part[Observation], patience: Patience, clock: Clock, say: Callable[[str], None] = lambda _: None
) -> Done:
    """Drive `part` until it is done, no safe move is left, or the deadline ends the waiting.

    The deadline ends waiting only: a move that is due is made even past it.
    """
    deadline = clock.monotonic() + patience.timeout
    pace = Pace(patience.longest_gap)
    steps = _Steps(part, pace, say)
    while not isinstance(move := steps.next(), Done):
        left = deadline - clock.monotonic()
        if left <= 0:
            return part.timed_out(move.why)
        clock.sleep(min(pace.gap(move), left))
    return move


class _Steps(Generic[Observation]):
    """The loop's body: one look, one decision, at most one move; and what AWS's troubles mean for the next look."""

    def __init__(self, part: Part[Observation], pace: Pace, say: Callable[[str], None]) -> None:
        self._part = part
        self._pace = pace
        self._say = say
        self._doing = "look"
        self._unreadable = {"look": 0, "move": 0}

    def next(self) -> Wait | Done:
        """Return what to wait for, or how the part ended."""
        try:
            return self._look_and_move()
        except Busy as trouble:
            self._pace.slow_down()
            what = "AWS is busy" if isinstance(trouble, Throttled) else "No clear answer from AWS"
            self._say(f"{what}, waiting: {trouble.what}")
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
        return Wait("the move to show")


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


def plan(part: Part[Observation], patience: Patience, clock: Clock) -> Done:
    """Look, as far as deciding needs, and return the next move in words instead of making it.

    Moves that only prepare are made: whoever asks for a plan has the part delete what they made.
    """
    deadline = clock.monotonic() + patience.timeout
    pace = Pace(patience.longest_gap)
    prepared: Move | None = None
    try:
        while True:
            move = part.decide(patiently(part.observe, patience, clock))
            if isinstance(move, Done):
                return move
            if isinstance(move, Wait) and prepared and clock.monotonic() < deadline:
                clock.sleep(pace.gap(move))
                continue
            if isinstance(move, Wait) or (move.writes and not move.prepares):
                return Done(Result.PLANNED, f"Would {move.says}.")
            prepared = move if move.prepares else prepared
            try:
                part.perform(move)
            except (Busy, Unreadable):
                if clock.monotonic() >= deadline:
                    raise
                clock.sleep(pace.gap(Wait("AWS to answer")))
    except Ended as end:
        return end.done
    except Denied as trouble:
        return _unseen(prepared, trouble) if prepared else denied(trouble.what, trouble.cure)
    except AwsTrouble as trouble:
        return unreadable(trouble.what, trouble.cure)


def _unseen(move: Move, trouble: Denied) -> Done:
    text = f"Would {move.says}. What that would change this plan could not see: {trouble.what}"
    return Done(Result.PLANNED, text, next_steps=(Command(purpose=trouble.cure),))
