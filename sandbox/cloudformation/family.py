"""What a nested stack and its parent tell each other; what is done to a nested stack is in nested.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sandbox.cloudformation.model import Deployment, Desired, Resource, Stack
    from sandbox.cloudformation.template import Json
    from sandbox.cloudformation.world import World

End = Callable[[str | None], None]


class Embedded(Protocol):
    """What a stack does to the stacks behind its resources; `end` hears None, or the reason of the failure."""

    def create(self, world: World, parent: Stack, resource: Resource, end: End) -> None:
        """Create the stack behind a new resource."""

    def update(self, world: World, parent: Stack, resource: Resource, end: End) -> None:
        """Update the stack behind a resource; it waits with its cleanup until the parent comes to its own."""

    def roll_back(self, world: World, parent: Stack, resource: Resource, skip: frozenset[str], end: End) -> None:
        """Bring the stack behind a resource back to where it was."""

    def delete(self, world: World, parent: Stack, resource: Resource, end: End) -> None:
        """Delete the stack behind a resource."""


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


def new_child(world: World, parent: Stack, logical_id: str) -> Stack:
    """Register the stack that a parent's new resource is to have."""
    child = world.new_stack(f"{parent.name}-{logical_id}-{world.unique()}", parent.region, parent.account)
    child.parent, child.parent_logical_id = parent, logical_id
    return child


def in_review(world: World, parent: Stack, logical_id: str) -> Stack | None:
    """Return the nested stack that only a change set speaks of so far."""
    known = (child for child in world.children(parent) if child.parent_logical_id == logical_id)
    return next((child for child in known if child.status == "REVIEW_IN_PROGRESS"), None)


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
