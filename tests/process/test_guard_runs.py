"""Whole restores past the guard: what the failed deployment made goes again, what was there before is not lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import ALL, AwsError, Fault, Kind
from sandbox.faults import exactly
from tests.process.releases import (
    BAD_RESOURCES,
    GOOD_RESOURCES,
    buckets,
    deploy_bad,
    deploy_good,
    restore,
    snapshot,
    state,
    table,
    topic,
    without_secrets,
)
from tests.process.shop import STACK

if TYPE_CHECKING:
    from tests.process.shop import Ran, Shop

QUEUE: dict[str, Any] = {"Type": "AWS::SQS::Queue", "Properties": {}}
LOGS: dict[str, Any] = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/shop/api"}}
BUCKET: dict[str, Any] = {"Type": "AWS::S3::Bucket", "Properties": {}}
BASKETS = table(policy="Delete")


def named(policy: str = "Retain") -> dict[str, Any]:
    made = table(policy=policy)
    return {**made, "Properties": {**made["Properties"], "TableName": "orders"}}


def incident(shop: Shop, good: dict[str, Any], bad: dict[str, Any]) -> dict[str, Any]:
    buckets(shop)
    deploy_good(shop, good)
    before = state(shop)
    assert snapshot(shop)["outcome"] == "snapshot-saved"
    deploy_bad(shop, bad)
    return before


def removed_again(ran: Ran) -> dict[str, str]:
    return {one["logical_id"]: one["why"] for one in ran.report["stacks"][0]["removed_again"]}


def test_what_the_failed_deployment_added_goes_again_and_is_listed(shop: Shop) -> None:
    good = incident(
        shop, GOOD_RESOURCES, {**BAD_RESOURCES, "Dead": QUEUE, "Logs": LOGS, "Baskets": BASKETS, "Up": BUCKET}
    )
    ran = restore(shop)
    assert ran.ended == ("rolled-back", "skipped", "rolled-back")
    assert without_secrets(state(shop)) == without_secrets(good)
    assert removed_again(ran) == {
        "Dead": "it holds messages on their way",
        "Logs": "it holds logs",
        "Baskets": "dynamodb:Scan shows it empty",
        "Up": "s3:ListBucketVersions shows it empty",
    }
    assert "is removed again" in ran.summary
    assert "/shop/api" in ran.summary


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (None, "dynamodb:Scan shows that it holds something"),
        (Fault("Scan", Kind.DENIED), "the permission dynamodb:Scan is missing"),
    ],
)
def test_a_table_that_it_added_stays_where_it_is_not_shown_to_be_empty(
    shop: Shop, fault: Fault | None, why: str
) -> None:
    incident(shop, GOOD_RESOURCES, {**BAD_RESOURCES, "Baskets": BASKETS})
    if fault is None:
        shop.sandbox.cloudformation.store(STACK, "Baskets", "everything people want to buy")
    else:
        shop.sandbox.faults.add(fault)
    before = state(shop)
    ran = restore(shop)
    assert ran.ended == ("refused", "skipped", "failed")
    assert ran.codes == {"restore-destructive"}
    assert "Baskets (AWS::DynamoDB::Table): would be deleted" in ran["reason"]
    assert why in ran["reason"]
    assert removed_again(ran) == {}
    assert state(shop) == before


def test_what_an_earlier_deployment_added_stays_protected(shop: Shop) -> None:
    incident(shop, GOOD_RESOURCES, {**BAD_RESOURCES, "Dead": QUEUE})
    deploy_bad(shop, {**BAD_RESOURCES, "Dead": QUEUE, "News": topic("another")})
    ran = restore(shop)
    assert ran.codes == {"restore-destructive"}
    assert "Dead (AWS::SQS::Queue): would be deleted" in ran["reason"]


def test_where_the_events_cannot_be_read_nobody_knows_who_made_it(shop: Shop) -> None:
    incident(shop, GOOD_RESOURCES, {**BAD_RESOURCES, "Dead": QUEUE})
    shop.sandbox.faults.add(Fault("DescribeStackEvents", Kind.DENIED, ALL))
    assert restore(shop).codes == {"restore-destructive"}


def test_a_run_started_again_after_its_restore_failed_still_undoes_the_deployment(shop: Shop) -> None:
    good = incident(shop, GOOD_RESOURCES, {**BAD_RESOURCES, "Dead": QUEUE})
    shop.sandbox.cloudformation.fail_update("News", "Internal Failure")
    assert restore(shop).ended[2] == "failed"
    ran = restore(shop, environ={"GITHUB_RUN_ATTEMPT": "2"})
    assert ran.ended == ("rolled-back", "skipped", "rolled-back")
    assert without_secrets(state(shop)) == without_secrets(good)
    assert removed_again(ran) == {"Dead": "it holds messages on their way"}


def test_a_run_that_finds_the_restore_under_way_lists_it_by_the_events(shop: Shop) -> None:
    incident(shop, GOOD_RESOURCES, {**BAD_RESOURCES, "Dead": QUEUE})
    shop.sandbox.cloudformation.slow("News", 600)
    assert restore(shop, stack_timeout="1")["stack-result"] == "timed-out"
    ran = restore(shop)
    assert ran["stack-status"] == "UPDATE_COMPLETE"
    assert removed_again(ran) == {"Dead": "the restore that was found under way removed it"}


# --- made anew ---


def test_a_retained_table_with_a_name_of_its_own_is_readopted(shop: Shop) -> None:
    bad = {name: made for name, made in BAD_RESOURCES.items() if name != "Orders"}
    buckets(shop)
    deploy_good(shop, {**GOOD_RESOURCES, "Orders": named()})
    shop.sandbox.cloudformation.store(STACK, "Orders", "1000 orders")
    snapshot(shop)
    deploy_bad(shop, bad)
    ran = restore(shop)
    assert ran.ended == ("rolled-back", "skipped", "rolled-back")
    assert "re-adopting Orders" in ran.summary
    assert shop.sandbox.cloudformation.losses == []
    assert shop.sandbox.cloudformation.stack(STACK).resources["Orders"].physical_id == "orders"
    assert shop.change_sets() == []


@pytest.mark.parametrize("allowed", [False, True])
def test_one_without_a_name_is_refused_by_its_physical_id(shop: Shop, *, allowed: bool) -> None:
    bad = {name: made for name, made in BAD_RESOURCES.items() if name != "Orders"}
    buckets(shop)
    deploy_good(shop)
    physical_id = shop.sandbox.cloudformation.stack(STACK).resources["Orders"].physical_id
    snapshot(shop)
    deploy_bad(shop, bad)
    ran = restore(shop, allow_destructive=str(allowed).lower())
    if allowed:
        assert ran.ended == ("rolled-back", "skipped", "rolled-back")
        return
    assert ran.codes == {"restore-destructive"}
    assert f"the snapshot recorded {physical_id}" in ran["reason"]
    assert "ExecuteChangeSet" not in shop.writes
    assert shop.change_sets() == []


@pytest.mark.parametrize("early", [False, True])
def test_where_cloudformation_refuses_to_readopt_it_says_why(shop: Shop, *, early: bool) -> None:
    bad = {name: made for name, made in BAD_RESOURCES.items() if name != "Orders"}
    buckets(shop)
    # Retained by the template that dropped it, but not by the recorded one: AWS imports only what that one retains.
    deploy_good(shop, {**GOOD_RESOURCES, "Orders": named("Delete")})
    snapshot(shop)
    deploy_bad(shop, {**GOOD_RESOURCES, "Orders": named("Retain")})
    deploy_bad(shop, bad)
    if early:
        refusal = AwsError("ValidationError", "Import is not for this stack", 400)
        shop.sandbox.faults.add(Fault("CreateChangeSet", Kind.DENIED, exactly(2), error=refusal))
    ran = restore(shop)
    assert ran.codes == {"restore-destructive"}
    assert "the snapshot recorded orders" in ran["reason"]
    assert ("Import is not for this stack" if early else "DeletionPolicy") in ran["reason"]
    assert shop.change_sets() == []


def test_a_replacement_that_retains_leaves_an_empty_one_and_is_refused(shop: Shop) -> None:
    incident(shop, GOOD_RESOURCES, {**BAD_RESOURCES, "Orders": table(key="order")})
    ran = restore(shop)
    assert ran.codes == {"restore-destructive"}
    assert "Orders (AWS::DynamoDB::Table): would be replaced by a new, empty one" in ran["reason"]


def test_a_queue_that_the_failed_deployment_dropped_is_made_anew_and_told(shop: Shop) -> None:
    good = incident(shop, {**GOOD_RESOURCES, "Mail": QUEUE}, BAD_RESOURCES)
    ran = restore(shop)
    assert ran.ended == ("rolled-back", "skipped", "rolled-back")
    assert without_secrets(state(shop)) == without_secrets(good)
    (said,) = [line for line in ran.report["stacks"][0]["not_rolled_back"] if "made anew" in line]
    assert said.startswith("Mail (AWS::SQS::Queue) is made anew: the failed deployment deleted ")


# --- nested stacks ---

URL = "https://templates.s3.us-west-2.amazonaws.com/{}.json"


def child(name: str) -> dict[str, Any]:
    return {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": URL.format(name)}}


@pytest.fixture
def templates(shop: Shop) -> None:
    shop.sandbox.services.create_bucket("templates")
    for name, resources in {
        "plain": {"News": topic("one")},
        "more": {"News": topic("two"), "Dead": QUEUE, "Baskets": BASKETS},
        "protected": {"News": topic("one"), "Baskets": BASKETS},
        "less": {"News": topic("two")},
        "mail": {"News": topic("one"), "Mail": QUEUE},
    }.items():
        shop.sandbox.services.put_object("templates", f"{name}.json", json.dumps({"Resources": resources}))


@pytest.mark.usefixtures("templates")
@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ({"Child": child("plain")}, {"Child": child("more")}),
        ({}, {"Child": child("more")}),
    ],
)
def test_what_it_added_in_nested_stacks_goes_again_too(shop: Shop, good: dict[str, Any], bad: dict[str, Any]) -> None:
    before = incident(shop, {**GOOD_RESOURCES, **good}, {**GOOD_RESOURCES, **bad})
    ran = restore(shop)
    assert ran.ended == ("rolled-back", "skipped", "rolled-back")
    assert without_secrets(state(shop)) == without_secrets(before)
    assert {"Dead", "Baskets"} <= removed_again(ran).keys()


@pytest.mark.usefixtures("templates")
def test_a_full_table_in_a_nested_stack_that_it_added_keeps_the_whole_one(shop: Shop) -> None:
    incident(shop, GOOD_RESOURCES, {**GOOD_RESOURCES, "Child": child("more")})
    inner = shop.sandbox.cloudformation.stack(STACK).resources["Child"].physical_id
    shop.sandbox.cloudformation.store(inner, "Baskets", "everything people want to buy")
    ran = restore(shop)
    assert ran.codes == {"restore-destructive"}
    assert "Baskets (AWS::DynamoDB::Table): would be deleted" in ran["reason"]


@pytest.mark.usefixtures("templates")
def test_a_table_that_a_nested_stack_lost_is_not_made_anew_unasked(shop: Shop) -> None:
    incident(shop, {**GOOD_RESOURCES, "Child": child("protected")}, {**GOOD_RESOURCES, "Child": child("less")})
    ran = restore(shop)
    assert ran.codes == {"restore-destructive"}
    assert "Baskets (AWS::DynamoDB::Table): would be made anew, empty" in ran["reason"]


@pytest.mark.usefixtures("templates")
@pytest.mark.parametrize("dropped", ["protected", "plain", "mail"])
def test_a_nested_stack_that_was_dropped_is_made_anew_only_without_users_data(shop: Shop, dropped: str) -> None:
    incident(shop, {**GOOD_RESOURCES, "Child": child(dropped)}, GOOD_RESOURCES)
    ran = restore(shop)
    if dropped != "protected":
        assert ran.ended == ("rolled-back", "skipped", "rolled-back")
    else:
        assert ran.codes == {"restore-destructive"}


@pytest.mark.usefixtures("templates")
@pytest.mark.parametrize(
    ("trouble", "why"),
    [
        ({"seconds": 100_000.0}, "Child: its change set is still being made"),
        ({"without_id": True}, "Child: CloudFormation names no change set for it"),
    ],
)
@pytest.mark.parametrize("allowed", ["false", "true"])
def test_a_nested_change_set_that_is_not_told_stops_the_restore(
    shop: Shop, trouble: dict[str, Any], why: str, allowed: str
) -> None:
    incident(shop, {**GOOD_RESOURCES, "Child": child("plain")}, {**GOOD_RESOURCES, "Child": child("less")})
    shop.sandbox.cloudformation.trouble_nested_change_sets("Child", **trouble)
    before = state(shop)
    ran = restore(shop, allow_destructive=allowed)
    assert ran.ended == ("refused", "skipped", "failed")
    assert ran.codes == {"restore-unread"}
    assert why in ran["reason"]
    assert state(shop) == before
    assert shop.change_sets() == []


@pytest.mark.usefixtures("templates")
def test_a_nested_change_set_that_is_late_is_waited_for(shop: Shop) -> None:
    incident(shop, {**GOOD_RESOURCES, "Child": child("plain")}, {**GOOD_RESOURCES, "Child": child("less")})
    shop.sandbox.cloudformation.trouble_nested_change_sets("Child", seconds=60.0)
    assert restore(shop).ended == ("rolled-back", "skipped", "rolled-back")
