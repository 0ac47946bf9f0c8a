"""Pure: does a stack equal its snapshot, and what of it can't be brought back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rollback.stack.model import Stack
    from rollback.stack.record import StackSnapshot


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


def secrets_lost(stack: Stack, snapshot: StackSnapshot) -> tuple[str, ...]:
    """Return the NoEcho parameters that the snapshot has and the stack no longer: nobody can tell their values."""
    return tuple(
        name for name, parameter in snapshot.parameters.items() if parameter.no_echo and name not in stack.parameters
    )


def kept_values(stack: Stack, snapshot: StackSnapshot) -> tuple[str, ...]:
    """Return a sentence for each value that a restore can't bring back."""
    secrets = [name for name, parameter in snapshot.parameters.items() if parameter.no_echo]
    said = []
    if secrets:
        said.append(
            f"NoEcho parameter(s) {', '.join(secrets)} keep the failed deployment's value: CloudFormation "
            f"tells nobody the "
            "earlier one."
        )
    for name, parameter in snapshot.parameters.items():
        now = stack.parameters.get(name)
        if parameter.resolved is not None and now and now.resolved is not None and now.resolved != parameter.resolved:
            said.append(
                f"SSM parameter {parameter.value} (stack parameter {name}) has another value than when the "
                f"snapshot was "
                "taken: the stack uses today's."
            )
    return tuple(said)
