"""The contents of a change set: each change as DescribeChangeSet tells it, and the change sets of nested stacks."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING

from sandbox.cloudformation import family, physical, planning, resource_types, views
from sandbox.cloudformation.errors import invalid
from sandbox.cloudformation.model import STACK_TYPE, ChangeSet, Deployment, Desired, Stack
from sandbox.errors import AwsError

if TYPE_CHECKING:
    from sandbox.cloudformation.planning import Change
    from sandbox.cloudformation.template import Json
    from sandbox.cloudformation.world import World

_EXECUTED_WITH = ("OnStackFailure", "DeploymentConfig", "ImportExistingResources")
_POLICY_ACTIONS = {"Delete": "Delete", "Retain": "Retain", "RetainExceptOnCreate": "Retain", "Snapshot": "Snapshot"}


def new(world: World, stack: Stack, params: Json, target: Deployment | None) -> ChangeSet:
    """Register a change set that is still to be worked out."""
    name = params["ChangeSetName"]
    change_set = ChangeSet(
        id=f"arn:aws:cloudformation:{stack.region}:{stack.account}:changeSet/{name}/{world.uuid()}",
        name=name,
        stack_id=stack.id,
        type=params.get("ChangeSetType", "UPDATE"),
        created=world.time,
        token=params.get("ClientToken") or "",
        description=params.get("Description") or "",
        target=target,
        request={key: params[key] for key in _EXECUTED_WITH if key in params},
        imports=bool(params.get("ImportExistingResources")),
        include_nested=bool(params.get("IncludeNestedStacks")),
    )
    stack.change_sets[change_set.id] = change_set
    return change_set


def fill(world: World, stack: Stack, change_set: ChangeSet) -> bool:
    """Work the changes out, those of nested stacks too if asked for; tell whether there is anything to do.

    Raises AwsError where a nested change set failed: with its ARN, for its own reason is its own (seen in the field).
    """
    target = change_set.target
    assert target is not None  # noqa: S101, only a seeded one has none
    children = _children(world, stack, change_set, target) if change_set.include_nested else None
    failed = next((item for item in (children or {}).values() if item.status == "FAILED"), None)
    if failed is not None:
        raise invalid(f"Nested change set {failed.id} was not successfully created: Currently in FAILED.")
    changes = planning.plan(
        stack.resources, stack.deployment, target, nested=None if children is None else set(children)
    )
    shown = {
        name: item
        for name, item in (children or {}).items()
        if not world.planned_change_set(world.stacks[item.stack_id]).without_id
    }
    if change_set.imports:
        _find_imports(world, stack, changes)
    change_set.changes = [_change(world, stack, item, shown.get(item.logical_id)) for item in changes.values()]
    if stack.status == "REVIEW_IN_PROGRESS":
        return True
    return not planning.is_no_update(changes, stack.deployment, target)


def _children(world: World, stack: Stack, change_set: ChangeSet, target: Deployment) -> dict[str, ChangeSet]:
    """Make a change set for each nested stack that would change; a new one is in review until the root is executed."""
    made: dict[str, ChangeSet] = {}
    for logical_id, wanted in target.desired.items():
        resource = stack.resources.get(logical_id)
        if wanted.type != STACK_TYPE or (resource is not None and not resource.physical_id):
            continue
        name = f"{change_set.name}-{logical_id}-{world.unique()}"
        request = {"ChangeSetName": name, "IncludeNestedStacks": True}
        if resource is None:
            child = family.in_review(world, stack, logical_id) or family.new_child(world, stack, logical_id)
            request["ChangeSetType"] = "CREATE"
            if not child.events:
                world.set_status(child, "REVIEW_IN_PROGRESS", "User Initiated")
        else:
            child = family.child_of(world, resource)
        candidate = new(world, child, request, None)
        candidate.parent, candidate.root = change_set.id, change_set.root or change_set.id
        if _work_out(world, stack, candidate, wanted, target):
            change_set.children.append(candidate.id)
            made[logical_id] = candidate
        else:
            forget(world, candidate)
    return made


def _work_out(world: World, parent: Stack, candidate: ChangeSet, wanted: Desired, inherited: Deployment) -> bool:
    """Let a nested change set be complete, late or failed, each as itself; tell whether it has anything to say."""
    child = world.stacks[candidate.stack_id]
    ordered = world.planned_change_set(child)
    try:
        candidate.target = family.deployment(world, parent, child, wanted, inherited)
        if changed := planning.changed_types(child.resources, candidate.target):
            raise invalid(type_change(changed))
        if not fill(world, child, candidate) and not ordered.reason:
            return False
        if ordered.reason:
            raise invalid(ordered.reason)
    except AwsError as error:
        candidate.status, candidate.reason = "FAILED", error.message
        return True
    candidate.status = "CREATE_IN_PROGRESS"

    def complete() -> None:
        candidate.status, candidate.execution = "CREATE_COMPLETE", "AVAILABLE"

    if ordered.seconds:
        world.schedule_anyway(child, ordered.seconds, complete)
    else:
        complete()
    return True


def type_change(names: list[str]) -> str:
    """Return AWS's refusal of a template that changes the types of these resources."""
    return (
        "Update of resource type is not permitted. The new template modifies resource type of the following "
        f"resources: [{', '.join(names)}]"
    )


