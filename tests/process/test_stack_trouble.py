"""Whole runs on a stack that moves between look and call, and on an AWS that is slow, stale, busy or closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox import ALL, AwsError, Fault, Kind, first
from tests.process.shop import STACK

if TYPE_CHECKING:
    from tests.process.shop import Ran, Shop

CANCEL = ["CancelUpdateStack"]
WRITES = {
    "UPDATE_IN_PROGRESS": "CancelUpdateStack",
    "UPDATE_ROLLBACK_FAILED": "ContinueUpdateRollback",
    "UPDATE_FAILED": "RollbackStack",
}


def test_an_update_that_ends_between_look_and_cancel_is_looked_at_again(shop: Shop) -> None:
    shop.stack("UPDATE_IN_PROGRESS", resource_seconds=30.0)

    def end_the_update(_service: str, operation: str, _params: dict[str, object]) -> None:
        if operation == "CancelUpdateStack" and shop.clock:
            shop.clock.advance(600)

    shop.sandbox.before_call.append(end_the_update)
    ran = shop.run(stack_name=STACK)
    assert ran.ended == ("not-needed", "skipped", "not-needed")
    assert shop.writes == CANCEL


@pytest.mark.parametrize("status", tuple(WRITES))
@pytest.mark.parametrize("pattern", [(True,), (True, False)])
def test_stale_reads_do_not_make_a_move_twice(shop: Shop, status: str, pattern: tuple[bool, ...]) -> None:
    shop.stack(status, resource_seconds=100.0, ago=60.0 if status == "UPDATE_IN_PROGRESS" else None)
    shop.sandbox.cloudformation.stale_reads(25.0, pattern)
    ran = shop.run(stack_name=STACK)
    assert ran.ended == ("rolled-back", "skipped", "rolled-back")
    assert shop.writes == [WRITES[status]]


@pytest.mark.parametrize(("status", "operation"), tuple(WRITES.items()))
@pytest.mark.parametrize(
    "kind", [Kind.DROPPED_BEFORE, Kind.DROPPED_AFTER, Kind.INTERNAL_ERROR, Kind.MALFORMED, Kind.THROTTLING]
)
def test_a_write_whose_answer_is_lost_or_late_ends_well(shop: Shop, status: str, operation: str, kind: Kind) -> None:
    shop.stack(status, resource_seconds=100.0)
    shop.sandbox.faults.add(Fault(operation, kind, first(1)))
    ran = shop.run(stack_name=STACK)
    assert ran.ended == ("rolled-back", "skipped", "rolled-back")
    assert shop.status() == "UPDATE_ROLLBACK_COMPLETE"


@pytest.mark.parametrize("kind", [Kind.THROTTLING, Kind.DROPPED_BEFORE, Kind.INTERNAL_ERROR, Kind.MALFORMED])
def test_reads_that_fail_for_a_while_are_borne(shop: Shop, kind: Kind) -> None:
    shop.stack("UPDATE_IN_PROGRESS", resource_seconds=600.0)
    shop.sandbox.faults.add(Fault("DescribeStacks", kind, first(6)))
    shop.sandbox.faults.add(Fault("DescribeStackEvents", kind, first(2)))
    assert shop.run(stack_name=STACK)["outcome"] == "rolled-back"


def test_throttling_for_ever_ends_in_timed_out(shop: Shop) -> None:
    shop.stack("UPDATE_IN_PROGRESS")
    shop.sandbox.faults.add(Fault("DescribeStacks", Kind.THROTTLING, ALL))
    assert shop.run(stack_name=STACK, stack_timeout="5").ended == ("timed-out", "skipped", "failed")


def test_an_aws_that_stays_unreadable_ends_in_failed(shop: Shop) -> None:
    shop.stack("UPDATE_IN_PROGRESS")
    shop.sandbox.faults.add(Fault("DescribeStacks", Kind.UNAVAILABLE, ALL))
    ran = shop.run(stack_name=STACK)
    assert ran.ended == ("failed", "skipped", "failed")
    assert ran.codes == {"aws-unreadable"}
    assert shop.sandbox.operations().count("DescribeStacks") == 10


@pytest.mark.parametrize(
    ("operation", "kind", "says"),
    [
        ("DescribeStacks", Kind.DENIED, "Add the permission cloudformation:DescribeStacks"),
        ("CancelUpdateStack", Kind.DENIED, "Add the permission cloudformation:CancelUpdateStack"),
        ("DescribeStacks", Kind.EXPIRED, "role-duration-seconds"),
    ],
)
def test_what_is_denied_ends_at_once_with_the_cure(shop: Shop, operation: str, kind: Kind, says: str) -> None:
    shop.stack("UPDATE_IN_PROGRESS")
    shop.sandbox.faults.add(Fault(operation, kind, ALL))
    ran = shop.run(stack_name=STACK)
    assert ran.ended == ("failed", "skipped", "failed")
    assert ran.codes == {"access-denied"}
    assert says in ran.summary


def test_events_that_may_not_be_read_do_not_stop_the_rollback(shop: Shop) -> None:
    shop.stack("UPDATE_IN_PROGRESS")
    shop.sandbox.faults.add(Fault("DescribeStackEvents", Kind.DENIED, ALL))
    assert shop.run(stack_name=STACK)["outcome"] == "rolled-back"


def test_a_cancel_that_aws_keeps_rejecting_fails_in_its_words(shop: Shop) -> None:
    shop.stack("UPDATE_IN_PROGRESS", resource_seconds=600.0)
    no = AwsError("ValidationError", "Role arn:aws:iam::123456789012:role/cfn is invalid or cannot be assumed", 400)
    shop.sandbox.faults.add(Fault("CancelUpdateStack", Kind.DENIED, ALL, error=no))
    ran = shop.run(stack_name=STACK)
    assert ran.ended == ("failed", "skipped", "failed")
    assert "is invalid or cannot be assumed" in ran["reason"]


def test_the_deadline_ends_the_waiting_not_awss_work(shop: Shop) -> None:
    shop.stack("UPDATE_IN_PROGRESS", resource_seconds=6000.0)
    ran = shop.run(stack_name=STACK, stack_timeout="1.5")
    assert ran.ended == ("timed-out", "skipped", "failed")
    assert ran["stack-status"] == "UPDATE_ROLLBACK_IN_PROGRESS"
    assert sum(shop.waits.sleeps) == 90.0


def test_a_run_that_is_started_again_adopts_the_rollback_under_way(shop: Shop) -> None:
    shop.stack("UPDATE_IN_PROGRESS", resource_seconds=200.0)
    assert shop.run(stack_name=STACK, stack_timeout="1")["outcome"] == "failed"
    again: Ran = shop.run(stack_name=STACK)
    assert again.ended == ("rolled-back", "skipped", "rolled-back")
    assert shop.writes == CANCEL


def test_a_stack_with_a_long_history_costs_few_calls(shop: Shop) -> None:
    shop.stack("UPDATE_IN_PROGRESS", "young")
    shop.run(stack_name="young")
    young = len(shop.sandbox.calls)
    shop.stack("UPDATE_IN_PROGRESS", "old", history_events=3000)
    shop.run(stack_name="old")
    assert len(shop.sandbox.calls) - young <= young + 1


def test_what_aws_refused_is_not_told_as_done(shop: Shop) -> None:
    shop.stack("UPDATE_IN_PROGRESS")
    no = AwsError("ValidationError", "Role arn:aws:iam::123456789012:role/deploy is invalid or cannot be assumed")
    shop.sandbox.faults.add(Fault("CancelUpdateStack", Kind.DENIED, ALL, error=no))
    ran = shop.run(stack_name=STACK)
    assert ran["stack-result"] == "failed"
    assert ran.report["stacks"][0]["actions"] == []
    assert "cancelled the update" not in ran.told


# --- the words ---


def test_a_lost_connection_is_not_called_a_busy_aws(shop: Shop) -> None:
    shop.stack()
    shop.sandbox.faults.add(Fault("DescribeStacks", Kind.DROPPED_BEFORE, first(9)))
    ran = shop.run(stack_name=STACK)
    assert "No clear answer from AWS, waiting for AWS: cloudformation:DescribeStacks: no connection to AWS" in ran.log
    assert "AWS is busy" not in ran.log


def test_a_throttled_call_is_called_a_busy_aws(shop: Shop) -> None:
    shop.stack()
    shop.sandbox.faults.add(Fault("DescribeStacks", Kind.THROTTLING, first(9)))
    assert "AWS is busy, waiting for AWS: cloudformation:DescribeStacks: throttled" in shop.run(stack_name=STACK).log


@pytest.mark.parametrize("status", ["UPDATE_COMPLETE", "CREATE_COMPLETE", "ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"])
def test_a_stacks_name_is_not_said_twice(shop: Shop, status: str) -> None:
    shop.stack(status)
    ran = shop.run(stack_name=STACK)
    assert f"Stack {STACK}: Stack {STACK}" not in ran.everything
    assert f": Stack {STACK} is in" not in ran.log.partition("\n\n")[0]
    assert f"it is in {status}" in ran.log


def test_nothing_is_said_of_a_change_set_that_was_never_made(shop: Shop) -> None:
    shop.stack()
    shop.sandbox.faults.add(Fault("DeleteChangeSet", Kind.DENIED, ALL))
    shop.sandbox.faults.add(Fault("ListChangeSets", Kind.DENIED, ALL))
    ran = shop.run({"GITHUB_RUN_ATTEMPT": "2"}, stack_name=STACK, snapshot="out/none.json")
    assert "our change set" not in ran.everything
