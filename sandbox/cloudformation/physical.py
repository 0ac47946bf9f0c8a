"""The resources behind the logical ids: they come into being, hold data, and are deleted or kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.cloudformation import identifiers, resource_types
from sandbox.cloudformation.model import Desired, Loss, Resource, Stack
from sandbox.cloudformation.outside import Thing
from sandbox.cloudformation.parameters import scope_of
from sandbox.errors import AwsError

if TYPE_CHECKING:
    from sandbox.cloudformation.template import Json
    from sandbox.cloudformation.world import World

EXISTS = "Resource of type '{type}' with identifier '{name}' already exists."


def custom_name(wanted: Desired) -> str | None:
    """Return the physical name that the template itself gives the resource."""
    name = wanted.properties.get(resource_types.name_property(wanted.type) or "")
    return name if isinstance(name, str) else None


def taken(world: World, stack: Stack, wanted: Desired) -> str | None:
    """Return AWS's reason if the name that the template gives the resource is taken, else None."""
    name = custom_name(wanted)
    if name is None:
        return None
    if (stack.region, wanted.type, name) in world.names or world.outside.things.exists(wanted.type, stack.region, name):
        return EXISTS.format(type=wanted.type, name=name)
    return None


def create(world: World, stack: Stack, wanted: Desired) -> tuple[Resource, str | None]:
    """Bring a resource into being; returns it, and AWS's reason if it can't be: its name is taken."""
    problem = taken(world, stack, wanted)
    if problem is not None:
        return Resource(wanted, "", "CREATE_IN_PROGRESS", world.time), problem
    name = custom_name(wanted) or f"{stack.name}-{wanted.logical_id}-{world.unique()}"
    physical_id = _version(world, stack, wanted) or identifiers.made(wanted.type, name, _where(stack), world.uuid())
    world.names[_key(stack, wanted.type, physical_id)] = stack.id
    data = f"born in {physical_id}" if wanted.type in resource_types.STATEFUL else None
    resource = Resource(wanted, physical_id, "CREATE_IN_PROGRESS", world.time, data=data)
    if world.outside.things.knows(wanted.type):
        world.outside.things.made(thing(stack, resource))
    return resource, None


def change(world: World, stack: Stack, resource: Resource) -> None:
    """Let the service behind the resource know that its properties are others now."""
    if world.outside.things.knows(resource.type):
        world.outside.things.changed(thing(stack, resource))


def thing(stack: Stack, resource: Resource) -> Thing:
    """Return the resource as the service behind it knows it."""
    properties = _worked_out(stack, resource.desired)
    name = identifiers.name_in(resource.type, resource.physical_id)
    return Thing(resource.type, stack.region, name, properties)


def _worked_out(stack: Stack, wanted: Desired) -> Json:
    """Return the properties with the references to other resources followed, as far as they lead."""
    if not wanted.depends_on or stack.deployment is None:
        return wanted.properties
    physical = {name: item.physical_id for name, item in stack.resources.items() if item.physical_id}
    scope = scope_of(stack.deployment.template, stack.deployment.parameters, stack, resources=physical)
    try:
        found: Json = scope.evaluate(wanted.properties)
    except AwsError:  # of an earlier template, with resources that this one lacks
        return wanted.properties
    return found


def _version(world: World, stack: Stack, wanted: Desired) -> str | None:
    """Return the id of a published version, counted up for each function or layer; None for other types."""
    given = _worked_out(stack, wanted)
    of = str(given.get("FunctionName") or given.get("LayerName") or wanted.logical_id).rpartition(":")[2]
    number = world.versions.get(of, 0) + 1
    found = identifiers.version(wanted.type, of, number, _where(stack))
    if found is not None:
        world.versions[of] = number
    return found


def _where(stack: Stack) -> dict[str, str]:
    return {"region": stack.region, "account": stack.account}


def _key(stack: Stack, type_name: str, physical_id: str) -> tuple[str, str, str]:
    return stack.region, type_name, identifiers.name_in(type_name, physical_id)


def adoptable(world: World, stack: Stack, wanted: Desired) -> Resource | None:
    """Return the resource of the template's own name that exists and that no stack has."""
    name = custom_name(wanted)
    if name is None or (stack.region, wanted.type, name) in world.orphans:
        return world.orphans.get((stack.region, wanted.type, name or ""))
    if (stack.region, wanted.type, name) in world.names:
        return None
    if not world.outside.things.exists(wanted.type, stack.region, name):
        return None
    physical_id = identifiers.made(wanted.type, name, _where(stack), "")
    data = f"found in {physical_id}" if wanted.type in resource_types.STATEFUL else None
    return Resource(wanted, physical_id, "IMPORT_IN_PROGRESS", world.time, data=data)


def adopt(world: World, stack: Stack, wanted: Desired) -> Resource | None:
    """Bring an existing resource into the stack, with what is in it; None where there is none to adopt."""
    found = adoptable(world, stack, wanted)
    if found is None:
        return None
    key = _key(stack, wanted.type, found.physical_id)
    world.names[key] = stack.id
    world.orphans.pop(key, None)
    return replace(found, desired=wanted, imported=True)


def abandon(world: World, stack: Stack, resource: Resource) -> None:
    """Leave a resource where it is, in no stack."""
    world.orphans[_key(stack, resource.type, resource.physical_id)] = resource


def refusal(world: World, stack: Stack, resource: Resource) -> str | None:
    """Return the service's reason not to delete the resource: protected, or not empty."""
    if not world.outside.things.knows(resource.type):
        return None
    return world.outside.things.refusal(thing(stack, resource))


def destroy(world: World, stack: Stack, resource: Resource, policy: str) -> None:
    """Delete a resource. What it held is lost, unless the policy takes a snapshot first."""
    world.names.pop(_key(stack, resource.type, resource.physical_id), None)
    if world.outside.things.knows(resource.type):
        world.outside.things.destroyed(thing(stack, resource))
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
