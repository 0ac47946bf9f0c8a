"""Arranges stacks for tests and the demo: by the real operations, in the past and without waiting for them."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sandbox.cloudformation.model import STATUSES, Operation, Stack
from sandbox.cloudformation.template import parse
from sandbox.cloudformation.world import Plan, World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.backend import Caller
    from sandbox.cloudformation.changesets import ChangeSets
    from sandbox.cloudformation.operations import Operations
    from sandbox.cloudformation.template import Json, Value

DAY = 86_400.0
ALL = frozenset(STATUSES)
# Statuses of stacks that never were stable.
_NEW = frozenset({
    "CREATE_IN_PROGRESS", "CREATE_FAILED", "ROLLBACK_IN_PROGRESS", "ROLLBACK_FAILED", "ROLLBACK_COMPLETE",
    "REVIEW_IN_PROGRESS",
})  # fmt: skip
_IN_PROGRESS = frozenset(name for name in STATUSES if name.endswith("_IN_PROGRESS"))

OLD_TEMPLATE: Json = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Description": "A small shop",
    "Resources": {
        "Orders": {
            "Type": "AWS::DynamoDB::Table",
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            },
        },
        "Api": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "nodejs22.x",
                "Handler": "index.handler",
                "Role": "arn:aws:iam::123456789012:role/shop-api",
                "MemorySize": 256,
                "Code": {"S3Bucket": "shop-artifacts", "S3Key": "api/1.zip"},
                "Environment": {"Variables": {"TABLE": {"Ref": "Orders"}}},
            },
        },
    },
    "Outputs": {"OrdersTable": {"Value": {"Ref": "Orders"}}},
}


def changed_template(template: Json = OLD_TEMPLATE) -> Json:
    """Return a template after a deployment: the shop's function changed and a queue came, or something of that kind."""
    changed: Json = json.loads(json.dumps(template))
    resources = changed["Resources"]
    if "Api" in resources:
        code = {"S3Bucket": "shop-artifacts", "S3Key": "api/2.zip"}
        resources["Api"].setdefault("Properties", {}).update({"MemorySize": 512, "Code": code})
    else:
        list(resources.values())[-1]["Metadata"] = {"Deployment": "2"}
    resources["Mail"] = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 60}}
    return changed


@dataclass(frozen=True)
class Seed:
    """How a stack came to be where it is. All texts are AWS's side of the story."""

    # What it was created with, a day before, and what the operation brought that led to its status.
    template: Json | str = field(default_factory=lambda: OLD_TEMPLATE)
    new_template: Json | str | None = None
    # The resource that failed, where one must; the first that changed if nobody says. Why.
    failing: str | None = None
    reason: str = 'Resource handler returned message: "Code not found" (HandlerErrorCode: NotFound)'
    # For UPDATE_ROLLBACK_FAILED: which resource failed to roll back, and how often it will again when it is continued.
    rollback_failing: str | None = None
    rollback_reason: str = "Internal Failure"
    rollback_failures: int = 0
    # How many seconds ago the operation began: an hour, or just now for a status in progress, if nobody says.
    ago: float | None = None
    resource_seconds: float | None = None
    cleanup_seconds: float | None = None
    # Lines of earlier history.
    history_events: int = 0
    express: bool = False
    # Members of the UpdateStack that led here.
    update: Json = field(default_factory=dict)

    @property
    def changed(self) -> Json | str:
        """The template that the operation brought."""
        return changed_template(parse(text_of(self.template))) if self.new_template is None else self.new_template

    def failing_one(self, *, creating: bool) -> str:
        """Return the logical id of the resource that fails."""
        if self.failing is not None:
            return self.failing
        old: Json = parse(text_of(self.template))["Resources"]
        if creating:
            return list(old)[-1]
        new: Json = parse(text_of(self.changed))["Resources"]
        return next((name for name in old if name in new and old[name] != new[name]), next(reversed(old)))


def text_of(template: Json | str) -> str:
    """Return a template's text; a dict as indented JSON."""
    return template if isinstance(template, str) else json.dumps(template, indent=2)


