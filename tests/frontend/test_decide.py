"""What is done about a branch before a redeployment of ours began."""

from __future__ import annotations

import pytest

from rollback.engine.moves import Done, Move, Wait
from rollback.frontend.decide import (
    LOOKS_FOR_A_LOST_START,
    MOST_LOST_STARTS,
    MOST_STOP_REJECTIONS,
    decide,
    redeployed_before,
    timed_out,
)
from rollback.frontend.model import Adopt, Job, ReadOlder, Redeploy, RestoreEnvironment, Seen, StopJob
from rollback.report.notices import Code
from rollback.report.results import Result
from tests.frontend.given import BAD, GOOD, OTHER, at, failed, job, retry, seen


def end(move: Move) -> tuple[Result, str]:
    assert isinstance(move, Done), move
    return move.result, move.code


def warned(move: Move) -> list[str]:
    assert isinstance(move, Done), move
    return [notice.code for notice in move.warnings]


def test_the_last_known_good_is_redeployed() -> None:
    assert decide(seen(job(1), job(2, BAD))) == Redeploy(job(1))


def test_it_is_redeployed_also_where_the_failed_build_left_the_site_as_it_was() -> None:
    assert decide(seen(job(1), job(2, BAD, "FAILED"))) == Redeploy(job(1))


def test_an_older_page_is_read_where_the_newest_does_not_tell() -> None:
    assert decide(seen(job(9, BAD), complete=False)) == ReadOlder()


def test_a_choice_that_cannot_be_made_is_refused_with_cure_and_command() -> None:
    move = decide(seen(job(1, BAD)))
    assert end(move) == (Result.REFUSED, Code.NO_PREVIOUS_DEPLOYMENT)
    assert isinstance(move, Done)
    assert [step.purpose for step in move.next_steps] == [
        "Deploy a known-good commit by hand",
        "See the branch's jobs",
    ]
    assert move.next_steps[1].line == (
        "aws amplify list-jobs --app-id d1shop --branch-name develop --region us-west-2 --max-results 20"
    )


# --- what is under way ---


@pytest.mark.parametrize("status", ["CREATED", "PENDING", "PROVISIONING", "RUNNING"])
def test_a_build_of_the_failed_commit_that_still_runs_is_stopped(status: str) -> None:
    bad = job(2, BAD, status)
    assert decide(seen(job(1), bad)) == StopJob(bad)


def test_the_failed_job_is_stopped_by_its_id_too() -> None:
    bad = job(2, "HEAD", "RUNNING")
    assert decide(seen(job(1, started=at(-60)), bad, deployment=failed(failed_job_id="2"))) == StopJob(bad)


def test_of_two_builds_of_the_failed_commit_the_one_that_runs_is_stopped_first() -> None:
    running, queued = job(2, BAD, "RUNNING"), retry(3, BAD, "PENDING")
    assert decide(seen(job(1), running, queued)) == StopJob(running)


def test_a_build_that_is_being_cancelled_is_waited_for() -> None:
    move = decide(seen(job(1), job(2, BAD, "CANCELLING")))
    assert move == Wait("job 2 of the failed deployment to end (CANCELLING)")


def test_a_build_that_cannot_be_stopped_is_waited_for() -> None:
    bad = job(2, BAD, "RUNNING")
    assert decide(seen(job(1), bad, stop_rejections=MOST_STOP_REJECTIONS - 1)) == StopJob(bad)
    move = decide(seen(job(1), bad, stop_rejections=MOST_STOP_REJECTIONS))
    assert move == Wait("job 2 of the failed deployment to end (RUNNING)")


@pytest.mark.parametrize("status", ["CREATED", "PENDING", "PROVISIONING", "RUNNING"])
def test_a_redeployment_of_the_target_that_runs_is_adopted(status: str) -> None:
    ours = retry(3, GOOD, status)
    assert decide(seen(job(1), job(2, BAD), ours)) == Adopt(ours)


def test_a_redeployment_that_is_being_cancelled_is_not_adopted() -> None:
    move = decide(seen(job(1), job(2, BAD), retry(3, GOOD, "CANCELLING")))
    assert move == Wait("job 3 to end (CANCELLING): Amplify runs one job a branch")


def test_a_redeployment_whose_type_amplify_leaves_out_is_adopted() -> None:
    ours = job(3, GOOD, "RUNNING", "")
    assert decide(seen(job(1), job(2, BAD), ours)) == Adopt(ours)


def test_a_redeployment_that_is_already_served_is_already_good() -> None:
    look = seen(job(1), job(2, BAD), retry(3))
    move = decide(look)
    assert end(move) == (Result.ALREADY_GOOD, "")
    assert redeployed_before(look) == retry(3)


