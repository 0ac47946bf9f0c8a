"""The operations that only look: stacks, events, resources, templates, policies."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sandbox.cloudformation import building, sam, views
from sandbox.cloudformation.errors import invalid, no_such_stack, no_such_stack_to_change
from sandbox.cloudformation.lookup import find, find_change_set
from sandbox.cloudformation.template import Json, parse

if TYPE_CHECKING:
    from sandbox.backend import Caller
    from sandbox.cloudformation.model import Deployment, Stack
    from sandbox.cloudformation.staleness import Staleness
    from sandbox.cloudformation.world import World

PAGE = 100


def page(items: list[Json], params: Json, name: str, size: int = PAGE) -> Json:
    """Return one page of the items, with the token of the next one if there is one."""
    start = _position(params.get("NextToken"))
    answer: Json = {name: items[start : start + size]}
    if start + size < len(items):
        answer["NextToken"] = str(start + size)
    return answer


def _position(token: str | None) -> int:
    if token is None:
        return 0
    if not token.isdigit():
        raise invalid("NextToken is invalid")
    return int(token)


class Reads:
    """The reading half of the API; `caller` is who asks: only stacks of their region and account are seen."""

    def __init__(self, world: World, staleness: Staleness) -> None:
        self._world = world
        self._staleness = staleness

    def describe_stacks(self, params: Json, caller: Caller) -> Json:
        """DescribeStacks, which may be late: see staleness.py."""
        if params.get("StackName"):
            found = find(self._world, params["StackName"], caller, no_such_stack)
            shown = self._staleness.view(found)
            if shown is None:
                raise no_such_stack(params["StackName"])
            return {"Stacks": [shown]}
        alive = [item for item in self._mine(caller) if item.status != "DELETE_COMPLETE"]
        views_ = [self._staleness.view(item) for item in alive]
        return page([item for item in views_ if item is not None], params, "Stacks")

    def list_stacks(self, params: Json, caller: Caller) -> Json:
        """ListStacks: deleted ones too."""
        wanted = params.get("StackStatusFilter")
        members = (
            "StackId", "StackName", "CreationTime", "LastUpdatedTime", "DeletionTime", "StackStatus",
            "StackStatusReason", "ParentId", "RootId", "DriftInformation", "LastOperations",
        )  # fmt: skip
        summaries: list[Json] = []
        for item in self._mine(caller):
            if not wanted or item.status in wanted:
                shown = views.stack(item)
                summaries.append({key: shown[key] for key in members if key in shown})
                if "Description" in shown:
                    summaries[-1]["TemplateDescription"] = shown["Description"]
        return page(summaries, params, "StackSummaries")

    def _mine(self, caller: Caller) -> list[Stack]:
        stacks = [
            item
            for item in self._world.stacks.values()
            if (item.region, item.account) == (caller.region, caller.account)
        ]
        return sorted(stacks, key=lambda item: -item.created)

    def describe_stack_events(self, params: Json, caller: Caller) -> Json:
        """DescribeStackEvents: newest first, 100 a page; new events don't shift the pages that follow."""
        found = find(self._world, params["StackName"], caller, no_such_stack_to_change)
        end = _position(params["NextToken"]) if params.get("NextToken") else len(found.events)
        start = max(0, end - PAGE)
        answer: Json = {"StackEvents": [views.event(found, line) for line in reversed(found.events[start:end])]}
        if start > 0:
            answer["NextToken"] = str(start)
        return answer

    def describe_events(self, params: Json, caller: Caller) -> Json:
        """DescribeEvents: the newer form, by operation or change set, and only the failures if asked for.

        A change set counts by its ARN alone, and only until it is deleted.
        """
        if str(params.get("ChangeSetName", "")).startswith("arn:"):
            change_set = find_change_set(self._world, params, caller)
            stack = self._world.stacks[change_set.stack_id]
            only_failed = bool((params.get("Filters") or {}).get("FailedEvents"))
            told = [item for item in reversed(change_set.found) if item.mode == "FAIL" or not only_failed]
            lines = [views.validation_event(stack, change_set, item) for item in told]
            return page(lines, params, "OperationEvents")
        if not params.get("StackName"):
            raise invalid("One of ChangeSetName, OperationId or StackName must be specified")
        found = find(self._world, params["StackName"], caller, no_such_stack_to_change)
        end = _position(params["NextToken"]) if params.get("NextToken") else len(found.events)
        only_failed = bool((params.get("Filters") or {}).get("FailedEvents"))
        lines = []
        while end > 0 and len(lines) < PAGE:
            end -= 1
            line = found.events[end]
            if params.get("OperationId") in {None, line.operation.id} and not (
                only_failed and not views.is_failure(line)
            ):
                lines.append(views.operation_event(found, line))
        return {"OperationEvents": lines, **({"NextToken": str(end)} if end > 0 else {})}

    def describe_stack_resources(self, params: Json, caller: Caller) -> Json:
        """DescribeStackResources: no pages, only the first 100 (API reference)."""
        if params.get("StackName"):
            found = find(self._world, params["StackName"], caller, no_such_stack)
        elif params.get("PhysicalResourceId"):
            found = self._owner(params["PhysicalResourceId"], caller)
        else:
            raise invalid("At least one of StackName or PhysicalResourceId must be specified.")
        wanted = params.get("LogicalResourceId")
        items = [
            views.resource(found, have, summary=False)
            for name, have in found.resources.items()
            if wanted in {None, name}
        ]
        if wanted and not items:
            raise invalid(f"Resource {wanted} does not exist for stack {params['StackName']}")
        return {"StackResources": items[:PAGE]}

    def _owner(self, physical_id: str, caller: Caller) -> Stack:
        for item in self._mine(caller):
            if any(have.physical_id == physical_id for have in item.resources.values()):
                return item
        raise invalid(f"Stack for {physical_id} does not exist")

    def describe_stack_resource(self, params: Json, caller: Caller) -> Json:
        """DescribeStackResource."""
        shown = self.describe_stack_resources({**params}, caller)["StackResources"][0]
        shown["LastUpdatedTimestamp"] = shown.pop("Timestamp")
        return {"StackResourceDetail": shown}

    def list_stack_resources(self, params: Json, caller: Caller) -> Json:
        """ListStackResources, 100 a page."""
        found = find(self._world, params["StackName"], caller, no_such_stack)
        items = [views.resource(found, have, summary=True) for have in found.resources.values()]
        return page(items, params, "StackResourceSummaries")

    def get_template(self, params: Json, caller: Caller) -> Json:
        """GetTemplate of a stack or change set: Original is the text as sent, Processed (the default) after macros.

        Of a stack in REVIEW_IN_PROGRESS it is `{}`: clients rely on that.
        """
        if params.get("ChangeSetName"):
            made = find_change_set(self._world, params, caller).target
        else:
            if not params.get("StackName"):
                raise invalid("Either StackName or ChangeSetName must be specified.")
            stack = find(self._world, params["StackName"], caller, no_such_stack)
            if stack.status == "REVIEW_IN_PROGRESS":
                return {"TemplateBody": "{}", "StagesAvailable": ["Original", "Processed"]}
            made = stack.deployment
        if made is None:
            raise invalid(f"Template for {params.get('StackName')} is not available")
        original = params.get("TemplateStage") == "Original"
        return {
            "TemplateBody": views.without_accents(made.original if original else made.processed),
            "StagesAvailable": ["Original", "Processed"],
        }

    def get_template_summary(self, params: Json, caller: Caller) -> Json:
        """GetTemplateSummary of a template or of a stack's own."""
        made: Deployment | None = None
        if params.get("StackName"):
            made = find(self._world, params["StackName"], caller, no_such_stack).deployment
        template = parse(made.original if made else self._world.builder.text(params, None))
        return summary(template)

    def validate_template(self, params: Json, _caller: Caller) -> Json:
        """ValidateTemplate."""
        template = parse(self._world.builder.text(params, None))
        building.check_types(sam.expand(template))
        shown = summary(template)
        shown["Parameters"] = [
            {key: value for key, value in item.items() if key not in {"ParameterType", "ParameterConstraints"}}
            for item in shown["Parameters"]
        ]
        members = ("Parameters", "Description", "Capabilities", "CapabilitiesReason", "DeclaredTransforms")
        return {key: shown[key] for key in members if key in shown}

    def get_stack_policy(self, params: Json, caller: Caller) -> Json:
        """GetStackPolicy: nothing where there is none."""
        found = find(self._world, params["StackName"], caller, no_such_stack_to_change)
        return {} if found.policy is None else {"StackPolicyBody": found.policy}