def _find_imports(world: World, stack: Stack, changes: dict[str, Change]) -> None:
    """Turn additions of what exists already, under a name of the template's own, into imports. Raises AwsError."""
    bare: list[str] = []
    for change in changes.values():
        if change.action != "Add" or change.after is None or not physical.adoptable(world, stack, change.after):
            continue
        change.action = "Import"
        if change.after.deletion_policy not in {"Retain", "RetainExceptOnCreate"}:
            name = resource_types.name_property(change.after.type)
            bare.append(f"{change.logical_id} ({{{name}={physical.custom_name(change.after)}}})")
    if bare:
        raise invalid(
            "CloudFormation is attempting to import some resources because they already exist in your account. The "
            "resources must have the DeletionPolicy attribute set to 'Retain' or 'RetainExceptOnCreate' in the "
            f"template for successful import. The affected resources are {', '.join(bare)}"
        )


def _change(world: World, stack: Stack, change: Change, child: ChangeSet | None) -> Json:
    wanted = change.after or change.before
    assert wanted is not None  # noqa: S101, a change has a side
    told: Json = {"Action": change.action, "LogicalResourceId": change.logical_id, "ResourceType": wanted.type}
    resource = stack.resources.get(change.logical_id)
    if change.action == "Import":
        resource = physical.adoptable(world, stack, wanted)
    if resource is not None:
        told["PhysicalResourceId"] = resource.physical_id
    if change.action == "Modify":
        told["Replacement"] = change.replacement
    action = policy_action(change)
    if action:
        told["PolicyAction"] = action
    told["Scope"] = sorted({item["Target"]["Attribute"] for item in change.details})
    told["Details"] = change.details
    if change.before is not None:
        told["BeforeContext"] = _context(change.before)
    if change.after is not None:
        told["AfterContext"] = _context(change.after)
    if child is not None:
        told["ChangeSetId"] = child.id
    return {"Type": "Resource", "ResourceChange": told}


def policy_action(change: Change) -> str | None:
    """Return the API's PolicyAction: what becomes of the resource that goes."""
    if change.action == "Remove" and change.before is not None:
        return _POLICY_ACTIONS[change.before.deletion_policy]
    if change.replaces and change.after is not None:
        return f"ReplaceAnd{_POLICY_ACTIONS[change.after.replace_policy]}"
    return None


def _context(desired: Desired) -> str:
    context: Json = {"Properties": desired.shown} if desired.shown else {}
    if desired.metadata:
        context["Metadata"] = desired.metadata
    if desired.deletion_policy != "Delete":
        context["DeletionPolicy"] = desired.deletion_policy
    return json.dumps(context, separators=(",", ":"))


_VALUES = ("BeforeValue", "AfterValue", "Path", "AttributeChangeType")


def shown(change: Json, *, values: bool) -> Json:
    """Return a change as DescribeChangeSet shows it: the values before and after only if asked for."""
    if values:
        return change
    told = copy.deepcopy(change)
    resource: Json = told["ResourceChange"]
    resource.pop("BeforeContext", None)
    resource.pop("AfterContext", None)
    for detail in resource["Details"]:
        detail["Target"] = {key: value for key, value in detail["Target"].items() if key not in _VALUES}
    return told


def header(stack: Stack, change_set: ChangeSet) -> Json:
    """Return the members that DescribeChangeSet and ListChangeSets share."""
    told: Json = {
        "ChangeSetName": change_set.name,
        "ChangeSetId": change_set.id,
        "StackId": stack.id,
        "StackName": stack.name,
        "CreationTime": views.when(change_set.created),
        "ExecutionStatus": change_set.execution,
        "Status": change_set.status,
        "IncludeNestedStacks": change_set.include_nested,
        "ImportExistingResources": change_set.imports,
    }
    optional = {
        "StatusReason": change_set.reason,
        "Description": change_set.description,
        "ParentChangeSetId": change_set.parent,
        "RootChangeSetId": change_set.root,
    }
    return told | {key: value for key, value in optional.items() if value}


def forget(world: World, change_set: ChangeSet) -> None:
    """Delete a change set, and those of the nested stacks with it."""
    world.graveyard[change_set.id] = change_set
    stack = world.stacks[change_set.stack_id]
    stack.change_sets.pop(change_set.id, None)
    if stack.parent is not None and stack.status == "REVIEW_IN_PROGRESS" and not stack.change_sets:
        stack.status = "DELETE_COMPLETE"
    for item in list(world.stacks.values()):
        for child_id in change_set.children:
            if child_id in item.change_sets:
                forget(world, item.change_sets[child_id])


def begin(world: World, stack: Stack, executed: ChangeSet) -> None:
    """Mark the change set, and those of the nested stacks with it, as being executed; delete the stack's others."""
    executed.execution = "EXECUTE_IN_PROGRESS"
    for child_id in executed.children:
        for child in world.stacks.values():
            if child_id in child.change_sets:
                begin(world, child, child.change_sets[child_id])
    for item in list(stack.change_sets.values()):
        if item is not executed:
            forget(world, item)
