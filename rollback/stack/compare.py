"""Pure: does a stack equal its snapshot, and what of it can't be brought back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rollback.stack.model import Stack
    from rollback.stack.record import NestedSnapshot, StackSnapshot


def differences(stack: Stack, template: str, snapshot: StackSnapshot) -> tuple[str, ...]:
    """Return what differs, a word each: the template (byte for byte), parameters, tags. Empty: they are equal.

    NoEcho values can't be read, so they never count; an SSM parameter counts by the name it stores.
    """
    found = ["the template"] if template != snapshot.template else []
    recorded = {name: None if parameter.no_echo else parameter.value for name, parameter in snapshot.parameters.items()}
    found += [
        f"parameter {name}"
        for name in sorted(recorded.keys() | stack.parameters.keys())
        if name not in recorded
        or name not in stack.parameters
        or (recorded[name] is not None and recorded[name] != stack.parameters[name].value)
    ]
    now = dict(stack.tags)
    found += [
        f"tag {key}" for key in sorted(snapshot.tags.keys() | now.keys()) if snapshot.tags.get(key) != now.get(key)
    ]
    return tuple(found)


def settings(stack: Stack, snapshot: StackSnapshot) -> tuple[str, ...]:
    """Return which settings differ that a restore sends along, a word each."""
    found = []
    if triggers(stack.rollback_configuration) != triggers(snapshot.rollback_configuration):
        found.append("the rollback configuration")
    if sorted(stack.notification_arns) != sorted(snapshot.notification_arns):
        found.append("the notification topics")
    return tuple(found)


def triggers(configuration: Mapping[str, object]) -> dict[str, Any]:
    """Return a rollback configuration as it is sent: an empty list of triggers removes those that are there."""
    return {
        "RollbackTriggers": configuration.get("RollbackTriggers") or [],
        "MonitoringTimeInMinutes": configuration.get("MonitoringTimeInMinutes") or 0,
    }


def left_alone(stack: Stack, policy: str | None, snapshot: StackSnapshot) -> tuple[str, ...]:
    """Return a sentence for each setting that differs and that no restore touches; `policy` is None if unread."""
    said = []
    if stack.role_arn != snapshot.role_arn:
        then, now = snapshot.role_arn or "none", stack.role_arn or "none"
        said.append(f"the stack's service role is {now}, in the snapshot {then}: a restore leaves it (see role-arn).")
    if snapshot.stack_policy is None:
        said.append("the stack policy was not recorded, so it was not compared.")
    elif policy is None:
        said.append("the stack policy could not be read (cloudformation:GetStackPolicy), so it was not compared.")
    elif _plain(policy) != _plain(snapshot.stack_policy):
        said.append("the stack policy is another one than in the snapshot: a restore leaves it.")
    return tuple(said)


def behind(
    stack: Stack, processed: str | None, nested: Sequence[NestedSnapshot] | None, snapshot: StackSnapshot
) -> tuple[str, ...]:
    """Return a sentence for each thing behind an equal text that is another one now.

    `processed` and `nested` are as they are now, None where the snapshot has nothing to hold them against.
    What could not be read then or now is no difference: see `uncompared`.
    """
    said = [
        f"SSM parameter {parameter.value} (stack parameter {name}) has another value than when the snapshot was taken: "
        "a restore takes the one that SSM has by then."
        for name, parameter in snapshot.parameters.items()
        if parameter.resolved is not None
        and (now := stack.parameters.get(name)) is not None
        and now.value == parameter.value
        and now.resolved != parameter.resolved
    ]
    if processed is not None and _plain(processed) != _plain(snapshot.processed_template):
        said.append("the template's transforms give another result than when the snapshot was taken.")
    if nested is not None:
        said += _nested(nested, snapshot)
    return tuple(said)


def _nested(nested: Sequence[NestedSnapshot], snapshot: StackSnapshot) -> list[str]:
    then = {one.path: one.digest for one in snapshot.nested}
    now = {one.path: one.digest for one in nested}
    other = sorted(path for path in then.keys() | now.keys() if then.get(path, "-") != now.get(path, "-"))
    return [
        f"nested stack {path} has another template than when the snapshot was taken: a restore takes what lies behind "
        "its URL by then."
        for path in other
        if then.get(path, "-") and now.get(path, "-")
    ]


def uncompared(nested: Sequence[NestedSnapshot] | None, snapshot: StackSnapshot) -> tuple[str, ...]:
    """Return a sentence about the nested templates that could not be compared; none where all could."""
    both = (*nested, *snapshot.nested) if nested else ()
    unread = ", ".join(sorted({one.path for one in both if not one.digest}))
    ambiguous = ", ".join(sorted({one.path for one in both if one.ambiguous}))
    said = []
    if unread:
        needs = "cloudformation:GetTemplate and cloudformation:ListStackResources"
        said.append(f"the templates of nested stacks {unread} could not be read ({needs}), so they were not compared.")
    if ambiguous:
        said.append(
            f"the templates of nested stacks {ambiguous} hold `?`, which CloudFormation answers for any character "
            "beyond ASCII: as far as that goes they were not compared."
        )
    return tuple(said)


def _plain(text: str) -> Any:
    """Return what a text says, whatever its white space; a text that can't be read as data is compared as it is."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text.strip()


def secrets_lost(stack: Stack, snapshot: StackSnapshot) -> tuple[str, ...]:
    """Return the NoEcho parameters that the snapshot has and the stack no longer: nobody can tell their values."""
    return tuple(
        name for name, parameter in snapshot.parameters.items() if parameter.no_echo and name not in stack.parameters
    )


def secrets(snapshot: StackSnapshot) -> tuple[str, ...]:
    """Return the NoEcho parameters, whose values nobody can compare and no restore can bring back."""
    return tuple(name for name, parameter in snapshot.parameters.items() if parameter.no_echo)
