"""`mode: snapshot` by whole runs: what is recorded, kept, and said to be unprotected."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import ALL, Fault, Kind, first
from tests.process.releases import (
    GOOD_RESOURCES,
    IN_FILE,
    IN_S3,
    SNAPSHOTS,
    buckets,
    deploy_good,
    incident,
    restore,
    snapshot,
    state,
    topic,
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
    assert ran.ended == ("not-needed", "skipped", "not-needed")
    assert ran.codes == {"stack-first-deployment"}
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


def test_a_stack_policy_that_may_not_be_read_is_a_warning(shop: Shop) -> None:
    buckets(shop)
    deploy_good(shop)
    shop.sandbox.faults.add(Fault("GetStackPolicy", Kind.DENIED, ALL))
    ran = snapshot(shop)
    assert (ran["outcome"], ran.codes) == ("snapshot-saved", {"stack-policy-unread"})
    assert "cloudformation:GetStackPolicy" in ran.told
