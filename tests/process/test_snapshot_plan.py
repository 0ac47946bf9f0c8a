"""A dry run with a snapshot: CloudFormation's own dry run, read whole and deleted again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox import ALL, Fault, Kind
from tests.process.releases import (
    BAD_RESOURCES,
    buckets,
    deploy_bad,
    deploy_good,
    incident,
    restore,
    snapshot,
    state,
    table,
)

if TYPE_CHECKING:
    from tests.process.shop import Shop


def test_a_dry_run_tells_every_change_with_the_guards_verdict_and_leaves_nothing(shop: Shop) -> None:
    incident(shop)
    before, writes = state(shop), len(shop.writes)
    ran = restore(shop, dry_run="true")
    assert ran.ended == ("planned", "skipped", "planned")
    assert "Would execute the change set that restores the snapshot (4 resource changes)" in ran["reason"]
    planned = ran.report["stacks"][0]["actions"]
    assert [line.split(" (")[0] for line in planned[1:]] == ["Modify Orders", "Modify Api", "Add News", "Remove Alerts"]
    assert all("the guard allows it" in line for line in planned[1:])
    assert shop.writes[writes:] == ["CreateChangeSet", "DeleteChangeSet"]
    assert shop.change_sets() == []
    assert state(shop) == before
    assert "Remove Alerts" in ran.log


def test_a_dry_run_says_what_the_guard_would_refuse(shop: Shop) -> None:
    buckets(shop)
    deploy_good(shop, {**BAD_RESOURCES, "Orders": table(policy="Delete")})
    snapshot(shop)
    deploy_bad(shop, {**BAD_RESOURCES, "Orders": table(key="order", policy="Delete")})
    ran = restore(shop, dry_run="true")
    assert ran["stack-result"] == "refused"
    assert "Modify Orders (AWS::DynamoDB::Table, replaced): ⛔" in "\n".join(ran.report["stacks"][0]["actions"])
    assert shop.change_sets() == []


@pytest.mark.parametrize("operation", ["CreateChangeSet", "DescribeChangeSet"])
def test_where_the_permission_is_missing_the_plan_says_what_it_could_not_see(shop: Shop, operation: str) -> None:
    incident(shop)
    shop.sandbox.faults.add(Fault(operation, Kind.DENIED, ALL))
    ran = restore(shop, dry_run="true")
    assert f"cloudformation:{operation}" in ran.told
    assert shop.change_sets() == []
    if operation == "CreateChangeSet":
        assert ran.ended == ("planned", "skipped", "planned")
        assert "this plan could not see" in ran["reason"]


def test_a_dry_run_of_a_stack_that_equals_its_snapshot_makes_no_change_set(shop: Shop) -> None:
    buckets(shop)
    deploy_good(shop)
    snapshot(shop)
    writes = len(shop.writes)
    assert restore(shop, dry_run="true")["stack-result"] == "already-good"
    assert shop.writes[writes:] == []
