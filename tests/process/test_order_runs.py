"""`order: together`: stacks and frontend at the same time, and where that can't be, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox import ALL, FIRST, Fault, Kind
from tests.process.releases import IN_S3, buckets, deploy_bad, deploy_good, snapshot
from tests.process.shop import BAD, GOOD, STACK, Shop

if TYPE_CHECKING:
    from sandbox import Call

NETWORK = "shop-network"
TOGETHER: dict[str, Any] = {"stack_name": STACK, "app_name": "shop", "order": "together"}
SLOW_BUILD, POLL_INTERVAL = 300.0, 5.0


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """A stack that is reverted in a minute or so, and builds that take five."""
    shop.sandbox.amplify.timing.running = SLOW_BUILD
    return shop


def calls(shop: Shop, operation: str) -> list[Call]:
    return [call for call in shop.sandbox.calls if call.operation == operation]


def test_both_begin_at_once_and_it_takes_as_long_as_the_longer_one(shop: Shop) -> None:
    shop.stack("UPDATE_IN_PROGRESS")
    shop.frontend()
    ran = shop.run(**TOGETHER)
    assert ran.ended == ("rolled-back", "rolled-back", "rolled-back")
    assert (shop.status(), shop.live) == ("UPDATE_ROLLBACK_COMPLETE", GOOD)
    assert shop.writes == ["CancelUpdateStack", "StartJob"]
    cancelled, started = calls(shop, "CancelUpdateStack")[0], calls(shop, "StartJob")[0]
    job = shop.sandbox.amplify.branch("d1shop", "develop").jobs[3]
    assert started.time == pytest.approx(cancelled.time, abs=1)
    assert job.ends == pytest.approx(shop.sandbox.clock.now(), abs=POLL_INTERVAL)
    assert sum(shop.waits.sleeps) < SLOW_BUILD + 30


def test_the_log_has_one_group_and_each_line_its_parts_name(shop: Shop) -> None:
    shop.stack("UPDATE_IN_PROGRESS")
    shop.frontend()
    log = shop.run(**TOGETHER).log
    assert next(line for line in log.splitlines() if line.startswith("::group::")) == "::group::Stacks and frontend"
    group = log.partition("::group::Stacks and frontend\n")[2].partition("::endgroup::")[0]
    parts = {line.partition("] ")[2].partition(":")[0] for line in group.splitlines()}
    assert parts == {f"stack {STACK}", "frontend"}


def test_several_stacks_stay_in_reverse_order_among_each_other(shop: Shop) -> None:
    for name in (NETWORK, STACK):
        shop.stack("UPDATE_IN_PROGRESS", name, resource_seconds=600).resource_seconds = 60
    shop.frontend()
    ran = shop.run(**{**TOGETHER, "stack_name": f"{NETWORK}, {STACK}"})
    assert ran.ended == ("rolled-back", "rolled-back", "rolled-back")
    last, first = calls(shop, "CancelUpdateStack")
    assert (STACK in last.params["StackName"], NETWORK in first.params["StackName"]) == (True, True)
    ended = [event.at for event in shop.sandbox.cloudformation.stack(STACK).events if event.logical_id == STACK][-1]
    assert first.time >= ended
    assert calls(shop, "StartJob")[0].time == pytest.approx(last.time, abs=1)


def test_each_part_has_its_own_deadline(shop: Shop) -> None:
    shop.stack("UPDATE_IN_PROGRESS", resource_seconds=3600)
    shop.frontend()
    ran = shop.run(**TOGETHER, stack_timeout="1")
    assert ran.ended == ("timed-out", "rolled-back", "partial")
    stack, frontend = (moment for moment in ran.report["timeline"] if moment["text"].split(":")[0] in ran.ended[:2])
    assert stack["seconds"] == pytest.approx(60, abs=1)
    assert frontend["seconds"] > SLOW_BUILD


def test_throttling_of_the_one_slows_only_that_one(shop: Shop) -> None:
    shop.stack("UPDATE_IN_PROGRESS")
    shop.frontend()
    shop.sandbox.faults.add(Fault("DescribeStacks", Kind.THROTTLING, ALL))
    ran = shop.run(**TOGETHER, stack_timeout="2")
    assert ran.ended == ("timed-out", "rolled-back", "partial")
    job = shop.sandbox.amplify.branch("d1shop", "develop").jobs[3]
    assert job.ends == pytest.approx(shop.sandbox.clock.now(), abs=POLL_INTERVAL)


def test_a_restore_and_a_rebuild_go_together_the_environment_put_back_before_the_build(shop: Shop) -> None:
    buckets(shop)
    deploy_good(shop)
    shop.app(environment={"API": "good"})
    shop.job(GOOD)
    snapshot(shop, app_name="shop")
    deploy_bad(shop)
    shop.sandbox.amplify.apps["d1shop"].environment = {"API": "bad"}
    shop.job(BAD)
    before = len(shop.writes)
    ran = shop.run(**TOGETHER, snapshot=IN_S3)
    assert ran.ended == ("rolled-back", "rolled-back", "rolled-back")
    assert shop.sandbox.amplify.branch("d1shop", "develop").jobs[3].built_with == {"API": "good"}
    writes = shop.writes[before:]
    assert writes.index("UpdateApp") < writes.index("StartJob") < writes.index("ExecuteChangeSet")


def test_a_dry_run_prints_both_plans_and_changes_nothing(shop: Shop) -> None:
    shop.stack("UPDATE_IN_PROGRESS")
    shop.frontend()
    ran = shop.run(**TOGETHER, dry_run="true")
    assert ran.ended == ("planned", "planned", "planned")
    assert f"stack {STACK}: planned: Would cancel the update" in ran.log
    assert "frontend: planned: Would redeploy job 1" in ran.log
    assert shop.writes == []
    assert shop.waits.sleeps == []


@pytest.mark.parametrize(("missing", "asked"), [("stack_name", 1), ("app_name", 0)])
def test_where_there_is_one_kind_of_part_nothing_is_asked_for_the_order(shop: Shop, missing: str, asked: int) -> None:
    """A frontend's branch is looked at once all the same: its builds may deploy a backend of its own."""
    shop.stack("UPDATE_IN_PROGRESS")
    shop.frontend()
    ran = shop.run(**{**TOGETHER, missing: ""})
    assert ran["outcome"] == "rolled-back"
    assert len(calls(shop, "GetBranch")) == asked
    assert "together-not-possible" not in ran.codes


