"""Nested stacks: the parent's resource AWS::CloudFormation::Stack, and the stack behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sandbox.cloudformation.model import Deployment, Desired, Operation, Resource, Stack
from sandbox.errors import AwsError

if TYPE_CHECKING:
    from sandbox.cloudformation.template import Json
    from sandbox.cloudformation.world import World

End = Callable[[str | None], None]


def at_rest(stack: Stack, reason: str | None) -> None:
    """Tell the parent, if it waits, that the nested stack has come to rest; reason: why not as it should."""
    told, stack.on_rest = stack.on_rest, None
    if told is not None:
        told(reason)


def moved_on(stack: Stack, reason: str | None) -> None:
    """Tell the parent, if it waits, that the nested stack did what it was asked (None), or that it failed."""
    told, stack.on_forward = stack.on_forward, None
    if told is not None:
        told(reason)


def child_of(world: World, resource: Resource) -> Stack:
    """Return the stack behind a parent's resource."""
    return world.stacks[resource.physical_id]


def deployment(world: World, parent: Stack, child: Stack, wanted: Desired, inherited: Deployment | None) -> Deployment:
    """Return what the parent's template asks the nested stack to be; tags and capabilities are `inherited`.

    Raises AwsError, as for a stack of its own.
    """
    properties = wanted.properties
    physical = {name: item.physical_id for name, item in parent.resources.items()}
    request: Json = {
        "TemplateURL": properties.get("TemplateURL"),
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": _text(value, physical)}
            for key, value in (properties.get("Parameters") or {}).items()
        ],
        "Capabilities": list(inherited.capabilities if inherited else ()),
        "Tags": properties.get("Tags") or [],
    }
    built = world.builder.build(child, request, child.deployment)
    if inherited:
        built.tags.update(inherited.tags)
    return built


def _text(value: object, physical: dict[str, str]) -> str:
    if isinstance(value, list):
        return ",".join(_text(item, physical) for item in value)
    if isinstance(value, dict):
        if "Ref" in value:
            return physical.get(str(value["Ref"]), str(value["Ref"]))
        if "Fn::GetAtt" in value:
            logical_id, attribute = value["Fn::GetAtt"]
            return f"{physical.get(logical_id, logical_id)}.{attribute}"
    return str(value)


def create(world: World, parent: Stack, resource: Resource, end: End) -> None:
    """Create the stack behind a new resource; `end` hears None, or the reason of the failure."""
    from sandbox.cloudformation import forward  # noqa: PLC0415, they need each other

    name = f"{parent.name}-{resource.logical_id}-{world.unique()}"
    child = world.new_stack(name, parent.region, parent.account)
    child.parent, child.parent_logical_id = parent, resource.logical_id
    child.operation = _operation(parent, "CREATE_STACK")
    resource.physical_id = child.id
    try:
        wanted = deployment(world, parent, child, resource.desired, parent.deployment)
    except AwsError as error:
        del world.stacks[child.id]
        resource.physical_id = ""
        reason = error.message
        world.schedule(parent, 0, lambda: end(reason))
        return
    child.on_forward = end
    forward.create(world, child, wanted, child.operation)


def update(world: World, parent: Stack, resource: Resource, end: End) -> None:
    """Update the stack behind a resource; it waits with its cleanup until the parent comes to its own."""
    from sandbox.cloudformation import forward, planning  # noqa: PLC0415, they need each other

    child = child_of(world, resource)
    try:
        wanted = deployment(world, parent, child, resource.desired, parent.deployment)
    except AwsError as error:
        reason = error.message
        world.schedule(parent, 0, lambda: end(reason))
        return
    changes = planning.plan(child.resources, child.deployment, wanted)
    if planning.is_no_update(changes, child.deployment, wanted):
        world.schedule(parent, world.duration(parent, resource.logical_id), lambda: end(None))
        return
    child.on_forward = end
    forward.update(world, child, wanted, _operation(parent, "UPDATE_STACK"))


def roll_back(world: World, parent: Stack, resource: Resource, skip: frozenset[str], end: End) -> None:
    """Bring the stack behind a resource back to where it was; `end` hears None, or why it couldn't be."""
    from sandbox.cloudformation import undo  # noqa: PLC0415, they need each other

    child = child_of(world, resource)
    child.on_forward = None
    match child.status:
        case "UPDATE_IN_PROGRESS":
            child.on_rest = end
            child.operation = _operation(parent, "ROLLBACK")
            undo.cancel(world, child)
        case "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS":
            child.on_rest = end
            child.operation = _operation(parent, "ROLLBACK")
            undo.start(world, child, "")
        case "UPDATE_FAILED":
            child.on_rest = end
            child.operation = _operation(parent, "ROLLBACK")
            undo.start(world, child, "")
        case "UPDATE_ROLLBACK_IN_PROGRESS" | "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS":
            child.on_rest = end
        case "UPDATE_ROLLBACK_FAILED":
            child.on_rest = end
            child.operation = _operation(parent, "CONTINUE_ROLLBACK")
            undo.resume(world, child, skip)
        case _:
            world.schedule(parent, world.duration(parent, resource.logical_id), lambda: end(None))


def delete(world: World, parent: Stack, resource: Resource, end: End) -> None:
    """Delete the stack behind a resource."""
    from sandbox.cloudformation import cleanup  # noqa: PLC0415, they need each other

    child = child_of(world, resource)
    child.on_forward, child.on_rest = None, end
    child.operation = _operation(parent, "DELETE_STACK")
    cleanup.delete_stack(world, child)


def _operation(parent: Stack, kind: str) -> Operation:
    mother = parent.operation
    return Operation(kind, mother.token, mother.disable_rollback, mother.retain_except_on_create)
