"""A whole run on a stack in each of CloudFormation's statuses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from rollback.stack.states import STATES
from tests.process.shop import STACK

if TYPE_CHECKING:
    from tests.process.shop import Shop

CANCEL, CONTINUE, ROLLBACK = ["CancelUpdateStack"], ["ContinueUpdateRollback"], ["RollbackStack"]
# status: the stack's result, the outcome, the writes
ENDS: dict[str, tuple[str, str, list[str]]] = {
    "UPDATE_IN_PROGRESS": ("rolled-back", "rolled-back", CANCEL),
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": ("not-needed", "not-needed", []),
    "UPDATE_COMPLETE": ("not-needed", "not-needed", []),
    "UPDATE_FAILED": ("rolled-back", "rolled-back", ROLLBACK),
    "UPDATE_ROLLBACK_IN_PROGRESS": ("rolled-back", "rolled-back", []),
    "UPDATE_ROLLBACK_FAILED": ("rolled-back", "rolled-back", CONTINUE),
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": ("rolled-back", "rolled-back", []),
    "UPDATE_ROLLBACK_COMPLETE": ("already-good", "not-needed", []),
    "CREATE_COMPLETE": ("not-needed", "not-needed", []),
    "CREATE_IN_PROGRESS": ("not-needed", "not-needed", []),
    "IMPORT_IN_PROGRESS": ("not-needed", "not-needed", []),
    "IMPORT_ROLLBACK_IN_PROGRESS": ("not-needed", "not-needed", []),
    "IMPORT_COMPLETE": ("not-needed", "not-needed", []),
    "IMPORT_ROLLBACK_COMPLETE": ("not-needed", "not-needed", []),
    "ROLLBACK_IN_PROGRESS": ("refused", "failed", []),
    "CREATE_FAILED": ("refused", "failed", []),
    "ROLLBACK_COMPLETE": ("refused", "failed", []),
    "ROLLBACK_FAILED": ("refused", "failed", []),
    "IMPORT_ROLLBACK_FAILED": ("refused", "failed", []),
    "DELETE_FAILED": ("refused", "failed", []),
    "DELETE_IN_PROGRESS": ("refused", "failed", []),
    "DELETE_COMPLETE": ("refused", "failed", []),
    "REVIEW_IN_PROGRESS": ("refused", "failed", []),
}


def test_every_status_has_its_run() -> None:
    assert set(ENDS) == set(STATES)


@pytest.mark.parametrize("status", sorted(ENDS))
def test_a_stack_in_each_status_ends_as_the_table_says(shop: Shop, status: str) -> None:
    shop.stack(status)
    result, outcome, writes = ENDS[status]
    ran = shop.run(stack_name=STACK)
    assert ran.ended == (result, "skipped", outcome)
    assert shop.writes == writes
    assert ran["stack-status"] in {shop.status(), ""}


@pytest.mark.parametrize("status", sorted(status for status, end in ENDS.items() if end[0] == "refused"))
def test_a_refusal_says_why_and_what_to_do_next(shop: Shop, status: str) -> None:
    shop.stack(status)
    ran = shop.run(stack_name=STACK)
    (stack,) = ran.report["stacks"]
    assert stack["next_steps"]
    assert ran.log.count("::error title=stack-") == 1


def test_a_stack_that_does_not_exist_is_refused(shop: Shop) -> None:
    ran = shop.run(stack_name="nothing-here")
    assert ran.ended == ("refused", "skipped", "failed")
    assert ran.codes == {"stack-not-found"}


def test_a_stack_may_be_named_by_its_arn(shop: Shop) -> None:
    stack = shop.stack("UPDATE_IN_PROGRESS")
    assert shop.run(stack_name=stack.id).ended == ("rolled-back", "skipped", "rolled-back")


def test_the_update_that_is_cancelled_leaves_the_stack_as_it_was(shop: Shop) -> None:
    stack = shop.stack("UPDATE_IN_PROGRESS")
    assert stack.before is not None
    before = stack.before.original
    shop.run(stack_name=STACK)
    after = shop.sandbox.cloudformation.stack(STACK)
    assert after.deployment is not None
    assert (after.status, after.deployment.original) == ("UPDATE_ROLLBACK_COMPLETE", before)
    assert {loss.logical_id for loss in shop.sandbox.cloudformation.losses} <= {"Mail"}, "what the update had just made"


def test_rolling_back_a_failed_update_keeps_what_existed_before(shop: Shop) -> None:
    shop.stack("UPDATE_FAILED")
    shop.run(stack_name=STACK)
    (call,) = [call for call in shop.sandbox.calls if call.operation == "RollbackStack"]
    assert call.params["RetainExceptOnCreate"] is True


def test_the_service_role_is_passed_on(shop: Shop) -> None:
    role = "arn:aws:iam::123456789012:role/cfn"
    shop.stack("UPDATE_ROLLBACK_FAILED")
    shop.run(stack_name=STACK, role_arn=role)
    (call,) = [call for call in shop.sandbox.calls if call.operation == "ContinueUpdateRollback"]
    assert call.params["RoleARN"] == role


def test_the_root_cause_is_told(shop: Shop) -> None:
    shop.stack("UPDATE_ROLLBACK_COMPLETE", failing="Api", reason="Code not found (NotFound)")
    ran = shop.run(stack_name=STACK)
    cause = ran.report["root_cause"]
    assert (cause["resource"], cause["reason"]) == ("Api", "Code not found (NotFound)")
    assert "Code not found (NotFound)" in ran.summary


# --- continue ---


def continues(shop: Shop) -> list[list[str]]:
    calls = [call for call in shop.sandbox.calls if call.operation == "ContinueUpdateRollback"]
    return [list(call.params.get("ResourcesToSkip", [])) for call in calls]


def test_a_rollback_that_fails_once_more_is_continued_again(shop: Shop) -> None:
    shop.stack("UPDATE_ROLLBACK_FAILED", rollback_failing="Api", rollback_failures=1)
    ran = shop.run(stack_name=STACK)
    assert ran.ended == ("rolled-back", "skipped", "rolled-back")
    assert continues(shop) == [[], []]
    assert "✅ Rolled back" in ran.summary


def test_resources_are_skipped_after_exactly_one_plain_attempt_that_failed(shop: Shop) -> None:
    shop.stack("UPDATE_ROLLBACK_FAILED", rollback_failing="Api", rollback_failures=9)
    ran = shop.run(stack_name=STACK, resources_to_skip="Api")
    assert ran.ended == ("rolled-back", "skipped", "rolled-back")
    assert continues(shop) == [[], ["Api"]]
    assert "stack-resources-skipped" in ran.codes
    assert "⚠️ Rolled back, but resources were skipped" in ran.told
    assert "The failed deployment is undone but for Api: skipped, and as it left them." in ran.told
    assert "✅" not in ran.summary
    assert ran.report["stacks"][0]["skipped"] == ["Api"]
    assert "the skipped resources Api are as the failed deployment left them" in str(ran.report["stacks"])


def test_a_rollback_that_fails_again_and_again_ends_and_names_what_is_stuck(shop: Shop) -> None:
    shop.stack("UPDATE_ROLLBACK_FAILED", rollback_failing="Api", rollback_failures=9)
    ran = shop.run(stack_name=STACK)
    assert ran.ended == ("failed", "skipped", "failed")
    assert len(continues(shop)) == 2
    assert "--resources-to-skip Api" in ran.summary


def test_a_second_run_does_not_begin_the_bounded_attempts_anew_within_the_same_run(shop: Shop) -> None:
    shop.stack("UPDATE_ROLLBACK_FAILED", rollback_failing="Api", rollback_failures=9)
    shop.run(stack_name=STACK)
    assert shop.run(stack_name=STACK)["outcome"] == "failed"
    assert len(continues(shop)) == 2


def test_another_attempt_of_the_workflow_may_continue_again(shop: Shop) -> None:
    shop.stack("UPDATE_ROLLBACK_FAILED", rollback_failing="Api", rollback_failures=2)
    assert shop.run(stack_name=STACK)["outcome"] == "failed"
    again = shop.run(stack_name=STACK, environ={"GITHUB_RUN_ATTEMPT": "2"})
    assert again["outcome"] == "rolled-back"


# --- nested and several stacks ---


def nested(shop: Shop) -> str:
    """Update a stack with a child; return the child's id."""
    child = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "one"}}}}
    changed = json.dumps(child).replace("one", "two")
    shop.sandbox.services.create_bucket("templates")
    for version, text in (("1", json.dumps(child)), ("2", changed)):
        shop.sandbox.services.put_object("templates", f"{version}.json", text)
    parent = {
        "Resources": {
            "Child": {
                "Type": "AWS::CloudFormation::Stack",
                "Properties": {"TemplateURL": "https://templates.s3.us-west-2.amazonaws.com/1.json"},
            }
        }
    }
    cloudformation = shop.sandbox.cloudformation
    cloudformation.create(STACK, parent)
    cloudformation.update(STACK, json.dumps(parent).replace("1.json", "2.json"), resource_seconds=60)
    return cloudformation.stack(STACK).resources["Child"].physical_id