# --- where it can't be ---


def assert_stack_first(shop: Shop, because: str, **inputs: Any) -> None:
    ran = shop.run(**TOGETHER, **inputs)
    assert ran.ended == ("rolled-back", "rolled-back", "rolled-back")
    ended = shop.sandbox.cloudformation.stack(STACK).events[-1].at
    assert calls(shop, "StartJob")[0].time >= ended
    assert "together-not-possible" in ran.codes
    assert because in ran.told
    assert because in ran.log


@pytest.mark.parametrize(
    ("how", "arn"),
    [
        ("backend_stack", "arn:aws:cloudformation:us-west-2:123456789012:stack/amplify-shop-develop/8a1f"),
        ("backend_environment", "arn:aws:amplify:us-west-2:123456789012:apps/d1shop/backendenvironments/dev"),
    ],
)
def test_a_branch_that_deploys_a_backend_goes_after_the_stacks(shop: Shop, how: str, arn: str) -> None:
    shop.stack("UPDATE_IN_PROGRESS")
    shop.frontend(**{how: arn})
    assert_stack_first(shop, arn)


@pytest.mark.parametrize(
    ("kind", "because"),
    [
        (Kind.DENIED, "amplify:GetBranch"),
        (Kind.INTERNAL_ERROR, "GetBranch"),
        (Kind.MALFORMED, "GetBranch"),
        (Kind.THROTTLING, "GetBranch"),
        (Kind.DROPPED_BEFORE, "GetBranch"),
    ],
)
def test_a_branch_that_cannot_be_read_goes_after_the_stacks_which_hardly_wait_for_that(
    shop: Shop, kind: Kind, because: str
) -> None:
    shop.stack("UPDATE_IN_PROGRESS")
    shop.frontend()
    began = shop.sandbox.clock.now()
    shop.sandbox.faults.add(Fault("GetBranch", kind, ALL))
    assert_stack_first(shop, because)
    assert calls(shop, "CancelUpdateStack")[0].time - began <= 15


def test_a_branch_that_is_read_at_the_second_try_goes_together(shop: Shop) -> None:
    shop.stack("UPDATE_IN_PROGRESS")
    shop.frontend()
    shop.sandbox.faults.add(Fault("GetBranch", Kind.THROTTLING, FIRST))
    ran = shop.run(**TOGETHER)
    assert ran.ended == ("rolled-back", "rolled-back", "rolled-back")
    assert "together-not-possible" not in ran.codes


def test_an_app_that_is_not_there_does_not_keep_the_stack_from_being_rolled_back(shop: Shop) -> None:
    shop.stack("UPDATE_IN_PROGRESS")
    ran = shop.run(**TOGETHER)
    assert ran.ended == ("rolled-back", "refused", "partial")
    assert ran.codes >= {"together-not-possible", "app-not-found"}