def summary(template: Json) -> Json:
    """Return what GetTemplateSummary tells about a template."""
    processed = sam.expand(template)
    wanted, reason = building.needed(template, processed, change_set=False)
    described: list[Json] = []
    for key, about in (template.get("Parameters") or {}).items():
        item: Json = {
            "ParameterKey": key,
            "ParameterType": str(about.get("Type", "String")),
            "NoEcho": str(about.get("NoEcho", False)).lower() == "true",
            "ParameterConstraints": {"AllowedValues": [str(v) for v in about["AllowedValues"]]}
            if "AllowedValues" in about
            else {},
        }
        if "Default" in about:
            item["DefaultValue"] = str(about["Default"])
        if "Description" in about:
            item["Description"] = about["Description"]
        described.append(item)
    shown: Json = {
        "Parameters": described,
        "ResourceTypes": sorted({item["Type"] for item in template["Resources"].values()}),
        "DeclaredTransforms": sam.transforms(template),
    }
    optional = {
        "Description": template.get("Description"),
        "Version": template.get("AWSTemplateFormatVersion"),
        "Metadata": json.dumps(template["Metadata"]) if "Metadata" in template else None,
        "Capabilities": wanted,
        "CapabilitiesReason": reason,
    }
    return shown | {key: value for key, value in optional.items() if value}
