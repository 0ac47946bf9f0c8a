"""AWS's validation before a deployment: a change set that failed only points to DescribeEvents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from sandbox.cloudformation import Validation
from sandbox.cloudformation.seeding import OLD_TEMPLATE, changed_template

if TYPE_CHECKING:
    from sandbox.cloudformation import CloudFormation
    from tests.sandbox.conftest import Client

POINTER = (
    "The following hook(s)/validation failed: [AWS::EarlyValidation::{}]. To troubleshoot Early Validation errors, "
    "use the DescribeEvents API for detailed failure information."
)
MISSING = "Required property [Role] not found"


def events(client: Client, change_set: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.api.describe_events(ChangeSetName=change_set)["OperationEvents"]
    return found


def test_the_reason_points_to_the_events_and_they_tell_what_is_wrong(aws: CloudFormation, client: Client) -> None:
    aws.create("shop", OLD_TEMPLATE)
    aws.fail_validation(Validation("Api", MISSING, path="/Resources/Api/Properties"), stack="shop")

    shown = client.propose(changed_template())

    assert (shown["Status"], shown["StatusReason"]) == ("FAILED", POINTER.format("PropertyValidation"))
    line = events(client, shown["ChangeSetId"])[0]
    told = ("EventType", "OperationType", "LogicalResourceId", "ResourceType", "ValidationName", "ValidationStatus",
            "ValidationStatusReason", "ValidationPath", "ValidationFailureMode")  # fmt: skip
    assert [line[name] for name in told] == [
        "VALIDATION_ERROR", "CREATE_CHANGESET", "Api", "AWS::Lambda::Function", "PROPERTY_VALIDATION", "FAILED",
        MISSING, "/Resources/Api/Properties", "FAIL",
    ]  # fmt: skip


def test_they_are_gone_with_the_change_set(aws: CloudFormation, client: Client) -> None:
    aws.create("shop", OLD_TEMPLATE)
    aws.fail_validation(Validation("Api", MISSING))
    shown = client.propose(changed_template())

    client.api.delete_change_set(ChangeSetName=shown["ChangeSetId"])

    with pytest.raises(ClientError, match="does not exist"):
        events(client, shown["ChangeSetId"])


def test_a_change_sets_name_is_not_enough(aws: CloudFormation, client: Client) -> None:
    aws.create("shop", OLD_TEMPLATE)
    aws.fail_validation(Validation("Api", MISSING))
    client.propose(changed_template())

    with pytest.raises(ClientError, match="One of ChangeSetName, OperationId or StackName must be specified"):
        events(client, "back")


def test_a_taken_name_is_found_early_where_aws_looks_for_it(aws: CloudFormation, client: Client) -> None:
    named = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "mail"}}
    aws.create("shop", OLD_TEMPLATE)
    aws.create("other", {"Resources": {"Mail": named}})
    aws.check_existence()

    shown = client.propose({"Resources": {**OLD_TEMPLATE["Resources"], "Mail": named}})

    assert shown["StatusReason"] == POINTER.format("ResourceExistenceCheck")
    assert [
        (line["ValidationName"], line["ValidationStatusReason"]) for line in events(client, shown["ChangeSetId"])
    ] == [("NAME_CONFLICT_VALIDATION", "Resource of type 'AWS::SQS::Queue' with identifier 'mail' already exists.")]


def test_without_a_fault_there_are_no_events_and_the_change_set_is_complete(
    aws: CloudFormation, client: Client
) -> None:
    aws.create("shop", OLD_TEMPLATE)

    shown = client.propose(changed_template())

    assert (shown["Status"], events(client, shown["ChangeSetId"])) == ("CREATE_COMPLETE", [])


def test_a_warning_fails_nothing_and_is_told_unless_only_failures_are_asked_for(
    aws: CloudFormation, client: Client
) -> None:
    aws.create("shop", OLD_TEMPLATE)
    reason = "The bucket 'shop' is not empty."
    aws.fail_validation(Validation("Api", reason, name="BUCKET_EMPTINESS_VALIDATION", mode="WARN"))

    shown = client.propose(changed_template())

    assert (shown["Status"], [line["ValidationStatusReason"] for line in events(client, shown["ChangeSetId"])]) == (
        "CREATE_COMPLETE",
        [reason],
    )
    filtered = client.api.describe_events(ChangeSetName=shown["ChangeSetId"], Filters={"FailedEvents": True})
    assert filtered["OperationEvents"] == []
