"""The way forward: creating and updating a stack, resource by resource in the order of their dependencies."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from sandbox.cloudformation import cleanup, family, gates, identifiers, physical, policy, undo
from sandbox.cloudformation.cleanup import Doomed
from sandbox.cloudformation.model import STACK_TYPE, Deployment, Desired, Operation, Resource, Stack
from sandbox.cloudformation.planning import Change, levels, plan
from sandbox.cloudformation.world import outputs

if TYPE_CHECKING:
    from sandbox.cloudformation.world import World

WATCH_SECONDS = 10.0
_NEVER_THERE = {"CREATE_FAILED", "IMPORT_FAILED"}
REPLACING = "Requested update requires the creation of a new physical resource; hence creating one."
CUSTOM_NAMED = (
    "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
    "Rename {name} and update the stack again."
)


def create(world: World, stack: Stack, wanted: Deployment, operation: Operation) -> None:
    """Start creating the stack: CREATE_IN_PROGRESS, then CREATE_COMPLETE, or back by way of ROLLBACK_IN_PROGRESS."""
    _begin(world, stack, wanted, operation, "CREATE_IN_PROGRESS")


def update(world: World, stack: Stack, wanted: Deployment, operation: Operation) -> None:
    """Start updating the stack: UPDATE_IN_PROGRESS, cleanup, UPDATE_COMPLETE, or UPDATE_ROLLBACK_IN_PROGRESS."""
    if stack.before is None:
        # From UPDATE_FAILED the way back still leads to where the stack was last stable.
        stack.before = stack.deployment
    stack.updated = world.time
    _begin(world, stack, wanted, operation, "UPDATE_IN_PROGRESS")


def _begin(world: World, stack: Stack, wanted: Deployment, operation: Operation, status: str) -> None:
    world.end_era(stack)
    stack.operation = operation
    stack.operations.append(operation)
    stack.disable_rollback = operation.disable_rollback
    stack.failed = []
    for change_set in stack.change_sets.values():
        if change_set.execution == "AVAILABLE":
            change_set.execution = "OBSOLETE"
    changes = _changes(stack, wanted)
    stack.deployment = wanted
    world.set_status(stack, status, "User Initiated" if stack.parent is None else "")
    problem = gates.at_start(world, stack)
    if problem is None:
        _next_level(world, stack, changes, levels(changes))
    else:
        world.schedule(stack, world.duration(stack, ""), partial(_stop, world, stack, problem))


def _changes(stack: Stack, wanted: Deployment) -> dict[str, Change]:
    """Return what is to do; what failed the time before is done again, whether or not the template changed."""
    current = {name: item for name, item in stack.resources.items() if item.status not in _NEVER_THERE}
    changes = plan(current, stack.deployment, wanted)
    for name, item in current.items():
        if item.status == "UPDATE_FAILED" and name in wanted.desired and name not in changes:
            changes[name] = Change(name, "Modify", item.desired, wanted.desired[name])
    for name in [name for name in stack.resources if name not in current]:
        del stack.resources[name]
    return changes


def _next_level(world: World, stack: Stack, changes: dict[str, Change], waiting: list[list[str]]) -> None:
    loud = gates.ringing(world, stack)
    if stack.failed or loud:
        _stop(world, stack, loud or "")
    elif waiting:
        jobs = {name: partial(_work, world, stack, changes[name]) for name in waiting[0]}
        world.run_together(stack, jobs, lambda: _next_level(world, stack, changes, waiting[1:]))
    else:
        _protect_removals(world, stack, changes)
        if stack.failed:
            _stop(world, stack)
        else:
            _watch(world, stack, _monitoring(world, stack))


def _watch(world: World, stack: Stack, seconds: float) -> None:
    """Watch the rollback triggers for so long, then end the operation."""
    loud = gates.ringing(world, stack)
    if loud is not None:
        _stop(world, stack, loud)
    elif seconds <= 0:
        _succeed(world, stack)
    else:
        step = min(seconds, WATCH_SECONDS)
        world.schedule(stack, step, partial(_watch, world, stack, seconds - step))


def _monitoring(world: World, stack: Stack) -> float:
    """Return for how many seconds rollback triggers are watched before the cleanup; still cancellable (user guide)."""
    made = stack.deployment
    if made is None or stack.parent is not None or stack.status in world.instant:
        return 0.0
    return 60.0 * float(made.rollback_configuration.get("MonitoringTimeInMinutes") or 0)


def _protect_removals(world: World, stack: Stack, changes: dict[str, Change]) -> None:
    """Fail what the stack policy doesn't let the cleanup delete."""
    for name, change in changes.items():
        reason = policy.denial(stack.operation.policy or stack.policy, change) if change.after is None else None
        if reason is not None:
            stack.undo.setdefault(name, replace(stack.resources[name]))
            world.set_resource(stack, stack.resources[name], "UPDATE_FAILED", reason)
            stack.failed.append(name)


