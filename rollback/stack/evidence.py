"""Pure: which status of a stack to believe, and why its deployment failed.

DescribeStacks is eventually consistent: after a write of ours the status seen before it is no evidence, in progress or
not. Then the newest stack-level event with our token decides, or any other status seen since.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rollback.stack import tokens
from rollback.stack.model import STACK_TYPE, Attempt, Event
from rollback.stack.states import in_progress

if TYPE_CHECKING:
    from collections.abc import Sequence

Enough = Callable[["Sequence[Event]"], bool]
"""Says of the events read so far, newest first, whether they reach back far enough."""

STALE_SECONDS = 60.0
"""How long the status from before a write is taken for a stale read while no event speaks."""

UNCLEAR_SECONDS = 10.0
"""The same after a write whose answer got lost: its token makes repeating it harmless."""

_ROLLBACK_BEGUN = frozenset({"UPDATE_ROLLBACK_IN_PROGRESS", "ROLLBACK_IN_PROGRESS"})

_MOMENT, _CLEANUP_SECONDS = 0.5, 1.5
"""How soon a cleanup may end, and how long one takes at least where CloudFormation has something to delete."""


def believed(described: str, attempt: Attempt | None, events: Sequence[Event]) -> tuple[str, bool]:
    """Return the status to believe, and whether anything shows that our last write took effect.

    `events` are newest first. With no write of ours, what DescribeStacks says is all there is.
    """
    if attempt is None:
        return described, True
    if attempt.rejection and "current stack status" not in attempt.rejection.lower():
        return described, True
    stack_level = [event for event in events if event.is_stack_level]
    ours = next((event for event in stack_level if event.token == attempt.token), None) or _untold(attempt, events)
    if ours or attempt.rejection:
        # What came after our operation, somebody else's included, is newer evidence still.
        ours = stack_level[0] if stack_level else None
    if ours and not in_progress(ours.status) and (in_progress(described) or described == attempt.status_before):
        return ours.status, True
    if described != attempt.status_before:
        return described, True
    if ours and ours.status != described:
        return ours.status, True
    if attempt.other_status_seen and not ours:
        return described, True
    if ours and not attempt.rejection:
        return described, True
    return described, attempt.seconds_ago >= (UNCLEAR_SECONDS if attempt.unclear else STALE_SECONDS)


def _untold(attempt: Attempt, events: Sequence[Event]) -> Event | None:
    """Return what must be our operation's though its events carry no token: the stack's own, newer than our write.

    They have to show the operation's beginning: an event of the time before the write may only be listed late.
    """
    known = next((n for n, event in enumerate(events) if attempt.after and event.id == attempt.after), 0)
    newer = [event for event in events[:known] if event.is_stack_level and not event.token]
    begun = {"UPDATE_IN_PROGRESS"} if attempt.step == tokens.RESTORE else _ROLLBACK_BEGUN
    return newer[0] if any(event.status in begun for event in newer) else None


_BEGINNINGS = frozenset({"UPDATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "IMPORT_IN_PROGRESS"})
_ROLLBACKS = frozenset({"UPDATE_ROLLBACK_IN_PROGRESS", "ROLLBACK_IN_PROGRESS", "IMPORT_ROLLBACK_IN_PROGRESS"})


def begins(event: Event) -> bool:
    """Return whether an operation begins with `event`: the stack's own, and not a transform's that it reports later."""
    return event.is_stack_level and event.status in _BEGINNINGS and "transformation" not in event.reason.lower()


def operation(events: Sequence[Event]) -> list[Event]:
    """Return the newest operation's events, newest first: back to where the update or creation began.

    The rollback of an update belongs to it, also where it was cancelled or continued under another token.
    """
    beginning = next((n for n, event in enumerate(events) if begins(event)), len(events))
    return list(events[: beginning + 1])


def reaches_back(events: Sequence[Event]) -> bool:
    """Return whether `events` (newest first) hold the beginning of the newest operation."""
    return bool(events) and begins(operation(events)[-1])


def undone(events: Sequence[Event]) -> Sequence[Event]:
    """Return the events of the deployment being undone, newest first; empty where `events` don't reach back to it.

    It is the newest operation that no run of this action began: a restore that failed, or was rolled back, is work on
    that deployment and not another one.
    """
    rest = events
    while reaches_back(rest):
        newest = operation(rest)
        if tokens.step_of(newest[-1].token) != tokens.RESTORE:
            return newest
        rest = rest[len(newest) :]
    return ()


def restored(events: Sequence[Event]) -> Sequence[Event]:
    """Return the newest operation's events where a run of this action began it, to restore; else none."""
    newest = operation(events)
    ours = reaches_back(newest) and tokens.step_of(newest[-1].token) == tokens.RESTORE
    return newest if ours and forward(newest) == newest else ()


