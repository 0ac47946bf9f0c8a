"""Rollbacks whose snapshot can't be used for the stack, and what a snapshot does for the frontend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox import ALL, Fault, Kind, first
from tests.process.releases import (
    ARTIFACTS,
    GOOD_RESOURCES,
    IN_FILE,
    IN_S3,
    PASSWORD_THEN,
    SNAPSHOTS,
    buckets,
    deploy_bad,
    deploy_good,
    incident,
    restore,
    snapshot,
    table,
    topic,
    wait,
)
from tests.process.shop import APP_ID, BAD, BRANCH, GOOD, STACK

if TYPE_CHECKING:
    from tests.process.shop import Shop


def broken(shop: Shop, text: str) -> None:
    shop.sandbox.services.put_object(SNAPSHOTS, "good.json", text)


UNUSABLE = {
    "missing": ("s3://shop-snapshots/none.json", "", "there is no snapshot at"),
    "not JSON": (IN_S3, "{", "can't be read as a snapshot"),
    "another format": (
        IN_S3,
        '{"version": 2, "taken_at": "now"}',
        "has a format version that this action does not know",
    ),
    "another stack": (IN_S3, '{"version": 1, "taken_at": "now", "stacks": []}', "is of other stacks"),
    "out of the workspace": ("../good.json", "", "leads out of the workspace"),
}


@pytest.mark.parametrize("kind", sorted(UNUSABLE))
def test_an_unusable_snapshot_is_a_clear_refusal_of_the_restore(shop: Shop, kind: str) -> None:
    where, text, why = UNUSABLE[kind]
    buckets(shop)
    broken(shop, text)
    shop.stack("UPDATE_COMPLETE")
    ran = restore(shop, where)
    assert ran.ended == ("refused", "skipped", "failed")
    assert ran.codes == {"snapshot-unusable"}
    assert why in ran["reason"]
    assert shop.writes == []


@pytest.mark.parametrize("kind", sorted(UNUSABLE))
@pytest.mark.parametrize("status", ["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED"])
def test_cancelling_continuing_and_the_frontend_still_run(shop: Shop, kind: str, status: str) -> None:
    where, text, _ = UNUSABLE[kind]
    buckets(shop)
    broken(shop, text)
    shop.stack(status)
    shop.frontend()
    ran = restore(shop, where, app_name="shop")
    assert ran.ended == ("rolled-back", "rolled-back", "rolled-back")
    assert "snapshot-unusable" in ran.codes


def test_a_stack_that_was_deleted_and_made_anew_is_another_stack(shop: Shop) -> None:
    buckets(shop)
    deploy_good(shop)
    snapshot(shop)
    client = shop.sandbox.client("cloudformation")
    client.delete_stack(StackName=STACK)
    wait(shop)
    shop.sandbox.cloudformation.create(STACK, {"Resources": {"News": topic("new")}})
    assert "is of other stacks" in restore(shop)["reason"]


@pytest.mark.parametrize("kind", [Kind.DENIED, Kind.EXPIRED])
def test_a_snapshot_that_may_not_be_read_refuses_the_restore_with_the_permission(shop: Shop, kind: Kind) -> None:
    incident(shop)
    shop.sandbox.faults.add(Fault("GetObject", kind, ALL))
    ran = restore(shop)
    assert ran.codes == {"snapshot-unusable"}
    assert "s3:GetObject" in ran["reason"]


def test_a_snapshot_in_s3_that_is_throttled_is_read_later(shop: Shop) -> None:
    incident(shop)
    shop.sandbox.faults.add(Fault("GetObject", Kind.THROTTLING, first(3)))
    assert restore(shop).ended[0] == "rolled-back"


def test_a_snapshot_whose_job_is_of_the_failed_commit_is_a_warning_and_the_other_rules_decide(shop: Shop) -> None:
    buckets(shop)
    deploy_good(shop)
    shop.frontend()
    snapshot(shop, app_name="shop")
    ran = shop.run(app_name="shop", snapshot=IN_S3)
    assert ran["restored-commit"] == GOOD
    assert "snapshot-of-failed-commit" in ran.codes


# --- the frontend ---


def test_the_snapshots_job_is_the_target(shop: Shop) -> None:
    buckets(shop)
    deploy_good(shop)
    shop.app()
    shop.job(GOOD)
    snapshot(shop, app_name="shop")
    shop.job("c" * 40, started=shop.sandbox.clock.now() - 5000)
    shop.job(BAD)
    ran = shop.run(app_name="shop", snapshot=IN_S3)
    assert (ran["frontend-result"], ran["restored-job-id"]) == ("rolled-back", "1")


def environments(shop: Shop) -> tuple[dict[str, str], dict[str, str]]:
    branch = shop.sandbox.amplify.branch(APP_ID, BRANCH)
    return branch.app.environment, branch.environment


def change_the_environment(shop: Shop) -> None:
    branch = shop.sandbox.amplify.branch(APP_ID, BRANCH)
    branch.app.environment = {"API": "bad-value", "NEW": "1"}
    branch.environment = {"STAGE": "bad-stage"}


@pytest.fixture
def changed_environment(shop: Shop) -> Shop:
    """A snapshot in S3, and then a deployment that also changed the environment of app and branch."""
    buckets(shop)
    deploy_good(shop)
    shop.sandbox.amplify.add_app("shop", APP_ID, environment={"API": "good-value", "KEPT": "1"})
    shop.sandbox.amplify.add_branch(APP_ID, BRANCH, environment={"STAGE": "good-stage"})
    shop.job(GOOD)
    snapshot(shop, app_name="shop")
    shop.job(BAD)
    change_the_environment(shop)
    return shop


def test_the_environment_is_put_back_before_the_rebuild_names_shown_values_never(changed_environment: Shop) -> None:
    shop = changed_environment
    ran = shop.run(app_name="shop", snapshot=IN_S3)
    assert ran["outcome"] == "rolled-back"
    assert environments(shop) == ({"API": "good-value", "KEPT": "1"}, {"STAGE": "good-stage"})
    built_with = shop.sandbox.amplify.branch(APP_ID, BRANCH).jobs[3].built_with
    assert built_with == {"API": "good-value", "KEPT": "1", "STAGE": "good-stage"}
    assert "put back the environment variables that changed: API, KEPT, NEW, STAGE" in ran.log
    assert not any(value in ran.everything for value in ("good-value", "bad-value", "good-stage", "bad-stage"))


def test_only_what_differs_is_written(changed_environment: Shop) -> None:
    shop = changed_environment
    shop.sandbox.amplify.branch(APP_ID, BRANCH).environment = {"STAGE": "good-stage"}
    writes = len(shop.writes)
    shop.run(app_name="shop", snapshot=IN_S3)
    assert shop.writes[writes:] == ["UpdateApp", "StartJob"]


@pytest.mark.parametrize("kind", [Kind.DENIED, Kind.UNAVAILABLE])
def test_an_environment_that_cannot_be_put_back_is_a_warning(changed_environment: Shop, kind: Kind) -> None:
    shop = changed_environment
    shop.sandbox.faults.add(Fault("UpdateApp", kind, ALL))
    ran = shop.run(app_name="shop", snapshot=IN_S3)
    assert ran["outcome"] == "rolled-back"
    assert "environment-not-restored" in ran.codes


def test_a_file_snapshot_holds_no_environment_and_so_puts_none_back(shop: Shop) -> None:
    buckets(shop)
    deploy_good(shop)
    shop.sandbox.amplify.add_app("shop", APP_ID, environment={"API": "good-value"})
    shop.sandbox.amplify.add_branch(APP_ID, BRANCH, environment={"STAGE": "good-stage"})
    shop.job(GOOD)
    snapshot(shop, IN_FILE, app_name="shop")
    text = (shop.folder / "workspace" / IN_FILE).read_text(encoding="utf-8")
    assert "good-value" not in text
    assert "good-stage" not in text
    assert PASSWORD_THEN not in text
    shop.job(BAD)
    change_the_environment(shop)
    assert shop.run(app_name="shop", snapshot=IN_FILE)["outcome"] == "rolled-back"
    assert environments(shop) == ({"API": "bad-value", "NEW": "1"}, {"STAGE": "bad-stage"})


def test_stack_and_frontend_go_back_together(shop: Shop) -> None:
    buckets(shop)
    deploy_good(shop)
    shop.app()
    shop.job(GOOD)
    snapshot(shop, app_name="shop")
    deploy_bad(shop)
    shop.job(BAD, started=shop.sandbox.clock.now() - 600)
    assert restore(shop, app_name="shop").ended == ("rolled-back", "rolled-back", "rolled-back")
    assert shop.live == GOOD


def test_what_is_refused_for_data_does_not_keep_the_frontend_from_going_back(shop: Shop) -> None:
    buckets(shop)
    deploy_good(shop)
    shop.app()
    shop.job(GOOD)
    snapshot(shop, app_name="shop")
    deploy_bad(shop, {**GOOD_RESOURCES, "Baskets": table(policy="Delete")})
    shop.sandbox.cloudformation.store(STACK, "Baskets", "a basket of today")
    shop.job(BAD, started=shop.sandbox.clock.now() - 600)
    assert restore(shop, app_name="shop").ended == ("refused", "rolled-back", "partial")
    assert shop.sandbox.services.object_keys(ARTIFACTS) == ["api/1.zip", "api/2.zip"]
