"""A whole run on an Amplify branch: what is redeployed, adopted, stopped, refused and proven."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import ALL, Fault, Kind
from tests.process.shop import APP_ID, BAD, BRANCH, DAY, FRONTEND_FAILED, GOOD, OTHER

if TYPE_CHECKING:
    from tests.process.shop import Ran, Shop

BY_HAND = {"GITHUB_EVENT_NAME": "workflow_dispatch"}


def roll_back(shop: Shop, **inputs: Any) -> Ran:
    return shop.run(**{"app_name": "shop", **inputs})


def test_after_failed_smoke_tests_the_good_commit_is_rebuilt_and_served(shop: Shop) -> None:
    shop.frontend()
    ran = roll_back(shop)
    assert ran.ended == ("skipped", "rolled-back", "rolled-back")
    assert shop.jobs[-1] == (3, "RETRY", GOOD)
    assert (ran["frontend-job-id"], ran["frontend-job-status"]) == ("3", "SUCCEED")
    assert (ran["restored-job-id"], ran["restored-commit"]) == ("1", GOOD)
    assert ran.report["frontend"]["proven"] is True
    assert shop.live == GOOD
    assert shop.writes == ["StartJob"]


def test_after_a_failed_frontend_the_good_commit_is_rebuilt_too(shop: Shop) -> None:
    shop.frontend("FAILED")
    ran = roll_back(shop, job_results=json.dumps(FRONTEND_FAILED))
    assert ran.ended == ("skipped", "rolled-back", "rolled-back")
    assert ran.report["root_cause"]["resource"] == "job 2"


def test_if_needed_leaves_a_site_alone_that_was_never_changed(shop: Shop) -> None:
    shop.frontend("FAILED")
    ran = roll_back(shop, job_results=json.dumps(FRONTEND_FAILED), redeploy="if-needed")
    assert ran.ended == ("skipped", "already-good", "not-needed")
    assert (ran["restored-job-id"], ran["restored-commit"], ran["frontend-job-id"]) == ("1", GOOD, "")
    assert shop.writes == []


def test_if_needed_redeploys_where_the_bad_commit_is_served(shop: Shop) -> None:
    shop.frontend()
    assert roll_back(shop, redeploy="if-needed").ended[1] == "rolled-back"


def test_a_running_build_of_the_failed_commit_is_stopped_first(shop: Shop) -> None:
    shop.frontend("RUNNING")
    ran = roll_back(shop, job_results=json.dumps(FRONTEND_FAILED))
    assert ran.ended[1] == "rolled-back"
    assert shop.writes == ["StopJob", "StartJob"]
    assert shop.live == GOOD


def test_a_second_run_finds_the_first_ones_redeployment_and_changes_nothing(shop: Shop) -> None:
    shop.frontend()
    roll_back(shop)
    again = roll_back(shop)
    assert again.ended == ("skipped", "already-good", "not-needed")
    assert (again["restored-commit"], again["frontend-job-id"]) == (GOOD, "3")
    assert shop.writes == ["StartJob"]


def test_a_redeployment_under_way_is_adopted(shop: Shop) -> None:
    shop.frontend()
    assert roll_back(shop, frontend_timeout="0.5").ended == ("skipped", "timed-out", "failed")
    ran = roll_back(shop)
    assert ran.ended == ("skipped", "rolled-back", "rolled-back")
    assert ran["frontend-job-id"] == "3"
    assert shop.writes == ["StartJob"]


def test_somebody_elses_newer_deployment_is_not_undone(shop: Shop) -> None:
    shop.frontend()
    shop.job(OTHER)
    ran = roll_back(shop)
    assert ran.ended == ("skipped", "refused", "failed")
    assert ran.codes == {"superseded"}
    assert shop.writes == []


@pytest.mark.parametrize("page", [1, 2, 50])
def test_a_newer_deployment_is_seen_whatever_the_pages(shop: Shop, page: int) -> None:
    shop.frontend()
    shop.job(OTHER)
    shop.sandbox.amplify.quirks.page_size = page
    assert shop.run(app_name="shop", environ=BY_HAND).codes == {"superseded"}


@pytest.mark.parametrize("target", [{"target_job_id": "1"}, {"target_commit": GOOD[:9]}])
def test_a_person_who_names_the_target_goes_on(shop: Shop, target: dict[str, str]) -> None:
    shop.frontend()
    shop.job(OTHER)
    assert roll_back(shop, **target).ended[1] == "rolled-back"
    assert shop.live == GOOD


def test_a_named_commit_chooses_among_good_ones(shop: Shop) -> None:
    shop.app()
    for commit in (OTHER, GOOD):
        shop.job(commit, started=shop.sandbox.clock.now() - DAY)
    shop.job(BAD)
    assert roll_back(shop, target_commit=OTHER)["restored-commit"] == OTHER
    assert shop.live == OTHER


@pytest.mark.parametrize("target", [{"target_job_id": "2"}, {"target_commit": BAD}])
def test_the_failed_commit_is_never_redeployed_whoever_names_it(shop: Shop, target: dict[str, str]) -> None:
    shop.frontend()
    ran = roll_back(shop, **target)
    assert ran.ended == ("skipped", "refused", "failed")
    assert ran.codes == {"target-is-failed-commit"}
    assert shop.writes == []


def test_a_first_deployment_has_nothing_before_it(shop: Shop) -> None:
    shop.app()
    shop.job(BAD)
    ran = roll_back(shop)
    assert ran.ended == ("skipped", "refused", "failed")
    assert "No previous Amplify deployment found" in ran["reason"]


# --- jobs that name no commit ---


def head_jobs(shop: Shop) -> None:
    """Deploy the good commit and then the bad one by start-job without a commit."""
    shop.app()
    shop.job("HEAD", started=shop.sandbox.clock.now() - DAY, builds=GOOD)
    shop.job("HEAD", started=shop.sandbox.clock.now() - 600, builds=BAD)
    shop.sandbox.amplify.branch(APP_ID, BRANCH).tip = BAD


def test_a_head_job_is_redeployed_but_called_unproven(shop: Shop) -> None:
    head_jobs(shop)
    shop.sandbox.amplify.quirks.retry_of_head = "same"
    ran = roll_back(shop)
    assert ran.ended == ("skipped", "rolled-back", "rolled-back")
    assert (ran["restored-job-id"], ran["restored-commit"]) == ("1", "")
    assert ran.report["frontend"]["proven"] is False
    assert "unproven" in ran.codes
    assert "unproven" in ran.summary.lower()


def test_the_verification_may_prove_a_head_job(shop: Shop) -> None:
    head_jobs(shop)
    shop.sandbox.amplify.quirks.retry_of_head = "same"
    ran = roll_back(shop, verify_url=shop.sandbox.site.url, verify_contains=GOOD)
    assert ran["outcome"] == "rolled-back"
    assert ran.report["frontend"]["proven"] is True
    assert "unproven" not in ran.codes


def test_a_retry_of_head_that_built_the_failed_commit_is_failed(shop: Shop) -> None:
    head_jobs(shop)
    shop.sandbox.amplify.quirks.show_built_commit = True
    ran = roll_back(shop)
    assert ran.ended == ("skipped", "failed", "failed")
    assert ran.codes == {"wrong-commit-built"}


def test_by_hand_nothing_tells_head_jobs_apart(shop: Shop) -> None:
    head_jobs(shop)
    ran = shop.run(app_name="shop", force="true", job_results="", environ=BY_HAND)
    assert ran.codes == {"last-known-good-unclear"}
    assert shop.writes == []


@pytest.mark.parametrize("known", [{"failed_job_id": "2"}, {"started_at": "2025-12-02T23:45:00Z"}])
def test_an_id_or_a_time_tells_head_jobs_apart(shop: Shop, known: dict[str, str]) -> None:
    head_jobs(shop)
    ran = shop.run(app_name="shop", force="true", job_results="", environ=BY_HAND, **known)
    assert (ran["frontend-result"], ran["restored-job-id"]) == ("rolled-back", "1")


def test_old_answers_without_a_job_type_are_understood(shop: Shop) -> None:
    shop.frontend()
    shop.sandbox.amplify.quirks.omit_job_type = True
    assert roll_back(shop).ended[1] == "rolled-back"
    assert roll_back(shop).ended[1] == "already-good"


# --- finding app and branch ---


def test_the_app_may_be_named_by_its_id(shop: Shop) -> None:
    shop.frontend()
    assert shop.run(app_id=APP_ID)["outcome"] == "rolled-back"


def test_several_apps_of_a_name_are_listed(shop: Shop) -> None:
    shop.frontend()
    shop.sandbox.amplify.add_app("shop", "d2shop")
    ran = roll_back(shop)
    assert ran.codes == {"app-not-found"}
    assert "d1shop (shop), d2shop (shop)" in ran["reason"]


def test_an_app_of_another_name_is_listed(shop: Shop) -> None:
    shop.frontend()
    ran = roll_back(shop, app_name="Shop")
    assert ran.codes == {"app-not-found"}
    assert "d1shop (shop)" in ran["reason"]


def test_an_app_id_that_is_not_there_is_refused(shop: Shop) -> None:
    assert shop.run(app_id="dnothing").codes == {"app-not-found"}


def test_a_branch_that_is_not_there_is_refused(shop: Shop) -> None:
    shop.frontend()
    ran = roll_back(shop, branch="main")
    assert ran.codes == {"branch-not-found"}
    assert "aws amplify list-branches --app-id d1shop" in ran.summary


def test_without_the_right_to_read_the_app_the_rollback_goes_on(shop: Shop) -> None:
    shop.frontend()
    shop.sandbox.faults.add(Fault("GetApp", Kind.DENIED, ALL))
    assert shop.run(app_id=APP_ID)["outcome"] == "rolled-back"


# --- afterwards ---


def test_auto_build_is_locked_only_where_asked_for_and_the_summary_says_how_to_unlock_it(shop: Shop) -> None:
    shop.frontend()
    ran = roll_back(shop, lock_auto_build="true")
    assert shop.sandbox.amplify.branch(APP_ID, BRANCH).auto_build is False
    assert "auto-build-locked" in ran.codes
    assert "--enable-auto-build" in ran.summary


def test_auto_build_that_cannot_be_locked_is_a_warning(shop: Shop) -> None:
    shop.frontend()
    shop.sandbox.faults.add(Fault("UpdateBranch", Kind.DENIED, ALL))
    ran = roll_back(shop, lock_auto_build="true")
    assert ran["outcome"] == "rolled-back"
    assert "auto-build-not-locked" in ran.codes


def test_auto_build_stays_as_it_is_after_a_refusal(shop: Shop) -> None:
    shop.frontend()
    shop.job(OTHER)
    roll_back(shop, lock_auto_build="true")
    assert shop.sandbox.amplify.branch(APP_ID, BRANCH).auto_build is True


def test_a_push_during_the_rollback_is_reported(shop: Shop) -> None:
    shop.frontend()

    def push(_service: str, operation: str, _params: dict[str, object]) -> None:
        if operation == "GetJob" and len(shop.jobs) == 3:
            shop.sandbox.amplify.push(APP_ID, BRANCH, OTHER)

    shop.sandbox.after_call.append(push)
    ran = roll_back(shop)
    assert ran.ended[1] == "rolled-back"
    assert "build-queued" in ran.codes


def test_builds_that_shipped_meanwhile_are_seen_though_the_newest_page_shows_but_one(shop: Shop) -> None:
    shop.frontend()
    shop.sandbox.amplify.quirks.page_size = 1
    pushed: list[str] = []

    def push_twice(_service: str, operation: str, _params: dict[str, object]) -> None:
        if operation == "ListJobs" and shop.live == GOOD and not pushed and shop.clock:
            pushed.extend((OTHER, BAD))
            for commit in pushed:
                shop.sandbox.amplify.push(APP_ID, BRANCH, commit)
            while shop.live == GOOD:
                shop.clock.advance(10)

    shop.sandbox.before_call.append(push_twice)
    ran = roll_back(shop)
    assert pushed
    assert ran["frontend-result"] == "refused"
    assert ran.codes == {"superseded"}


def test_a_history_of_ten_thousand_jobs_costs_few_calls(shop: Shop) -> None:
    shop.app()
    began = shop.sandbox.clock.now() - 10 * DAY
    for number in range(10_000):
        shop.job(GOOD, "SUCCEED", started=began + number, job_id=number + 1)
    shop.job(BAD)
    ran = roll_back(shop)
    assert (ran["restored-job-id"], ran["frontend-job-id"]) == ("10000", "10002")
    assert shop.sandbox.operations().count("ListJobs") <= 4


def test_a_good_job_far_back_is_found_and_no_page_is_read_in_vain(shop: Shop) -> None:
    shop.app()
    began = shop.sandbox.clock.now() - 10 * DAY
    for number in range(1000):
        shop.job(GOOD, "SUCCEED" if number < 700 else "FAILED", started=began + number)
    shop.job(BAD)
    ran = roll_back(shop)
    assert ran["restored-job-id"] == "700"
    assert shop.sandbox.operations().count("ListJobs") <= 10


def test_a_named_job_far_back_is_asked_for_by_its_number(shop: Shop) -> None:
    shop.app()
    began = shop.sandbox.clock.now() - 10 * DAY
    for number in range(2000):
        shop.job(OTHER if number != 4 else GOOD, started=began + number)
    shop.job(BAD)
    assert roll_back(shop, target_job_id="5")["restored-commit"] == GOOD
    assert shop.sandbox.operations().count("ListJobs") <= 4
