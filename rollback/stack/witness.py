"""What the guard is told of: the events of each stack in a change set, the snapshot's record, what resources hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback.engine.trouble import Denied, Rejected
from rollback.stack import evidence, guard
from rollback.stack.changes import Change
from rollback.stack.guard import Past
from rollback.stack.model import STACK_TYPE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rollback.stack.changes import ChangeSet
    from rollback.stack.client import CloudFormation
    from rollback.stack.emptiness import Emptiness
    from rollback.stack.guard import Verdict
    from rollback.stack.model import Event
    from rollback.stack.record import StackSnapshot

_MOST_EVENTS = 20_000
"""How far back a stack's events are read; what lies further back can't be seen."""


class Witness:
    """Asks AWS what the guard has to know of one root stack's change set, and lets the guard judge."""

    def __init__(self, door: CloudFormation, emptiness: Emptiness, root_id: str, record: StackSnapshot) -> None:
        self._door = door
        self._emptiness = emptiness
        self._root_id = root_id
        self._recorded = {entry.logical_id: entry.physical_id for entry in record.resources}
        self._pasts: dict[str, Past] = {}
        self._listed: set[tuple[str, str]] = set()
        self._span: tuple[datetime, datetime | None] | None = None

    def verdicts(self, change_set: ChangeSet) -> tuple[Verdict, ...]:
        """Return the guard's verdict on each change, of the resources of removed nested stacks too. Raises AwsTrouble.

        Where no stateful resource is touched in a way that needs it, nothing is asked.
        """
        if not guard.needs_facts(change_set.changes):
            return guard.judge(change_set.changes, {}, {})
        self._pasts, self._listed = {}, {(change.stack_id, change.logical_id) for change in change_set.changes}
        self._look_at_root()
        changes: list[Change] = []
        waiting = list(change_set.changes)
        while waiting:
            change = waiting.pop(0)
            changes.append(change)
            self._look_at_nested(change.stack_id)
            waiting += self._inside(change)
        contents = {asked: self._emptiness.of(*asked) for asked in guard.to_read(changes, self._pasts)}
        return guard.judge(changes, self._pasts, contents)

    def _look_at_root(self) -> None:
        events = self._events(self._root_id, lambda found: bool(evidence.undone(found)))
        undone = evidence.undone(events)
        since = events[: events.index(undone[-1]) + 1] if undone else []
        newer = [event for event in since[: -len(undone)] if evidence.begins(event)] if undone else []
        self._span = (undone[-1].at, newer[-1].at if newer else None) if undone else None
        # A snapshot that lists nothing tells nothing.
        self._pasts[self._root_id] = guard.past(undone, since, self._recorded or None)

    def _look_at_nested(self, stack_id: str) -> Sequence[Event]:
        """Look at a nested stack: its part in the deployment being undone is what it did in that one's time."""
        if self._span is None or not stack_id or stack_id in self._pasts:
            return ()
        began, ended = self._span
        found = self._events(stack_id, lambda found: bool(found) and found[-1].at < began)
        since = [event for event in found if event.at >= began]
        undone = [event for event in since if ended is None or event.at < ended]
        self._pasts[stack_id] = guard.past(undone, since, None)
        return since

    def _events(self, stack_id: str, enough: evidence.Enough) -> Sequence[Event]:
        """Return the events back to where `enough` says; none where they can't be read or don't reach so far."""
        try:
            found = self._door.events(stack_id, lambda found: enough(found) or len(found) >= _MOST_EVENTS)
        except (Denied, Rejected):
            return ()
        return found if len(found) < _MOST_EVENTS or enough(found) else ()

    def _inside(self, change: Change) -> list[Change]:
        """Return what is in a nested stack that goes, or was in one that is made anew, as changes of their own."""
        if change.type != STACK_TYPE or change.action not in {"Add", "Remove"}:
            return []
        if change.action == "Remove":
            stack_id, found = change.physical_id, self._resources(change.physical_id)
        else:
            stack_id = self._pasts.get(change.stack_id, Past()).deleted_before(change.logical_id)
            found = self._gone(stack_id) if stack_id else []
        inside = [Change(change.action, "", "", stack_id=stack_id)] if found is None else found
        fresh = [one for one in inside if (stack_id, one.logical_id) not in self._listed]
        self._listed |= {(stack_id, one.logical_id) for one in fresh}
        return fresh

    def _resources(self, stack_id: str) -> list[Change] | None:
        """Return the removal of each resource of a nested stack; None where nobody can tell."""
        try:
            found = self._door.resources(stack_id) if stack_id else ()
        except (Denied, Rejected):
            return None
        return [
            Change("Remove", one.logical_id, one.type, physical_id=one.physical_id, stack_id=stack_id) for one in found
        ] or None

    def _gone(self, stack_id: str) -> list[Change] | None:
        """Return what was in a nested stack that was deleted, each to be made anew; None where nobody can tell."""
        gone = [
            event for event in self._look_at_nested(stack_id) if event.status in {"DELETE_COMPLETE", "DELETE_SKIPPED"}
        ]
        whole = any(event.is_stack_level for event in gone)
        inside = {event.logical_id: event for event in reversed(gone) if not event.is_stack_level}
        return [Change("Add", name, event.type, stack_id=stack_id) for name, event in inside.items()] if whole else None
