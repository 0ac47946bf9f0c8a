"""What fails a whole operation although no resource failed: only the stack's own event tells it.

Rollback triggers (user guide, "Roll back your stack on alarm breach"), exports in use, imports of nothing, outputs
that can't be worked out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.cloudformation.model import Deployment, Stack
    from sandbox.cloudformation.template import Json, Value
    from sandbox.cloudformation.world import World


def at_start(world: World, stack: Stack) -> str | None:
    """Return why the operation can't go on at all: an alarm that is missing or rings, an import of nothing."""
    missing = [arn for arn in _triggers(stack) if world.outside.alarm(arn) is None]
    if missing:
        return f"The following rollback trigger(s) could not be found: [{', '.join(missing)}]. "
    known = {name for other in _neighbours(world, stack) for name in exports(other.outputs)}
    unknown = sorted(imports(stack.deployment) - known)
    if unknown:
        return f"No export named {unknown[0]} found. "
    return ringing(world, stack)


def ringing(world: World, stack: Stack) -> str | None:
    """Return why the operation is rolled back now: an alarm of its triggers is in ALARM."""
    loud = [arn for arn in _triggers(stack) if world.outside.alarm(arn) == "ALARM"]
    if loud:
        return f"The following rollback trigger(s) are in ALARM state: [{', '.join(loud)}]. "
    return None


def at_end(world: World, stack: Stack, outputs: list[Json]) -> str | None:
    """Return why the operation can't end with these outputs: an export that others use, or have; an order."""
    ordered = world.planned_failure("outputs", stack, "")
    if ordered is not None:
        return ordered
    new, old = exports(outputs), exports(stack.outputs)
    for name in sorted(old):
        if new.get(name) != old[name] and (users := users_of(world, stack, name)):
            verb = "updated" if name in new else "deleted"
            return f"Export {name} cannot be {verb} as it is in use by {' and '.join(users)}"
    for other in _neighbours(world, stack):
        if other is not stack and (twice := sorted(new.keys() & exports(other.outputs).keys())):
            return f"Export with name {twice[0]} is already exported by stack {other.name}. "
    return None


def at_deletion(world: World, stack: Stack) -> str | None:
    """Return why the stack can't be deleted: another one uses what it exports."""
    for name in sorted(exports(stack.outputs)):
        if users := users_of(world, stack, name):
            return f"Export {name} cannot be deleted as it is in use by {' and '.join(users)}"
    return None


def exports(outputs: list[Json]) -> dict[str, str]:
    """Return the exported values of some outputs, by export name."""
    return {item["ExportName"]: item["OutputValue"] for item in outputs if "ExportName" in item}


def users_of(world: World, stack: Stack, name: str) -> list[str]:
    """Return the names of the other stacks that import this export."""
    return sorted(
        item.name for item in _neighbours(world, stack) if item is not stack and name in imports(item.deployment)
    )


def imports(made: Deployment | None) -> set[str]:
    """Return the names of the exports that a deployment imports."""
    if made is None:
        return set()
    used = [wanted.properties for wanted in made.desired.values()]
    return set(_imported([*used, made.template.get("Outputs") or {}]))


def _imported(value: Value) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _imported(item)
    elif isinstance(value, dict):
        name = value.get("Fn::ImportValue")
        if isinstance(name, str):
            yield name
        for item in value.values():
            yield from _imported(item)


def _neighbours(world: World, stack: Stack) -> Iterator[Stack]:
    for item in world.stacks.values():
        if (item.region, item.account) == (stack.region, stack.account) and item.status != "DELETE_COMPLETE":
            yield item


def _triggers(stack: Stack) -> list[str]:
    """Return the ARNs of the alarms that are watched; a nested stack's own configuration is not."""
    if stack.deployment is None or stack.parent is not None:
        return []
    return [item["Arn"] for item in stack.deployment.rollback_configuration.get("RollbackTriggers") or []]
