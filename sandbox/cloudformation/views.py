"""What the reading operations show of a stack, in the API's shapes; NoEcho values are masked here and nowhere later."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sandbox.cloudformation.model import STACK_TYPE
from sandbox.cloudformation.parameters import MASK

if TYPE_CHECKING:
    from sandbox.cloudformation.model import ChangeSet, Event, Parameter, Resource, Stack, Validation
    from sandbox.cloudformation.template import Json


def when(seconds: float) -> datetime:
    """Return the time in the form that the serializer takes."""
    return datetime.fromtimestamp(seconds, UTC)


def without_accents(text: str) -> str:
    """Return the text with `?` for every character beyond ASCII.

    GetTemplate and the outputs of DescribeStacks answer so, though the resources have the real text: reported for
    years.
    """
    return text.encode("ascii", "replace").decode()


def outputs(values: list[Json]) -> list[Json]:
    """Return outputs as DescribeStacks shows them."""
    return [{key: without_accents(value) for key, value in item.items()} for item in values]


def parameters(values: dict[str, Parameter]) -> list[Json]:
    """Return parameters as AWS shows them: NoEcho as `****`, SSM names with what they resolved to."""
    shown: list[Json] = []
    for item in values.values():
        entry: Json = {"ParameterKey": item.key, "ParameterValue": MASK if item.no_echo else item.value}
        if item.resolved is not None:
            entry["ResolvedValue"] = MASK if item.no_echo else item.resolved
        shown.append(entry)
    return shown


def tags(values: dict[str, str]) -> list[Json]:
    """Return tags as the API lists them."""
    return [{"Key": key, "Value": value} for key, value in values.items()]


def stack(item: Stack) -> Json:
    """Return the stack as DescribeStacks shows it."""
    shown: Json = {
        "StackId": item.id,
        "StackName": item.name,
        "CreationTime": when(item.created),
        "StackStatus": item.status,
        "DisableRollback": item.disable_rollback,
        "EnableTerminationProtection": item.root.protected,
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
        "RollbackConfiguration": {},
        "NotificationARNs": [],
        "Capabilities": [],
        "Tags": [],
    }
    made = item.deployment
    if made is not None:
        shown |= {
            "Parameters": parameters(made.parameters),
            "RollbackConfiguration": made.rollback_configuration,
            "NotificationARNs": list(made.notification_arns),
            "Capabilities": list(made.capabilities),
            "Tags": tags(made.tags),
            "Outputs": outputs(item.outputs),
        }
        optional = {"Description": made.template.get("Description"), "RoleARN": made.role_arn}
        shown |= {key: value for key, value in optional.items() if value}
    if item.parent is not None:
        shown |= {"ParentId": item.parent.id, "RootId": item.root.id}
    if item.express:
        shown["DeploymentConfig"] = {"Mode": "EXPRESS", "DisableRollback": item.disable_rollback}
    optional = {
        "StackStatusReason": item.reason,
        "LastUpdatedTime": None if item.updated is None else when(item.updated),
        "DeletionTime": None if item.deleted is None else when(item.deleted),
        "ChangeSetId": item.change_set_id,
        "TimeoutInMinutes": item.timeout_minutes,
    }
    shown |= {key: value for key, value in optional.items() if value}
    if item.operations:
        last = item.operations[-1]
        shown["LastOperations"] = [{"OperationType": last.kind, "OperationId": last.id}]
    return shown


def event(item: Stack, line: Event) -> Json:
    """Return one line of DescribeStackEvents."""
    shown: Json = {
        "StackId": item.id,
        "StackName": item.name,
        "EventId": line.event_id,
        "OperationId": line.operation.id,
        "LogicalResourceId": line.logical_id,
        "PhysicalResourceId": line.physical_id,
        "ResourceType": line.type,
        "Timestamp": when(line.at),
        "ResourceStatus": line.status,
    }
    optional = {
        "ResourceStatusReason": line.reason,
        "ClientRequestToken": line.operation.token,
        "ResourceProperties": line.properties,
    }
    return shown | {key: value for key, value in optional.items() if value}


def is_failure(line: Event) -> bool:
    """Tell whether the event tells of a resource that failed."""
    return line.status.endswith("_FAILED") and line.type != STACK_TYPE


def operation_event(item: Stack, line: Event) -> Json:
    """Return one line of DescribeEvents."""
    shown = event(item, line)
    told = {key: value for key, value in shown.items() if key not in {"StackName", "PhysicalResourceId"}}
    kind = "STACK_EVENT" if line.physical_id == item.id else "PROGRESS_EVENT"
    told["EventType"] = "PROVISIONING_ERROR" if is_failure(line) else kind
    told["OperationType"] = line.operation.kind
    if line.physical_id:
        told["PhysicalResourceId"] = line.physical_id
    return told


def validation_event(item: Stack, change_set: ChangeSet, found: Validation) -> Json:
    """Return one line of DescribeEvents about a change set."""
    wanted = change_set.target.desired.get(found.logical_id) if change_set.target else None
    told: Json = {
        "EventId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{change_set.id}/{found.logical_id}/{found.reason}")),
        "StackId": item.id,
        "OperationId": change_set.operation.id,
        "OperationType": change_set.operation.kind,
        "EventType": "VALIDATION_ERROR",
        "LogicalResourceId": found.logical_id,
        "Timestamp": when(change_set.worked_out),
        "ValidationFailureMode": found.mode,
        "ValidationName": found.name,
        "ValidationStatus": "FAILED",
        "ValidationStatusReason": found.reason,
    }
    optional = {
        "ResourceType": wanted.type if wanted else "",
        "ValidationPath": found.path,
        "ClientRequestToken": change_set.token,
    }
    return told | {key: value for key, value in optional.items() if value}


def resource(item: Stack, have: Resource, *, summary: bool) -> Json:
    """Return a resource: in the words of ListStackResources (summary) or of DescribeStackResources."""
    shown: Json = {
        "LogicalResourceId": have.logical_id,
        "ResourceType": have.type,
        "ResourceStatus": have.status,
        "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
    }
    if have.physical_id:
        shown["PhysicalResourceId"] = have.physical_id
    if have.reason:
        shown["ResourceStatusReason"] = have.reason
    if summary:
        return shown | {"LastUpdatedTimestamp": when(have.since)}
    return shown | {"StackName": item.name, "StackId": item.id, "Timestamp": when(have.since)}
