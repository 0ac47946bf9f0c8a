"""Nested stacks over HTTP: they follow their parent, and only the root can be rolled back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from sandbox import ManualClock, Sandbox
    from sandbox.cloudformation import CloudFormation, Stack

URL = "https://templates.s3.us-west-2.amazonaws.com/{}.json"
TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {"BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]},
}


def queue(seconds: int) -> dict[str, Any]:
    return {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": seconds}}


def root(template: str, seconds: int = 1) -> dict[str, Any]:
    child = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": URL.format(template)}}
    return {"Resources": {"Child": child, "Mail": queue(seconds)}}


@pytest.fixture
def aws(sandbox: Sandbox) -> CloudFormation:
    sandbox.services.create_bucket("templates")
    for name, seconds in (("one", 1), ("two", 2)):
        sandbox.services.put_object("templates", f"{name}.json", json.dumps({"Resources": {"Queue": queue(seconds)}}))
    full = {"Resources": {"Queue": queue(1), "Data": TABLE}}
    sandbox.services.put_object("templates", "data.json", json.dumps(full))
    return sandbox.cloudformation


@pytest.fixture
def api(sandbox: Sandbox) -> Any:
    return sandbox.client("cloudformation")


def child(aws: CloudFormation, api: Any) -> Stack:
    resources = api.describe_stack_resources(StackName="shop", LogicalResourceId="Child")["StackResources"]
    return aws.stack(resources[0]["PhysicalResourceId"])


def statuses(aws: CloudFormation, api: Any) -> tuple[str, str]:
    return aws.stack("shop").status, child(aws, api).status


def test_a_nested_stack_names_its_parent_and_its_root(aws: CloudFormation, api: Any) -> None:
    parent = aws.create("shop", root("one"))

    shown = api.describe_stacks(StackName=child(aws, api).id)["Stacks"][0]

    assert (shown["ParentId"], shown["RootId"], shown["StackStatus"]) == (parent.id, parent.id, "CREATE_COMPLETE")


def test_a_nested_stack_cleans_up_when_its_parent_does(aws: CloudFormation, api: Any, clock: ManualClock) -> None:
    aws.create("shop", root("one"))
    aws.slow("Mail", 20)
    aws.update("shop", root("two", 2), resource_seconds=5, cleanup_seconds=5)

    seen = []
    for seconds in (1, 5, 15, 20):
        clock.advance(seconds)
        seen.append(statuses(aws, api))

    assert seen == [
        ("UPDATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"),
        ("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
        ("UPDATE_COMPLETE", "UPDATE_COMPLETE"),
    ]


def test_a_failure_in_a_nested_stack_rolls_both_back(aws: CloudFormation, api: Any, clock: ManualClock) -> None:
    aws.create("shop", root("one"))
    aws.fail_update("Child.Queue", "Limit exceeded")
    aws.update("shop", root("two"))

    clock.advance(60)

    assert statuses(aws, api) == ("UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")
    reason = next(line.reason for line in aws.stack("shop").events if line.status == "UPDATE_FAILED")
    assert reason.startswith(f"Embedded stack {child(aws, api).id} was not successfully updated.")
    causes = [line.reason for line in child(aws, api).events if line.status == "UPDATE_FAILED"]
    assert causes == ["Limit exceeded"]


@pytest.mark.parametrize("after", [1, 7])
def test_cancelling_the_root_brings_the_nested_stack_back_too(
    aws: CloudFormation, api: Any, clock: ManualClock, after: float
) -> None:
    aws.create("shop", root("one"))
    aws.slow("Mail", 20)
    aws.update("shop", root("two", 2), resource_seconds=5)
    clock.advance(after)

    api.cancel_update_stack(StackName="shop")
    clock.advance(60)

    assert statuses(aws, api) == ("UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")
    assert child(aws, api).resources["Queue"].desired.properties["VisibilityTimeout"] == 1


def test_only_the_root_of_a_failed_rollback_can_be_continued(aws: CloudFormation, api: Any, clock: ManualClock) -> None:
    aws.create("shop", root("one"))
    aws.fail_rollback("Child.Queue", "Internal Failure")
    aws.update("shop", root("two"), resource_seconds=5)
    clock.advance(1)
    api.cancel_update_stack(StackName="shop")
    clock.advance(60)
    assert statuses(aws, api) == ("UPDATE_ROLLBACK_FAILED", "UPDATE_ROLLBACK_FAILED")

    with pytest.raises(ClientError, match="RollbackUpdatedStack cannot be invoked on child stacks"):
        api.continue_update_rollback(StackName=child(aws, api).id)
    api.continue_update_rollback(StackName="shop")
    clock.advance(60)

    assert statuses(aws, api) == ("UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")


def test_a_resource_of_a_nested_stack_is_skipped_after_that_stacks_own_name(
    aws: CloudFormation, api: Any, clock: ManualClock
) -> None:
    aws.create("shop", root("one"))
    aws.fail_rollback("Child.Queue", "Internal Failure", times=99)
    aws.update("shop", root("two"), resource_seconds=5)
    clock.advance(1)
    api.cancel_update_stack(StackName="shop")
    clock.advance(60)

    api.continue_update_rollback(StackName="shop", ResourcesToSkip=[f"{child(aws, api).name}.Queue"])
    clock.advance(60)

    assert statuses(aws, api) == ("UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")


def test_a_nested_template_that_is_gone_fails_the_update(aws: CloudFormation, api: Any, clock: ManualClock) -> None:
    aws.create("shop", root("one"))
    aws.update("shop", root("gone"))

    clock.advance(60)

    assert statuses(aws, api) == ("UPDATE_ROLLBACK_COMPLETE", "CREATE_COMPLETE")
    assert any("S3 error: The specified key does not exist." in line.reason for line in aws.stack("shop").events)


class TestChangeSets:
    def propose(self, api: Any, clock: ManualClock, template: dict[str, Any], **how: Any) -> dict[str, Any]:
        body = json.dumps(template)
        api.create_change_set(StackName="shop", ChangeSetName="back", TemplateBody=body, **how)
        clock.advance(5)
        shown: dict[str, Any] = api.describe_change_set(StackName="shop", ChangeSetName="back")
        return shown

    def test_what_a_nested_stack_loses_is_told_in_its_own_change_set(
        self, aws: CloudFormation, api: Any, clock: ManualClock
    ) -> None:
        aws.create("shop", root("data"))

        shown = self.propose(api, clock, root("one"), IncludeNestedStacks=True)

        change = shown["Changes"][0]["ResourceChange"]
        inner = api.describe_change_set(ChangeSetName=change["ChangeSetId"])
        told = [item["ResourceChange"] for item in inner["Changes"]]
        assert [(item["LogicalResourceId"], item["PolicyAction"]) for item in told] == [("Data", "Delete")]
        assert inner["ParentChangeSetId"] == inner["RootChangeSetId"] == shown["ChangeSetId"]

    def test_it_can_only_be_executed_with_its_root(self, aws: CloudFormation, api: Any, clock: ManualClock) -> None:
        aws.create("shop", root("data"))
        shown = self.propose(api, clock, root("one"), IncludeNestedStacks=True)
        inner = shown["Changes"][0]["ResourceChange"]["ChangeSetId"]

        with pytest.raises(ClientError, match="root change set"):
            api.execute_change_set(ChangeSetName=inner)
        api.execute_change_set(ChangeSetName=shown["ChangeSetId"])
        clock.advance(60)

        assert statuses(aws, api) == ("UPDATE_COMPLETE", "UPDATE_COMPLETE")
        assert api.describe_change_set(ChangeSetName=inner)["ExecutionStatus"] == "EXECUTE_COMPLETE"
        assert [item.logical_id for item in aws.losses] == ["Data"]

    def test_a_new_nested_stack_has_one_of_additions_and_is_in_review_until_then(
        self, aws: CloudFormation, api: Any, clock: ManualClock
    ) -> None:
        aws.create("shop", {"Resources": {"Mail": queue(1)}})

        shown = self.propose(api, clock, root("data"), IncludeNestedStacks=True)
        change = shown["Changes"][0]["ResourceChange"]
        inner = api.describe_change_set(ChangeSetName=change["ChangeSetId"])
        review = api.describe_stacks(StackName=inner["StackId"])["Stacks"][0]["StackStatus"]
        api.execute_change_set(ChangeSetName=shown["ChangeSetId"])
        clock.advance(60)

        assert (change["Action"], review) == ("Add", "REVIEW_IN_PROGRESS")
        told = {
            item["ResourceChange"]["LogicalResourceId"]: item["ResourceChange"]["Action"] for item in inner["Changes"]
        }
        assert told == {"Queue": "Add", "Data": "Add"}
        assert statuses(aws, api) == ("UPDATE_COMPLETE", "CREATE_COMPLETE")
        assert child(aws, api).id == inner["StackId"]

    def test_deleting_the_one_of_a_new_nested_stack_leaves_no_stack_in_review(
        self, aws: CloudFormation, api: Any, clock: ManualClock
    ) -> None:
        aws.create("shop", {"Resources": {"Mail": queue(1)}})
        shown = self.propose(api, clock, root("data"), IncludeNestedStacks=True)

        api.delete_change_set(ChangeSetName=shown["ChangeSetId"])

        assert [item["StackName"] for item in api.describe_stacks()["Stacks"]] == ["shop"]

    def test_deleting_it_deletes_those_of_the_nested_stacks(
        self, aws: CloudFormation, api: Any, clock: ManualClock
    ) -> None:
        aws.create("shop", root("data"))
        shown = self.propose(api, clock, root("one"), IncludeNestedStacks=True)

        api.delete_change_set(ChangeSetName=shown["ChangeSetId"])

        assert api.list_change_sets(StackName=child(aws, api).id)["Summaries"] == []

    def test_without_a_look_inside_a_nested_stack_may_always_change(
        self, aws: CloudFormation, api: Any, clock: ManualClock
    ) -> None:
        aws.create("shop", root("one"))

        shown = self.propose(api, clock, root("one"))

        details = shown["Changes"][0]["ResourceChange"]["Details"]
        assert [(item["ChangeSource"], item["Evaluation"]) for item in details] == [("Automatic", "Dynamic")]

    def test_with_a_look_inside_no_change_is_no_change(self, aws: CloudFormation, api: Any, clock: ManualClock) -> None:
        aws.create("shop", root("one"))

        shown = self.propose(api, clock, root("one"), IncludeNestedStacks=True)

        assert shown["Status"] == "FAILED"
        assert "didn't contain changes" in shown["StatusReason"]


class TestChangeSetsInTrouble:
    def propose(self, api: Any, clock: ManualClock, template: dict[str, Any]) -> dict[str, Any]:
        body = json.dumps(template)
        api.create_change_set(StackName="shop", ChangeSetName="back", TemplateBody=body, IncludeNestedStacks=True)
        clock.advance(5)
        shown: dict[str, Any] = api.describe_change_set(StackName="shop", ChangeSetName="back")
        return shown

    def test_a_nested_one_may_still_be_made_when_the_roots_is_complete(
        self, aws: CloudFormation, api: Any, clock: ManualClock
    ) -> None:
        aws.create("shop", root("data"))
        aws.trouble_nested_change_sets("Child", seconds=30)

        shown = self.propose(api, clock, root("one"))
        inner = shown["Changes"][0]["ResourceChange"]["ChangeSetId"]
        early = api.describe_change_set(ChangeSetName=inner)
        clock.advance(30)
        late = api.describe_change_set(ChangeSetName=inner)

        assert (shown["Status"], early["Status"], late["Status"]) == (
            "CREATE_COMPLETE", "CREATE_IN_PROGRESS", "CREATE_COMPLETE",
        )  # fmt: skip
        assert (early["Changes"], len(late["Changes"])) == ([], 1)

    def test_the_roots_reason_names_only_the_one_that_failed(
        self, aws: CloudFormation, api: Any, clock: ManualClock
    ) -> None:
        aws.create("shop", root("data"))
        aws.trouble_nested_change_sets("Child", reason="Rate exceeded", stack="shop")

        shown = self.propose(api, clock, root("one"))

        inner = api.list_change_sets(StackName=child(aws, api).id)["Summaries"][0]
        assert (inner["Status"], inner["StatusReason"]) == ("FAILED", "Rate exceeded")
        assert (shown["Status"], shown["StatusReason"]) == (
            "FAILED",
            f"Nested change set {inner['ChangeSetId']} was not successfully created: Currently in FAILED.",
        )

    def test_a_nested_template_that_is_gone_is_the_nested_ones_own_reason(
        self, aws: CloudFormation, api: Any, clock: ManualClock
    ) -> None:
        aws.create("shop", root("data"))

        shown = self.propose(api, clock, root("gone"))

        inner = api.list_change_sets(StackName=child(aws, api).id)["Summaries"][0]
        assert "S3 error: The specified key does not exist." in inner["StatusReason"]
        assert "S3 error" not in shown["StatusReason"]

    def test_a_change_may_come_without_the_nested_ones_id(
        self, aws: CloudFormation, api: Any, clock: ManualClock
    ) -> None:
        aws.create("shop", root("data"))
        aws.trouble_nested_change_sets("Child", without_id=True)

        shown = self.propose(api, clock, root("one"))

        assert shown["Status"] == "CREATE_COMPLETE"
        assert "ChangeSetId" not in shown["Changes"][0]["ResourceChange"]

    def test_for_some_hierarchies_there_are_none(self, aws: CloudFormation, api: Any, clock: ManualClock) -> None:
        aws.create("shop", root("data"))
        reason = "Nested change sets can't be created for this stack hierarchy"
        aws.trouble_nested_change_sets("", reason=reason)

        shown = self.propose(api, clock, root("one"))

        assert (shown["Status"], shown["StatusReason"]) == ("FAILED", reason)
