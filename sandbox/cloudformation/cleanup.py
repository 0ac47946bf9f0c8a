"""The deletions at the end of an operation: what a new template no longer has, what was replaced, a whole stack."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sandbox.cloudformation import family, gates, physical
from sandbox.cloudformation.model import STACK_TYPE, Resource, Stack

if TYPE_CHECKING:
    from sandbox.cloudformation.world import World

Then = Callable[[], None]


@dataclass(frozen=True)
class Doomed:
    """A resource to delete, and the policy that decides what becomes of it. New: the operation itself made it."""

    resource: Resource
    policy: str
    new: bool = False


def delete_all(
    world: World,
    stack: Stack,
    doomed: list[Doomed],
    then: Callable[[list[str]], None],
    others: Sequence[Callable[[Then], None]] = (),
) -> None:
    """Delete or keep each one, all at once; then go on with the logical ids of those that couldn't be deleted.

    The phase takes the stack's cleanup seconds even where there is nothing to delete, and waits for the `others`.
    """
    failed: list[str] = []
    jobs: dict[str, Callable[[], None]] = {
        "": partial(world.schedule, stack, world.cleanup_duration(stack), partial(world.done, stack, ""))
    }
    for number, item in enumerate(doomed):
        name = f"{number} {item.resource.physical_id}"
        jobs[name] = partial(_begin, world, stack, item, failed, name)
    for number, other in enumerate(others):
        name = f"other {number}"
        jobs[name] = partial(other, partial(world.done, stack, name))
    world.run_together(stack, jobs, lambda: then(failed))


def _begin(world: World, stack: Stack, item: Doomed, failed: list[str], name: str) -> None:
    resource = item.resource
    if physical.is_retained(item.policy, retain_except_on_create=stack.operation.retain_except_on_create, new=item.new):
        stack.retained.append(resource)
        physical.abandon(world, stack, resource)
        world.set_resource(stack, resource, "DELETE_SKIPPED")
        world.done(stack, name)
        return
    world.set_resource(stack, resource, "DELETE_IN_PROGRESS")

    def end(reason: str | None) -> None:
        if reason is None:
            physical.destroy(world, stack, resource, item.policy)
            world.set_resource(stack, resource, "DELETE_COMPLETE")
        else:
            failed.append(resource.logical_id)
            if stack.resources.get(resource.logical_id) is not resource:
                physical.abandon(world, stack, resource)
            world.set_resource(stack, resource, "DELETE_FAILED", reason)
        world.done(stack, name)

    if resource.type == STACK_TYPE:
        world.embedded.delete(world, stack, resource, end)
    else:
        world.schedule(
            stack, world.cleanup_duration(stack),
            lambda: end(
                world.planned_failure("delete", stack, resource.logical_id) or physical.refusal(world, stack, resource)
            ),
        )  # fmt: skip


def delete_stack(world: World, stack: Stack, retain: list[str] | None = None) -> None:
    """Delete the stack with everything in it: DELETE_IN_PROGRESS, then DELETE_COMPLETE or DELETE_FAILED."""
    world.end_era(stack)
    world.set_status(stack, "DELETE_IN_PROGRESS", "User Initiated" if stack.parent is None else "")
    problem = gates.at_deletion(world, stack)
    if problem is not None:
        world.schedule(stack, world.cleanup_duration(stack), partial(_cannot_delete, world, stack, problem))
        return
    doomed = [
        Doomed(item, "Retain" if item.logical_id in (retain or ()) else item.desired.deletion_policy)
        for item in stack.resources.values()
        if item.physical_id
    ]
    delete_all(world, stack, doomed, lambda failed: _stack_deleted(world, stack, failed))


def _stack_deleted(world: World, stack: Stack, failed: list[str]) -> None:
    if failed:
        stack.resources = {name: item for name, item in stack.resources.items() if name in failed}
        _cannot_delete(world, stack, f"The following resource(s) failed to delete: [{', '.join(failed)}]. ")
        return
    stack.resources = {}
    world.set_status(stack, "DELETE_COMPLETE")
    family.at_rest(stack, None)


def _cannot_delete(world: World, stack: Stack, reason: str) -> None:
    world.set_status(stack, "DELETE_FAILED", reason)
    family.at_rest(stack, reason)
