"""What a stack's tests are given, each thing with the usual for whatever isn't said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from rollback.stack.changes import Change, ChangeSet
from rollback.stack.model import STACK_TYPE, Attempt, Event, Parameter, RestoreView, Seen, Stack
from rollback.stack.record import StackSnapshot

STACK_ID = "arn:aws:cloudformation:us-west-2:123456789012:stack/shop/4a37fa2d-f2d7-440f-8785-9faeecc3f80c"
BEGINNING = datetime(2025, 12, 3, tzinfo=UTC)
TEMPLATE = '{"Resources": {"Orders": {"Type": "AWS::DynamoDB::Table"}}}'


def seen(status: str | None = "UPDATE_COMPLETE", **facts: Any) -> Seen:
    return Seen(**{"name": "shop", "status": status, "region": "us-west-2", "moved": True, **facts})


def attempt(step: str, **facts: Any) -> Attempt:
    return Attempt(**{"step": step, "token": f"token-{step}", "status_before": "UPDATE_IN_PROGRESS", **facts})


def stack(**facts: Any) -> Stack:
    return Stack(**{"name": "shop", "id": STACK_ID, "status": "UPDATE_COMPLETE", **facts})


def parameters(**values: str) -> dict[str, Parameter]:
    return {name: Parameter(value) for name, value in values.items()}


def record(**facts: Any) -> StackSnapshot:
    return StackSnapshot(**{"name": "shop", "id": STACK_ID, "status": "UPDATE_COMPLETE", "template": TEMPLATE, **facts})


def change(action: str, type_: str = "AWS::DynamoDB::Table", **facts: Any) -> Change:
    return Change(action=action, logical_id="Orders", type=type_, **facts)


def change_set(*changes: Change, **facts: Any) -> ChangeSet:
    ready = {"status": "CREATE_COMPLETE", "execution_status": "AVAILABLE"}
    return ChangeSet(**{"name": "rollback-action-1", **ready, "changes": changes, **facts})


def view(**facts: Any) -> RestoreView:
    return RestoreView(**{"differences": ("the template",), **facts})


class History:
    """A stack's events as they happen; `newest_first` is how CloudFormation lists them."""

    def __init__(self) -> None:
        self._events: list[Event] = []

    def of_stack(self, status: str, token: str = "", reason: str = "") -> History:
        return self._add("shop", STACK_ID, STACK_TYPE, status, reason, token)

    def of(
        self, logical_id: str, status: str, reason: str = "", type_: str = "AWS::SNS::Topic", physical_id: str = ""
    ) -> History:
        return self._add(logical_id, physical_id or f"physical-{logical_id}", type_, status, reason, "")

    @property
    def newest_first(self) -> list[Event]:
        return list(reversed(self._events))

    def _add(self, logical_id: str, physical_id: str, type_: str, status: str, reason: str, token: str) -> History:
        number = len(self._events) + 1
        self._events.append(
            Event(
                id=f"event-{number}",
                at=BEGINNING + timedelta(seconds=number),
                stack_id=STACK_ID,
                logical_id=logical_id,
                physical_id=physical_id,
                type=type_,
                status=status,
                reason=reason,
                token=token,
            )
        )
        return self
