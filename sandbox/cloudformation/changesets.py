"""Change sets: what an update would do, told before anybody does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.cloudformation import building, differences, forward, planning, sam, validation, views
from sandbox.cloudformation.errors import capabilities_reason, invalid, no_such_change_set, no_such_stack_to_change
from sandbox.cloudformation.lookup import find, find_change_set
from sandbox.cloudformation.operations import NO_UPDATES, check_updatable, is_repeated, operation, take_token
from sandbox.cloudformation.reads import page
from sandbox.errors import AwsError

if TYPE_CHECKING:
    from sandbox.backend import Caller
    from sandbox.cloudformation.model import ChangeSet, Stack
    from sandbox.cloudformation.template import Json
    from sandbox.cloudformation.world import World

NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."
CREATE_SECONDS = 2.0


class ChangeSets:
    """The API's change set operations."""

    def __init__(self, world: World) -> None:
        self._world = world

    def create_change_set(self, params: Json, caller: Caller) -> Json:
        """CreateChangeSet: it is worked out a moment later, and may turn out FAILED."""
        world, kind = self._world, params.get("ChangeSetType", "UPDATE")
        if kind == "IMPORT":
            raise invalid("Resource import is not part of the embedded AWS")
        stack = self._stack_for(params, caller, kind)
        name = params["ChangeSetName"]
        for known in stack.change_sets.values():
            if known.name == name:
                if params.get("ClientToken") and known.token == params["ClientToken"]:
                    return {"Id": known.id, "StackId": stack.id}
                raise AwsError("AlreadyExistsException", f"ChangeSet {name} already exists")
        if kind == "UPDATE":
            # With rollback disabled at the execution an update may start from UPDATE_FAILED: judged then.
            check_updatable(stack, "execute-change-set", disable_rollback=True)
        try:
            target = world.builder.build(stack, params, stack.deployment, change_set=True)
        except AwsError:
            if kind == "CREATE" and not stack.change_sets and stack.deployment is None and not stack.events:
                del world.stacks[stack.id]
            raise
        if kind == "CREATE" and not stack.events:
            world.set_status(stack, "REVIEW_IN_PROGRESS", "User Initiated")
        change_set = differences.new(world, stack, params, target)
        world.schedule_anyway(stack, CREATE_SECONDS / 2, lambda: self._work_out(stack, change_set, started=False))
        return {"Id": change_set.id, "StackId": stack.id}

    def _stack_for(self, params: Json, caller: Caller, kind: str) -> Stack:
        if kind == "UPDATE":
            stack = find(self._world, params["StackName"], caller, no_such_stack_to_change)
            if stack.status == "REVIEW_IN_PROGRESS":
                raise invalid(f"Stack:{stack.id} is in REVIEW_IN_PROGRESS state and can not be updated.")
            return stack
        try:
            stack = find(self._world, params["StackName"], caller, no_such_stack_to_change)
        except AwsError:
            return self._world.new_stack(params["StackName"], caller.region, caller.account)
        if stack.status != "REVIEW_IN_PROGRESS":
            raise invalid(
                f"Stack [{stack.name}] already exists and cannot be created again "
                f"with the changeSet [{params['ChangeSetName']}]."
            )
        return stack

    def _work_out(self, stack: Stack, change_set: ChangeSet, *, started: bool) -> None:
        """Move the change set on: pending, in progress, then complete or failed."""
        if not started:
            change_set.status = "CREATE_IN_PROGRESS"
            self._world.schedule_anyway(
                stack, CREATE_SECONDS / 2, lambda: self._work_out(stack, change_set, started=True)
            )
            return
        target = change_set.target
        assert target is not None  # noqa: S101, only a seeded one has none
        problem = self._problem(stack, change_set)
        if problem is None:
            try:
                changed = differences.fill(self._world, stack, change_set)
            except AwsError as error:
                changed, problem = False, error.message
            if not changed and problem is None:
                problem = NO_UPDATES if sam.transforms(target.source) else NO_CHANGES
        if problem is None:
            change_set.found = validation.validate(self._world, stack, target)
            problem = validation.reason(change_set.found)
        change_set.worked_out = self._world.time
        if problem is not None:
            change_set.status, change_set.reason, change_set.execution = "FAILED", problem, "UNAVAILABLE"
        else:
            change_set.status, change_set.execution = "CREATE_COMPLETE", "AVAILABLE"

    def _problem(self, stack: Stack, change_set: ChangeSet) -> str | None:
        target = change_set.target
        assert target is not None  # noqa: S101, only a seeded one has none
        if stack.status.endswith("_IN_PROGRESS") and change_set.type == "UPDATE":
            return f"Stack:{stack.id} is in {stack.status} state and can not be updated."
        lacking = building.lacking(target.capabilities, target.source, target.template, change_set=True)
        if lacking:
            return capabilities_reason(lacking)
        changed = planning.changed_types(stack.resources, target)
        if changed:
            return differences.type_change(changed)
        if change_set.include_nested:
            return self._world.planned_change_set(stack).reason or None
        return None

    def describe_change_set(self, params: Json, caller: Caller) -> Json:
        """DescribeChangeSet, 100 changes a page; with IncludePropertyValues each change tells before and after."""
        change_set = find_change_set(self._world, params, caller)
        stack = self._world.stacks[change_set.stack_id]
        shown = differences.header(stack, change_set)
        if change_set.target is not None:
            target = change_set.target
            shown |= {
                "Parameters": views.parameters(target.parameters),
                "Capabilities": list(target.capabilities),
                "Tags": views.tags(target.tags),
                "NotificationARNs": list(target.notification_arns),
                "RollbackConfiguration": target.rollback_configuration,
            }
        changes = change_set.changes if change_set.status == "CREATE_COMPLETE" else []
        paged = page(changes, params, "Changes")
        paged["Changes"] = [
            differences.shown(item, values=bool(params.get("IncludePropertyValues"))) for item in paged["Changes"]
        ]
        return shown | paged

    def list_change_sets(self, params: Json, caller: Caller) -> Json:
        """ListChangeSets."""
        stack = find(self._world, params["StackName"], caller, no_such_stack_to_change)
        return page([differences.header(stack, item) for item in stack.change_sets.values()], params, "Summaries")

    def execute_change_set(self, params: Json, caller: Caller) -> Json:
        """ExecuteChangeSet: the stack's other change sets are deleted, as they speak of a stack that is no more."""
        world = self._world
        stack = self._executing_stack(params, caller)
        if stack is not None and is_repeated(stack, params, "EXECUTE_CHANGE_SET"):
            return {}
        change_set = find_change_set(world, params, caller)
        stack = world.stacks[change_set.stack_id]
        if change_set.parent is not None:
            raise invalid("ExecuteChangeSet can only be invoked on the root change set")
        if change_set.status != "CREATE_COMPLETE":
            raise _wrong_status(change_set, f"executed in its current status of [{change_set.status}]")
        if change_set.execution != "AVAILABLE":
            raise _wrong_status(change_set, f"executed in its current execution status of [{change_set.execution}]")
        kind = "CREATE_STACK" if change_set.type == "CREATE" else "UPDATE_STACK"
        asked = operation(
            {**change_set.request, **params, "ClientRequestToken": params.get("ClientRequestToken")}, kind
        )
        if kind == "UPDATE_STACK":
            check_updatable(stack, "execute-change-set", disable_rollback=asked.disable_rollback)
        take_token(stack, params, "EXECUTE_CHANGE_SET")
        differences.begin(world, stack, change_set)
        stack.change_set_id = change_set.id
        assert change_set.target is not None  # noqa: S101, an available one has a target
        start = forward.create if kind == "CREATE_STACK" else forward.update
        start(world, stack, change_set.target, asked)
        return {}

    def _executing_stack(self, params: Json, caller: Caller) -> Stack | None:
        """Return the stack of the request, also when its change set is gone: a repeated call is known by its token."""
        name = params["ChangeSetName"]
        if name in self._world.graveyard:
            return self._world.stacks[self._world.graveyard[name].stack_id]
        if params.get("StackName"):
            return find(self._world, params["StackName"], caller, no_such_stack_to_change)
        try:
            return self._world.stacks[find_change_set(self._world, params, caller).stack_id]
        except AwsError:
            return None

    def delete_change_set(self, params: Json, caller: Caller) -> Json:
        """DeleteChangeSet: gone at once, its children with it; none of that name in the stack is no error."""
        try:
            change_set = find_change_set(self._world, params, caller)
        except AwsError as error:
            if error.code == no_such_change_set("").code and params.get("StackName"):
                return {}
            raise
        if change_set.execution == "EXECUTE_IN_PROGRESS":
            raise _wrong_status(change_set, "deleted in its current execution status of [EXECUTE_IN_PROGRESS]")
        differences.forget(self._world, change_set)
        return {}


def _wrong_status(change_set: ChangeSet, what: str) -> AwsError:
    return AwsError("InvalidChangeSetStatus", f"ChangeSet [{change_set.id}] cannot be {what}")