def test_a_nested_stack_is_rolled_back_by_its_root(shop: Shop) -> None:
    child = nested(shop)
    ran = shop.run(stack_name=child)
    assert ran.ended == ("rolled-back", "skipped", "rolled-back")
    assert shop.status() == "UPDATE_ROLLBACK_COMPLETE"
    (cancel,) = [call for call in shop.sandbox.calls if call.operation == "CancelUpdateStack"]
    assert f"stack/{STACK}/" in cancel.params["StackName"]


def test_several_stacks_are_rolled_back_in_reverse_order_and_the_worst_one_is_told(shop: Shop) -> None:
    shop.stack("UPDATE_IN_PROGRESS", "network", resource_seconds=600.0)
    shop.stack("UPDATE_COMPLETE", "database")
    shop.stack("UPDATE_IN_PROGRESS", "service")
    ran = shop.run(stack_name="network\ndatabase\nservice")
    assert [stack["name"] for stack in ran.report["stacks"]] == ["service", "database", "network"]
    cancels = [call.params["StackName"].split("/")[1] for call in shop.sandbox.calls if call.operation == CANCEL[0]]
    assert cancels == ["service", "network"]
    assert ran.ended == ("rolled-back", "skipped", "rolled-back")


def test_a_stack_that_is_refused_does_not_keep_the_others_from_going_back(shop: Shop) -> None:
    shop.stack("UPDATE_IN_PROGRESS", "network")
    shop.stack("REVIEW_IN_PROGRESS", "service")
    ran = shop.run(stack_name="network, service")
    assert ran.ended[0] == "refused"
    assert ran["stack-status"] == "REVIEW_IN_PROGRESS"
    assert shop.status("network") == "UPDATE_ROLLBACK_COMPLETE"
