"""One stack, as the reconcile loop drives it: `observe` and `perform` join the pure decisions and the door."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from rollback.engine.actions import Actions
from rollback.engine.reconcile import Patience, patiently
from rollback.engine.trouble import AwsTrouble, Busy, Rejected, Throttled, Unreadable
from rollback.stack import decide as decisions
from rollback.stack import evidence, guard, restoring, tokens
from rollback.stack.journal import Journal
from rollback.stack.model import (
    CancelUpdate,
    ContinueRollback,
    CreateChangeSet,
    DropChangeSet,
    ExecuteChangeSet,
    Readopt,
    RollbackStack,
    Seen,
    Stack,
)
from rollback.stack.states import STATES, State, in_progress
from rollback.stack.watch import EventWatch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rollback.engine.clock import Clock
    from rollback.engine.moves import Done, Move
    from rollback.engine.progress import Progress
    from rollback.report.model import Notice
    from rollback.stack.client import CloudFormation
    from rollback.stack.guard import Verdict
    from rollback.stack.model import RestoreView
    from rollback.stack.restore import Restore

_TO_DROP = Patience(timeout=60.0, longest_gap=5.0)
_RESTORABLE = frozenset({State.UPDATED, State.FIRST, State.REVERTED, State.FAILED_IN_PLACE})


@dataclass(frozen=True)
class Wishes:
    """What the user asked for, as far as a stack is concerned."""

    region: str
    run: str
    earlier_runs: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    role_arn: str | None = None
    allow_destructive: bool = False


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
        self.watch = EventWatch(door, clock, progress)
        self.actions = Actions()
        self.skipped: tuple[str, ...] = ()
        self._door = door
        self._clock = clock
        self._progress = progress
        self._restore = restore
        self._journal = Journal(clock)
        self._looked = False
        self._said = ""
        self._rested_at = clock.monotonic()
        self._usual_seconds: float | None = None
        self._stuck: tuple[str, ...] | None = None
        self._making_since: float | None = None

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
        self._journal.saw(described.status)
        attempt = self._journal.last
        moved = not self._looked or before is None or before.status != described.status
        unshown = attempt is not None and attempt.status_before == described.status
        if moved or unshown or (in_progress(described.status) and self.watch.is_due):
            self._looked = False
            self.watch.read(described.id, self.label)
            if attempt is None:
                self._adopt(described.status)
        self._looked = True
        attempt = self._journal.last
        if attempt and any(event.token == attempt.token for event in self.watch.events):
            self.actions.certain()
        status, certain = evidence.believed(described.status, attempt, self.watch.events)
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
        last = self._journal.last
        if last and last.unclear and last.unclear not in waiting_for:
            waiting_for = f"{waiting_for} ({last.unclear})"
        return decisions.timed_out(self.seen, self.name, self.wishes.region, waiting_for)

    def _described(self) -> Stack | None:
        if self.stack:  # the id is pinned after the first look: a name can be taken by another stack
            return self._door.describe(self.stack.id)
        stack = self._door.describe(self.name)
        if stack and stack.root_id and stack.root_id != stack.id:
            self._progress.tell(f"stack {self.name}", "is nested: acting on its root stack")
            stack = self._door.describe(stack.root_id)
        return stack

    def _adopt(self, described: str) -> None:
        """Know a killed run's work by its token: what it started may not show in DescribeStacks yet."""
        newest = self.watch.newest_of_stack
        if newest and tokens.step_of(newest.token) and in_progress(newest.status):
            self._progress.tell(self.label, "a rollback by this action is already under way: adopting it")
            self._journal.adopt(newest.token, described)

    def _say_status(self, status: str, reason: str) -> None:
        if status != self._said:
            self._said = status
            self._rested_at = self._clock.monotonic()
            self._stuck = None
            if self._restore:
                self._restore.forget()
            self._progress.tell(self.label, f"{status}{f' ({reason})' if reason else ''}")

    def _as_seen(self, status: str, *, certain: bool) -> Seen:
        newest = self.watch.newest_of_stack
        attempts = self._journal.attempts(self.watch.events, self._tokens)
        restores = [one for one in attempts if one.step == tokens.RESTORE and not (one.rejection or one.unclear)]
        executed = any(not one.earlier for one in restores)
        continued = [one for one in attempts if one.step == tokens.CONTINUE and not (one.rejection or one.unclear)]
        if len(continued) > 1:  # with a skip list, all but the first are made with it: a killed run's too
            self.skipped = self.skipped or self.wishes.skip
        state = STATES.get(status)
        seen = Seen(
            name=self.stack.name if self.stack else self.name,
            status=status,
            certain=certain,
            attempts=attempts,
            moved=state is State.REVERTED and self.status_before != status,
            restoring=executed or (newest is not None and restoring.adopts(newest.token)),
            restore_rolled_back=bool(restores) and state is State.REVERTED,
            restore_executed=executed,
            at_rest_for=self._clock.monotonic() - self._rested_at,
            ends_in=self._ends_in(),
            restored_before=bool(restores) and state is State.UPDATED,
            skip=self.wishes.skip,
            skipped=self.skipped,
            stuck=self._stuck_resources() if state is State.STUCK and certain else (),
            allow_destructive=self.wishes.allow_destructive,
            region=self.wishes.region,
        )
        if self._restore and self.stack and certain and state in _RESTORABLE:
            if executed:
                self._restore.forget()
            view = self._restore.view(self.stack, self.wishes.role_arn)
            return replace(seen, restore=view, making_for=self._making_for(view))
        return seen

    def _making_for(self, view: RestoreView) -> float:
        """Return for how long only the nested change sets have been in the making."""
        now = self._clock.monotonic()
        if not (view.change_set and view.change_set.is_ready and view.change_set.making):
            self._making_since = None
            return 0.0
        self._making_since = now if self._making_since is None else self._making_since
        return now - self._making_since

    def _stuck_resources(self) -> tuple[str, ...]:
        if self._stuck is None:
            self._stuck = self.watch.stuck()
        return self._stuck

    def _ends_in(self) -> float | None:
        """Return in how many seconds the operation under way should end: as long as the last known one took."""
        self._usual_seconds = evidence.usual_seconds(self.watch.events) or self._usual_seconds
        if self._usual_seconds is None:
            return None
        passed = self._clock.monotonic() - self._rested_at
        return evidence.left(self._usual_seconds, passed, cleanup=self._said.endswith("_CLEANUP_IN_PROGRESS"))

    # --- perform ---------------------------------------------------------------------------------------------------

    def perform(self, move: Move) -> None:
        """Make the move. A rejection by AWS is remembered: the next look decides again."""
        if self.stack is None:
            raise TypeError("a stack is observed before it is moved")
        self._progress.tell(self.label, move.says)
        try:
            with self.actions.doing(move):
                self._make(move, self.stack)
        except Rejected as rejection:
            self._progress.tell(self.label, f"AWS says no: {rejection.message}; looking again")
        except Throttled:
            raise
        except (Busy, Unreadable) as trouble:
            self._progress.tell(self.label, f"unclear whether it took effect, looking again: {trouble.what}")
            raise

    def _make(self, move: Move, stack: Stack) -> None:
        stack_id, role = stack.id, self.wishes.role_arn
        match move:
            case CancelUpdate():
                with self._writing(tokens.CANCEL) as token:
                    self._door.cancel_update(stack_id, token)
            case ContinueRollback(attempt, skip):
                self.skipped = skip or self.skipped
                with self._writing(tokens.CONTINUE, attempt) as token:
                    self._door.continue_rollback(stack_id, token, skip, role)
            case RollbackStack():
                with self._writing(tokens.ROLLBACK) as token:
                    self._door.roll_back(stack_id, token, role)
            case CreateChangeSet() if self._restore:
                self._restore.create_change_set(stack, self._tokens, role)
            case Readopt(instead) if self._restore:
                self._restore.readopt(stack, instead=instead)
            case DropChangeSet() if self._restore:
                self._restore.drop_unneeded(stack)
            case ExecuteChangeSet() if self._restore:
                self._said = ""  # even where the same status follows, it is another state that is at rest then
                failed = stack.status == "UPDATE_FAILED"
                for line in guard.removals(self.verdicts):
                    self._progress.detail(self.label, line)
                with self._writing(tokens.RESTORE) as token:
                    self._door.execute_change_set(stack.id, self._restore.change_set, token, from_failed=failed)
            case _:
                raise TypeError(f"a stack knows no move {move!r}")

    @contextmanager
    def _writing(self, step: str, attempt: int = 1) -> Iterator[str]:
        """Record the call made inside under its token, which is given."""
        before = self.seen.status if self.seen and self.seen.status else ""
        token = self._tokens.make(step, attempt, evidence.began(self.watch.events))
        after = self.watch.events[0].id if self.watch.events else ""
        with self._journal.writing(step, token, before, after):
            yield token

    def stays_behind(self) -> tuple[str, ...]:
        """Return what a restore can't bring back, a sentence each."""
        return self._restore.stays_behind() if self._restore else ()

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Return what the guard said of each change of the restore; empty where it was not asked."""
        return self._restore.verdicts if self._restore else ()

    @property
    def planned(self) -> tuple[str, ...]:
        """Return each change of the change set that was prepared, with the guard's verdict on it."""
        restore = self.seen.restore if self.seen else None
        return restoring.told(restore) if restore else ()

    def drop_prepared(self) -> None:
        """Delete the change set that a plan had made. A failure is told."""
        if self._restore is not None and self.stack is not None:
            try:
                patiently(partial(self._restore.drop, self.stack), _TO_DROP, self._clock)
            except AwsTrouble as trouble:
                self._progress.tell(self.label, f"our change set stays behind: {trouble.what}")

    @property
    def restore_notices(self) -> tuple[Notice, ...]:
        """Return what people must know of the restore that was prepared."""
        return self._restore.notices if self._restore else ()

    @property
    def _takes_the_restore(self) -> bool:
        seen = self.seen
        if seen is None or seen.status is None or not seen.restore_executed:
            return False
        return in_progress(seen.status) or STATES.get(seen.status) is State.UPDATED

    def drop_change_set(self) -> None:
        """Delete our change set, unless the stack is at work on it or came to rest with it: on every way out.

        So are those that earlier processes of this run left behind when they were killed.
        """
        if self._restore is None or self.stack is None or self._takes_the_restore:
            return
        runs = [tokens.Tokens(run, self.stack.id) for run in (self.wishes.run, *self.wishes.earlier_runs)]
        try:
            self._restore.drop(self.stack)
        except AwsTrouble as trouble:
            self._progress.tell(self.label, f"our change set {', '.join(self._restore.left)}: {trouble.what}")
        try:
            self._restore.drop_left(
                self.stack, runs, self.wishes.role_arn, lambda text: self._progress.tell(self.label, text)
            )
        except AwsTrouble as trouble:
            self._progress.detail(
                self.label, f"whether a killed run left a change set behind is not known: {trouble.what}"
            )
