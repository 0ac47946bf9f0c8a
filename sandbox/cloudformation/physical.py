"""The resources behind the logical ids: they come into being, hold data, and are deleted or kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.cloudformation import resource_types
from sandbox.cloudformation.model import Desired, Loss, Resource, Stack

if TYPE_CHECKING:
    from sandbox.cloudformation.world import World

EXISTS = "Resource of type '{type}' with identifier '{name}' already exists."


def custom_name(wanted: Desired) -> str | None:
    """Return the physical name that the template itself gives the resource."""
    name = wanted.properties.get(resource_types.name_property(wanted.type) or "")
    return name if isinstance(name, str) else None


def taken(world: World, stack: Stack, wanted: Desired) -> str | None:
    """Return AWS's reason if the name that the template gives the resource is taken, else None."""
    name = custom_name(wanted)
    if name is None or (stack.region, wanted.type, name) not in world.names:
        return None
    return EXISTS.format(type=wanted.type, name=name)


def create(world: World, stack: Stack, wanted: Desired) -> tuple[Resource, str | None]:
    """Bring a resource into being; returns it, and AWS's reason if it can't be: its name is taken."""
    problem = taken(world, stack, wanted)
    if problem is not None:
        return Resource(wanted, "", "CREATE_IN_PROGRESS", world.time), problem
    physical_id = custom_name(wanted) or f"{stack.name}-{wanted.logical_id}-{world.unique()}"
    world.names[stack.region, wanted.type, physical_id] = stack.id
    data = f"born in {physical_id}" if wanted.type in resource_types.STATEFUL else None
    return Resource(wanted, physical_id, "CREATE_IN_PROGRESS", world.time, data=data), None


def adoptable(world: World, stack: Stack, wanted: Desired) -> Resource | None:
    """Return the resource of the template's own name that exists and that no stack has."""
    name = custom_name(wanted)
    return None if name is None else world.orphans.get((stack.region, wanted.type, name))


def adopt(world: World, stack: Stack, wanted: Desired) -> Resource | None:
    """Bring an existing resource into the stack, with what is in it; None where there is none to adopt."""
    found = adoptable(world, stack, wanted)
    if found is None:
        return None
    world.names[stack.region, wanted.type, found.physical_id] = stack.id
    del world.orphans[stack.region, wanted.type, found.physical_id]
    return replace(found, desired=wanted, imported=True)


def abandon(world: World, stack: Stack, resource: Resource) -> None:
    """Leave a resource where it is, in no stack."""
    world.orphans[stack.region, resource.type, resource.physical_id] = resource


def destroy(world: World, stack: Stack, resource: Resource, policy: str) -> None:
    """Delete a resource. What it held is lost, unless the policy takes a snapshot first."""
    world.names.pop((stack.region, resource.type, resource.physical_id), None)
    if resource.data is None:
        return
    if policy == "Snapshot":
        world.snapshots.append(resource)
        return
    operation = stack.operation
    world.losses.append(
        Loss(
            stack.name, resource.logical_id, resource.physical_id, resource.type, resource.data,
            operation.kind, operation.token, world.time,
        )
    )  # fmt: skip


def is_retained(policy: str, *, retain_except_on_create: bool = False, new: bool = False) -> bool:
    """Tell whether the policy keeps the resource; one that the operation being rolled back created may be exempt."""
    if policy == "RetainExceptOnCreate":
        return not new
    return policy == "Retain" and not (new and retain_except_on_create)
