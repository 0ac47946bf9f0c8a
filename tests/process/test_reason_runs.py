"""Whole runs that fail, and why: the reason in full, wherever CloudFormation keeps it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import ALL, Fault, Kind
from sandbox.cloudformation import Validation
from tests.process.releases import SNAPSHOTS, incident, restore, snapshot, topic, wait
from tests.process.shop import STACK

if TYPE_CHECKING:
    from tests.process.shop import Ran, Shop

URL = f"https://{SNAPSHOTS}.s3.us-west-2.amazonaws.com/{{}}.json"
QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 1}}


def nested(key: str) -> dict[str, Any]:
    return {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": URL.format(key)}}


def changed(seconds: int) -> dict[str, Any]:
    return {**QUEUE, "Properties": {"VisibilityTimeout": seconds}}


def nested_releases(shop: Shop) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return two releases of a stack with a child and a grandchild, each with a queue that differs."""
    shop.sandbox.services.create_bucket(SNAPSHOTS)
    for release in (1, 2):
        inner = {"Resources": {"Deep": changed(release)}}
        middle = {"Resources": {"Grandchild": nested(f"inner{release}"), "Mail": changed(release)}}
        for name, body in (("inner", inner), ("middle", middle)):
            shop.sandbox.services.put_object(SNAPSHOTS, f"{name}{release}.json", json.dumps(body))
    first, second = (
        {"Resources": {"Child": nested(f"middle{release}"), "News": topic(str(release))}} for release in (1, 2)
    )
    return first, second


def test_what_early_validation_found_is_told_and_not_where_to_look(shop: Shop) -> None:
    incident(shop)
    shop.sandbox.cloudformation.fail_validation(
        Validation("Api", "Required property [Role] not found", path="/Resources/Api/Properties")
    )
    ran = restore(shop)
    assert ran.codes == {"restore-failed"}
    found = "Api (AWS::Lambda::Function) at /Resources/Api/Properties: Required property [Role] not found"
    assert f"CloudFormation did not take the restore: {found}" in ran["reason"]
    assert shop.change_sets() == []


def test_where_the_events_are_denied_the_pointer_and_the_permission_are_told(shop: Shop) -> None:
    incident(shop)
    shop.sandbox.cloudformation.fail_validation(Validation("Api", "Required property [Role] not found"))
    shop.sandbox.faults.add(Fault("DescribeEvents", Kind.DENIED, ALL))
    ran = restore(shop)
    assert ran.codes == {"restore-failed"}
    assert "AWS::EarlyValidation::PropertyValidation" in ran["reason"]
    assert "cloudformation:DescribeEvents: access denied" in ran["reason"]


def nested_incident(shop: Shop) -> None:
    first, second = nested_releases(shop)
    shop.sandbox.cloudformation.create(STACK, first)
    assert snapshot(shop)["outcome"] == "snapshot-saved"
    shop.sandbox.cloudformation.update(STACK, second)
    wait(shop)


@pytest.mark.parametrize("path", ["Child", "Child.Grandchild"])
def test_a_nested_change_sets_own_reason_is_told_and_not_its_arn(shop: Shop, path: str) -> None:
    nested_incident(shop)
    shop.sandbox.cloudformation.trouble_nested_change_sets(path, reason="Rate exceeded", stack=STACK)
    ran = restore(shop)
    assert ran.codes == {"restore-failed"}
    assert f"nested stack {STACK}-Child-" in ran["reason"]
    assert ran["reason"].rstrip(".").endswith("Rate exceeded")
    assert "Currently in FAILED" not in ran["reason"]


def test_a_hierarchy_that_has_no_change_sets_is_told_as_such(shop: Shop) -> None:
    nested_incident(shop)
    reason = "Nested change sets can't be created for this stack hierarchy"
    shop.sandbox.cloudformation.trouble_nested_change_sets("", reason=reason, stack=STACK)
    ran = restore(shop)
    assert ran.codes == {"restore-failed"}
    assert f"{reason} (so CloudFormation makes no change sets for this hierarchy of nested stacks" in ran["reason"]


def reverted(shop: Shop) -> Ran:
    shop.sandbox.cloudformation.create(STACK, {"Resources": {"News": topic("1")}})
    shop.sandbox.cloudformation.fail_outputs("Export shop-vpc cannot be updated as it is in use by orders")
    shop.sandbox.cloudformation.update(STACK, {"Resources": {"News": topic("2")}})
    wait(shop)
    return shop.run(stack_name=STACK)


def test_where_no_resource_failed_the_stacks_own_reason_is_told(shop: Shop) -> None:
    ran = reverted(shop)
    cause = ran.report["root_cause"]
    assert (cause["resource"], cause["reason"]) == (
        STACK,
        "Export shop-vpc cannot be updated as it is in use by orders",
    )


def test_what_is_stuck_in_nested_stacks_is_named_as_a_skip_list_wants_it(shop: Shop) -> None:
    first, second = nested_releases(shop)
    cloudformation = shop.sandbox.cloudformation
    cloudformation.create(STACK, first)
    cloudformation.fail_update("News", "Invalid name")
    cloudformation.slow("News", 60)
    cloudformation.fail_rollback("Child.Grandchild.Deep", "Internal Failure", times=9)
    cloudformation.update(STACK, second)
    wait(shop)
    assert shop.status() == "UPDATE_ROLLBACK_FAILED"
    ran = shop.run(stack_name=STACK)
    assert ran.ended == ("failed", "skipped", "failed")
    stacks = shop.sandbox.client("cloudformation").describe_stacks()["Stacks"]
    grandchild = next(one["StackName"] for one in stacks if "Grandchild" in one["StackName"])
    assert f"--resources-to-skip {grandchild}.Deep" in ran.told
    skipping = shop.run({"GITHUB_RUN_ID": "2"}, stack_name=STACK, resources_to_skip=f"{grandchild}.Deep")
    assert skipping.ended == ("rolled-back", "skipped", "rolled-back"), skipping["reason"]
    assert f"{grandchild}.Deep" in skipping.told
