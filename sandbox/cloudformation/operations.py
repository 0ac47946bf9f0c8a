"""The operations that change stacks, each with the statuses it is allowed in and AWS's words where it isn't."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.cloudformation import cleanup, differences, forward, planning, undo
from sandbox.cloudformation.errors import invalid, no_such_stack_to_change, used_token
from sandbox.cloudformation.lookup import find
from sandbox.cloudformation.model import Operation, Stack
from sandbox.errors import AwsError

if TYPE_CHECKING:
    from sandbox.backend import Caller
    from sandbox.cloudformation.template import Json
    from sandbox.cloudformation.world import World

UPDATABLE = {
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
}
NO_UPDATES = "No updates are to be performed."


def operation(params: Json, kind: str) -> Operation:
    """Return the operation that a request asks for."""
    config = params.get("DeploymentConfig") or {}
    on_failure = params.get("OnFailure") or params.get("OnStackFailure") or "ROLLBACK"
    return Operation(
        kind,
        token=params.get("ClientRequestToken") or "",
        disable_rollback=bool(
            params.get("DisableRollback") or config.get("DisableRollback") or on_failure == "DO_NOTHING"
        ),
        retain_except_on_create=bool(params.get("RetainExceptOnCreate")),
        on_failure=on_failure,
        policy=params.get("StackPolicyDuringUpdateBody"),
        imports=bool(params.get("ImportExistingResources")),
    )


def is_repeated(stack: Stack, params: Json, kind: str) -> bool:
    """Tell whether the stack already took this request; a token that another kind carried is refused."""
    token = params.get("ClientRequestToken")
    if not token:
        return False
    known = stack.tokens.get(token)
    if known is not None and known != kind:
        raise used_token(token)
    return known is not None


def take_token(stack: Stack, params: Json, kind: str) -> None:
    """Remember the token of a request that was accepted."""
    if params.get("ClientRequestToken"):
        stack.tokens[params["ClientRequestToken"]] = kind


def check_updatable(stack: Stack, api: str, *, disable_rollback: bool) -> None:
    """Raise AwsError unless an update may start now."""
    if stack.status in {"CREATE_FAILED", "UPDATE_FAILED"}:
        if not disable_rollback:
            raise invalid(
                f"This stack is currently in a non-terminal [{stack.status}] state. To update the stack from this "
                f"state, please use the disable-rollback parameter with {api} API. "
                "To rollback to the last known good state, use the rollback-stack API"
            )
    elif stack.status not in UPDATABLE:
        raise invalid(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")


class Operations:
    """The changing half of the API, without change sets."""

    def __init__(self, world: World) -> None:
        self._world = world

    def create_stack(self, params: Json, caller: Caller) -> Json:
        """CreateStack."""
        world, name = self._world, params["StackName"]
        existing = next(
            (
                item
                for item in world.stacks.values()
                if item.name == name and item.region == caller.region and item.status != "DELETE_COMPLETE"
            ),
            None,
        )
        if existing is not None:
            if is_repeated(existing, params, "CREATE_STACK"):
                return {"StackId": existing.id, "OperationId": existing.operation.id}
            raise AwsError("AlreadyExistsException", f"Stack [{name}] already exists")
        stack = world.new_stack(name, caller.region, caller.account)
        try:
            wanted = world.builder.build(stack, params, None)
        except AwsError:
            del world.stacks[stack.id]
            raise
        stack.policy = params.get("StackPolicyBody")
        stack.protected = bool(params.get("EnableTerminationProtection"))
        stack.timeout_minutes = params.get("TimeoutInMinutes")
        stack.express = (params.get("DeploymentConfig") or {}).get("Mode") == "EXPRESS"
        take_token(stack, params, "CREATE_STACK")
        forward.create(world, stack, wanted, operation(params, "CREATE_STACK"))
        return {"StackId": stack.id, "OperationId": stack.operation.id}

    def update_stack(self, params: Json, caller: Caller) -> Json:
        """UpdateStack."""
        world = self._world
        stack = find(world, params["StackName"], caller, no_such_stack_to_change)
        if is_repeated(stack, params, "UPDATE_STACK"):
            return {"StackId": stack.id, "OperationId": stack.operation.id}
        asked = operation(params, "UPDATE_STACK")
        check_updatable(stack, "update-stack", disable_rollback=asked.disable_rollback)
        wanted = world.builder.build(stack, params, stack.deployment)
        changed = planning.changed_types(stack.resources, wanted)
        if changed:
            raise invalid(differences.type_change(changed))
        changes = planning.plan(stack.resources, stack.deployment, wanted)
        if stack.status in UPDATABLE and planning.is_no_update(changes, stack.deployment, wanted):
            raise invalid(NO_UPDATES)
        if params.get("StackPolicyBody"):
            stack.policy = params["StackPolicyBody"]
        stack.express = (params.get("DeploymentConfig") or {}).get("Mode") == "EXPRESS"
        take_token(stack, params, "UPDATE_STACK")
        forward.update(world, stack, wanted, asked)
        return {"StackId": stack.id, "OperationId": stack.operation.id}

    def cancel_update_stack(self, params: Json, caller: Caller) -> Json:
        """CancelUpdateStack: only in UPDATE_IN_PROGRESS."""
        stack = find(self._world, params["StackName"], caller, no_such_stack_to_change)
        if is_repeated(stack, params, "CANCEL_UPDATE"):
            return {}
        if stack.parent is not None:
            raise invalid("CancelUpdateStack cannot be invoked on child stacks")
        if stack.status != "UPDATE_IN_PROGRESS":
            raise invalid("CancelUpdateStack cannot be called from current stack status")
        take_token(stack, params, "CANCEL_UPDATE")
        self._go_back(stack, params, "ROLLBACK")
        undo.cancel(self._world, stack)
        return {}

    def continue_update_rollback(self, params: Json, caller: Caller) -> Json:
        """ContinueUpdateRollback: only in UPDATE_ROLLBACK_FAILED, and only on the root."""
        stack = find(self._world, params["StackName"], caller, no_such_stack_to_change)
        if is_repeated(stack, params, "CONTINUE_ROLLBACK"):
            return {}
        if stack.parent is not None:
            raise invalid("RollbackUpdatedStack cannot be invoked on child stacks")
        if stack.status != "UPDATE_ROLLBACK_FAILED":
            raise invalid("RollbackUpdatedStack cannot be called from current stack status")
        take_token(stack, params, "CONTINUE_ROLLBACK")
        self._go_back(stack, params, "CONTINUE_ROLLBACK")
        undo.resume(self._world, stack, frozenset(params.get("ResourcesToSkip") or ()))
        return {}

    def rollback_stack(self, params: Json, caller: Caller) -> Json:
        """RollbackStack: from CREATE_FAILED and UPDATE_FAILED; without an earlier stable state it deletes the stack."""
        stack = find(self._world, params["StackName"], caller, no_such_stack_to_change)
        if is_repeated(stack, params, "ROLLBACK"):
            return {"StackId": stack.id, "OperationId": stack.operation.id}
        if stack.parent is not None:
            raise invalid("RollbackStack cannot be invoked on child stacks")
        if stack.status not in {"CREATE_FAILED", "UPDATE_FAILED"}:
            raise invalid("RollbackStack cannot be called from current stack status")
        if stack.express:
            raise invalid("RollbackStack is not supported for stacks deployed with the EXPRESS deployment mode")
        take_token(stack, params, "ROLLBACK")
        self._go_back(stack, params, "ROLLBACK")
        if stack.before is None:
            cleanup.delete_stack(self._world, stack)
        else:
            undo.start(self._world, stack, "User Initiated")
        return {"StackId": stack.id, "OperationId": stack.operation.id}

    def _go_back(self, stack: Stack, params: Json, kind: str) -> None:
        """Make the request the stack's current operation; its role stays with the stack (API reference: "always")."""
        stack.operation = operation(params, kind)
        stack.operation.retain_except_on_create |= (
            stack.operations[-1].retain_except_on_create if stack.operations else False
        )
        stack.operations.append(stack.operation)
        if params.get("RoleARN"):
            set_role(stack, params["RoleARN"])

    def delete_stack(self, params: Json, caller: Caller) -> Json:
        """DeleteStack: no error for a stack that isn't there."""
        try:
            stack = find(self._world, params["StackName"], caller, no_such_stack_to_change)
        except AwsError:
            return {}
        if is_repeated(stack, params, "DELETE_STACK") or stack.status in {"DELETE_COMPLETE", "DELETE_IN_PROGRESS"}:
            return {}
        if stack.root.protected:
            raise invalid(f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
        retain = params.get("RetainResources") or []
        if retain and stack.status != "DELETE_FAILED":
            raise invalid(
                "Invalid operation on stack. RetainResources can only be specified when stack is in DELETE_FAILED state"
            )
        take_token(stack, params, "DELETE_STACK")
        self._go_back(stack, params, "DELETE_STACK")
        cleanup.delete_stack(self._world, stack, retain)
        return {}

    def set_stack_policy(self, params: Json, caller: Caller) -> Json:
        """SetStackPolicy."""
        find(self._world, params["StackName"], caller, no_such_stack_to_change).policy = params.get("StackPolicyBody")
        return {}

    def update_termination_protection(self, params: Json, caller: Caller) -> Json:
        """UpdateTerminationProtection: on root stacks only."""
        stack = find(self._world, params["StackName"], caller, no_such_stack_to_change)
        if stack.parent is not None:
            raise invalid("TerminationProtection cannot be updated on nested stacks")
        stack.protected = bool(params["EnableTerminationProtection"])
        self._world.remember(stack)
        return {"StackId": stack.id}


def set_role(stack: Stack, role_arn: str) -> None:
    """Let the role serve this and all later operations."""
    for name in ("deployment", "before"):
        made = getattr(stack, name)
        if made is not None:
            setattr(stack, name, replace(made, role_arn=role_arn))
