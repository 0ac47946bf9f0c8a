"""One stack, as the reconcile loop drives it: `observe` and `perform` join the pure decisions and the door."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rollback.aws import AwsTrouble, Busy, Denied, Rejected, Throttled, Unreadable
from rollback.stack import decide as decisions
from rollback.stack import evidence, restoring, tokens
from rollback.stack.model import (
    STACK_TYPE,
    Attempt,
    CancelUpdate,
    ContinueRollback,
    CreateChangeSet,
    DropChangeSet,
    Event,
    ExecuteChangeSet,
    RollbackStack,
    Seen,
    Stack,
)
from rollback.stack.states import STATES, State, in_progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollback.clock import Clock
    from rollback.moves import Done, Move
    from rollback.progress import Progress
    from rollback.stack.client import CloudFormation
    from rollback.stack.restore import Restore

EVENTS_EVERY = 10.0
"""Seconds between two looks at the events of a stack whose status stays the same."""

_MOST_EVENTS = 5_000
_DEEPEST_NESTING = 5

_RESTORABLE = frozenset({State.UPDATED, State.FIRST, State.REVERTED, State.FAILED_IN_PLACE})


@dataclass(frozen=True)
class Wishes:
    """What the user asked for, as far as a stack is concerned."""

    region: str
    run: str
    skip: tuple[str, ...] = ()
    role_arn: str | None = None
    allow_destructive: bool = False


@dataclass(frozen=True)
class _Write:
    """A write of ours in this process: the attempt, and when it was made (monotonic seconds)."""

    attempt: Attempt
    at: float


class StackPart:
    """Drives one stack to the last known good. Acts on the root where the stack is nested."""

    def __init__(  # noqa: PLR0913, PLR0917 - the composition root names them all
        self,
        name: str,
        wishes: Wishes,
        door: CloudFormation,
        clock: Clock,
        progress: Progress,
        restore: Restore | None = None,
    ) -> None:
        self.name = name
        self.wishes = wishes
        self.stack: Stack | None = None
        self.status_before = ""
        self.seen: Seen | None = None
        self.events: list[Event] = []
        self.actions: list[str] = []
        self.skipped: tuple[str, ...] = ()
        self.wrote = False
        self.root_cause: Event | None = None
        self._door = door
        self._clock = clock
        self._progress = progress
        self._restore = restore
        self._writes: list[_Write] = []
        self._events_read_at = float("-inf")
        self._events_denied = False
        self._said = ""
        self._rested_at = clock.monotonic()
        self._usual_seconds: float | None = None

    @property
    def label(self) -> str:
        """Return how progress lines name this part."""
        return f"stack {self.stack.name if self.stack else self.name}"

    @property
    def _tokens(self) -> tokens.Tokens:
        return tokens.Tokens(self.wishes.run, self.stack.id if self.stack else self.name)

    # --- observe ---------------------------------------------------------------------------------------------------

    def observe(self) -> Seen:
        """Look at the stack, and at its events where something moved or only they can tell."""
        described = self._described()
        if described is None:
            self.seen = Seen(name=self.name, status=None, region=self.wishes.region)
            return self.seen
        before, self.stack = self.stack, described
        self._note_other_status(described.status)
        attempt = self._last_attempt()
        moved = before is None or before.status != described.status
        unshown = attempt is not None and attempt.status_before == described.status
        due = in_progress(described.status) and self._clock.monotonic() - self._events_read_at >= EVENTS_EVERY
        if moved or unshown or due:
            self._read_events()
        if before is None:
            self._adopt(described.status)
            attempt = self._last_attempt()
        status, certain = evidence.believed(described.status, attempt, self.events)
        if certain:
            self.status_before = self.status_before or status
            self._say_status(status, described.status_reason if status == described.status else "")
        self.seen = self._as_seen(status, certain=certain)
        return self.seen

    def decide(self, seen: Seen) -> Move:
        """Return the next move (pure, see `rollback.stack.decide`)."""
        return decisions.decide(seen)

    def timed_out(self, waiting_for: str) -> Done:
        """Return how the stack ends when the waiting does."""
        return decisions.timed_out(self.seen, self.name, self.wishes.region, waiting_for)

    def _described(self) -> Stack | None:
        if self.stack:  # the id is pinned after the first look: a name can be taken by another stack
            return self._door.describe(self.stack.id)
        stack = self._door.describe(self.name)
        if stack and stack.root_id and stack.root_id != stack.id:
            self._progress.tell(f"stack {self.name}", "is nested: acting on its root stack")
            stack = self._door.describe(stack.root_id)
        return stack

    def _note_other_status(self, status: str) -> None:
        if self._writes and status != self._writes[-1].attempt.status_before:
            last = self._writes[-1]
            self._writes[-1] = replace(last, attempt=replace(last.attempt, other_status_seen=True))

    def _last_attempt(self) -> Attempt | None:
        if not self._writes:
            return None
        last = self._writes[-1]
        return replace(last.attempt, seconds_ago=self._clock.monotonic() - last.at)

    def _adopt(self, described: str) -> None:
        """Know a killed run's work by its token: what it started may not show in DescribeStacks yet."""
        newest = next((event for event in self.events if event.is_stack_level), None)
        if newest is None or not tokens.step_of(newest.token):
            return
        step = tokens.step_of(newest.token)
        if in_progress(newest.status):
            self._progress.tell(self.label, "a rollback by this action is already under way: adopting it")
            self._writes.append(_Write(Attempt(step, newest.token, described), self._clock.monotonic()))

    def _read_events(self) -> None:
        if self._events_denied or self.stack is None:
            return
        known = self.events[0].id if self.events else None

        def enough(found: object) -> bool:
            events: list[Event] = found  # type: ignore[assignment]
            if known is not None:
                return any(event.id == known for event in events)
            return evidence.reaches_back(events) or len(events) >= _MOST_EVENTS

        try:
            read = self._door.events(self.stack.id, enough)
        except Denied as trouble:
            self._events_denied = True
            self._progress.detail(self.label, f"going on without events: {trouble.what}")
            return
        self._events_read_at = self._clock.monotonic()
        fresh = read[: next((n for n, event in enumerate(read) if event.id == known), len(read))]
        if known is not None:
            for event in reversed(fresh):
                reason = f" ({event.reason})" if event.reason else ""
                self._progress.detail(self.label, f"{event.status} {event.logical_id}{reason}")
        self.events = [*fresh, *self.events][:_MOST_EVENTS]

    def _say_status(self, status: str, reason: str) -> None:
        if status != self._said:
            self._said = status
            self._rested_at = self._clock.monotonic()
            if self._restore:
                self._restore.forget()
            self._progress.tell(self.label, f"{status}{f' ({reason})' if reason else ''}")

    def _as_seen(self, status: str, *, certain: bool) -> Seen:
        newest = next((event for event in self.events if event.is_stack_level), None)
        attempts = self._attempts()
        restores = [one for one in attempts if one.step == tokens.RESTORE and not (one.rejection or one.unclear)]
        executed = any(not one.earlier for one in restores)
        state = STATES.get(status)
        seen = Seen(
            name=self.stack.name if self.stack else self.name,
            status=status,
            certain=certain,
            attempts=attempts,
            moved=self.status_before != "UPDATE_ROLLBACK_COMPLETE",
            restoring=executed or (newest is not None and restoring.adopts(newest.token)),
            restore_rolled_back=bool(restores) and state is State.REVERTED,
            restore_executed=executed,
            at_rest_for=self._clock.monotonic() - self._rested_at,
            ends_in=self._ends_in(),
            restored_before=bool(restores) and state is State.UPDATED,
            skip=self.wishes.skip,
            skipped=self.skipped,
            stuck=evidence.stuck_resources(self.events),
            allow_destructive=self.wishes.allow_destructive,
            region=self.wishes.region,
        )
        if self._restore and self.stack and certain and state in _RESTORABLE:
            if executed:
                self._restore.forget()
            return replace(seen, restore=self._restore.view(self.stack, self._tokens.change_set()))
        return seen

    def _ends_in(self) -> float | None:
        """Return in how many seconds the operation under way should end: as long as the last one that is known took."""
        self._usual_seconds = evidence.usual_seconds(self.events) or self._usual_seconds
        if self._usual_seconds is None:
            return None
        return self._usual_seconds - (self._clock.monotonic() - self._rested_at)

    def _attempts(self) -> tuple[Attempt, ...]:
        """Return our attempts of this process and those a killed run left in the newest operation's events."""
        happened = {event.token for event in evidence.operation(self.events) if event.token}
        own = [
            replace(write.attempt, unclear="") if write.attempt.token in happened else write.attempt
            for write in self._writes
        ]
        left = sorted(token for token in happened - {attempt.token for attempt in own} if self._ours(token))
        return (*(Attempt(tokens.step_of(token), token, "", earlier=True) for token in left), *own)

    def _ours(self, token: str) -> bool:
        return bool(token) and self._tokens.made(token, tokens.step_of(token) or "-")

    # --- perform ---------------------------------------------------------------------------------------------------

    def perform(self, move: Move) -> None:
        """Make the move. A rejection by AWS is remembered: the next look decides again."""
        if self.stack is None:
            raise TypeError("a stack is observed before it is moved")
        stack_id = self.stack.id
        self.wrote = True
        self.actions.append(move.says)
        self._progress.tell(self.label, move.says)
        match move:
            case CancelUpdate():
                token = self._tokens.make(tokens.CANCEL)
                self._write(tokens.CANCEL, token, lambda: self._door.cancel_update(stack_id, token))
            case ContinueRollback(attempt, skip):
                token = self._tokens.make(tokens.CONTINUE, attempt)
                role = self.wishes.role_arn
                self._write(tokens.CONTINUE, token, lambda: self._door.continue_rollback(stack_id, token, skip, role))
                self.skipped = skip or self.skipped
            case RollbackStack():
                token = self._tokens.make(tokens.ROLLBACK)
                role = self.wishes.role_arn
                self._write(tokens.ROLLBACK, token, lambda: self._door.roll_back(stack_id, token, role))
            case CreateChangeSet() if self._restore:
                self._restore.create_change_set(self.stack, self._tokens.change_set(), self.wishes.role_arn)
            case DropChangeSet() if self._restore:
                self._restore.drop_unneeded(self.stack, self._tokens.change_set())
            case ExecuteChangeSet():
                token = self._tokens.make(tokens.RESTORE)
                name = self._tokens.change_set()
                self._write(tokens.RESTORE, token, lambda: self._door.execute_change_set(stack_id, name, token))
                self._said = ""  # even where the same status follows, it is another state that is at rest then
            case _:
                raise TypeError(f"a stack knows no move {move!r}")

    def _write(self, step: str, token: str, call: Callable[[], None]) -> None:
        before = self.seen.status if self.seen and self.seen.status else ""
        # Recorded before the call: a signal in the middle of it must not make us forget it.
        self._writes.append(_Write(Attempt(step, token, before, unclear="interrupted"), self._clock.monotonic()))
        try:
            call()
        except Rejected as rejection:
            self._progress.tell(self.label, f"AWS says no: {rejection.message}; looking again")
            self._answered(rejection=rejection.message)
        except (Throttled, Denied):
            self._writes.pop()
            raise
        except (Busy, Unreadable) as trouble:
            # Nobody knows whether it took effect: the events will tell, and the token makes repeating it harmless.
            self._answered(unclear=trouble.what)
        else:
            self._answered()

    def _answered(self, *, rejection: str = "", unclear: str = "") -> None:
        last = self._writes[-1]
        self._writes[-1] = replace(last, attempt=replace(last.attempt, rejection=rejection, unclear=unclear))

    def find_root_cause(self) -> None:
        """Find the first failure of the newest operation; where a nested stack failed, its own events tell it."""
        cause = evidence.root_cause(self.events)
        for _ in range(_DEEPEST_NESTING):
            self.root_cause = cause or self.root_cause
            if cause is None or cause.type != STACK_TYPE or not cause.physical_id:
                return
            try:
                cause = evidence.root_cause(self._door.events(cause.physical_id, evidence.reaches_back))
            except AwsTrouble:
                return

    def stays_behind(self) -> tuple[str, ...]:
        """Return what a restore can't bring back, a sentence each."""
        return self._restore.stays_behind() if self._restore else ()

    def drop_change_set(self) -> None:
        """Delete our change set if it is still there: called on every way out."""
        if self._restore and self.stack and not (self.seen and self.seen.restore_executed):
            try:
                self._restore.drop(self.stack, self._tokens.change_set())
            except AwsTrouble as trouble:
                self._progress.tell(
                    self.label, f"our change set {self._tokens.change_set()} stays behind: {trouble.what}"
                )
