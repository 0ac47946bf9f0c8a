"""Finds stacks and change sets by name or ARN, within the caller's region and account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.cloudformation.errors import invalid, no_such_change_set, no_such_stack_to_change

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.backend import Caller
    from sandbox.cloudformation.model import ChangeSet, Stack
    from sandbox.cloudformation.template import Json
    from sandbox.cloudformation.world import World
    from sandbox.errors import AwsError


def find(world: World, name: str, caller: Caller, missing: Callable[[str], AwsError]) -> Stack:
    """Return the stack of a name (no deleted one) or of an id (deleted ones too). Raises what `missing` returns."""
    found = world.stacks.get(name)
    if found is None:
        alive = (item for item in world.stacks.values() if item.name == name and item.status != "DELETE_COMPLETE")
        found = next((item for item in alive if item.region == caller.region and item.account == caller.account), None)
    if found is None or (found.region, found.account) != (caller.region, caller.account):
        raise missing(name)
    return found


def find_change_set(world: World, params: Json, caller: Caller) -> ChangeSet:
    """Return a change set by its ARN, or by name and stack. Raises AwsError: ChangeSetNotFound, no such stack."""
    name = params["ChangeSetName"]
    if name.startswith("arn:"):
        for item in world.stacks.values():
            if name in item.change_sets:
                return item.change_sets[name]
        raise no_such_change_set(name)
    if not params.get("StackName"):
        raise invalid("StackName must be specified if ChangeSetName is not specified as an ARN.")
    stack = find(world, params["StackName"], caller, no_such_stack_to_change)
    for change_set in stack.change_sets.values():
        if change_set.name == name:
            return change_set
    raise no_such_change_set(name)