def forward(events: Sequence[Event]) -> Sequence[Event]:
    """Return those of an operation's events (newest first) that came before it was rolled back, if it was."""
    turned = [n for n, event in enumerate(events) if event.is_stack_level and event.status in _ROLLBACKS]
    return events[turned[-1] + 1 :] if turned else events


def began(events: Sequence[Event]) -> str:
    """Return the id of the event with which the newest operation began; empty where `events` don't reach back to it."""
    return operation(events)[-1].id if reaches_back(events) else ""


def root_cause(events: Sequence[Event]) -> Event | None:
    """Return the first failure of the newest operation, or None.

    Failures whose reason says "cancelled" are consequences; a nested stack's own failure counts only where nothing else
    failed (its events tell more). Where no resource failed, the stack's own event has the reason: an export in use, a
    rollback trigger, an output that can't be made.
    """
    failures = [
        event
        for event in reversed(operation(events))
        if event.status.endswith("_FAILED") and "cancelled" not in event.reason.lower() and not event.is_stack_level
    ]
    own = [event for event in failures if event.type != STACK_TYPE]
    return next(iter(own or failures), None) or _of_the_stack(events)


_CONSEQUENCES = ("cancel", "user initiated", "requested by user", "following resource(s) failed")


def _of_the_stack(events: Sequence[Event]) -> Event | None:
    turned = [
        event
        for event in reversed(operation(events))
        if event.is_stack_level and (event.status.endswith("_FAILED") or "ROLLBACK_IN_PROGRESS" in event.status)
    ]
    told = [event for event in turned if event.reason.strip()]
    return next((one for one in told if not any(text in one.reason.lower() for text in _CONSEQUENCES)), None)


def stuck_resources(events: Sequence[Event]) -> tuple[str, ...]:
    """Return the logical ids whose rollback failed in the newest operation: what a skip list would name.

    What failed in the update itself, or was rolled back in the end, is not stuck.
    """
    newest: dict[str, Event] = {}
    for event in _since_the_rollback_began(events):
        if not event.is_stack_level:
            newest.setdefault(event.logical_id, event)
    failed = {"UPDATE_FAILED", "DELETE_FAILED", "CREATE_FAILED"}
    return tuple(logical_id for logical_id, event in newest.items() if event.status in failed)


def _since_the_rollback_began(events: Sequence[Event]) -> Sequence[Event]:
    whole = operation(events)
    began = [
        n for n, event in enumerate(whole) if event.is_stack_level and event.status == "UPDATE_ROLLBACK_IN_PROGRESS"
    ]
    return whole[: began[-1]] if began else whole


def usual_seconds(events: Sequence[Event]) -> float | None:
    """Return how long the newest operation went forward: its rollback, or the next one, takes about as long.

    None where the events don't tell.
    """
    stack_level = [event for event in operation(events) if event.is_stack_level]
    if not stack_level or stack_level[-1].status not in {"UPDATE_IN_PROGRESS", "CREATE_IN_PROGRESS"}:
        return None
    begun = stack_level[-1].at
    turned = [event.at for event in stack_level[:-1] if event.status != stack_level[-1].status]
    return max((min(turned) - begun).total_seconds(), 1.0) if turned else None


def left(usual: float, passed: float, *, cleanup: bool) -> float:
    """Return in how many seconds the stack should come to rest, `passed` seconds after its status changed last.

    The later it is, the less is known. A cleanup follows on everything else, so that only in one is the end near.
    """
    if cleanup:
        return max(_MOMENT, passed / 8)
    late = passed - usual
    return max(-late, late / 8) + _CLEANUP_SECONDS
