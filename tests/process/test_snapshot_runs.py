"""`mode: snapshot` by whole runs, and rollbacks whose snapshot can't be used."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

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
    state,
    table,
    topic,
    wait,
)
from tests.process.shop import APP_ID, BAD, BRANCH, GOOD, STACK

if TYPE_CHECKING:
    from tests.process.shop import Shop


def saved(shop: Shop) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(shop.sandbox.services.get_object(SNAPSHOTS, "good.json"))
    return record


def test_a_snapshot_holds_what_a_restore_needs(shop: Shop) -> None:
    buckets(shop)
    deploy_good(shop)
    shop.frontend("FAILED", auto_build=False)
    ran = snapshot(shop, app_name="shop")
    assert (ran["outcome"], ran["snapshot"]) == ("snapshot-saved", IN_S3)
    assert (ran["restored-job-id"], ran["restored-commit"]) == ("1", GOOD)
    record = saved(shop)
    assert (record["repository"], record["run_id"], record["run_attempt"]) == ("octo/shop", "1658821493", "1")
    assert record["commit"] == BAD, "the run's commit"
    (stack,) = record["stacks"]
    assert stack["template"] == state(shop)["template"]
    assert stack["parameters"]["Stage"] == {"value": "development", "resolved": None, "no_echo": False}
    assert stack["parameters"]["Password"] == {"value": "", "resolved": None, "no_echo": True}
    assert stack["tags"] == {"team": "shop", "cost": "1"}
    assert stack["capabilities"] == ["CAPABILITY_IAM"]
    assert {one["logical_id"] for one in stack["resources"]} == {"Orders", "Api", "News"}
    assert record["frontend"] | {"app_environment": {}, "branch_environment": {}} == {
        "app_id": APP_ID,
        "branch": BRANCH,
        "job_id": "1",
        "commit": GOOD,
        "job_type": "RELEASE",
        "auto_build": False,
        "app_environment": {},
        "branch_environment": {},
    }


def test_taking_a_snapshot_only_reads_but_for_the_snapshot(shop: Shop) -> None:
    buckets(shop)
    deploy_good(shop)
    shop.frontend()
    snapshot(shop, app_name="shop")
    assert shop.writes == ["PutObject"]
    assert shop.sandbox.services.object_keys(SNAPSHOTS) == ["good.json"]


def test_several_stacks_are_recorded_in_one_snapshot(shop: Shop) -> None:
    buckets(shop)
    for name in ("network", "service"):
        shop.stack("UPDATE_COMPLETE", name)
    ran = snapshot(shop, stack_name="network, service")
    assert [stack["name"] for stack in ran.report["stacks"]] == ["network", "service"]
    assert [stack["name"] for stack in saved(shop)["stacks"]] == ["network", "service"]


def test_a_second_attempt_of_the_same_run_keeps_the_first_ones_snapshot(shop: Shop) -> None:
    incident(shop)
    first_one = saved(shop)
    ran = snapshot(shop, environ={"GITHUB_RUN_ATTEMPT": "2"})
    assert ran["outcome"] == "snapshot-saved"
    assert ran.codes == {"snapshot-kept"}
    assert saved(shop) == first_one


def test_another_run_replaces_the_snapshot(shop: Shop) -> None:
    incident(shop)
    snapshot(shop, environ={"GITHUB_RUN_ID": "1658821494"})
    assert saved(shop)["run_id"] == "1658821494"
    assert saved(shop)["stacks"][0]["template"] == state(shop)["template"]


@pytest.mark.parametrize("where", [IN_S3, IN_FILE])
def test_a_kept_snapshot_tells_what_it_restores(shop: Shop, where: str) -> None:
    buckets(shop)
    shop.frontend("FAILED")
    deploy_good(shop)
    snapshot(shop, where, app_name="shop")
    again = snapshot(shop, where, app_name="shop", environ={"GITHUB_RUN_ATTEMPT": "3"})
    assert (again["restored-job-id"], again["restored-commit"], again["snapshot"]) == ("1", GOOD, where)


# --- what could not be restored is said now ---


def test_a_large_template_in_a_file_snapshot_is_said_to_be_unprotected(shop: Shop) -> None:
    buckets(shop)
    deploy_good(shop, {**GOOD_RESOURCES, **{f"T{number}": topic("x" * 90) for number in range(450)}})
    assert snapshot(shop, IN_FILE).codes == {"snapshot-cannot-restore"}
    assert snapshot(shop, IN_S3).codes == set()


@pytest.mark.parametrize(("commit", "kind"), [("HEAD", "RELEASE"), ("HEAD", "MANUAL")])
def test_a_job_that_could_not_be_proven_or_retried_is_said_to_be_unprotected(
    shop: Shop, commit: str, kind: str
) -> None:
    buckets(shop)
    deploy_good(shop)
    shop.app()
    shop.job(commit, job_type=kind)
    assert snapshot(shop, app_name="shop").codes == {"snapshot-cannot-restore"}


def test_a_stack_that_does_not_exist_yet_is_recorded_as_absent(shop: Shop) -> None:
    buckets(shop)
    ran = snapshot(shop)
    assert (ran["outcome"], ran.codes) == ("snapshot-saved", {"snapshot-cannot-restore"})
    assert saved(shop)["absent_stacks"] == [STACK]
    shop.stack("CREATE_COMPLETE")
    ran = restore(shop)
    assert ran.codes == {"snapshot-unusable"}
    assert "did not exist when the snapshot" in ran["reason"]


@pytest.mark.parametrize(
    "status", ["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED", "ROLLBACK_COMPLETE", "UPDATE_FAILED"]
)
def test_a_stack_in_no_state_to_return_to_is_not_recorded(shop: Shop, status: str) -> None:
    buckets(shop)
    shop.stack(status)
    ran = snapshot(shop)
    assert ran["outcome"] == "failed"
    assert status in ran["reason"]
    assert shop.writes == []


@pytest.mark.parametrize("operation", ["DescribeStacks", "GetTemplate", "ListStackResources", "PutObject", "ListJobs"])
@pytest.mark.parametrize(("kind", "outcome"), [(Kind.DENIED, "failed"), (Kind.THROTTLING, "snapshot-saved")])
def test_trouble_with_aws_is_borne_or_told(shop: Shop, operation: str, kind: Kind, outcome: str) -> None:
    buckets(shop)
    deploy_good(shop)
    shop.frontend()
    shop.sandbox.faults.add(Fault(operation, kind, ALL if kind is Kind.DENIED else first(3)))
    ran = snapshot(shop, app_name="shop")
    assert ran["outcome"] == outcome
    if kind is Kind.DENIED:
        assert operation in ran.told
        assert "AddPermission" not in ran.told


# --- snapshots that can't be used refuse the restore alone ---


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


def test_an_environment_that_may_not_be_changed_is_a_warning(changed_environment: Shop) -> None:
    shop = changed_environment
    shop.sandbox.faults.add(Fault("UpdateApp", Kind.DENIED, ALL))
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
    shop.job(BAD, started=shop.sandbox.clock.now() - 600)
    assert restore(shop, app_name="shop").ended == ("refused", "rolled-back", "partial")
    assert shop.sandbox.services.object_keys(ARTIFACTS) == ["api/1.zip", "api/2.zip"]
