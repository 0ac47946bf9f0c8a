"""Stack policies forbid updates, and an update that breaks one is rolled back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.cloudformation.seeding import OLD_TEMPLATE, changed_template

if TYPE_CHECKING:
    from sandbox import ManualClock, Sandbox

ALLOW = {"Effect": "Allow", "Principal": "*", "Action": "Update:*", "Resource": "*"}


def deny(action: str, resource: str = "*", **condition: Any) -> dict[str, Any]:
    statement = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": resource}
    return statement | ({"Condition": {"StringEquals": condition}} if condition else {})


@pytest.mark.parametrize(
    ("statements", "end"),
    [
        ([ALLOW], "UPDATE_COMPLETE"),
        ([], "UPDATE_ROLLBACK_COMPLETE"),
        ([ALLOW, deny("Update:Modify", "LogicalResourceId/Api")], "UPDATE_ROLLBACK_COMPLETE"),
        ([ALLOW, deny("Update:*", ResourceType=["AWS::Lambda::Function"])], "UPDATE_ROLLBACK_COMPLETE"),
        ([ALLOW, deny("Update:*", ResourceType=["AWS::DynamoDB::Table"])], "UPDATE_COMPLETE"),
        ([ALLOW, deny("Update:Replace")], "UPDATE_COMPLETE"),
        ([ALLOW, deny("Update:Delete", "LogicalResourceId/Mail")], "UPDATE_ROLLBACK_COMPLETE"),
    ],
)
def test_an_update_is_rolled_back_if_the_policy_forbids_one_of_its_changes(
    sandbox: Sandbox, clock: ManualClock, statements: list[Any], end: str
) -> None:
    aws = sandbox.cloudformation
    aws.create("shop", changed_template(), StackPolicyBody=json.dumps({"Statement": statements}))
    aws.update("shop", OLD_TEMPLATE)

    clock.advance(60)

    assert aws.stack("shop").status == end
    denied = [line.logical_id for line in aws.stack("shop").events if line.reason.startswith("Action denied by stack")]
    assert bool(denied) == (end == "UPDATE_ROLLBACK_COMPLETE")
