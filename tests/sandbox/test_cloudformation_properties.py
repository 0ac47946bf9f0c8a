"""What must hold for any two templates: a way back leads back, and change sets tell the truth about data."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox import ManualClock
from sandbox.cloudformation import Caller, CloudFormation, Stack

ME = Caller("us-west-2")
NAMES = ["Alpha", "Beta", "Gamma", "Delta"]
POLICIES = st.sampled_from([None, "Delete", "Retain"])


@st.composite
def resources(draw: st.DrawFn, name: str) -> dict[str, Any]:
    # One type a name: AWS refuses to change it.
    policy = draw(POLICIES)
    policies = {} if policy is None else {"DeletionPolicy": policy, "UpdateReplacePolicy": policy}
    value = draw(st.integers(0, 2))
    match name:
        case "Alpha":
            key = [{"AttributeName": f"k{value}", "KeyType": "HASH"}]
            return {"Type": "AWS::DynamoDB::Table", **policies, "Properties": {"KeySchema": key}}
        case "Beta":
            return {"Type": "AWS::SQS::Queue", **policies, "Properties": {"VisibilityTimeout": value}}
        case "Gamma":
            return {"Type": "AWS::RDS::DBInstance", **policies, "Properties": {"Engine": f"engine{value}"}}
        case _:
            return {"Type": "AWS::SSM::Parameter", **policies, "Properties": {"Value": str(value), "Type": "String"}}


@st.composite
def templates(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(st.lists(st.sampled_from(NAMES), unique=True))
    made = {name: draw(resources(name)) for name in names}
    for name, other in zip(names[1:], names, strict=False):
        if draw(st.booleans()):
            made[name]["DependsOn"] = other
    return {"Resources": {"Always": {"Type": "AWS::SNS::Topic"}, **made}}


def state(stack: Stack) -> dict[str, Any]:
    return {name: (item.physical_id, item.desired.properties, item.data) for name, item in stack.resources.items()}


@settings(deadline=None, max_examples=60)
@given(before=templates(), after=templates(), seconds=st.integers(0, 12), fails=st.sampled_from([*NAMES, "none"]))
def test_an_update_cancelled_or_failed_at_any_moment_leaves_everything_as_it_was(
    before: dict[str, Any], after: dict[str, Any], seconds: int, fails: str
) -> None:
    clock = ManualClock()
    aws = CloudFormation(clock)
    first = state(aws.create("shop", before))
    aws.fail_update(fails, "no", stack="shop")
    after["Resources"]["New"] = {"Type": "AWS::SNS::Topic"}
    aws.update("shop", after, resource_seconds=2, cleanup_seconds=2)
    clock.advance(seconds)
    if aws.stack("shop").status == "UPDATE_IN_PROGRESS":
        aws.handle("CancelUpdateStack", {"StackName": "shop"}, ME)
    clock.advance(100)

    stack = aws.stack("shop")

    assert stack.status in {"UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}
    if stack.status == "UPDATE_ROLLBACK_COMPLETE":
        assert state(stack) == first
        assert not [loss for loss in aws.losses if (loss.logical_id, loss.physical_id) in ids(first)]


def ids(resources_: dict[str, Any]) -> set[tuple[str, str]]:
    return {(name, item[0]) for name, item in resources_.items()}


@settings(deadline=None, max_examples=60)
@given(before=templates(), after=templates())
def test_nothing_is_lost_that_the_change_set_did_not_announce(before: dict[str, Any], after: dict[str, Any]) -> None:
    clock = ManualClock()
    aws = CloudFormation(clock)
    aws.create("shop", before)
    request = {"StackName": "shop", "ChangeSetName": "back"}
    aws.handle("CreateChangeSet", {**request, "TemplateBody": json.dumps(after)}, ME)
    clock.advance(5)
    shown = aws.handle("DescribeChangeSet", request, ME)
    if shown["Status"] == "FAILED":
        assert aws.stack("shop").resources.keys() == after["Resources"].keys()
        return
    told = [item["ResourceChange"] for item in shown["Changes"]]
    announced = {
        item["LogicalResourceId"] for item in told if item.get("PolicyAction") in {"Delete", "ReplaceAndDelete"}
    }

    aws.handle("ExecuteChangeSet", request, ME)
    clock.advance(100)

    assert aws.stack("shop").status == "UPDATE_COMPLETE"
    assert aws.stack("shop").resources.keys() == after["Resources"].keys()
    stateful = {"Alpha", "Beta", "Gamma", "Delta"}
    assert {loss.logical_id for loss in aws.losses} == announced & stateful


@settings(deadline=None, max_examples=30)
@given(before=templates(), after=templates())
def test_going_there_and_back_changes_nothing_but_replaced_resources(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    clock = ManualClock()
    aws = CloudFormation(clock)
    aws.create("shop", before)
    after["Resources"]["New"] = {"Type": "AWS::SNS::Topic"}
    for template in (after, before):
        aws.update("shop", template)
        clock.advance(100)

    stack = aws.stack("shop")

    assert stack.status == "UPDATE_COMPLETE"
    assert stack.deployment is not None
    assert json.loads(stack.deployment.original) == before
    assert {name: item.desired.properties for name, item in stack.resources.items()} == {
        name: item.get("Properties", {}) for name, item in before["Resources"].items()
    }
