"""The door to CloudFormation: its calls in our words, its errors as `rollback.aws` has them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from rollback.aws import Aws, speaking_to_aws
from rollback.engine.trouble import Rejected
from rollback.stack import changesets
from rollback.stack.changes import Change, ChangeSet, Detail
from rollback.stack.model import Event, Parameter, Stack
from rollback.stack.record import ParameterSnapshot, ResourceSnapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mypy_boto3_cloudformation.client import CloudFormationClient


class CloudFormation:
    """CloudFormation in one region. Every method raises AwsTrouble."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    @cached_property
    def _client(self) -> CloudFormationClient:
        from botocore.handlers import json_decode_template_body  # noqa: PLC0415 - with boto3, on first use

        client: CloudFormationClient = self._aws.client("cloudformation")
        # botocore turns a JSON template into a dict; equality byte for byte needs the text itself.
        client.meta.events.unregister("after-call.cloudformation.GetTemplate", json_decode_template_body)
        return client

    def _call(self, operation: str, method: str, /, **parameters: Any) -> Any:
        with speaking_to_aws("cloudformation", operation):
            return getattr(self._client, method)(**parameters)

    def _call_once(self, operation: str, method: str, /, **parameters: Any) -> Any:
        with speaking_to_aws("cloudformation", operation):
            return getattr(self._aws.client("cloudformation", retries=False), method)(**parameters)

    def _pages(self, operation: str, method: str, /, **parameters: Any) -> Iterator[Any]:
        with speaking_to_aws("cloudformation", operation):
            pages = iter(self._client.get_paginator(method).paginate(**parameters))  # type: ignore[call-overload]
        while True:
            with speaking_to_aws("cloudformation", operation):
                page = next(pages, None)
            if page is None:
                return
            yield page

    def describe(self, name: str) -> Stack | None:
        """Return the stack by name, ARN or id; None where it doesn't exist."""
        try:
            answer = self._call("DescribeStacks", "describe_stacks", StackName=name)
        except Rejected as rejection:
            if rejection.says("does not exist"):
                return None
            raise
        with speaking_to_aws("cloudformation", "DescribeStacks"):
            return _stack(answer["Stacks"][0])

    def events(self, stack_id: str, enough: Callable[[Sequence[Event]], bool]) -> list[Event]:
        """Return events newest first, reading a page at a time until `enough` of them are there."""
        found: list[Event] = []
        for page in self._pages("DescribeStackEvents", "describe_stack_events", StackName=stack_id):
            with speaking_to_aws("cloudformation", "DescribeStackEvents"):
                found += [_event(event) for event in page["StackEvents"]]
            if enough(found):
                break
        return found

    def cancel_update(self, stack_id: str, token: str) -> None:
        """Cancel the update that runs."""
        self._call("CancelUpdateStack", "cancel_update_stack", StackName=stack_id, ClientRequestToken=token)

    def continue_rollback(self, stack_id: str, token: str, skip: Sequence[str], role_arn: str | None) -> None:
        """Continue a rollback that failed, leaving out the resources in `skip`."""
        extra = _given(ResourcesToSkip=list(skip), RoleARN=role_arn)
        self._call(
            "ContinueUpdateRollback", "continue_update_rollback", StackName=stack_id, ClientRequestToken=token, **extra
        )

    def roll_back(self, stack_id: str, token: str, role_arn: str | None) -> None:
        """Roll a failed update back; resources that existed before it are kept even where their policy says delete."""
        extra = _given(RoleARN=role_arn)
        self._call(
            "RollbackStack",
            "rollback_stack",
            StackName=stack_id,
            ClientRequestToken=token,
            RetainExceptOnCreate=True,
            **extra,
        )

    def template(self, stack_id: str, stage: str = "Original") -> str:
        """Return the template's text, exactly; `stage` is Original or Processed."""
        answer = self._call("GetTemplate", "get_template", StackName=stack_id, TemplateStage=stage)
        with speaking_to_aws("cloudformation", "GetTemplate"):
            return str(answer["TemplateBody"])

    def parameters(self, stack: Stack) -> dict[str, ParameterSnapshot]:
        """Return the stack's parameters as a snapshot keeps them: no value for NoEcho ones."""
        summary = self._call("GetTemplateSummary", "get_template_summary", StackName=stack.id)
        with speaking_to_aws("cloudformation", "GetTemplateSummary"):
            no_echo = {entry["ParameterKey"] for entry in summary.get("Parameters", []) if entry.get("NoEcho")}
        return {
            name: ParameterSnapshot(no_echo=True)
            if name in no_echo or parameter.value == "****"
            else ParameterSnapshot(value=parameter.value, resolved=parameter.resolved)
            for name, parameter in stack.parameters.items()
        }

    def stack_policy(self, stack_id: str) -> str:
        """Return the stack policy's text; empty where there is none."""
        answer = self._call("GetStackPolicy", "get_stack_policy", StackName=stack_id)
        return str(answer.get("StackPolicyBody") or "")

    def resources(self, stack_id: str) -> tuple[ResourceSnapshot, ...]:
        """Return the stack's resources, all pages."""
        found: list[ResourceSnapshot] = []
        for page in self._pages("ListStackResources", "list_stack_resources", StackName=stack_id):
            with speaking_to_aws("cloudformation", "ListStackResources"):
                found += [
                    ResourceSnapshot(
                        logical_id=entry["LogicalResourceId"],
                        physical_id=entry.get("PhysicalResourceId", ""),
                        type=entry["ResourceType"],
                    )
                    for entry in page["StackResourceSummaries"]
                    if entry["ResourceStatus"] != "DELETE_COMPLETE"
                ]
        return tuple(found)

    def create_change_set(self, stack_id: str, name: str, restore: Mapping[str, Any]) -> str:
        """Ask for a change set and return its ARN; `restore` holds template, parameters… in the API's own members.

        The SDK does not repeat it: a name that is taken then is certainly not by our own first try.
        """
        answer = self._call_once(
            "CreateChangeSet",
            "create_change_set",
            StackName=stack_id,
            ChangeSetName=name,
            ClientToken=name,
            ChangeSetType="UPDATE",
            IncludeNestedStacks=True,
            Description="Restores the last known good; made by the rollback action",
            **restore,
        )
        with speaking_to_aws("cloudformation", "CreateChangeSet"):
            return str(answer["Id"])

    def change_set_template(self, stack_id: str, arn: str) -> str:
        """Return the text of the template that a change set of the stack would deploy."""
        asked = {"StackName": stack_id, "ChangeSetName": arn, "TemplateStage": "Original"}
        answer = self._call("GetTemplate", "get_template", **asked)
        with speaking_to_aws("cloudformation", "GetTemplate"):
            return str(answer["TemplateBody"])

    def change_set_failures(self, arn: str) -> tuple[str, ...]:
        """Return what AWS's validation found wrong in a change set, a phrase each; gone once it is deleted."""
        found: list[str] = []
        for page in self._pages("DescribeEvents", "describe_events", ChangeSetName=arn):
            with speaking_to_aws("cloudformation", "DescribeEvents"):
                found += [text for entry in page.get("OperationEvents", []) if (text := _failure(entry))]
        return tuple(dict.fromkeys(found))

    def change_sets(self, stack_id: str) -> dict[str, str]:
        """Return the names of the stack's change sets that were not executed with success, by their ARNs."""
        found: dict[str, str] = {}
        for page in self._pages("ListChangeSets", "list_change_sets", StackName=stack_id):
            with speaking_to_aws("cloudformation", "ListChangeSets"):
                found |= {
                    entry["ChangeSetId"]: entry["ChangeSetName"]
                    for entry in page.get("Summaries", [])
                    if entry.get("ExecutionStatus", "") not in _AT_WORK_OR_DONE
                }
        return found

    def change_set(self, stack_id: str, name: str) -> ChangeSet | None:
        """Return the change set with all pages of its changes, nested stacks' included; None where there is none.

        `stack_id` is empty where the stack is not known: the ARN alone then tells which change set it is.
        """
        root = self._one_change_set(stack_id, name)
        return root and changesets.whole(root, lambda arn: self._one_change_set("", arn))

    def _one_change_set(self, stack_id: str, name: str) -> ChangeSet | None:
        changes: list[Change] = []
        head: Any = None
        request: dict[str, Any] = {"ChangeSetName": name, **_given(StackName=stack_id)}
        while True:
            try:
                page = self._call("DescribeChangeSet", "describe_change_set", **request)
            except Rejected as rejection:
                if is_gone(rejection):
                    return None
                raise
            head = head or page
            with speaking_to_aws("cloudformation", "DescribeChangeSet"):
                inside = page.get("StackId") or stack_id
                changes += [_change(entry.get("ResourceChange") or {}, inside) for entry in page.get("Changes", [])]
            if not page.get("NextToken"):
                break
            request["NextToken"] = page["NextToken"]
        with speaking_to_aws("cloudformation", "DescribeChangeSet"):
            return ChangeSet(
                name=name,
                status=head.get("Status", ""),
                execution_status=head.get("ExecutionStatus", ""),
                reason=head.get("StatusReason", ""),
                changes=tuple(changes),
                imports=bool(head.get("ImportExistingResources")),
                **_asked_of(head),
            )

    def execute_change_set(self, stack_id: str, arn: str, token: str, *, from_failed: bool) -> None:
        """Execute our change set: should it fail, what it newly made goes again, retained or not.

        From UPDATE_FAILED CloudFormation takes an update only with rollback disabled.
        """
        how = {"DisableRollback": True} if from_failed else {"RetainExceptOnCreate": True}
        asked = {"StackName": stack_id, "ChangeSetName": arn, "ClientRequestToken": token, **how}
        self._call("ExecuteChangeSet", "execute_change_set", **asked)

    def delete_change_set(self, stack_id: str, name: str) -> None:
        """Delete our change set, by name or ARN; no error where it is gone."""
        try:
            self._call("DeleteChangeSet", "delete_change_set", StackName=stack_id, ChangeSetName=name)
        except Rejected as rejection:
            if not is_gone(rejection):
                raise