class Seeder:
    """Drives the real operations at a time of its own."""

    def __init__(self, world: World, operations: Operations, change_sets: ChangeSets, caller: Caller) -> None:
        self._world = world
        self._operations = operations
        self._change_sets = change_sets
        self._caller = caller

    def create(self, name: str, template: Json | str, **request: Value) -> Stack:
        """Create a stack, finished at once."""
        self._world.advance()
        with self._at_once(ALL):
            self._operations.create_stack(
                {"StackName": name, "TemplateText": text_of(template), **request}, self._caller
            )
            self._world.advance(self._world.time)
        return self._named(name)

    def update(
        self,
        name: str,
        template: Json | str | None,
        resource_seconds: float | None,
        cleanup_seconds: float | None,
        **request: Value,
    ) -> Stack:
        """Start an update; without a template the stack keeps its own."""
        self._world.advance()
        stack = self._named(name)
        self._pace(stack, resource_seconds, cleanup_seconds)
        self._update(name, template, request)
        return stack

    def _update(self, name: str, template: Json | str | None, request: Json) -> None:
        """Start an update. Parameters and capabilities that nobody names stay, as a careful deployment leaves them."""
        how: Json = {"UsePreviousTemplate": True} if template is None else {"TemplateText": text_of(template)}
        made = self._named(name).deployment
        if made is not None:
            declared = made.source if template is None else parse(text_of(template))
            keys = made.parameters.keys() & (declared.get("Parameters") or {}).keys()
            how["Parameters"] = [{"ParameterKey": key, "UsePreviousValue": True} for key in keys]
            how["Capabilities"] = list(made.capabilities)
        self._operations.update_stack({"StackName": name, **how, **request}, self._caller)

    def seed(self, name: str, status: str, seed: Seed, request: Json) -> Stack:
        """Put a new stack into a status. `request` holds members of CreateStack. Raises ValueError if it can't be."""
        if status not in STATUSES:
            raise ValueError(f"{status} is no stack status")
        self._world.advance()
        now = self._world.time
        ago = (0.0 if status in _IN_PROGRESS else 3600.0) if seed.ago is None else seed.ago
        first = {"StackName": name, "TemplateText": text_of(seed.template), **request}
        if status not in _NEW:
            with self._at(now - ago - DAY, ALL):
                self._operations.create_stack(first, self._caller)
            self._pace(self._named(name), seed.resource_seconds, seed.cleanup_seconds)
            self._history(self._named(name), seed.history_events)
        with self._at(now - ago, ALL - {status}):
            self._plan_failures(name, status, seed)
            self._lead_to(name, status, seed, first)
            stack = self._named(name)
            stack.express = seed.express
            self._pace(stack, seed.resource_seconds, seed.cleanup_seconds)
        if stack.status != status:
            raise ValueError(f"the templates lead to {stack.status}, not to {status}")
        self._world.advance(now)
        return stack

    def _lead_to(self, name: str, status: str, seed: Seed, first: Json) -> None:
        """Start the operation that leads to the status."""
        if status == "REVIEW_IN_PROGRESS":
            request = {**first, "ChangeSetName": "first", "ChangeSetType": "CREATE"}
            self._change_sets.create_change_set(request, self._caller)
        elif status in _NEW:
            world = self._world
            usual = world.resource_seconds, world.cleanup_seconds
            world.resource_seconds = usual[0] if seed.resource_seconds is None else seed.resource_seconds
            self._operations.create_stack({**first, "DisableRollback": status == "CREATE_FAILED"}, self._caller)
            world.resource_seconds, world.cleanup_seconds = usual
        elif status.startswith("DELETE"):
            self._operations.delete_stack({"StackName": name}, self._caller)
        elif status.startswith("IMPORT"):
            self._import(self._named(name), status, seed.reason)
        elif status != "CREATE_COMPLETE":
            how = {"DisableRollback": status == "UPDATE_FAILED", **seed.update}
            self._update(name, seed.changed, how)

    def _plan_failures(self, name: str, status: str, seed: Seed) -> None:
        plans, failing = self._world.plans, seed.failing_one(creating=status in _NEW)
        if status in {"CREATE_FAILED", "UPDATE_FAILED"} or ("ROLLBACK" in status and not status.startswith("IMPORT")):
            plans["update", name, failing] = Plan(seed.reason, 1)
        if status == "UPDATE_ROLLBACK_FAILED":
            again = Plan(seed.rollback_reason, 1 + seed.rollback_failures)
            plans["rollback", name, seed.rollback_failing or failing] = again
        if status in {"ROLLBACK_FAILED", "DELETE_FAILED"}:
            plans["delete", name, failing] = Plan(seed.reason, 1)

    def _import(self, stack: Stack, status: str, reason: str) -> None:
        """Tell the story of an import; nothing else here can import."""
        world = self._world
        stack.operation = Operation("UPDATE_STACK")
        stack.operations.append(stack.operation)
        world.set_status(stack, "IMPORT_IN_PROGRESS", "User Initiated")
        if "ROLLBACK" not in status:
            world.schedule(stack, world.duration(stack, ""), lambda: world.set_status(stack, "IMPORT_COMPLETE"))
            return
        resource = replace(next(iter(stack.resources.values())))
        world.set_resource(stack, resource, "IMPORT_IN_PROGRESS")
        world.set_resource(stack, resource, "IMPORT_FAILED", reason)
        failed = f"The following resource(s) failed to import: [{resource.logical_id}]. "
        world.set_status(stack, "IMPORT_ROLLBACK_IN_PROGRESS", failed)
        end = "IMPORT_ROLLBACK_FAILED" if status == "IMPORT_ROLLBACK_FAILED" else "IMPORT_ROLLBACK_COMPLETE"
        world.schedule(stack, world.duration(stack, ""), lambda: world.set_status(stack, end))

    def _history(self, stack: Stack, lines: int) -> None:
        """Add earlier updates to the events, one second apart."""
        resources = list(stack.resources.values())
        for number in range(lines):
            resource = resources[number // 2 % len(resources)]
            self._world.time += 1
            self._world.set_resource(stack, resource, "UPDATE_COMPLETE" if number % 2 else "UPDATE_IN_PROGRESS")

    @staticmethod
    def _pace(stack: Stack, resource_seconds: float | None, cleanup_seconds: float | None) -> None:
        stack.resource_seconds, stack.cleanup_seconds = resource_seconds, cleanup_seconds

    def _named(self, name: str) -> Stack:
        return [item for item in self._world.stacks.values() if item.name == name][-1]

    @contextmanager
    def _at_once(self, statuses: frozenset[str]) -> Iterator[None]:
        """Let no time pass while a stack is in one of the statuses."""
        self._world.instant = statuses
        try:
            yield
        finally:
            self._world.instant = frozenset()

    @contextmanager
    def _at(self, time: float, statuses: frozenset[str]) -> Iterator[None]:
        """Let something happen at a time in the past, and at once."""
        self._world.advance(time)
        with self._at_once(statuses):
            yield
            self._world.advance(time)
