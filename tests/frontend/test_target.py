"""Which job is the last known good: the rules, one by one. Their properties stand in test_target_properties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rollback.frontend.choice import Choice, NeedsOlder, NoTarget, Target
from rollback.frontend.failed import last_of_failed
from rollback.frontend.target import choose, snapshot_passed_over, told, why_not_good
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
    assert (
        choice.rule
        == "the newest job that succeeded before job 2, the failed deployment's (the newest of the failed commit)"
    )


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
        ((job(1), job(2, BAD)), {"snapshot_job_id": "9"}, "gone from Amplify's history"),
        ((job(1), job(2, OTHER), job(3, BAD)), {"snapshot_job_id": "2", "failed_job_id": "2"}, "not older than"),
        ((job(1), job(2, OTHER), job(3, BAD)), {"snapshot_job_id": "2", "started_at": at(2)}, "did not start before"),
    ],
)
def test_a_snapshots_job_that_cannot_be_good_gives_way_to_the_other_rules_and_that_is_told(
    jobs: tuple[Job, ...], known: dict[str, Any], why: str
) -> None:
    assert number(chosen(*jobs, **known)) == "1"
    assert snapshot_passed_over(newest_first(*jobs), failed(**known)).startswith(why)


@pytest.mark.parametrize("known", [{}, {"snapshot_job_id": "1"}, {"snapshot_job_id": "2", "target_job_id": "1"}])
def test_nothing_is_told_of_a_snapshots_job_that_nobody_passes_over(known: dict[str, Any]) -> None:
    assert snapshot_passed_over(newest_first(job(1), job(2, BAD)), failed(**known)) == ""


def test_the_snapshots_job_is_good_also_where_an_older_build_of_the_failed_commit_is_the_last() -> None:
    """The run was started again days later, and failed before it built anything."""
    assert number(chosen(job(1, OTHER), job(2, BAD, "FAILED"), job(3), snapshot_job_id="3")) == "3"


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


# --- a job that names no commit beside one that does: auto-build and start-job both build a push ---


def pushes(*jobs: tuple[int, str, float]) -> tuple[Job, ...]:
    """Return jobs that succeeded: number, commit, and the hour in which each began."""
    return tuple(job(number, commit, started=at(hour * 60)) for number, commit, hour in jobs)


@pytest.mark.parametrize(
    "jobs",
    [
        pushes((1, GOOD, 1), (2, "HEAD", 1.1), (3, BAD, 9), (4, "HEAD", 9.1)),
        pushes((1, "HEAD", 1), (2, GOOD, 1.1), (3, "HEAD", 9), (4, BAD, 9.1)),
        pushes((1, "v1.1.0", 1), (2, GOOD, 1.1), (3, "v1.2.0", 9), (4, BAD, 9.1)),
        pushes((1, GOOD, 1), (2, "HEAD", 1.1), (3, "HEAD", 9), (4, BAD, 9.1)),
    ],
)
@pytest.mark.parametrize("result", ["success", "failure", ""])
def test_of_two_builds_of_a_push_the_one_that_names_its_commit_is_redeployed(
    jobs: tuple[Job, ...], result: str
) -> None:
    choice = chosen(*jobs, frontend_result=result)
    assert isinstance(choice, Target)
    assert choice.job.commit == GOOD


def test_a_job_without_commit_from_long_before_is_no_twin() -> None:
    assert number(chosen(*pushes((1, GOOD, 1), (2, "HEAD", 5), (3, BAD, 9)))) == "2"


def test_where_only_what_may_be_the_failed_deployments_twin_is_left_nothing_is_guessed() -> None:
    assert code(chosen(*pushes((1, "HEAD", 8.9), (2, BAD, 9)))) is Code.LAST_KNOWN_GOOD_UNCLEAR


def test_a_named_job_beside_the_failed_head_job_may_be_of_it_where_no_job_shows_the_failed_commit() -> None:
    twins = pushes((1, GOOD, 1), (2, OTHER, 8.9), (3, "HEAD", 9))
    assert code(chosen(*twins, commit=None, failed_job_id="3")) is Code.LAST_KNOWN_GOOD_UNCLEAR
    assert number(chosen(*twins, commit=OTHER, failed_job_id="3")) == "1"
    assert code(chosen(*twins, commit=BAD, failed_job_id="3")) is Code.LAST_KNOWN_GOOD_UNCLEAR
    far = pushes((1, GOOD, 1), (2, OTHER, 5), (3, "HEAD", 9))
    assert number(chosen(*far, commit=None, failed_job_id="3")) == "2"


@pytest.mark.parametrize("short", ["1234567", "12345678"])
def test_a_short_commit_of_decimal_digits_is_not_passed_over_for_the_job_beside_it(short: str) -> None:
    assert number(chosen(*pushes((1, OTHER, 1), (2, short, 1.1), (3, BAD, 9)))) == "2"


def test_a_named_job_beside_the_newest_head_job_may_be_the_failed_deployments_too() -> None:
    twins = pushes((1, GOOD, 1), (2, OTHER, 8.9), (3, "HEAD", 9))
    assert code(chosen(*twins, frontend_result="success")) is Code.LAST_KNOWN_GOOD_UNCLEAR


# --- no job is of the failed commit ---


@pytest.mark.parametrize("commit", [BAD, None])
@pytest.mark.parametrize("result", ["success", ""])
@pytest.mark.parametrize("newest", [OTHER, OTHER[:7], "v1.2.0", "20251203"])
def test_where_no_job_is_of_the_failed_commit_nothing_is_guessed(commit: str | None, result: str, newest: str) -> None:
    choice = chosen(job(1), job(2, newest), commit=commit, frontend_result=result, pushed_at=at(2))
    assert code(choice) is Code.LAST_KNOWN_GOOD_UNCLEAR
    assert isinstance(choice, NoTarget)
    for way in ("failed-job-id", "commit", "target-job-id", "snapshot"):
        assert way in choice.cure


@pytest.mark.parametrize("result", ["failure", "skipped"])
def test_a_frontend_that_was_not_built_leaves_the_newest_success(result: str) -> None:
    assert number(chosen(job(1), job(2, OTHER), frontend_result=result, pushed_at=at(2))) == "2"


@pytest.mark.parametrize("commit", [BAD, None])
def test_a_time_that_a_person_gives_tells_where_no_job_is_of_the_failed_commit(commit: str | None) -> None:
    choice = chosen(job(1), job(2, OTHER), commit=commit, frontend_result="success", started_at=at(2))
    assert number(choice) == "1"


def test_of_several_deployments_since_that_time_nobody_knows_which_is_the_failed_one() -> None:
    choice = chosen(job(1), job(2, OTHER), job(3, "d" * 40), frontend_result="success", started_at=at(2))
    assert code(choice) is Code.LAST_KNOWN_GOOD_UNCLEAR


def test_the_pushs_time_is_the_last_resort() -> None:
    """It tells that nothing was built since; of a job that was, it does not tell whose it is."""
    for result in ("", "cancelled"):
        assert number(chosen(job(1), job(2, OTHER), frontend_result=result, pushed_at=at(3))) == "2"
        assert code(chosen(job(1), job(2, OTHER), frontend_result=result, pushed_at=at(2))) is (
            Code.LAST_KNOWN_GOOD_UNCLEAR
        )


@pytest.mark.parametrize(
    "jobs",
    [
        (job(1, OTHER), job(2, started=at(101)), job(3, BAD, started=at(109))),
        (job(1, OTHER), job(2, BAD, "FAILED"), job(3), job(4, BAD, started=at(109))),
    ],
    ids=["two pushes in one concurrency group", "run again days later"],
)
@pytest.mark.parametrize("more", [{}, {"failed_job_id": "last"}, {"snapshot_job_id": "good"}])
def test_the_pushs_time_never_overrules_a_fact(jobs: tuple[Job, ...], more: dict[str, str]) -> None:
    good, last = (next(one.id for one in jobs if one.commit == GOOD), jobs[-1].id)
    known: dict[str, Any] = {name: last if value == "last" else good for name, value in more.items()}
    for result in ("success", "failure", ""):
        assert number(chosen(*jobs, frontend_result=result, pushed_at=at(100), **known)) == good


def test_a_time_that_leaves_no_room_for_a_deployment_that_took_place_tells_nothing() -> None:
    choice = chosen(job(1), job(2, OTHER), frontend_result="success", started_at=at(3))
    assert code(choice) is Code.LAST_KNOWN_GOOD_UNCLEAR


def test_an_id_that_is_no_job_of_the_branch_tells_nothing() -> None:
    assert code(chosen(job(1), job(2, "HEAD"), failed_job_id="9")) is Code.LAST_KNOWN_GOOD_UNCLEAR


def test_a_snapshots_job_without_commit_that_may_be_the_failed_deployment_is_passed_over() -> None:
    """It was taken after Amplify had built: nothing newer is there, and yet the frontend was deployed."""
    jobs = job(1, "HEAD"), job(2, "HEAD")
    known: dict[str, Any] = {"snapshot_job_id": "2", "frontend_result": "success"}
    assert number(chosen(*jobs, **known)) == "1"
    assert snapshot_passed_over(newest_first(*jobs), failed(**known)).startswith("names no commit")
    assert number(chosen(*jobs, job(3, "HEAD"), **known)) == "2"


# --- commits in short form ---


@pytest.mark.parametrize("form", [BAD[:7], BAD[:12], BAD.upper(), BAD[:8].upper()])
@pytest.mark.parametrize("commit", [BAD, BAD[:7], BAD[:10]])
def test_the_failed_commit_is_recognised_in_any_form(form: str, commit: str) -> None:
    assert number(chosen(job(1), job(2, form), commit=commit)) == "1"


def test_what_the_failed_job_built_is_the_failed_commit() -> None:
    choice = chosen(job(1), job(2, OTHER), job(3, OTHER, "FAILED"), commit=None, failed_job_id="3")
    assert number(choice) == "1"


# --- what is said ---


def test_the_first_one_is_called_so_only_where_it_is() -> None:
    choice = chosen(job(1), job(2, OTHER), commit=None, started_at=at(1))
    assert isinstance(choice, NoTarget)
    assert choice.reason == (
        "No previous Amplify deployment found: those that succeeded are excluded: job 2 (ccccccc): did not start "
        "before started-at; job 1 (aaaaaaa): did not start before started-at."
    )
    assert "target-job-id" in choice.cure


TOLD = [
    (
        {},
        (
            "Job 1 (aaaaaaa) is the last known good: the newest job that succeeded before job 2, the failed "
            "deployment's (the newest of the failed commit)."
        ),
    ),
    (
        {"target_job_id": "1", "failed_job_id": "2"},
        "Job 1 (aaaaaaa) is the last known good: target-job-id 1; job 2 is the failed deployment's (failed-job-id).",
    ),
    (
        {"commit": None, "frontend_result": "skipped"},
        (
            "Job 2 (bbbbbbb) is the last known good: the newest job that succeeded, as the frontend's result (skipped) "
            "says that this deployment built nothing; no job is known as the failed deployment's."
        ),
    ),
    (
        {"failed_job_id": "1"},
        "No job is known as the last known good; job 1 is the failed deployment's (failed-job-id).",
    ),
    ({"commit": None}, ""),
]


@pytest.mark.parametrize(("known", "sentence"), TOLD)
def test_the_choice_is_told_in_one_sentence(known: dict[str, Any], sentence: str) -> None:
    jobs = newest_first(job(1), job(2, BAD))
    assert told(choose(jobs, failed(**known), complete=True), jobs, failed(**known)) == sentence


# --- how far the failed deployment reaches ---


@pytest.mark.parametrize(
    ("jobs", "deployment", "last"),
    [
        ((job(1), job(2, BAD), job(3, BAD, "FAILED")), failed(), 3),
        ((job(1), job(2, OTHER)), failed(failed_job_id="2"), 2),
        ((job(1), job(2, OTHER)), failed(), None),
        ((job(1, "HEAD"), job(2, "HEAD")), failed(started_at=at(2)), 2),
        ((job(1, "HEAD"), job(2, "HEAD")), failed(started_at=at(3)), None),
        ((job(1, "HEAD"), job(2, "HEAD"), retry(3, "HEAD")), failed(started_at=at(2)), 3),
        ((job(1, "HEAD"), job(2, "HEAD"), retry(3, "HEAD", "RUNNING")), failed(started_at=at(2)), 2),
        ((job(1, "HEAD"), job(2, "HEAD")), failed(), 2),
    ],
)
def test_the_failed_deployment_reaches_as_far_as_its_last_job(
    jobs: tuple[Job, ...], deployment: Deployment, last: int | None
) -> None:
    assert last_of_failed(newest_first(*jobs), jobs[0], deployment) == last


def test_why_a_job_is_not_good_is_told_in_words() -> None:
    jobs = newest_first(job(1), job(2, GOOD, "FAILED"), job(3, BAD), job(4, OTHER))
    assert [why_not_good(one, jobs, failed()) for one in jobs] == [
        "newer than job 3, the failed deployment's (the newest of the failed commit)",
        "a build of the failed commit",
        "did not succeed (FAILED)",
        "",
    ]
