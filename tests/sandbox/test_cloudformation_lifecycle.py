"""Updating, cancelling, rolling back and continuing, over HTTP: the statuses, the events and AWS's refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from sandbox.cloudformation import STATUSES
from sandbox.cloudformation.seeding import OLD_TEMPLATE, changed_template

if TYPE_CHECKING:
    from sandbox import ManualClock, Sandbox
    from sandbox.cloudformation import CloudFormation


@pytest.fixture
def aws(sandbox: Sandbox) -> CloudFormation:
    return sandbox.cloudformation


@pytest.fixture
def api(sandbox: Sandbox) -> Any:
    return sandbox.client("cloudformation")


def status(api: Any, name: str = "shop") -> str:
    return str(api.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])


def events(api: Any, name: str = "shop") -> list[dict[str, Any]]:
    """All events, oldest first."""
    pages = api.get_paginator("describe_stack_events").paginate(StackName=name)
    return [line for page in pages for line in page["StackEvents"]][::-1]


def steps(api: Any, logical_id: str, name: str = "shop") -> list[str]:
    return [line["ResourceStatus"] for line in events(api, name) if line["LogicalResourceId"] == logical_id]


@pytest.mark.parametrize("wanted", STATUSES)
def test_every_status_can_be_seeded_and_is_told_by_the_last_stack_event(
    aws: CloudFormation, api: Any, wanted: str
) -> None:
    stack = aws.seed_stack("shop", wanted)

    assert status(api, stack.id) == wanted
    last = [line for line in events(api, stack.id) if line["PhysicalResourceId"] == stack.id][-1]
    assert (last["ResourceStatus"], last["ResourceType"]) == (wanted, "AWS::CloudFormation::Stack")


@pytest.mark.parametrize(
    ("seeded", "end"),
    [
        ("CREATE_IN_PROGRESS", "CREATE_COMPLETE"),
        ("ROLLBACK_IN_PROGRESS", "ROLLBACK_COMPLETE"),
        ("DELETE_IN_PROGRESS", "DELETE_COMPLETE"),
        ("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE"),
        ("UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"),
        ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"),
        ("IMPORT_IN_PROGRESS", "IMPORT_COMPLETE"),
        ("IMPORT_ROLLBACK_IN_PROGRESS", "IMPORT_ROLLBACK_COMPLETE"),
        ("REVIEW_IN_PROGRESS", "REVIEW_IN_PROGRESS"),
    ],
)
def test_what_is_in_progress_comes_to_its_end(
    aws: CloudFormation, api: Any, clock: ManualClock, seeded: str, end: str
) -> None:
    stack = aws.seed_stack("shop", seeded)

    clock.advance(60)

    assert status(api, stack.id) == end


def test_an_update_goes_through_its_cleanup(aws: CloudFormation, api: Any, clock: ManualClock) -> None:
    aws.create("shop", OLD_TEMPLATE)
    aws.update("shop", changed_template(), resource_seconds=10, cleanup_seconds=5)

    seen = [status(api)]
    for seconds in (9, 2, 5):
        clock.advance(seconds)
        seen.append(status(api))

    assert seen == [
        "UPDATE_IN_PROGRESS",
        "UPDATE_IN_PROGRESS",
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_COMPLETE",
    ]
    assert steps(api, "Mail") == ["CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_COMPLETE"]


def test_a_cancelled_update_rolls_back_and_its_resources_fail_as_cancelled(
    aws: CloudFormation, api: Any, clock: ManualClock
) -> None:
    aws.create("shop", OLD_TEMPLATE)
    aws.update("shop", changed_template(), resource_seconds=10, cleanup_seconds=5, ClientRequestToken="deploy-1")
    clock.advance(5)

    api.cancel_update_stack(StackName="shop", ClientRequestToken="back-1")

    assert status(api) == "UPDATE_ROLLBACK_IN_PROGRESS"
    reasons = {line["LogicalResourceId"]: line.get("ResourceStatusReason") for line in events(api)[-4:]}
    assert reasons["Api"] is None  # its way back has begun
    assert reasons["Mail"] == "Resource creation cancelled"
    assert "Resource update cancelled" in {line.get("ResourceStatusReason") for line in events(api)}
    clock.advance(11)
    assert status(api) == "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"
    clock.advance(6)
    assert status(api) == "UPDATE_ROLLBACK_COMPLETE"
    assert steps(api, "Mail")[-2:] == ["DELETE_IN_PROGRESS", "DELETE_COMPLETE"]
    tokens = {
        line["ResourceStatus"]: line["ClientRequestToken"] for line in events(api) if "ClientRequestToken" in line
    }
    assert tokens["UPDATE_ROLLBACK_COMPLETE"] == "back-1"
    assert aws.stack("shop").resources["Api"].desired.properties["MemorySize"] == 256


@pytest.mark.parametrize("seeded", [item for item in STATUSES if item != "UPDATE_IN_PROGRESS"])
def test_only_an_update_in_progress_can_be_cancelled(aws: CloudFormation, api: Any, seeded: str) -> None:
    stack = aws.seed_stack("shop", seeded)

    with pytest.raises(ClientError, match="CancelUpdateStack cannot be called from current stack status") as error:
        api.cancel_update_stack(StackName=stack.id)

    assert error.value.response["Error"]["Code"] == "ValidationError"


@pytest.mark.parametrize("seeded", [item for item in STATUSES if item != "UPDATE_ROLLBACK_FAILED"])
def test_only_a_failed_rollback_can_be_continued(aws: CloudFormation, api: Any, seeded: str) -> None:
    stack = aws.seed_stack("shop", seeded)

    with pytest.raises(ClientError, match="RollbackUpdatedStack cannot be called from current stack status"):
        api.continue_update_rollback(StackName=stack.id)


@pytest.mark.parametrize("seeded", [item for item in STATUSES if item not in {"CREATE_FAILED", "UPDATE_FAILED"}])
def test_only_a_failed_operation_can_be_rolled_back(aws: CloudFormation, api: Any, seeded: str) -> None:
    stack = aws.seed_stack("shop", seeded)

    with pytest.raises(ClientError, match="RollbackStack cannot be called from current stack status"):
        api.rollback_stack(StackName=stack.id)


def test_a_failing_resource_is_the_root_cause_and_the_stack_names_it(aws: CloudFormation, api: Any) -> None:
    aws.seed_stack("shop", "UPDATE_ROLLBACK_COMPLETE", failing="Api", reason="no such runtime")

    failures = [line for line in events(api) if line["ResourceStatus"].endswith("_FAILED")]

    assert [(line["LogicalResourceId"], line["ResourceStatusReason"]) for line in failures] == [
        ("Api", "no such runtime"),
        ("Mail", "Resource creation cancelled"),
    ]
    rollback = next(line for line in events(api) if line["ResourceStatus"] == "UPDATE_ROLLBACK_IN_PROGRESS")
    assert rollback["ResourceStatusReason"].startswith("The following resource(s) failed to update: [Api].")


def test_a_rollback_that_fails_again_can_be_continued_until_it_succeeds(
    aws: CloudFormation, api: Any, clock: ManualClock
) -> None:
    aws.seed_stack("shop", "UPDATE_ROLLBACK_FAILED", rollback_failures=1)

    api.continue_update_rollback(StackName="shop", ClientRequestToken="one")
    assert status(api) == "UPDATE_ROLLBACK_IN_PROGRESS"
    clock.advance(10)
    assert status(api) == "UPDATE_ROLLBACK_FAILED"
    api.continue_update_rollback(StackName="shop", ClientRequestToken="two")
    clock.advance(10)

    assert status(api) == "UPDATE_ROLLBACK_COMPLETE"


def test_a_skipped_resource_lets_the_rollback_end_and_stays_as_the_failed_update_made_it(
    aws: CloudFormation, api: Any, clock: ManualClock
) -> None:
    aws.seed_stack("shop", "UPDATE_ROLLBACK_FAILED", rollback_failures=99)

    api.continue_update_rollback(StackName="shop", ResourcesToSkip=["Api"])
    clock.advance(10)

    assert status(api) == "UPDATE_ROLLBACK_COMPLETE"
    assert aws.stack("shop").resources["Api"].out_of_sync
    assert steps(api, "Api")[-1] == "UPDATE_COMPLETE"


@pytest.mark.parametrize("wrong", ["Orders", "Nobody", "Child.Api"])
def test_a_wrong_skip_list_is_accepted_and_fails_later(
    aws: CloudFormation, api: Any, clock: ManualClock, wrong: str
) -> None:
    aws.seed_stack("shop", "UPDATE_ROLLBACK_FAILED")

    api.continue_update_rollback(StackName="shop", ResourcesToSkip=[wrong])

    assert status(api) == "UPDATE_ROLLBACK_IN_PROGRESS"
    clock.advance(10)
    assert status(api) == "UPDATE_ROLLBACK_FAILED"
    api.continue_update_rollback(StackName="shop", ResourcesToSkip=["Api"])
    clock.advance(10)
    assert status(api) == "UPDATE_ROLLBACK_COMPLETE"


def test_a_failed_update_without_rollback_is_brought_back_by_rollback_stack(
    aws: CloudFormation, api: Any, clock: ManualClock
) -> None:
    aws.seed_stack("shop", "UPDATE_FAILED")

    api.rollback_stack(StackName="shop", RetainExceptOnCreate=True)
    clock.advance(10)

    assert status(api) == "UPDATE_ROLLBACK_COMPLETE"
    assert set(aws.stack("shop").resources) == {"Orders", "Api"}


def test_rolling_back_a_creation_that_failed_deletes_the_stack(
    aws: CloudFormation, api: Any, clock: ManualClock
) -> None:
    stack = aws.seed_stack("shop", "CREATE_FAILED")

    api.rollback_stack(StackName="shop")
    clock.advance(10)

    assert status(api, stack.id) == "DELETE_COMPLETE"


def test_a_stack_deployed_in_express_mode_cannot_be_rolled_back(aws: CloudFormation, api: Any) -> None:
    aws.seed_stack("shop", "UPDATE_FAILED", express=True)

    with pytest.raises(ClientError, match="EXPRESS"):
        api.rollback_stack(StackName="shop")


def test_an_update_may_go_on_from_update_failed_only_with_rollback_disabled(
    aws: CloudFormation, api: Any, clock: ManualClock
) -> None:
    aws.seed_stack("shop", "UPDATE_FAILED")

    with pytest.raises(ClientError, match=r"non-terminal \[UPDATE_FAILED\] state"):
        api.update_stack(StackName="shop", UsePreviousTemplate=True)
    api.update_stack(StackName="shop", UsePreviousTemplate=True, DisableRollback=True)
    clock.advance(10)

    assert status(api) == "UPDATE_COMPLETE"
    assert steps(api, "Api")[-2:] == ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"]


def test_the_same_token_again_changes_nothing(aws: CloudFormation, api: Any, clock: ManualClock) -> None:
    aws.seed_stack("shop", "UPDATE_IN_PROGRESS")
    api.cancel_update_stack(StackName="shop", ClientRequestToken="one")
    clock.advance(30)
    before = len(events(api))

    api.cancel_update_stack(StackName="shop", ClientRequestToken="one")

    assert (status(api), len(events(api))) == ("UPDATE_ROLLBACK_COMPLETE", before)


def test_a_token_of_another_kind_of_operation_is_refused(aws: CloudFormation, api: Any) -> None:
    aws.seed_stack("shop", "UPDATE_IN_PROGRESS", update={"ClientRequestToken": "one"})

    with pytest.raises(ClientError) as error:
        api.cancel_update_stack(StackName="shop", ClientRequestToken="one")

    assert error.value.response["Error"]["Code"] == "TokenAlreadyExistsException"


@pytest.mark.parametrize("operation", ["describe_stacks", "get_template", "list_stack_resources"])
def test_a_stack_that_is_not_there_is_named(api: Any, operation: str) -> None:
    with pytest.raises(ClientError, match="Stack with id nobody does not exist") as error:
        getattr(api, operation)(StackName="nobody")

    assert error.value.response["Error"]["Code"] == "ValidationError"


def test_a_deleted_stack_is_found_by_its_id_only(aws: CloudFormation, api: Any) -> None:
    stack = aws.seed_stack("shop", "DELETE_COMPLETE")

    assert status(api, stack.id) == "DELETE_COMPLETE"
    with pytest.raises(ClientError, match="does not exist"):
        api.describe_stacks(StackName="shop")


def test_another_region_sees_nothing(aws: CloudFormation, sandbox: Sandbox) -> None:
    aws.seed_stack("shop")
    sandbox.region = "eu-west-1"

    with pytest.raises(ClientError, match="does not exist"):
        sandbox.client("cloudformation").describe_stacks(StackName="shop")


def test_events_come_newest_first_and_new_ones_do_not_shift_the_pages(
    aws: CloudFormation, api: Any, clock: ManualClock
) -> None:
    aws.seed_stack("shop", "UPDATE_IN_PROGRESS", history_events=250)
    first = api.describe_stack_events(StackName="shop")
    clock.advance(60)

    second = api.describe_stack_events(StackName="shop", NextToken=first["NextToken"])

    assert len(first["StackEvents"]) == 100
    assert first["StackEvents"][-1]["Timestamp"] >= second["StackEvents"][0]["Timestamp"]
    assert not {line["EventId"] for line in first["StackEvents"]} & {line["EventId"] for line in second["StackEvents"]}


def test_a_late_look_shows_what_was_while_the_events_are_current(
    aws: CloudFormation, api: Any, clock: ManualClock
) -> None:
    aws.seed_stack("shop", "UPDATE_IN_PROGRESS", ago=100, resource_seconds=1000)
    aws.stale_reads(5)

    api.cancel_update_stack(StackName="shop", ClientRequestToken="back")

    assert status(api) == "UPDATE_IN_PROGRESS"
    assert events(api)[-1]["ClientRequestToken"] == "back"
    clock.advance(5)
    assert status(api) == "UPDATE_ROLLBACK_IN_PROGRESS"


def test_looks_can_flap_between_what_is_and_what_was(aws: CloudFormation, api: Any) -> None:
    aws.seed_stack("shop", "UPDATE_IN_PROGRESS", ago=100, resource_seconds=1000)
    aws.stale_reads(5, (False, True))

    api.cancel_update_stack(StackName="shop")

    assert [status(api) for _ in range(3)] == [
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "UPDATE_IN_PROGRESS",
        "UPDATE_ROLLBACK_IN_PROGRESS",
    ]


def test_termination_protection_keeps_a_stack(aws: CloudFormation, api: Any) -> None:
    aws.seed_stack("shop", EnableTerminationProtection=True)

    with pytest.raises(ClientError, match="cannot be deleted while TerminationProtection is enabled"):
        api.delete_stack(StackName="shop")
    api.update_termination_protection(StackName="shop", EnableTerminationProtection=False)
    api.delete_stack(StackName="shop")


def test_five_thousand_events_are_read_quickly(aws: CloudFormation, api: Any) -> None:
    aws.seed_stack("shop", history_events=5000)

    assert len(events(api)) > 5000


def test_the_newer_events_tell_an_operation_and_its_failures(aws: CloudFormation, api: Any) -> None:
    stack = aws.seed_stack("shop", "UPDATE_ROLLBACK_COMPLETE", reason="no such runtime")
    update = stack.operations[1].id

    told = api.describe_events(StackName="shop", OperationId=update, Filters={"FailedEvents": True})["OperationEvents"]

    assert [(line["LogicalResourceId"], line["EventType"], line["OperationType"]) for line in told] == [
        ("Mail", "PROVISIONING_ERROR", "UPDATE_STACK"),
        ("Api", "PROVISIONING_ERROR", "UPDATE_STACK"),
    ]


def test_an_update_can_be_cancelled_while_its_alarms_are_watched(
    aws: CloudFormation, api: Any, clock: ManualClock
) -> None:
    aws.create("shop", OLD_TEMPLATE, RollbackConfiguration={"RollbackTriggers": [], "MonitoringTimeInMinutes": 5})
    aws.update("shop", changed_template())
    clock.advance(200)
    assert status(api) == "UPDATE_IN_PROGRESS"

    api.cancel_update_stack(StackName="shop")
    clock.advance(60)

    assert status(api) == "UPDATE_ROLLBACK_COMPLETE"


def test_any_template_can_be_brought_into_every_status(aws: CloudFormation, api: Any) -> None:
    template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}, "Box": {"Type": "AWS::SQS::Queue"}}}

    for wanted in STATUSES:
        stack = aws.seed_stack(wanted.lower().replace("_", "-"), wanted, template=template)
        assert status(api, stack.id) == wanted