def test_a_finished_retry_that_names_no_commit_is_never_taken_for_ours() -> None:
    """The deploy step or a person may have retried the failed build."""
    known = {"frontend_result": "success", "started_at": at(2)}
    look = seen(job(1, "HEAD"), job(2, "HEAD", "FAILED"), retry(3, "HEAD"), deployment=failed(**known))
    assert redeployed_before(look) is None
    assert decide(look) == Redeploy(job(1, "HEAD"))


@pytest.mark.parametrize("known", [{"frontend_result": "success"}, {"failed_job_id": "2"}, {"started_at": at(2)}])
def test_a_running_retry_that_names_no_commit_is_adopted(known: dict[str, str]) -> None:
    ours = retry(3, "HEAD", "RUNNING")
    assert decide(seen(job(1, "HEAD"), job(2, "HEAD"), ours, deployment=failed(**known))) == Adopt(ours)


@pytest.mark.parametrize("short", [GOOD[:7], GOOD[:9].upper()])
def test_a_redeployment_is_recognised_by_a_short_commit(short: str) -> None:
    assert end(decide(seen(job(1), job(2, BAD), retry(3, short)))) == (Result.ALREADY_GOOD, "")
    assert end(decide(seen(job(1, short), job(2, BAD[:7]), retry(3)))) == (Result.ALREADY_GOOD, "")


def test_a_retry_older_than_the_failed_deployment_is_not_this_rollbacks() -> None:
    assert decide(seen(job(1), retry(2), job(3, BAD))) == Redeploy(retry(2))


def test_a_redeployment_that_failed_is_made_again() -> None:
    assert decide(seen(job(1), job(2, BAD), retry(3, GOOD, "FAILED"))) == Redeploy(job(1))


def test_a_served_redeployment_from_before_the_deployment_began_is_not_this_rollbacks() -> None:
    look = seen(job(1), retry(2), deployment=failed(started_at=at(3)))
    assert redeployed_before(look) is None
    assert decide(look) == Redeploy(retry(2))


def test_where_nothing_is_known_to_be_good_nothing_was_redeployed() -> None:
    assert redeployed_before(seen(job(1, BAD))) is None


# --- somebody else's deployment ---


@pytest.mark.parametrize("status", ["SUCCEED", "RUNNING", "PENDING", "FAILED"])
def test_another_commit_deployed_after_the_failed_one_is_not_undone(status: str) -> None:
    move = decide(seen(job(1), job(2, BAD), job(3, OTHER, status)))
    assert end(move) == (Result.REFUSED, Code.SUPERSEDED)
    assert isinstance(move, Done)
    assert "target-job-id or target-commit" in move.next_steps[0].purpose


@pytest.mark.parametrize("target", [{"target_job_id": "1"}, {"target_commit": GOOD}])
def test_only_a_person_who_names_the_target_goes_on(target: dict[str, str]) -> None:
    look = seen(job(1), job(2, BAD), job(3, OTHER), deployment=failed(**target))
    assert decide(look) == Redeploy(job(1))


def test_somebodys_build_that_runs_is_waited_for_where_the_target_is_named() -> None:
    look = seen(job(1), job(2, BAD), job(3, OTHER, "RUNNING"), deployment=failed(target_job_id="1"))
    assert decide(look) == Wait("job 3 to end (RUNNING): Amplify runs one job a branch")


@pytest.mark.parametrize("result", ["failure", "skipped"])
@pytest.mark.parametrize(
    ("newest", "known"),
    [(job(2, OTHER), {"started_at": at(2)}), (job(2, OTHER, "RUNNING"), {})],
    ids=["began since", "still runs"],
)
def test_where_this_deployment_built_nothing_a_newer_one_is_somebody_elses(
    newest: Job, known: dict[str, object], result: str
) -> None:
    move = decide(seen(job(1), newest, deployment=failed(frontend_result=result, **known)))
    assert end(move) == (Result.REFUSED, Code.SUPERSEDED)


@pytest.mark.parametrize("result", ["success", ""])
def test_what_may_be_the_deployments_own_job_never_supersedes_it(result: str) -> None:
    """GITHUB_SHA may be a commit that Amplify never built: then its own job is of another one."""
    look = seen(job(1), job(2, OTHER), deployment=failed(started_at=at(2), frontend_result=result))
    assert decide(look) == Redeploy(job(1))


@pytest.mark.parametrize("unknown", ["v1.2.0", "main", "20251203", "HEAD"])
def test_what_cannot_be_compared_is_not_somebodys_later_deployment(unknown: str) -> None:
    assert decide(seen(job(1), job(2, BAD), job(3, unknown))) == Redeploy(job(1))


@pytest.mark.parametrize("short", [BAD[:7], BAD[:12].upper()])
def test_the_failed_commit_in_short_form_is_not_somebodys_later_deployment(short: str) -> None:
    assert decide(seen(job(1), job(2, BAD), job(3, short))) == Redeploy(job(1))


