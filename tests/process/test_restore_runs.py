"""Whole runs that bring a stack at rest back to its snapshot."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import ALL, Fault, Kind, first
from tests.process.releases import (
    ARTIFACTS,
    BAD_RESOURCES,
    GOOD_RESOURCES,
    IN_FILE,
    IN_S3,
    SNAPSHOTS,
    buckets,
    deploy_bad,
    deploy_good,
    incident,
    restore,
    snapshot,
    state,
    table,
    template,
    topic,
    wait,
    without_secrets,
)
from tests.process.shop import STACK

if TYPE_CHECKING:
    from tests.process.shop import Shop


@pytest.mark.parametrize("where", [IN_S3, IN_FILE])
def test_after_a_restore_the_stack_equals_its_snapshot_byte_for_byte(shop: Shop, where: str) -> None:
    good = incident(shop, where)
    ran = restore(shop, where)
    assert ran.ended == ("rolled-back", "skipped", "rolled-back")
    assert without_secrets(state(shop)) == without_secrets(good)
    assert (ran["stack-status"], ran["snapshot"]) == ("UPDATE_COMPLETE", where)
    assert shop.change_sets() == []
    assert "restore-keeps-values" in ran.codes
    assert "NoEcho parameter(s) Password keep the failed deployment's value" in ran.told


def test_a_second_run_changes_nothing(shop: Shop) -> None:
    incident(shop)
    restore(shop)
    writes = list(shop.writes)
    ran = restore(shop)
    assert ran.ended == ("already-good", "skipped", "not-needed")
    assert shop.writes == writes


def test_a_stack_that_equals_its_snapshot_is_left_alone(shop: Shop) -> None:
    buckets(shop)
    deploy_good(shop)
    snapshot(shop)
    writes = list(shop.writes)
    assert restore(shop).ended == ("already-good", "skipped", "not-needed")
    assert shop.writes == writes


def test_an_update_under_way_is_cancelled_and_then_compared(shop: Shop) -> None:
    buckets(shop)
    deploy_good(shop)
    good = state(shop)
    snapshot(shop)
    deploy_running(shop)
    ran = restore(shop)
    assert ran.ended == ("rolled-back", "skipped", "rolled-back")
    assert state(shop) == good
    assert shop.writes[-1] == "CancelUpdateStack"


def deploy_running(shop: Shop) -> None:
    changed: dict[str, Any] = {**GOOD_RESOURCES, "News": topic("changed")}
    good = json.loads(str(state(shop)["template"]))
    shop.sandbox.cloudformation.update(
        STACK,
        {**good, "Resources": changed},
        resource_seconds=300,
        Parameters=[{"ParameterKey": name, "UsePreviousValue": True} for name in ("Stage", "Password")],
        Capabilities=["CAPABILITY_IAM"],
    )


# --- the guard ---


def data_losing_incident(shop: Shop) -> dict[str, Any]:
    """The bad release brought a table that restoring the good one would delete, with what is in it."""
    buckets(shop)
    deploy_good(shop)
    good = state(shop)
    snapshot(shop)
    deploy_bad(shop, {**BAD_RESOURCES, "Baskets": table(policy="Delete")})
    shop.sandbox.cloudformation.store(STACK, "Baskets", "everything people want to buy")
    return good


def test_a_restore_that_would_lose_data_is_refused_and_nothing_is_touched(shop: Shop) -> None:
    data_losing_incident(shop)
    before = state(shop)
    ran = restore(shop)
    assert ran.ended == ("refused", "skipped", "failed")
    assert ran.codes == {"restore-destructive"}
    assert "Baskets (AWS::DynamoDB::Table): would be deleted" in ran["reason"]
    assert "allow-destructive: true" in ran.summary
    assert state(shop) == before
    assert "ExecuteChangeSet" not in shop.writes
    assert shop.change_sets() == []
    assert shop.sandbox.cloudformation.losses == []


def test_a_replacement_that_would_lose_data_is_refused_too(shop: Shop) -> None:
    buckets(shop)
    deploy_good(shop, {**GOOD_RESOURCES, "Orders": table(policy="Delete")})
    snapshot(shop)
    # The bad release replaced the table for another key, and retained the old one.
    deploy_bad(shop, {**BAD_RESOURCES, "Orders": table(key="order", policy="Delete")})
    losses = len(shop.sandbox.cloudformation.losses)
    ran = restore(shop)
    assert ran.codes == {"restore-destructive"}
    assert "Orders (AWS::DynamoDB::Table)" in ran["reason"]
    assert len(shop.sandbox.cloudformation.losses) == losses


def test_allow_destructive_restores_it_all_the_same(shop: Shop) -> None:
    good = data_losing_incident(shop)
    assert restore(shop, allow_destructive="true").ended == ("rolled-back", "skipped", "rolled-back")
    assert without_secrets(state(shop)) == without_secrets(good)
    assert [loss.logical_id for loss in shop.sandbox.cloudformation.losses] == ["Baskets"]


def test_a_retained_table_is_no_loss(shop: Shop) -> None:
    buckets(shop)
    deploy_good(shop)
    snapshot(shop)
    deploy_bad(shop, {**BAD_RESOURCES, "Baskets": table()})
    assert restore(shop).ended[0] == "rolled-back"
    assert shop.sandbox.cloudformation.losses == []


# --- preflight ---


def test_artifacts_that_are_gone_refuse_the_restore_before_anything_moved(shop: Shop) -> None:
    incident(shop)
    shop.sandbox.services.delete_object(ARTIFACTS, "api/1.zip")
    writes = list(shop.writes)
    ran = restore(shop)
    assert ran.codes == {"restore-artifacts-gone"}
    assert f"s3://{ARTIFACTS}/api/1.zip (Api)" in ran["reason"]
    assert shop.writes == writes


def test_a_noecho_parameter_that_the_bad_release_dropped_is_refused(shop: Shop) -> None:
    buckets(shop)
    deploy_good(shop)
    snapshot(shop)
    shop.sandbox.cloudformation.update(STACK, {"Resources": {"Orders": table(), "News": topic("news")}})
    wait(shop)
    ran = restore(shop)
    assert ran.codes == {"restore-secret-lost"}
    assert "Password" in ran["reason"]


# --- proof ---


def test_a_restore_that_cloudformation_rolls_back_is_failed_with_its_root_cause(shop: Shop) -> None:
    incident(shop)
    shop.sandbox.cloudformation.fail_update("Api", "Role is not assumable by lambda")
    ran = restore(shop)
    assert ran.ended == ("failed", "skipped", "failed")
    assert ran.codes == {"restore-failed"}
    assert ran["stack-status"] == "UPDATE_ROLLBACK_COMPLETE"
    cause = ran.report["root_cause"]
    assert (cause["resource"], cause["reason"]) == ("Api", "Role is not assumable by lambda")


def test_a_restore_that_failed_once_can_be_repeated(shop: Shop) -> None:
    """What it newly made goes again, retained or not: a name that stayed taken would fail every later restore."""
    pager = {"Type": "AWS::CloudWatch::Alarm", "Properties": {"AlarmName": "pager"}}
    buckets(shop)
    after = {"Api": {**GOOD_RESOURCES["Api"], "DependsOn": "Pager"}}
    deploy_good(shop, {**GOOD_RESOURCES, **after, "Pager": {**pager, "DeletionPolicy": "Retain"}})
    good = state(shop)
    snapshot(shop)
    deploy_bad(shop, {**BAD_RESOURCES, "Pager": {**pager, "DeletionPolicy": "Delete"}})
    shop.sandbox.cloudformation.update(
        STACK,
        template(BAD_RESOURCES, Flag={"Type": "String"}),
        Parameters=[{"ParameterKey": name, "UsePreviousValue": True} for name in ("Stage", "Password", "Flag")],
        Capabilities=["CAPABILITY_IAM"],
    )
    wait(shop)
    shop.sandbox.cloudformation.fail_update("Api", "Role is not assumable by lambda")
    assert restore(shop).ended == ("failed", "skipped", "failed")
    again = restore(shop, environ={"GITHUB_RUN_ID": "2"})
    assert again.ended == ("rolled-back", "skipped", "rolled-back"), again["reason"]
    assert without_secrets(state(shop)) == without_secrets(good)


def test_a_restore_that_changes_nothing_but_the_text_is_already_good(shop: Shop) -> None:
    """CloudFormation finds nothing to do where only white space of the template differs: an empty change set."""
    buckets(shop)
    deploy_good(shop)
    snapshot(shop)
    text = shop.sandbox.services.get_object(SNAPSHOTS, "good.json").decode()
    record = json.loads(text)
    record["stacks"][0]["template"] += "\n\n"
    shop.sandbox.services.put_object(SNAPSHOTS, "good.json", json.dumps(record))
    ran = restore(shop)
    assert ran.ended == ("already-good", "skipped", "not-needed")
    assert shop.change_sets() == []
    assert "ExecuteChangeSet" not in shop.writes


def test_an_ssm_value_that_changed_is_told(shop: Shop) -> None:
    buckets(shop)
    shop.sandbox.services.put_parameter("/shop/ami", "ami-1")
    ami = {"Type": "AWS::SSM::Parameter::Value<String>"}
    deploy_good(shop, Ami=ami)
    snapshot(shop)
    deploy_bad(shop, Ami=ami)
    shop.sandbox.services.put_parameter("/shop/ami", "ami-2")
    shop.sandbox.cloudformation.update(
        STACK,
        None,
        Parameters=[{"ParameterKey": name, "UsePreviousValue": True} for name in ("Stage", "Password", "Ami", "Flag")],
        Tags=[{"Key": "again", "Value": "1"}],
        Capabilities=["CAPABILITY_IAM"],
    )
    wait(shop)
    ran = restore(shop)
    assert ran.ended[0] == "rolled-back"
    assert "SSM parameter /shop/ami (stack parameter Ami) has another value" in ran.told


# --- faults ---


@pytest.mark.parametrize("operation", ["CreateChangeSet", "ExecuteChangeSet", "DeleteChangeSet"])
@pytest.mark.parametrize("kind", [Kind.DROPPED_BEFORE, Kind.DROPPED_AFTER, Kind.INTERNAL_ERROR, Kind.THROTTLING])
def test_a_step_of_a_restore_whose_answer_is_lost_ends_well(shop: Shop, operation: str, kind: Kind) -> None:
    good = incident(shop)
    shop.sandbox.faults.add(Fault(operation, kind, first(1)))
    assert restore(shop).ended == ("rolled-back", "skipped", "rolled-back")
    assert without_secrets(state(shop)) == without_secrets(good)
    assert shop.change_sets() == []


def test_stale_reads_do_not_restore_twice(shop: Shop) -> None:
    good = incident(shop)
    shop.sandbox.cloudformation.stale_reads(20.0)
    assert restore(shop).ended == ("rolled-back", "skipped", "rolled-back")
    assert shop.writes.count("ExecuteChangeSet") == 1
    assert without_secrets(state(shop)) == without_secrets(good)


@pytest.mark.parametrize("operation", ["CreateChangeSet", "DescribeChangeSet", "ExecuteChangeSet", "GetTemplate"])
def test_a_restore_that_is_denied_names_the_permission_and_leaves_no_change_set(shop: Shop, operation: str) -> None:
    incident(shop)
    shop.sandbox.faults.add(Fault(operation, Kind.DENIED, ALL))
    ran = restore(shop)
    assert ran.ended == ("failed", "skipped", "failed")
    assert f"cloudformation:{operation}" in ran.summary
    assert shop.change_sets() == []


def test_a_restore_that_a_killed_run_began_is_adopted(shop: Shop) -> None:
    good = incident(shop)
    shop.sandbox.cloudformation.durations(resource_seconds=200)
    assert restore(shop, stack_timeout="1").ended == ("timed-out", "skipped", "failed")
    assert restore(shop).ended == ("rolled-back", "skipped", "rolled-back")
    assert shop.writes.count("ExecuteChangeSet") == 1
    assert without_secrets(state(shop)) == without_secrets(good)


def test_an_express_stack_goes_back_by_its_snapshot(shop: Shop) -> None:
    buckets(shop)
    releases: dict[str, Any] = {
        "template": {"Resources": {"News": topic("1")}},
        "new_template": {"Resources": {"News": topic("2")}},
    }
    stack = shop.stack("UPDATE_FAILED", express=True, **releases)
    assert stack.before is not None
    good = stack.before.original
    record = {
        "version": 1,
        "taken_at": "2025-12-01T00:00:00+00:00",
        "stacks": [{"name": STACK, "id": stack.id, "status": "CREATE_COMPLETE", "template": good}],
    }
    shop.sandbox.services.put_object(SNAPSHOTS, "good.json", json.dumps(record))
    ran = restore(shop)
    assert ran.ended == ("rolled-back", "skipped", "rolled-back"), ran["reason"]
    assert state(shop)["template"] == good


def test_what_even_a_restore_leaves_is_said(shop: Shop) -> None:
    incident(shop)
    ran = restore(shop)
    assert "the data in Orders is as it is now" in ran.summary
