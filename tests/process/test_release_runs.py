"""Runs with a history of releases: recorded after green tests, gone back to whole, listed with what is live."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest

from rollback.snapshot.bucket import Buckets
from rollback.snapshot.model import Snapshot
from sandbox import ALL, Fault, Kind, first
from tests.process.releases import ARTIFACTS, SNAPSHOTS, function, given, tags, template, topic, wait
from tests.process.shop import APP, APP_ID, BAD, BRANCH, DAY, FRONTEND_FAILED, STACK
from tests.reliability.kills import Place, killed_at
from tests.reliability.scenarios import DEMO

if TYPE_CHECKING:
    from tests.process.shop import Ran, Shop

HISTORY = f"s3://{SNAPSHOTS}/shop/"
MANY: dict[str, Any] = {f"Topic{number}": topic("x" * 200) for number in range(250)}
"""Too many for a template that CloudFormation takes inline."""
ONE, TWO, THREE = "1" * 40, "2" * 40, "3" * 40


def begin(shop: Shop) -> None:
    for bucket in (ARTIFACTS, SNAPSHOTS):
        shop.sandbox.services.create_bucket(bucket)
    shop.app()


def deploy(shop: Shop, commit: str, job_commit: str = "", **resources: Any) -> None:
    """Deploy one release, infrastructure and frontend; wait for its end."""
    shop.sandbox.services.put_object(ARTIFACTS, f"api/{commit[:7]}.zip", b"zip")
    aws = shop.sandbox.cloudformation
    build = topic(f"{commit[:7]} {len(shop.jobs)}")
    text = template({"Api": function(commit[:7], 256), "News": build, **resources})
    how: dict[str, Any] = {
        "Parameters": given(Stage="development", Password="hunter2"),
        "Tags": tags(release=commit[:7]),
    }
    stacks = shop.sandbox.client("cloudformation").describe_stacks()["Stacks"]
    (aws.update if any(one["StackName"] == STACK for one in stacks) else aws.create)(STACK, text, **how)
    wait(shop)
    assert shop.status() in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
    shop.job(job_commit or commit, started=shop.sandbox.clock.now() - 600)


def record(shop: Shop, commit: str, run: str = "1", attempt: str = "1", later: float = 60.0, **inputs: Any) -> Ran:
    shop.waits.sleep(later)
    where = {"GITHUB_SHA": commit, "GITHUB_RUN_ID": run, "GITHUB_RUN_ATTEMPT": attempt}
    asked = {"mode": "snapshot", "job_results": "", "stack_name": STACK, "app_name": APP, "snapshot": HISTORY}
    return shop.run(where, **{**asked, **inputs})


def released(shop: Shop, *commits: str) -> None:
    begin(shop)
    for number, commit in enumerate(commits, 1):
        deploy(shop, commit)
        assert record(shop, commit, str(number))["outcome"] == "snapshot-saved"
        shop.waits.sleep(DAY)


def back(shop: Shop, **inputs: Any) -> Ran:
    return shop.run(**{"stack_name": STACK, "app_name": APP, "snapshot": HISTORY, "redeploy": "always", **inputs})


def keys(shop: Shop) -> list[str]:
    return shop.sandbox.services.object_keys(SNAPSHOTS)


def contents(shop: Shop) -> dict[str, bytes]:
    return {key: shop.sandbox.services.get_object(SNAPSHOTS, key) for key in keys(shop) if key.startswith("shop/2")}


def infrastructure(shop: Shop) -> str:
    """Return the release that the stack is at, by its tag."""
    described = shop.sandbox.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    return str({one["Key"]: one["Value"] for one in described["Tags"]}["release"])


# --- recording ----------------------------------------------------------------------------------------------------


def test_a_snapshot_into_a_folder_adds_a_release_by_time_commit_run_and_attempt(shop: Shop) -> None:
    begin(shop)
    deploy(shop, ONE)
    ran = record(shop, ONE, "17")
    (key,) = keys(shop)
    assert ran["snapshot"] == f"s3://{SNAPSHOTS}/{key}"
    folder, _, name = key.partition("/")
    time, rest = name.split("-", 1)
    assert (folder, rest) == ("shop", f"{ONE}-17-1.json")
    assert len(time) == len("20261125T101500Z")
    assert time.endswith("Z")
    assert len(ran["snapshot-digest"]) == 64


def test_a_second_attempt_adds_a_release_and_leaves_the_first(shop: Shop) -> None:
    released(shop, ONE)
    before = shop.sandbox.services.get_object(SNAPSHOTS, keys(shop)[0])
    assert record(shop, ONE, "1", "2")["outcome"] == "snapshot-saved"
    assert len(keys(shop)) == 2
    assert shop.sandbox.services.get_object(SNAPSHOTS, keys(shop)[0]) == before


@pytest.mark.parametrize("kind", [Kind.DROPPED_AFTER, Kind.DROPPED_BEFORE, Kind.TIMEOUT_AFTER, Kind.THROTTLING])
def test_a_lost_answer_adds_no_second_release(shop: Shop, kind: Kind) -> None:
    begin(shop)
    deploy(shop, ONE)
    shop.sandbox.faults.add(Fault("PutObject", kind, first(1)))
    assert record(shop, ONE)["outcome"] == "snapshot-saved"
    assert len(keys(shop)) == 1


def test_two_jobs_of_one_run_at_the_same_second_both_record(shop: Shop) -> None:
    begin(shop)
    deploy(shop, ONE)
    record(shop, ONE, later=0)
    (before,) = keys(shop)
    body = shop.sandbox.services.get_object(SNAPSHOTS, before)
    deploy(shop, ONE, Other=topic("other"))
    record(shop, ONE, later=0)
    assert len(keys(shop)) == 2
    assert shop.sandbox.services.get_object(SNAPSHOTS, before) == body


def test_a_live_job_of_another_commit_is_recorded_with_a_warning(shop: Shop) -> None:
    begin(shop)
    deploy(shop, ONE, job_commit=TWO)
    ran = record(shop, ONE)
    assert ran["outcome"] == "snapshot-saved"
    assert "release-commit-differs" in ran.codes
    assert record(shop, TWO).codes == set()


def test_large_templates_are_shared_and_lie_where_no_release_does(shop: Shop) -> None:
    begin(shop)
    deploy(shop, ONE, **MANY)
    record(shop, ONE, "1")
    record(shop, ONE, "2")
    shared = [key for key in keys(shop) if not key.startswith("shop/2")]
    assert len(keys(shop)) == 3
    assert [key.split("/")[1] for key in shared] == ["templates"]
    deploy(shop, BAD)
    assert back(shop).ended == ("rolled-back", "rolled-back", "rolled-back")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_recording_killed_anywhere_leaves_a_whole_release_or_none(shop: Shop, when: str) -> None:
    begin(shop)
    deploy(shop, ONE, **MANY)
    before_it = len(shop.sandbox.calls)
    record(shop, ONE)
    operations = [call.operation for call in shop.sandbox.calls[before_it:]]
    writes = [number for number, operation in enumerate(operations, 1) if operation == "PutObject"]
    for call in range(1, writes[-1] + 1):  # after the last one, the run only looks
        before = contents(shop)
        with killed_at(Place(DEMO[0], call, "", when)):
            record(shop, ONE, "2")
        after = contents(shop)
        assert {key: after[key] for key in before} == before
        assert all(Snapshot.model_validate_json(after[key]).stacks for key in after.keys() - before.keys())
        assert record(shop, ONE, "2")["outcome"] == "snapshot-saved"


def test_two_runs_that_record_at_once_both_do(shop: Shop) -> None:
    begin(shop)
    deploy(shop, ONE)
    put, inner = Buckets.put, list[str]()

    def while_another_records(self: Buckets, *arguments: Any, **more: Any) -> None:
        if not inner:
            inner.append("begun")
            inner.append(record(shop, ONE, "1", later=0)["outcome"])
        put(self, *arguments, **more)

    with patch.object(Buckets, "put", while_another_records):
        assert record(shop, ONE, "1", later=0)["outcome"] == "snapshot-saved"
    assert inner == ["begun", "snapshot-saved"]
    assert all(Snapshot.model_validate_json(body).stacks for body in contents(shop).values())


# --- going back ---------------------------------------------------------------------------------------------------


def test_a_rollback_goes_to_the_newest_release_both_parts(shop: Shop) -> None:
    released(shop, ONE, TWO)
    deploy(shop, BAD)
    ran = back(shop)
    assert ran.ended == ("rolled-back", "rolled-back", "rolled-back")
    assert (infrastructure(shop), shop.live) == (TWO[:7], TWO)
    assert ran["snapshot"].endswith(f"-{TWO}-2-1.json")


def test_a_release_of_the_failed_commit_is_never_gone_back_to(shop: Shop) -> None:
    released(shop, ONE, BAD)
    ran = back(shop)
    assert ran.ended == ("rolled-back", "rolled-back", "rolled-back")
    assert (infrastructure(shop), shop.live) == (ONE[:7], ONE)


def test_a_release_that_recorded_the_failed_commits_job_is_passed_over(shop: Shop) -> None:
    released(shop, ONE)
    deploy(shop, BAD)
    assert "release-commit-differs" in record(shop, TWO, "2").codes
    ran = back(shop)
    assert "release-passed-over" in ran.codes
    assert (infrastructure(shop), shop.live) == (ONE[:7], ONE)


@pytest.mark.parametrize("named", [ONE, ONE[:9]])
def test_a_target_commit_takes_both_parts_of_its_release(shop: Shop, named: str) -> None:
    released(shop, ONE, TWO)
    deploy(shop, BAD)
    ran = back(shop, target_commit=named)
    assert ran.ended == ("rolled-back", "rolled-back", "rolled-back")
    assert (infrastructure(shop), shop.live) == (ONE[:7], ONE)


def test_a_target_may_be_a_tag(shop: Shop) -> None:
    released(shop, ONE, TWO)
    deploy(shop, BAD)
    shop.sandbox.github.repository.commit(ONE)
    shop.sandbox.github.repository.tag("v1.0.0", ONE)
    ran = back(shop, target_commit="v1.0.0", github_token="ghs_x")
    assert (infrastructure(shop), shop.live, ran["outcome"]) == (ONE[:7], ONE, "rolled-back")


def test_without_a_release_of_the_target_the_frontend_goes_and_the_stacks_are_refused(shop: Shop) -> None:
    begin(shop)
    deploy(shop, ONE)
    deploy(shop, TWO)
    record(shop, TWO)
    deploy(shop, BAD)
    ran = back(shop, target_commit=ONE)
    assert ran.ended == ("refused", "rolled-back", "partial")
    assert shop.live == ONE
    assert "no release of target-commit" in ran["reason"]
    assert TWO[:7] in ran["reason"]


def test_the_failed_commit_is_no_target(shop: Shop) -> None:
    released(shop, ONE, BAD)
    ran = back(shop, target_commit=BAD)
    assert ran.ended == ("refused", "refused", "failed")
    assert "StartJob" not in shop.writes


def test_a_release_whose_code_is_gone_is_passed_over(shop: Shop) -> None:
    released(shop, ONE, TWO)
    deploy(shop, BAD)
    shop.sandbox.services.delete_object(ARTIFACTS, f"api/{TWO[:7]}.zip")
    ran = back(shop)
    assert "release-passed-over" in ran.codes
    assert (infrastructure(shop), shop.live, ran["outcome"]) == (ONE[:7], ONE, "rolled-back")


def test_a_release_whose_job_amplify_forgot_is_passed_over(shop: Shop) -> None:
    released(shop, ONE, TWO)
    deploy(shop, BAD)
    jobs = shop.sandbox.amplify.branch(APP_ID, BRANCH).jobs
    del jobs[2]
    ran = back(shop)
    assert "release-passed-over" in ran.codes
    assert (infrastructure(shop), shop.live, ran["outcome"]) == (ONE[:7], ONE, "rolled-back")


def test_a_release_of_a_stack_that_was_made_anew_is_passed_over(shop: Shop) -> None:
    released(shop, ONE)
    shop.sandbox.client("cloudformation").delete_stack(StackName=STACK)
    wait(shop)
    deploy(shop, TWO)
    deploy(shop, BAD)
    ran = back(shop)
    assert ran.ended[0] == "refused"
    assert "has another id" in ran["reason"]


@pytest.mark.parametrize("text", ["", "{", '{"version": 2}', "[]"])
def test_what_is_no_snapshot_is_passed_over(shop: Shop, text: str) -> None:
    released(shop, ONE)
    deploy(shop, BAD)
    shop.sandbox.services.put_object(SNAPSHOTS, f"shop/20991231T235959Z-{THREE}-9-1.json", text)
    ran = back(shop)
    assert "release-passed-over" in ran.codes
    assert infrastructure(shop) == ONE[:7]


def test_a_release_under_another_commits_name_is_passed_over(shop: Shop) -> None:
    released(shop, ONE, TWO)
    deploy(shop, BAD)
    body = shop.sandbox.services.get_object(SNAPSHOTS, keys(shop)[0])
    shop.sandbox.services.put_object(SNAPSHOTS, f"shop/20991231T235959Z-{THREE}-9-1.json", body)
    ran = back(shop)
    assert "release-passed-over" in ran.codes
    assert infrastructure(shop) == TWO[:7]


def test_a_digest_takes_the_release_that_has_it(shop: Shop) -> None:
    begin(shop)
    deploy(shop, ONE)
    digest = record(shop, ONE)["snapshot-digest"]
    deploy(shop, TWO)
    record(shop, TWO)
    deploy(shop, BAD)
    ran = back(shop, snapshot_digest=digest)
    assert (infrastructure(shop), shop.live, ran["outcome"]) == (ONE[:7], ONE, "rolled-back")


def test_a_release_that_may_not_be_read_stops_the_choice(shop: Shop) -> None:
    released(shop, ONE, TWO)
    deploy(shop, BAD)
    shop.sandbox.faults.add(Fault("GetObject", Kind.DENIED, first(1)))
    ran = back(shop)
    assert ran.ended[0] == "refused"
    assert "s3:GetObject" in ran["reason"]


def test_a_folder_that_may_not_be_listed_refuses_the_restore_with_the_permission(shop: Shop) -> None:
    released(shop, ONE)
    deploy(shop, BAD)
    shop.sandbox.faults.add(Fault("ListObjectsV2", Kind.DENIED, ALL))
    ran = back(shop)
    assert ran.ended == ("refused", "rolled-back", "partial")
    assert "s3:ListBucket" in ran["reason"]


def test_other_folders_below_and_beside_are_no_part_of_the_history(shop: Shop) -> None:
    released(shop, ONE, TWO)
    deploy(shop, BAD)
    newest = keys(shop)[-1].partition("/")[2]
    body = shop.sandbox.services.get_object(SNAPSHOTS, f"shop/{newest}")
    shop.sandbox.services.delete_object(SNAPSHOTS, f"shop/{newest}")
    for folder in ("shop/2026/", "shop-2/"):
        shop.sandbox.services.put_object(SNAPSHOTS, folder + newest, body)
    back(shop)
    assert infrastructure(shop) == ONE[:7]


def test_a_target_job_beside_a_release_of_another_job_is_said(shop: Shop) -> None:
    released(shop, ONE, TWO)
    deploy(shop, BAD)
    ran = back(shop, target_job_id="1")
    assert "release-mixed" in ran.codes


def test_a_dry_run_shows_the_plan_for_a_target_and_changes_nothing(shop: Shop) -> None:
    released(shop, ONE, TWO)
    deploy(shop, BAD)
    ran = back(shop, target_commit=ONE, dry_run="true", force="true", job_results="")
    assert ran.ended == ("planned", "planned", "planned")
    assert shop.live == BAD
    assert f"-{ONE}-1-1.json" in ran["snapshot"]


def test_a_site_that_failed_to_build_leaves_a_stack_at_its_release_alone(shop: Shop) -> None:
    released(shop, ONE)
    shop.job(BAD, "FAILED")
    shop.sandbox.services.delete_object(ARTIFACTS, f"api/{ONE[:7]}.zip")
    ran = back(shop, job_results=json.dumps(FRONTEND_FAILED), redeploy="if-needed")
    assert ran.ended == ("already-good", "already-good", "not-needed")


# --- looking ------------------------------------------------------------------------------------------------------


def look(shop: Shop, commit: str = BAD, **inputs: Any) -> Ran:
    asked = {"mode": "status", "stack_name": STACK, "app_name": APP, "snapshot": HISTORY}
    return shop.run({"GITHUB_SHA": commit}, **{**asked, **inputs})


def rows(ran: Ran) -> list[tuple[str, bool, bool, bool]]:
    return [
        (one["commit"][0], one["live"], one["last_known_good"], one["restorable"]) for one in ran.report["releases"]
    ]


def test_status_lists_the_releases_with_what_is_live_and_the_last_known_good(shop: Shop) -> None:
    released(shop, ONE, TWO, THREE)
    ran = look(shop, THREE)
    assert rows(ran) == [("3", True, False, True), ("2", False, True, True), ("1", False, False, True)]
    back(shop, commit=THREE)
    ran = look(shop, THREE)
    assert rows(ran) == [("3", False, False, True), ("2", True, True, True), ("1", False, False, True)]
    assert "Releases" in ran.summary
    assert "<strong>🌐 live</strong><br><strong>⭐ last known good</strong>" in ran.summary


def test_status_says_why_a_release_can_not_be_gone_back_to(shop: Shop) -> None:
    released(shop, ONE, TWO, THREE)
    del shop.sandbox.amplify.branch(APP_ID, BRANCH).jobs[2]
    shop.sandbox.services.put_object(SNAPSHOTS, keys(shop)[0], "{")
    ran = look(shop)
    assert rows(ran) == [("3", True, True, True), ("2", False, False, False), ("1", False, False, False)]
    assert "no job 2 any more" in ran.report["releases"][1]["why_not"]
    assert "can't be read as a snapshot" in ran.report["releases"][2]["why_not"]


def test_a_terminal_lists_the_releases_too(shop: Shop) -> None:
    released(shop, ONE, TWO)
    asked = {"mode": "status", "stack_name": STACK, "app_name": APP, "snapshot": HISTORY}
    log = shop.run({"GITHUB_SHA": TWO, "GITHUB_ACTIONS": ""}, **asked).log
    _, _, table = log.partition("Releases, newest first")
    newest, older = table.strip().splitlines()[:2]
    assert (TWO[:7] in newest, newest.endswith("LIVE")) == (True, True)
    assert (ONE[:7] in older, "LAST KNOWN GOOD" in older) == (True, True)


def test_half_a_release_is_not_live(shop: Shop) -> None:
    released(shop, ONE)
    shop.job(TWO)
    (one,) = look(shop).report["releases"]
    assert not one["live"]
    assert "the site serves job 2" in one["note"]


def test_a_long_history_costs_a_dozen_lists_and_a_read_for_each_release_shown(shop: Shop) -> None:
    released(shop, ONE)
    body = shop.sandbox.services.get_object(SNAPSHOTS, keys(shop)[0])
    for number in range(10_000):
        name = f"20{number // 400:02}{number // 34 % 12 + 1:02}{number % 28 + 1:02}T{number % 24:02}0000Z"
        shop.sandbox.services.put_object(SNAPSHOTS, f"shop/{name}-{ONE}-{number}-1.json", body)
    wait(shop, 1)
    before = list(shop.sandbox.operations())
    ran = look(shop)
    called = shop.sandbox.operations()[len(before) :]
    assert called.count("ListObjectsV2") <= 12
    assert called.count("GetObject") == len(ran.report["releases"]) == 20
