"""The way back: cancelling an update, rolling back, continuing a rollback that failed."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from sandbox.cloudformation import cleanup, family, physical
from sandbox.cloudformation.cleanup import Doomed
from sandbox.cloudformation.model import STACK_TYPE, Resource, Stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.cloudformation.world import World

_NOUNS = {"CREATE": "creation", "IMPORT": "import", "UPDATE": "update"}
NO_SKIP: frozenset[str] = frozenset()


def cancel(world: World, stack: Stack) -> None:
    """Cancel the update under way: its running resources fail as cancelled, and the rollback begins."""
    cancel_running(world, stack, set())
    start(world, stack, "User Initiated" if stack.parent is None else "")


def cancel_running(world: World, stack: Stack, but: set[str]) -> None:
    """Fail every resource at work with AWS's word for it: a consequence of the end, never its cause."""
    for name in sorted(stack.running - but):
        resource = stack.resources[name]
        verb = resource.status.partition("_")[0]
        reason = f"Resource {_NOUNS[verb]} cancelled"
        world.set_resource(stack, resource, f"{verb}_FAILED", reason, physical=bool(resource.physical_id))


def start(world: World, stack: Stack, reason: str) -> None:
    """Begin to roll an update back: UPDATE_ROLLBACK_IN_PROGRESS."""
    world.end_era(stack)
    stack.failed = []
    world.set_status(stack, "UPDATE_ROLLBACK_IN_PROGRESS", reason)
    _restore(world, stack, NO_SKIP)


def resume(world: World, stack: Stack, skip: frozenset[str]) -> None:
    """Continue a rollback that failed. `skip` are logical ids, those of nested stacks after their stack's own name.

    A resource can only be skipped if it is in UPDATE_FAILED because the rollback failed (API reference); a list that
    names another is accepted here, and the rollback fails on it.
    """
    failed, stack.failed = set(stack.failed), []
    world.end_era(stack)
    world.set_status(stack, "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated" if stack.parent is None else "")
    mine = "" if stack.parent is None else stack.name
    own = {name.rpartition(".")[2] for name in skip if name.rpartition(".")[0] == mine}
    nested_ids = {name for name in failed if stack.resources[name].type == STACK_TYPE}
    stacks = {"", *_names_below(world, stack)}
    inner = {name for name in skip if stack.parent is None and name.rpartition(".")[0] not in stacks}
    wrong = sorted((own - failed) | (own & nested_ids) | inner)
    if wrong:
        reason = (
            f"The following resource(s) cannot be skipped: [{', '.join(wrong)}]. "
            "Only resources in UPDATE_FAILED state can be skipped. "
        )
        stack.failed = sorted(failed)
        world.schedule(stack, world.duration(stack, wrong[0]), lambda: _give_up(world, stack, reason))
        return
    for name in sorted(own):
        resource = stack.resources[name]
        old = stack.undo.pop(name)
        stack.resources[name] = replace(resource, desired=old.desired if old else resource.desired, out_of_sync=True)
        world.set_resource(stack, stack.resources[name], "UPDATE_COMPLETE")
    _restore(world, stack, skip)


def _names_below(world: World, stack: Stack) -> Iterator[str]:
    for child in world.children(stack):
        yield child.name
        yield from _names_below(world, child)


def _restore(world: World, stack: Stack, skip: frozenset[str]) -> None:
    """Bring all touched resources back at once; those that the operation had added wait for the cleanup."""
    touched = [name for name, old in stack.undo.items() if old is not None and not _is_back(stack, name, old)]
    jobs = {name: partial(_restore_one, world, stack, name, skip) for name in reversed(touched)}
    world.run_together(stack, jobs, lambda: _restored(world, stack))


def _is_back(stack: Stack, name: str, old: Resource) -> bool:
    have = stack.resources[name]
    return have.desired is old.desired and have.physical_id == old.physical_id and have.status == "UPDATE_COMPLETE"


def _restore_one(world: World, stack: Stack, name: str, skip: frozenset[str]) -> None:
    old = stack.undo[name]
    assert old is not None  # noqa: S101, only resources that were there before come here
    world.set_resource(stack, stack.resources[name], "UPDATE_IN_PROGRESS")

    def end(problem: str | None) -> None:
        have = stack.resources[name]
        if problem is not None:
            stack.failed.append(name)
            world.set_resource(stack, have, "UPDATE_FAILED", problem)
        else:
            if have.physical_id != old.physical_id:
                stack.doomed.append(have)
            stack.resources[name] = replace(old)
            physical.change(world, stack, old)
            world.set_resource(stack, stack.resources[name], "UPDATE_COMPLETE")
        world.done(stack, name)

    if old.type == STACK_TYPE:
        world.embedded.roll_back(world, stack, stack.resources[name], skip, end)
    else:
        world.schedule(stack, world.duration(stack, name), lambda: end(world.planned_failure("rollback", stack, name)))


def _restored(world: World, stack: Stack) -> None:
    if stack.failed:
        _give_up(world, stack, f"The following resource(s) failed to update: [{', '.join(stack.failed)}]. ")
        return
    stack.deployment, stack.before = stack.before or stack.deployment, None
    world.end_era(stack)
    world.refresh_outputs(stack)
    world.set_status(stack, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
    doomed = [Doomed(item, item.desired.replace_policy, new=True) for item in stack.doomed if item.physical_id]
    for name in [name for name, old in stack.undo.items() if old is None]:
        item = stack.resources.pop(name)
        if item.physical_id:
            doomed.append(_undone(item))
    cleanup.delete_all(world, stack, doomed, lambda _failed: _rolled_back(world, stack))


def _undone(item: Resource) -> Doomed:
    """Return the fate of a resource that the operation had brought: one that it adopted was there before, and stays."""
    return Doomed(item, item.desired.deletion_policy, new=not item.imported)


def _rolled_back(world: World, stack: Stack) -> None:
    stack.undo, stack.doomed = {}, []
    world.set_status(stack, "UPDATE_ROLLBACK_COMPLETE")
    family.at_rest(stack, None)


def _give_up(world: World, stack: Stack, reason: str) -> None:
    world.end_era(stack)
    world.set_status(stack, "UPDATE_ROLLBACK_FAILED", reason)
    family.at_rest(
        stack,
        f"Embedded stack {stack.id} was not successfully updated. "
        f"Currently in UPDATE_ROLLBACK_FAILED with reason: {reason}",
    )


def start_create(world: World, stack: Stack, reason: str) -> None:
    """Undo a creation that failed: delete what there is, and end in ROLLBACK_COMPLETE, or in nothing if so ordered."""
    if stack.operation.on_failure == "DELETE":
        cleanup.delete_stack(world, stack)
        return
    world.end_era(stack)
    world.set_status(stack, "ROLLBACK_IN_PROGRESS", reason)
    doomed = [_undone(item) for item in stack.resources.values() if item.physical_id]

    def finish(failed: list[str]) -> None:
        stack.undo = {}
        stack.resources = {name: item for name, item in stack.resources.items() if name in failed}
        if failed:
            world.set_status(
                stack, "ROLLBACK_FAILED", f"The following resource(s) failed to delete: [{', '.join(failed)}]. "
            )
        else:
            world.set_status(stack, "ROLLBACK_COMPLETE")

    cleanup.delete_all(world, stack, doomed, finish)