def _work(world: World, stack: Stack, change: Change) -> None:
    """Start the work on one resource; what it was before is kept for the way back."""
    name, wanted = change.logical_id, change.after
    assert wanted is not None  # noqa: S101, removals wait for the cleanup
    old = stack.resources.get(name)
    stack.undo.setdefault(name, replace(old) if old else None)
    if old is None:
        verb, resource, problem = _new(world, stack, wanted)
    else:
        verb, (resource, problem) = "UPDATE", _changed(world, stack, old, change)
    end = partial(_end, world, stack, resource, verb=verb)
    if wanted.type == STACK_TYPE and verb == "CREATE":
        world.embedded.create(world, stack, resource, end)
        if resource.physical_id:
            world.set_resource(stack, resource, "CREATE_IN_PROGRESS", "Resource creation Initiated")
    elif wanted.type == STACK_TYPE and not problem:
        world.embedded.update(world, stack, resource, end)
    else:
        world.schedule(
            stack, world.duration(stack, name),
            lambda: end(problem or world.planned_failure("update", stack, name)),
        )  # fmt: skip


def _new(world: World, stack: Stack, wanted: Desired) -> tuple[str, Resource, str | None]:
    """Begin a resource that the stack doesn't have: adopted where the request says so, else created."""
    found = physical.adopt(world, stack, wanted) if stack.operation.imports else None
    if found is not None:
        stack.resources[wanted.logical_id] = found
        world.set_resource(stack, found, "IMPORT_IN_PROGRESS", "Resource import started.")
        return "IMPORT", found, None
    problem: str | None = None
    if wanted.type == STACK_TYPE:
        resource = Resource(wanted, "", "CREATE_IN_PROGRESS", world.time)
    else:
        resource, problem = physical.create(world, stack, wanted)
    stack.resources[wanted.logical_id] = resource
    world.set_resource(stack, resource, "CREATE_IN_PROGRESS", physical=False)
    if not problem and resource.physical_id:
        world.set_resource(stack, resource, "CREATE_IN_PROGRESS", "Resource creation Initiated")
    return "CREATE", resource, problem


def _changed(world: World, stack: Stack, old: Resource, change: Change) -> tuple[Resource, str | None]:
    """Begin to change a resource, or to replace it."""
    wanted, name = change.after, change.logical_id
    assert wanted is not None  # noqa: S101, removals wait for the cleanup
    problem = policy.denial(stack.operation.policy or stack.policy, change)
    if not problem and change.replaces and wanted.type != STACK_TYPE:
        world.set_resource(stack, old, "UPDATE_IN_PROGRESS", REPLACING)
        resource, problem = _replacement(world, stack, old, change)
        stack.resources[name] = resource
        if not problem:
            world.set_resource(stack, resource, "UPDATE_IN_PROGRESS", "Resource creation Initiated")
        return resource, problem
    resource = replace(old) if problem else replace(old, desired=wanted)
    stack.resources[name] = resource
    world.set_resource(stack, resource, "UPDATE_IN_PROGRESS")
    return resource, problem


def _replacement(world: World, stack: Stack, old: Resource, change: Change) -> tuple[Resource, str | None]:
    """Create the resource that takes another's place; one whose own name stays the same can't be replaced."""
    wanted = change.after
    assert wanted is not None  # noqa: S101, only modifications come here
    name = physical.custom_name(wanted)
    if name is not None and name == identifiers.name_in(old.type, old.physical_id):
        return replace(old), CUSTOM_NAMED.format(name=name)
    resource, problem = physical.create(world, stack, wanted)
    if problem:
        return replace(old), problem
    stable = stack.undo[change.logical_id]
    if stable is not None and old.physical_id != stable.physical_id:
        stack.doomed.append(old)  # neither the stable one nor the one to come
    return resource, None


