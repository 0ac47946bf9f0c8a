"""Arranges stacks for tests and the demo: by the real operations, in the past and without waiting for them."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sandbox.cloudformation.model import STATUSES, Operation, Stack
from sandbox.cloudformation.world import Plan, World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.backend import Caller
    from sandbox.cloudformation.changesets import ChangeSets
    from sandbox.cloudformation.operations import Operations
    from sandbox.cloudformation.template import Json, Value

DAY = 86_400.0
ALL = frozenset(STATUSES)
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
    """Return the small shop after a deployment: the function changed, a queue came."""
    changed: Json = json.loads(json.dumps(template))
    changed["Resources"]["Api"]["Properties"] |= {
        "MemorySize": 512,
        "Code": {"S3Bucket": "shop-artifacts", "S3Key": "api/2.zip"},
    }
    changed["Resources"]["Mail"] = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 60}}
    return changed


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
        how: Json = {"UsePreviousTemplate": True} if template is None else {"TemplateText": text_of(template)}
        self._operations.update_stack({"StackName": name, **how, **request}, self._caller)

    def seed(  # noqa: PLR0913, every one is optional
        self, name: str, status: str, *, template: Json | str = OLD_TEMPLATE, new_template: Json | str | None = None,
        failing: str = "Api", reason: str = 'Resource handler returned message: "Code not found" (HandlerErrorCode: NotFound)',
        rollback_failing: str | None = None, rollback_reason: str = "Internal Failure", rollback_failures: int = 0,
        ago: float | None = None, history_events: int = 0, express: bool = False,
        resource_seconds: float | None = None, cleanup_seconds: float | None = None,
        update: Json | None = None, **request: Value,
    ) -> Stack:  # fmt: skip
        """Put a new stack into a status.

        `template` is what it was created with a day before, `new_template` what the operation brought that led to the
        status; `failing` the resource that fails where one must, for `reason`; `rollback_failing` the one that fails in the
        rollback of UPDATE_ROLLBACK_FAILED, and still will `rollback_failures` times when it is continued. `ago`: how many
        seconds before now that operation began (an hour; now for a status in progress). `history_events`: lines of earlier
        history. `request` and `update` hold members of CreateStack and UpdateStack.
        """
        if status not in STATUSES:
            raise ValueError(f"{status} is no stack status")
        world = self._world
        world.advance()
        now, since = world.time, (0.0 if status in _IN_PROGRESS else 3600.0) if ago is None else ago
        first = {"StackName": name, "TemplateText": text_of(template), **request}
        second = update or {}
        bad = text_of(new_template if new_template is not None else changed_template())
        creating = status in {
            "CREATE_IN_PROGRESS",
            "CREATE_FAILED",
            "ROLLBACK_IN_PROGRESS",
            "ROLLBACK_FAILED",
            "ROLLBACK_COMPLETE",
        }
        if not creating and status != "REVIEW_IN_PROGRESS":
            with self._at(now - since - DAY, ALL):
                self._operations.create_stack(first, self._caller)
            self._pace(self._named(name), resource_seconds, cleanup_seconds)
            self._history(self._named(name), history_events)
        with self._at(now - since, ALL - {status}):
            self._prepare_failure(
                name, status, failing, reason, rollback_failing or failing, rollback_reason, rollback_failures
            )
            if creating:
                self._operations.create_stack({**first, "DisableRollback": status == "CREATE_FAILED"}, self._caller)
            elif status == "REVIEW_IN_PROGRESS":
                self._change_sets.create_change_set(
                    {**first, "ChangeSetName": "first", "ChangeSetType": "CREATE"}, self._caller
                )
            elif status.startswith("DELETE"):
                self._operations.delete_stack({"StackName": name}, self._caller)
            elif status.startswith("IMPORT"):
                self._import(self._named(name), status)
            elif status != "CREATE_COMPLETE":
                self._update(name, bad, {"DisableRollback": status == "UPDATE_FAILED", **second})
            stack = self._named(name)
            stack.express = express
            self._pace(stack, resource_seconds, cleanup_seconds)
            world.advance(world.time)
        if stack.status != status:
            raise ValueError(f"the templates lead to {stack.status}, not to {status}")
        world.advance(now)
        return stack

    def _prepare_failure(  # noqa: PLR0913, one caller
        self,
        name: str,
        status: str,
        failing: str,
        reason: str,
        rollback_failing: str,
        rollback_reason: str,
        rollback_failures: int,
    ) -> None:
        plans = self._world.plans
        if status in {"CREATE_FAILED", "UPDATE_FAILED"} or ("ROLLBACK" in status and not status.startswith("IMPORT")):
            plans["update", name, failing] = Plan(reason, 1)
        if status == "UPDATE_ROLLBACK_FAILED":
            plans["rollback", name, rollback_failing] = Plan(rollback_reason, 1 + rollback_failures)
        if status in {"ROLLBACK_FAILED", "DELETE_FAILED"}:
            plans["delete", name, failing] = Plan(reason, 1)

    def _import(self, stack: Stack, status: str) -> None:
        """Tell the story of an import; nothing else here can import."""
        world = self._world
        stack.operation = Operation("UPDATE_STACK")
        stack.operations.append(stack.operation)
        world.set_status(stack, "IMPORT_IN_PROGRESS", "User Initiated")
        if "ROLLBACK" not in status:
            world.schedule(stack, world.duration(stack, ""), lambda: world.set_status(stack, "IMPORT_COMPLETE"))
            return
        world.set_status(stack, "IMPORT_ROLLBACK_IN_PROGRESS", "The following resource(s) failed to import: [Orders]. ")
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