_AT_WORK_OR_DONE = frozenset({"EXECUTE_IN_PROGRESS", "EXECUTE_COMPLETE"})


def is_gone(rejection: Rejected) -> bool:
    """Return whether AWS says that there is no such change set."""
    return "ChangeSetNotFound" in rejection.code or rejection.says("does not exist")


def _given(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value}


def _stack(entry: Any) -> Stack:
    updated = entry.get("LastUpdatedTime") or entry.get("CreationTime")
    return Stack(
        name=entry["StackName"],
        id=entry["StackId"],
        status=entry["StackStatus"],
        status_reason=entry.get("StackStatusReason", ""),
        root_id=entry.get("RootId"),
        parameters={
            parameter["ParameterKey"]: Parameter(parameter.get("ParameterValue", ""), parameter.get("ResolvedValue"))
            for parameter in entry.get("Parameters", [])
        },
        tags={tag["Key"]: tag["Value"] for tag in entry.get("Tags", []) if not tag["Key"].startswith("aws:")},
        capabilities=tuple(entry.get("Capabilities", [])),
        role_arn=entry.get("RoleARN"),
        notification_arns=tuple(entry.get("NotificationARNs", [])),
        rollback_configuration=dict(entry.get("RollbackConfiguration", {})),
        updated_at=updated.isoformat() if updated else "",
    )


