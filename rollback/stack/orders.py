"""Pure: a snapshot is an order. What it asks for beyond what the stack has, and whether it is a recent one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rollback.report.model import Command
from rollback.report.notices import Code, warning
from rollback.stack import tokens
from rollback.stack.states import in_progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rollback.report.model import Notice
    from rollback.stack.changes import Change
    from rollback.stack.model import Event

MOST_EVENTS = 1_000
"""How many events are read for the deployment before the failed one."""

_BEGINNINGS = frozenset({"UPDATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "IMPORT_IN_PROGRESS"})
_DEPLOYED = frozenset({"UPDATE_COMPLETE", "CREATE_COMPLETE", "IMPORT_COMPLETE"})
_PERMISSIONS = (
    "AWS::IAM::",
    "AWS::SSO::",
    "AWS::RolesAnywhere::",
    "AWS::Organizations::Policy",
    "AWS::Lambda::Permission",
    "AWS::Lambda::LayerVersionPermission",
    "AWS::S3::BucketPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::Cognito::IdentityPoolRoleAttachment",
    "AWS::SecretsManager::ResourcePolicy",
)
"""Types whose whole purpose is to say who may do what."""


def beyond(capabilities: Iterable[str], has: Iterable[str]) -> tuple[Notice, ...]:
    """Return the warning that a restore acknowledges more capabilities than the stack's newest deployment did."""
    more = sorted(set(capabilities) - set(has))
    if not more:
        return ()
    text = f"The restore acknowledges {', '.join(more)}, as the snapshot has it; the stack as it is now does not."
    return (warning(Code.RESTORE_CHANGES_PERMISSIONS, text, _CHECK),)


def permissions(changes: Iterable[Change]) -> tuple[Notice, ...]:
    """Return the warning that lists which permissions a restore changes."""
    listed = [
        f"{change.action.lower()} {change.logical_id} ({change.type})"
        for change in changes
        if change.type.startswith(_PERMISSIONS)
    ]
    if not listed:
        return ()
    more = f" and {len(listed) - _MOST} more" if len(listed) > _MOST else ""
    text = f"The restore changes permissions: {', '.join(listed[:_MOST])}{more}."
    return (warning(Code.RESTORE_CHANGES_PERMISSIONS, text, _CHECK),)


def older(taken_at: str, events: Sequence[Event]) -> tuple[Notice, ...]:
    """Return the warning that the snapshot is older than the deployment before the failed one; none if unknown."""
    before = deployment_before(events)
    taken = _moment(taken_at)
    if before is None or taken is None or taken >= before.at:
        return ()
    text = (
        f"The snapshot was taken at {taken_at}, before the deployment of {before.at.isoformat()} that came before the "
        "failed one: a restore goes back past that one, too."
    )
    cure = Command(purpose="Take a snapshot in each run, under a key of its own, or after each run's green tests")
    return (warning(Code.SNAPSHOT_OLD, text, cure),)


def deployment_before(events: Sequence[Event]) -> Event | None:
    """Return the event with which the last good deployment before the newest began; `events` are newest first."""
    ours = tokens.RESTORE
    deployments = [(begun, end) for begun, end in _operations(events) if tokens.step_of(begun.token) != ours]
    return next((begun for begun, end in deployments[1:] if end in _DEPLOYED), None)


def tells_enough(events: Sequence[Event]) -> bool:
    """Return whether no more events need to be read for `deployment_before`."""
    return len(events) >= MOST_EVENTS or deployment_before(events) is not None


def _operations(events: Sequence[Event]) -> Iterator[tuple[Event, str]]:
    """Yield each forward operation, newest first: the event with which it began, and the status it came to rest in."""
    end = ""
    for event in events:
        if not event.is_stack_level:
            continue
        if event.status in _BEGINNINGS:
            yield event, end
            end = ""
        elif not in_progress(event.status):
            end = end or event.status


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_MOST = 20
_CHECK = Command(purpose="Check that the snapshot is one of yours: whoever can write it decides what a restore deploys")