def _end(world: World, stack: Stack, resource: Resource, problem: str | None = None, *, verb: str) -> None:
    """End the work on one resource; the first failure ends the whole operation, unless rollback is disabled."""
    if problem is None:
        if verb != "CREATE":
            physical.change(world, stack, resource)
        world.set_resource(stack, resource, f"{verb}_COMPLETE")
        world.done(stack, resource.logical_id)
        return
    world.set_resource(stack, resource, f"{verb}_FAILED", problem, physical=bool(resource.physical_id))
    stack.failed.append(resource.logical_id)
    if stack.operation.disable_rollback:
        world.done(stack, resource.logical_id)
    else:
        undo.cancel_running(world, stack, {resource.logical_id})
        _stop(world, stack)


def failure_reason(stack: Stack) -> str:
    """Return AWS's sentence about the resources that failed."""
    by_verb: dict[str, list[str]] = {"create": [], "import": [], "update": []}
    for name in stack.failed:
        by_verb.get(stack.resources[name].status.partition("_")[0].lower(), by_verb["update"]).append(name)
    sentences = [
        f"The following resource(s) failed to {verb}: [{', '.join(names)}]. "
        for verb, names in by_verb.items()
        if names
    ]
    return "".join(sentences)


def _stop(world: World, stack: Stack, of_stack: str = "") -> None:
    """Go back after a failure, or stay where the failure was if rollback is disabled.

    `of_stack` is the reason where it is no resource that failed.
    """
    creating, reason = stack.status == "CREATE_IN_PROGRESS", of_stack or failure_reason(stack)
    if stack.operation.disable_rollback:
        world.end_era(stack)
        world.set_status(stack, "CREATE_FAILED" if creating else "UPDATE_FAILED", reason)
        family.moved_on(stack, f"Embedded stack {stack.id} was not successfully updated: {reason}")
    elif creating:
        undo.start_create(world, stack, reason + ("Rollback requested by user." if stack.parent is None else ""))
        family.moved_on(stack, f"Embedded stack {stack.id} was not successfully created: {reason}")
    else:
        undo.start(world, stack, reason)
        family.moved_on(
            stack,
            f"Embedded stack {stack.id} was not successfully updated. "
            f"Currently in UPDATE_ROLLBACK_IN_PROGRESS with reason: {reason}",
        )


def _succeed(world: World, stack: Stack) -> None:
    problem = gates.at_end(world, stack, list(outputs(stack)))
    if problem is not None:
        _stop(world, stack, problem)
        return
    world.end_era(stack)
    world.refresh_outputs(stack)
    if stack.status == "CREATE_IN_PROGRESS":
        stack.undo = {}
        world.set_status(stack, "CREATE_COMPLETE")
        family.moved_on(stack, None)
        return
    world.set_status(stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    if stack.parent is None:
        clean_up(world, stack, lambda: None)
    else:
        # A nested stack can still be rolled back by its parent: it cleans up when the parent does.
        family.moved_on(stack, None)


def clean_up(world: World, stack: Stack, then: cleanup.Then) -> None:
    """Delete what the new template no longer needs, here and in the nested stacks, and end in UPDATE_COMPLETE."""
    assert stack.deployment is not None  # noqa: S101, an updated stack has one
    wanted = stack.deployment.desired
    doomed = [Doomed(item, item.desired.replace_policy) for item in stack.doomed]
    for name, old in stack.undo.items():
        if old is not None and name in wanted and stack.resources[name].physical_id != old.physical_id:
            doomed.append(Doomed(old, wanted[name].replace_policy))
    for name in [name for name in stack.resources if name not in wanted]:
        item = stack.resources.pop(name)
        doomed.append(Doomed(item, item.desired.deletion_policy))
    children = [child for child in world.children(stack) if child.status == "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"]

    def finish(_failed: list[str]) -> None:
        stack.undo, stack.doomed, stack.before = {}, [], None
        world.set_status(stack, "UPDATE_COMPLETE")
        then()

    cleanup.delete_all(world, stack, doomed, finish, [partial(clean_up, world, child) for child in children])
