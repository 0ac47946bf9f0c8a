"""Nested stacks: what the parent's resource AWS::CloudFormation::Stack does to the stack behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.cloudformation import cleanup, forward, planning, undo
from sandbox.cloudformation.family import End, child_of, deployment, in_review, new_child
from sandbox.cloudformation.model import Operation, Resource, Stack
from sandbox.errors import AwsError

if TYPE_CHECKING:
    from sandbox.cloudformation.world import World


class Nested:
    """`family.Embedded`, by the very operations that a stack of its own goes through."""

    def create(self, world: World, parent: Stack, resource: Resource, end: End) -> None:
        """Create the stack behind a new resource; `end` hears None, or the reason of the failure."""
        logical_id = resource.logical_id
        child = in_review(world, parent, logical_id) or new_child(world, parent, logical_id)
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

    def update(self, world: World, parent: Stack, resource: Resource, end: End) -> None:
        """Update the stack behind a resource; it waits with its cleanup until the parent comes to its own."""
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

    def roll_back(self, world: World, parent: Stack, resource: Resource, skip: frozenset[str], end: End) -> None:
        """Bring the stack behind a resource back to where it was; `end` hears None, or why it couldn't be."""
        child = child_of(world, resource)
        child.on_forward = None
        match child.status:
            case "UPDATE_IN_PROGRESS":
                child.on_rest = end
                child.operation = _operation(parent, "ROLLBACK")
                undo.cancel(world, child)
            case "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS" | "UPDATE_FAILED":
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

    def delete(self, world: World, parent: Stack, resource: Resource, end: End) -> None:
        """Delete the stack behind a resource."""
        child = child_of(world, resource)
        child.on_forward, child.on_rest = None, end
        child.operation = _operation(parent, "DELETE_STACK")
        cleanup.delete_stack(world, child)


def _operation(parent: Stack, kind: str) -> Operation:
    mother = parent.operation
    return Operation(kind, mother.token, mother.disable_rollback, mother.retain_except_on_create)
