"""A branch with a backend of its own: a rebuild deploys that too, and people are told, with its stack's state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox import ALL, Fault, Kind
from tests.process.shop import APP_ID, BRANCH, GOOD

if TYPE_CHECKING:
    from tests.process.shop import Ran, Shop

NAME = "amplify-d1shop-develop-branch-0af1b2c3d4"
ENVIRONMENT = "arn:aws:amplify:us-west-2:123456789012:apps/d1shop/backendenvironments/staging"


def of_gen_2(shop: Shop, status: str = "UPDATE_ROLLBACK_COMPLETE") -> None:
    stack = shop.stack(status, NAME)
    shop.frontend(backend_stack=stack.id)


def told(ran: Ran) -> str:
    (notice,) = [one for one in ran.report["frontend"]["notices"] if one["code"] == "branch-has-backend"]
    return str(notice["text"])


def run(shop: Shop, **inputs: Any) -> Ran:
    return shop.run(app_id=APP_ID, branch=BRANCH, force="true", **inputs)


def test_a_rollback_names_the_stack_that_the_rebuild_deployed(shop: Shop) -> None:
    of_gen_2(shop)
    ran = run(shop)
    assert ran["frontend-result"] == "rolled-back"
    assert f"stack {NAME} (UPDATE_ROLLBACK_COMPLETE" in told(ran)
    assert " failed: " in told(ran)
    assert (ran["stack-result"], ran["stack-status"]) == ("skipped", "")


def test_a_plan_names_it_before_anything_is_changed(shop: Shop) -> None:
    of_gen_2(shop)
    ran = run(shop, dry_run="true")
    assert ran["outcome"] == "planned"
    assert NAME in told(ran)
    assert shop.writes == []


def test_status_shows_the_stack_like_any_other(shop: Shop) -> None:
    of_gen_2(shop)
    ran = shop.run(mode="status", app_id=APP_ID, branch=BRANCH)
    (stack,) = ran.report["stacks"]
    assert (stack["name"], stack["status"]) == (NAME, "UPDATE_ROLLBACK_COMPLETE")
    assert stack["root_cause"]["reason"]
    assert NAME in told(ran)


def test_a_snapshot_says_it_when_there_is_still_time(shop: Shop) -> None:
    of_gen_2(shop)
    taken = shop.run(mode="snapshot", app_id=APP_ID, branch=BRANCH, snapshot="shop.json")
    assert "branch-has-backend" in taken.codes
    assert NAME in taken.told


def test_an_environment_is_named_too(shop: Shop) -> None:
    shop.frontend(backend_environment=ENVIRONMENT)
    assert "environment staging" in told(run(shop))


def test_what_cannot_be_read_is_said_and_ends_nothing(shop: Shop) -> None:
    of_gen_2(shop)
    shop.sandbox.faults.add(Fault("DescribeStacks", Kind.DENIED, ALL))
    ran = run(shop)
    assert ran["frontend-result"] == "rolled-back"
    assert "could not be read" in told(ran)


def test_a_branch_that_cannot_be_read_ends_nothing(shop: Shop) -> None:
    of_gen_2(shop)
    shop.sandbox.faults.add(Fault("GetBranch", Kind.DENIED, ALL))
    assert run(shop)["frontend-result"] == "rolled-back"


def test_a_branch_without_one_is_not_told_of(shop: Shop) -> None:
    shop.frontend()
    assert "branch-has-backend" not in run(shop).codes


def test_what_was_not_rebuilt_deployed_nothing(shop: Shop) -> None:
    stack = shop.stack("UPDATE_COMPLETE", NAME)
    shop.app(backend_stack=stack.id)
    shop.job(GOOD)
    assert "branch-has-backend" not in run(shop, redeploy="if-needed").codes
