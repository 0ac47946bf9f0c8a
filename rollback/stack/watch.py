"""A stack's events as they happen: read no further back than the last one seen, told in the log, asked for causes."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from rollback.engine.trouble import AwsTrouble, Denied
from rollback.stack import evidence
from rollback.stack.model import STACK_TYPE, Event

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rollback.engine.clock import Clock
    from rollback.engine.progress import Progress
    from rollback.stack.client import CloudFormation

EVENTS_EVERY, EVENTS_EVERY_AT_MOST = 10.0, 40.0
"""Seconds between two looks at the events of a stack whose status stays the same; they double while there are none."""

_MOST_EVENTS = 5_000
_DEEPEST_NESTING = 5


class EventWatch:
    """The newest operation's events, newest first, and what they tell. They stay empty where reading them is denied."""

    def __init__(self, door: CloudFormation, clock: Clock, progress: Progress) -> None:
        self.events: list[Event] = []
        self._door = door
        self._clock = clock
        self._progress = progress
        self._read_at: float | None = None
        self._gap = EVENTS_EVERY
        self._denied = False
        self._cause: Event | None = None

    @property
    def is_due(self) -> bool:
        """Return whether enough time has passed to look for new ones."""
        return self._read_at is None or self._clock.monotonic() - self._read_at >= self._gap

    @property
    def newest_of_stack(self) -> Event | None:
        """Return the newest event about the stack itself, or None."""
        return next((event for event in self.events if event.is_stack_level), None)

    def read(self, stack_id: str, label: str) -> None:
        """Read what is new and tell it in the log. Raises AwsTrouble, but not for a missing permission."""
        if self._denied:
            return
        known = self.events[0].id if self.events else None

        def enough(found: Sequence[Event]) -> bool:
            if known is not None:
                return any(event.id == known for event in found)
            return evidence.reaches_back(found) or len(found) >= _MOST_EVENTS

        try:
            read = self._door.events(stack_id, enough)
        except Denied as trouble:
            self._denied = True
            self._progress.detail(label, f"going on without events: {trouble.what}")
            return
        self._read_at = self._clock.monotonic()
        fresh = read[: next((n for n, event in enumerate(read) if event.id == known), len(read))]
        if known is not None:
            for event in reversed(fresh):
                reason = f" ({event.reason})" if event.reason else ""
                self._progress.detail(label, f"{event.status} {event.logical_id}{reason}")
        self._gap = EVENTS_EVERY if fresh else min(self._gap * 2, EVENTS_EVERY_AT_MOST)
        self.events = [*fresh, *self.events][:_MOST_EVENTS]

    @property
    def root_cause(self) -> Event | None:
        """Return the first failure of the newest operation, as far as it is known."""
        return self._cause or evidence.root_cause(self.events)

    def find_root_cause(self) -> None:
        """Look for the root cause in the events of the nested stack that failed, where one did."""
        cause = evidence.root_cause(self.events)
        for _ in range(_DEEPEST_NESTING):
            self._cause = cause or self._cause
            if cause is None or cause.type != STACK_TYPE or cause.is_stack_level or not cause.physical_id:
                return
            cause = evidence.root_cause(self._events_of(cause.physical_id))

    def stuck(self) -> tuple[str, ...]:
        """Return what a skip list would name; a nested stack's resources in CloudFormation's form: Stack.Resource."""
        return tuple(self._stuck(self.events, "", _DEEPEST_NESTING))

    def _stuck(self, events: Sequence[Event], inside: str, deeper: int) -> Iterator[str]:
        for name in evidence.stuck_resources(events):
            about = [event for event in events if event.logical_id == name and not event.is_stack_level]
            newest = about[0]
            # A nested stack is itself skipped only where it is being deleted (ResourcesToSkip of CloudFormation's API).
            if newest.type != STACK_TYPE or newest.status.startswith("DELETE_"):
                yield f"{inside}{name}"
                continue
            # Its oldest event, from before it was made, has no id yet.
            nested_id = next((event.physical_id for event in about if "/" in event.physical_id), "")
            if deeper and nested_id:
                yield from self._stuck(self._events_of(nested_id), f"{nested_id.split('/')[1]}.", deeper - 1)

    def _events_of(self, stack_id: str) -> Sequence[Event]:
        with suppress(AwsTrouble):
            return self._door.events(stack_id, evidence.reaches_back)
        return ()
