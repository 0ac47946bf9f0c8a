"""Which job is the last known good: the rules, one by one. Their properties stand in test_target_properties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rollback.frontend.target import Choice, NeedsOlder, NoTarget, Target, choose, failed_number, why_not_good
from rollback.report.notices import Code
from tests.frontend.given import BAD, GOOD, OTHER, at, failed, job, newest_first, retry

if TYPE_CHECKING:
    from rollback.frontend.model import Deployment, Job


def chosen(*jobs: Job, complete: bool = True, **known: Any) -> Choice:
    return choose(newest_first(*jobs), failed(**known), complete=complete)


def number(choice: Choice) -> str:
    assert isinstance(choice, Target), choice
    return choice.job.id


def code(choice: Choice) -> Code:
    assert isinstance(choice, NoTarget), choice
    return choice.code


# --- the newest job that succeeded before the failed deployment ---


def test_the_newest_job_that_succeeded_may_be_the_bad_deployment_itself() -> None:
    assert number(chosen(job(1), job(2, BAD))) == "1"


def test_a_frontend_that_failed_leaves_the_newest_success_as_last_known_good() -> None:
    assert number(chosen(job(1, OTHER), job(2), job(3, BAD, "FAILED"))) == "2"


@pytest.mark.parametrize(
    "status", ["FAILED", "CANCELLED", "RUNNING", "PENDING", "CANCELLING", "CREATED", "PROVISIONING"]
)
def test_a_job_that_did_not_succeed_is_never_good(status: str) -> None:
    assert number(chosen(job(1), job(2, OTHER, status), job(3, BAD))) == "1"


def test_a_retry_of_the_failed_commit_is_never_redeployed() -> None:
    assert number(chosen(job(1), job(2, BAD, "FAILED"), retry(3, BAD))) == "1"


def test_an_abbreviated_failed_commit_is_recognised() -> None:
    assert number(chosen(job(1), job(2, BAD), commit=BAD[:7])) == "1"


def test_upper_case_does_not_hide_the_failed_commit() -> None:
    assert number(chosen(job(1), job(2, BAD.upper()))) == "1"


def test_a_later_success_of_another_commit_is_not_known_to_be_good() -> None:
    assert number(chosen(job(1), job(2, BAD), job(3, OTHER))) == "1"


def test_a_retry_of_an_earlier_commit_is_as_good_as_the_first_build() -> None:
    assert number(chosen(job(1), job(2, OTHER, "FAILED"), retry(3), job(4, BAD))) == "3"


def test_jobs_that_started_with_or_after_the_deployment_are_not_good() -> None:
    assert number(chosen(job(1), job(2, OTHER), job(3, OTHER), commit=None, started_at=at(2))) == "1"


def test_a_job_whose_start_is_unknown_did_not_certainly_start_before() -> None:
    assert number(chosen(job(1), job(2, OTHER, started=None), job(3, BAD), started_at=at(3))) == "1"


def test_the_failed_job_and_later_ones_are_not_good() -> None:
    assert number(chosen(job(1), job(2, OTHER), job(3, OTHER), commit=None, failed_job_id="2")) == "1"


def test_a_failed_job_that_is_not_listed_counts_by_its_number() -> None:
    assert number(chosen(job(1), job(3, OTHER), commit=None, failed_job_id="2")) == "1"


@pytest.mark.parametrize("jobs", [(), (job(1, BAD),), (job(1, GOOD, "FAILED"), job(2, BAD))])
def test_where_nothing_succeeded_before_the_references_words_say_so(jobs: tuple[Job, ...]) -> None:
    choice = chosen(*jobs)
    assert code(choice) is Code.NO_PREVIOUS_DEPLOYMENT
    assert isinstance(choice, NoTarget)
    assert choice.reason.startswith("No previous Amplify deployment found")


def test_a_page_without_a_good_job_is_not_the_end_of_the_history() -> None:
    assert chosen(job(9, BAD), complete=False) == NeedsOlder()


def test_the_rule_that_chose_is_told() -> None:
    choice = chosen(job(1), job(2, BAD))
    assert isinstance(choice, Target)
    assert choice.rule == "the newest job that succeeded before the failed deployment"


# --- what a person names ---


def test_a_named_job_is_the_target_whatever_else_succeeded() -> None:
    choice = chosen(job(1), job(2), job(3, BAD), target_job_id="1")
    assert choice == Target(job(1), "target-job-id 1")


def test_a_named_job_may_be_newer_than_the_failed_deployment() -> None:
    assert number(chosen(job(1), job(2, BAD), job(3, OTHER), target_job_id="3")) == "3"


def test_a_named_commits_newest_success_is_the_target() -> None:
    jobs = (job(1), job(2), job(3, GOOD, "FAILED"), job(4, BAD))
    assert chosen(*jobs, target_commit=GOOD[:8]) == Target(job(2), f"target-commit {GOOD[:8]}")


@pytest.mark.parametrize("target", [{"target_job_id": "2"}, {"target_commit": BAD}])
def test_naming_the_failed_commit_is_refused(target: dict[str, Any]) -> None:
    assert code(chosen(job(1), job(2, BAD), **target)) is Code.TARGET_IS_FAILED_COMMIT


def test_naming_the_failed_job_is_refused() -> None:
    choice = chosen(job(1), job(2, OTHER), target_job_id="2", failed_job_id="2")
    assert code(choice) is Code.TARGET_IS_FAILED_COMMIT


def test_naming_a_job_that_was_never_good_is_refused() -> None:
    assert code(chosen(job(1, GOOD, "FAILED"), target_job_id="1")) is Code.TARGET_CANNOT_BE_RETRIED


@pytest.mark.parametrize("target", [{"target_job_id": "7"}, {"target_commit": OTHER}])
def test_naming_what_is_not_there_is_refused(target: dict[str, Any]) -> None:
    assert code(chosen(job(1), job(2, BAD), **target)) is Code.TARGET_NOT_FOUND


def test_a_named_commit_that_never_built_is_refused() -> None:
    assert code(chosen(job(1, OTHER, "FAILED"), target_commit=OTHER)) is Code.TARGET_NOT_FOUND


def test_a_named_job_is_looked_for_as_far_back_as_its_number() -> None:
    assert chosen(job(8), job(9, BAD), complete=False, target_job_id="3") == NeedsOlder()
    assert code(chosen(job(2), job(9, BAD), complete=False, target_job_id="3")) is Code.TARGET_NOT_FOUND


def test_a_named_commit_is_looked_for_in_the_whole_history() -> None:
    assert chosen(job(8), job(9, BAD), complete=False, target_commit=OTHER) == NeedsOlder()


# --- the snapshot's job ---


def test_the_snapshots_job_comes_before_a_newer_success() -> None:
    jobs = (job(1), job(2, OTHER), job(3, BAD))
    assert chosen(*jobs, snapshot_job_id="1") == Target(job(1), "the snapshot's job")


@pytest.mark.parametrize(
    ("jobs", "known", "why"),
    [
        ((job(1), job(2, BAD)), {"snapshot_job_id": "2"}, "a build of the failed commit"),
        ((job(1), job(2, BAD)), {"snapshot_job_id": "9"}, "its job 9 is gone from Amplify's history"),
        ((job(1), job(2, OTHER), job(3, BAD)), {"snapshot_job_id": "2", "failed_job_id": "2"}, "not older than"),
        ((job(1), job(2, OTHER), job(3, BAD)), {"snapshot_job_id": "2", "started_at": at(2)}, "did not start before"),
    ],
)
def test_a_snapshots_job_that_cannot_be_good_gives_way_to_the_other_rules(
    jobs: tuple[Job, ...], known: dict[str, Any], why: str
) -> None:
    choice = chosen(*jobs, **known)
    assert number(choice) == "1"
    assert isinstance(choice, Target)
    assert choice.snapshot_ignored.startswith(why)


def test_the_snapshots_job_is_looked_for_as_far_back_as_its_number() -> None:
    assert chosen(job(8), job(9, BAD), complete=False, snapshot_job_id="3") == NeedsOlder()
    assert number(chosen(job(2), job(9, BAD), complete=False, snapshot_job_id="3")) == "2"


def test_a_person_comes_before_the_snapshot() -> None:
    assert number(chosen(job(1), job(2), job(3, BAD), snapshot_job_id="2", target_job_id="1")) == "1"


# --- jobs that name no commit ---

HEADS = (job(1, "HEAD"), job(2, "HEAD"), job(3, "HEAD"))


def test_a_time_tells_head_jobs_apart() -> None:
    assert number(chosen(*HEADS, started_at=at(3))) == "2"


def test_an_id_tells_head_jobs_apart() -> None:
    assert number(chosen(*HEADS, failed_job_id="3")) == "2"


def test_a_frontend_that_succeeded_made_the_newest_head_job() -> None:
    assert number(chosen(*HEADS, frontend_result="success")) == "2"


@pytest.mark.parametrize("result", ["failure", "skipped"])
def test_a_frontend_that_did_not_succeed_left_the_newest_head_job_good(result: str) -> None:
    assert number(chosen(*HEADS, frontend_result=result)) == "3"


@pytest.mark.parametrize("result", ["", "cancelled"])
def test_where_nothing_tells_head_jobs_apart_it_is_refused(result: str) -> None:
    assert code(chosen(*HEADS, frontend_result=result)) is Code.LAST_KNOWN_GOOD_UNCLEAR


@pytest.mark.parametrize("result", ["failure", "success"])
def test_a_head_job_that_still_runs_may_be_the_failed_deployment(result: str) -> None:
    running = job(4, "HEAD", "RUNNING")
    assert code(chosen(*HEADS, running, frontend_result=result)) is Code.LAST_KNOWN_GOOD_UNCLEAR


@pytest.mark.parametrize(("result", "good"), [("success", "2"), ("failure", "3")])
def test_a_rollbacks_own_retry_is_not_taken_for_the_deployment(result: str, good: str) -> None:
    assert number(chosen(*HEADS, retry(4, "HEAD"), frontend_result=result)) == good


def test_a_first_head_deployment_has_nothing_before_it() -> None:
    assert code(chosen(job(1, "HEAD"), frontend_result="success")) is Code.NO_PREVIOUS_DEPLOYMENT


def test_a_first_page_with_the_deployment_alone_is_not_the_whole_history() -> None:
    assert chosen(job(9, "HEAD"), complete=False, frontend_result="success") == NeedsOlder()


# --- how far the failed deployment reaches ---


@pytest.mark.parametrize(
    ("jobs", "deployment", "last"),
    [
        ((job(1), job(2, BAD), job(3, BAD, "FAILED")), failed(), 3),
        ((job(1), job(2, OTHER)), failed(failed_job_id="2"), 2),
        ((job(1), job(2, OTHER)), failed(), None),
        ((job(1, "HEAD"), job(2, "HEAD")), failed(started_at=at(2)), 2),
        ((job(1, "HEAD"), job(2, "HEAD")), failed(started_at=at(3)), None),
        ((job(1, "HEAD"), job(2, "HEAD"), retry(3, "HEAD")), failed(started_at=at(2)), 2),
        ((job(1, "HEAD"), job(2, "HEAD")), failed(), 2),
    ],
)
def test_the_failed_deployment_reaches_as_far_as_its_last_job(
    jobs: tuple[Job, ...], deployment: Deployment, last: int | None
) -> None:
    assert failed_number(newest_first(*jobs), jobs[0], deployment) == last


def test_why_a_job_is_not_good_is_told_in_words() -> None:
    jobs = newest_first(job(1), job(2, GOOD, "FAILED"), job(3, BAD), job(4, OTHER))
    assert [why_not_good(one, jobs, failed()) for one in jobs] == [
        "newer than job 3, the failed commit's",
        "a build of the failed commit",
        "did not succeed (FAILED)",
        "",
    ]
