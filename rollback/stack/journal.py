"""The writes that this process made on one stack, kept so that a lost answer, a rejection or a signal forgets none."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rollback.engine.trouble import Busy, Denied, Rejected, Throttled, Unreadable
from rollback.stack import evidence, tokens
from rollback.stack.model import Attempt, Event

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rollback.engine.clock import Clock


@dataclass(frozen=True)
class _Write:
    """An attempt, and when it was made (monotonic seconds)."""

    attempt: Attempt
    at: float


class Journal:
    """What was tried, in order, and how AWS answered."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._writes: list[_Write] = []

    @property
    def last(self) -> Attempt | None:
        """Return the newest attempt with its age, or None."""
        if not self._writes:
            return None
        newest = self._writes[-1]
        return replace(newest.attempt, seconds_ago=self._clock.monotonic() - newest.at)

    def adopt(self, token: str, described: str) -> None:
        """Take an operation under way for ours: a killed run's. `described` is what DescribeStacks shows so far."""
        self._writes.append(_Write(Attempt(tokens.step_of(token), token, described), self._clock.monotonic()))

    def saw(self, status: str) -> None:
        """Note that DescribeStacks shows something: another status than before the write is evidence of it."""
        if self._writes and status != self._writes[-1].attempt.status_before:
            self._amend(other_status_seen=True)

    @contextmanager
    def writing(self, step: str, token: str, status_before: str, after: str = "") -> Iterator[None]:
        """Record the call made inside, and how AWS answers; `after` is the id of the newest event known.

        Raises its AwsTrouble. A rejection and a lost answer are remembered; a call that AWS did not take is forgotten.
        """
        # Recorded before the call: a signal in the middle of it must not make us forget it.
        attempt = Attempt(step, token, status_before, unclear="interrupted", after=after)
        self._writes.append(_Write(attempt, self._clock.monotonic()))
        try:
            yield
        except Rejected as rejection:
            self._amend(unclear="", rejection=rejection.message)
            raise
        except (Throttled, Denied):
            self._writes.pop()
            raise
        except (Busy, Unreadable) as trouble:
            # Nobody knows whether it took effect: the events will tell, and the token makes repeating it harmless.
            self._amend(unclear=trouble.what)
            raise
        else:
            self._amend(unclear="")

    def attempts(self, events: Sequence[Event], mine: tokens.Tokens) -> tuple[Attempt, ...]:
        """Return the attempts of this process and those a killed one left in the newest operation's `events`."""
        happened = {event.token for event in evidence.operation(events) if event.token}
        # What happened, happened once, however often it was asked for under its token.
        latest = {write.attempt.token: write for write in self._writes}
        own = [
            replace(write.attempt, unclear="", rejection="") if write.attempt.token in happened else write.attempt
            for write in self._writes
            if write.attempt.token not in happened or write is latest[write.attempt.token]
        ]
        left = sorted(token for token in happened - {attempt.token for attempt in own} if mine.owns(token))
        return (*(Attempt(tokens.step_of(token), token, "", earlier=True) for token in left), *own)

    def _amend(self, **changed: str | bool) -> None:
        newest = self._writes[-1]
        self._writes[-1] = replace(newest, attempt=replace(newest.attempt, **changed))  # type: ignore[arg-type]