def test_another_commit_in_short_form_is_somebodys_later_deployment() -> None:
    assert end(decide(seen(job(1), job(2, BAD), job(3, OTHER[:7])))) == (Result.REFUSED, Code.SUPERSEDED)


def test_our_own_redeployment_does_not_supersede() -> None:
    assert decide(seen(job(1), job(2, BAD), retry(3, GOOD, "CANCELLED"))) == Redeploy(job(1))


# --- redeploy: if-needed ---


def test_if_needed_leaves_a_site_alone_that_serves_the_last_known_good() -> None:
    move = decide(seen(job(1), job(2, BAD, "FAILED"), if_needed=True))
    assert move == Done(Result.ALREADY_GOOD, "The site still serves the last known good.")


def test_if_needed_redeploys_where_the_bad_commit_is_served() -> None:
    assert decide(seen(job(1), job(2, BAD), if_needed=True)) == Redeploy(job(1))


def test_if_needed_stops_a_build_of_the_failed_commit_first() -> None:
    bad = job(2, BAD, "RUNNING")
    assert decide(seen(job(1), bad, if_needed=True)) == StopJob(bad)


# --- starting it ---

MANUAL_JOB = job(1, "HEAD", "SUCCEED", "MANUAL")


def test_a_manual_deployment_cannot_be_retried() -> None:
    move = decide(seen(MANUAL_JOB, job(2, BAD)))
    assert end(move) == (Result.REFUSED, Code.TARGET_CANNOT_BE_RETRIED)
    assert isinstance(move, Done)
    assert move.next_steps[0].line.startswith("aws amplify start-deployment --app-id d1shop --branch-name develop")


def test_a_manual_deployment_that_is_still_served_is_already_good() -> None:
    move = decide(seen(MANUAL_JOB, job(2, BAD, "FAILED")))
    assert end(move) == (Result.ALREADY_GOOD, "")
    assert Code.TARGET_CANNOT_BE_RETRIED in warned(move)


def test_a_retry_that_amplify_rejects_is_refused_in_its_words() -> None:
    move = decide(seen(job(1), job(2, BAD), start_rejection="App is not connected to a repository."))
    assert end(move) == (Result.REFUSED, Code.TARGET_CANNOT_BE_RETRIED)
    assert isinstance(move, Done)
    assert move.reason == "Amplify does not retry job 1: App is not connected to a repository."


@pytest.mark.parametrize(
    ("said", "cure"),
    [
        ("The connection to your Git provider has expired.", "aws amplify start-job "),
        ("RETRY is not supported for a job of the type MANUAL.", "aws amplify start-deployment "),
    ],
)
def test_the_cure_of_a_rejected_retry_fits_its_cause(said: str, cure: str) -> None:
    move = decide(seen(job(1), job(2, BAD), start_rejection=said))
    assert isinstance(move, Done)
    assert said in move.reason
    assert move.next_steps[0].line.startswith(cure)


def test_the_environment_is_put_back_before_the_redeployment() -> None:
    assert decide(seen(job(1), job(2, BAD), environment=("KEY",))) == RestoreEnvironment(("KEY",))


def after_lost_start(**facts: object) -> Seen:
    return seen(job(1), job(2, BAD), **{"lost_starts": 1, **facts})


def test_after_a_lost_answer_the_list_is_looked_at_again_before_starting_twice() -> None:
    for looks in range(LOOKS_FOR_A_LOST_START):
        assert isinstance(decide(after_lost_start(looks_since_lost_start=looks)), Wait)
    assert decide(after_lost_start(looks_since_lost_start=LOOKS_FOR_A_LOST_START)) == Redeploy(job(1))


def test_answers_that_keep_getting_lost_end_in_failure() -> None:
    move = decide(after_lost_start(looks_since_lost_start=LOOKS_FOR_A_LOST_START, lost_starts=MOST_LOST_STARTS))
    assert end(move) == (Result.FAILED, Code.REDEPLOYMENT_FAILED)


@pytest.mark.parametrize("known", [None, seen(job(1))])
def test_a_timeout_says_that_amplify_goes_on(known: Seen | None) -> None:
    done = timed_out(known, "job 3 to end")
    assert (done.result, done.code) == (Result.TIMED_OUT, Code.FRONTEND_TIMED_OUT)
    assert "not Amplify's work" in done.reason


def test_moves_are_told_in_words() -> None:
    bad: Job = job(2, BAD, "RUNNING")
    assert [
        move.says for move in (Redeploy(job(1)), StopJob(bad), Adopt(retry(3)), RestoreEnvironment(("A", "B")))
    ] == [
        "redeploy job 1 (aaaaaaa): Amplify rebuilds its commit",
        "stop job 2, a build of the failed deployment that is RUNNING",
        "job 3 already redeploys the last known good: adopt it",
        "put back the environment variables that changed: A, B",
    ]