def _failure(entry: Any) -> str:
    reason = entry.get("ValidationStatusReason") or entry.get("HookStatusReason") or entry.get("ResourceStatusReason")
    if not reason:
        return ""
    resource = entry.get("LogicalResourceId") or entry.get("ValidationName") or "the template"
    kind = f" ({entry['ResourceType']})" if entry.get("ResourceType") else ""
    where = f" at {entry['ValidationPath']}" if entry.get("ValidationPath") else ""
    return f"{resource}{kind}{where}: {reason}"


def _asked_of(head: Any) -> dict[str, Any]:
    """Return what a change set would make of its stack, in the members of our ChangeSet."""
    return {
        "id": head.get("ChangeSetId", ""),
        "stack_id": head.get("StackId", ""),
        "parameters": {one["ParameterKey"]: one.get("ParameterValue", "") for one in head.get("Parameters", [])},
        "tags": {tag["Key"]: tag["Value"] for tag in head.get("Tags", []) if not tag["Key"].startswith("aws:")},
        "capabilities": tuple(head.get("Capabilities", [])),
        "notification_arns": tuple(head.get("NotificationARNs", [])),
        "rollback_configuration": dict(head.get("RollbackConfiguration", {})),
    }


def _event(entry: Any) -> Event:
    return Event(
        id=entry["EventId"],
        at=entry["Timestamp"],
        stack_id=entry["StackId"],
        logical_id=entry.get("LogicalResourceId", ""),
        physical_id=entry.get("PhysicalResourceId", ""),
        type=entry.get("ResourceType", ""),
        status=entry.get("ResourceStatus", ""),
        reason=entry.get("ResourceStatusReason", ""),
        token=entry.get("ClientRequestToken", ""),
    )


def _change(entry: Any, stack_id: str) -> Change:
    details = entry.get("Details")
    return Change(
        action=entry.get("Action", ""),
        logical_id=entry.get("LogicalResourceId", ""),
        type=entry.get("ResourceType", ""),
        replacement=entry.get("Replacement", ""),
        policy=entry.get("PolicyAction", ""),
        physical_id=entry.get("PhysicalResourceId", ""),
        stack_id=stack_id,
        nested=entry.get("ChangeSetId", ""),
        details=None if details is None else tuple(_detail(detail.get("Target") or {}) for detail in details),
    )


def _detail(target: Any) -> Detail:
    return Detail(target.get("Name", ""), target.get("Path", ""), target.get("AttributeChangeType", ""))
