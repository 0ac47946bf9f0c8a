"""What is done about a branch once a redeployment of ours began: waiting, proof, another build, giving up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.engine.moves import Done, Move, Wait
from rollback.frontend.decide import decide
from rollback.frontend.model import Deployment, Job, Redeploy, Redeployment, Seen, StopJob
from rollback.report.notices import Code
from rollback.report.results import Result
from tests.frontend.given import BAD, GOOD, OTHER, failed, job, rebuilding, retry, seen
from tests.frontend.test_target_properties import deployments, histories, named

TARGET = job(1)
BUILT_BAD = job(2, BAD)
CLONE_FAILURE = "BUILD: !!! Unable to clone repository. git clone exited with code 128"


def after(*redeployments: Job | Redeployment, target: Job = TARGET, **facts: object) -> Move:
    others = facts.pop("others", (BUILT_BAD,))
    assert isinstance(others, tuple)
    return decide(rebuilding(*redeployments, target=target, others=others, **facts))


def end(move: Move) -> tuple[Result, str]:
    assert isinstance(move, Done), move
    return move.result, move.code


def warned(move: Move) -> list[str]:
    assert isinstance(move, Done), move
    return [notice.code for notice in move.warnings]


@pytest.mark.parametrize("status", ["CREATED", "PENDING", "PROVISIONING", "RUNNING", "CANCELLING"])
def test_a_redeployment_that_runs_is_waited_for(status: str) -> None:
    assert after(retry(3, GOOD, status)) == Wait(f"job 3 to end ({status})")


def test_its_usual_time_tells_when_its_end_is_expected() -> None:
    assert after(retry(3, GOOD, "RUNNING"), ends_in=42.0) == Wait("job 3 to end (RUNNING)", 42.0)


def test_a_redeployment_of_the_targets_commit_that_succeeded_is_proven() -> None:
    move = after(retry(3))
    assert end(move) == (Result.ROLLED_BACK, "")
    assert warned(move) == []


def test_a_new_job_that_serves_the_last_known_good_is_rolled_back_also_where_the_site_was_good_before() -> None:
    assert end(after(retry(3), others=(job(2, BAD, "FAILED"),)))[0] is Result.ROLLED_BACK


@pytest.mark.parametrize("built", [BAD, OTHER])
def test_a_redeployment_that_built_another_commit_is_failed(built: str) -> None:
    assert end(after(retry(3, built))) == (Result.FAILED, Code.WRONG_COMMIT_BUILT)


def test_a_head_job_whose_rebuild_turns_out_to_be_the_failed_commit_is_failed() -> None:
    assert end(after(retry(3, BAD), target=job(1, "HEAD"))) == (Result.FAILED, Code.WRONG_COMMIT_BUILT)


@pytest.mark.parametrize(("target", "built"), [("HEAD", "HEAD"), ("HEAD", GOOD), (GOOD, "HEAD")])
def test_a_rebuild_whose_commit_nobody_can_tell_is_unproven(target: str, built: str) -> None:
    move = after(retry(3, built), target=job(1, target))
    assert end(move)[0] is Result.ROLLED_BACK
    assert warned(move) == [Code.UNPROVEN]


@pytest.mark.parametrize(("target", "built"), [(GOOD, GOOD[:7]), (GOOD[:7], GOOD), (GOOD, GOOD.upper())])
def test_a_commit_is_proven_in_any_form(target: str, built: str) -> None:
    move = after(retry(3, built), target=job(1, target))
    assert end(move) == (Result.ROLLED_BACK, "")
    assert warned(move) == []


@pytest.mark.parametrize(("target", "built"), [("v1.1.0", "v1.1.0"), ("v1.1.0", GOOD), (GOOD, "main")])
def test_a_name_is_no_proof_of_a_commit(target: str, built: str) -> None:
    move = after(retry(3, built), target=job(1, target))
    assert end(move)[0] is Result.ROLLED_BACK
    assert warned(move) == [Code.UNPROVEN]


def test_a_rebuild_of_the_failed_commit_in_short_form_is_failed() -> None:
    assert end(after(retry(3, BAD[:7]), target=job(1, "HEAD"))) == (Result.FAILED, Code.WRONG_COMMIT_BUILT)


def test_a_build_queued_meanwhile_is_reported() -> None:
    move = after(retry(3), others=(BUILT_BAD, job(4, OTHER, "PENDING")))
    assert warned(move) == [Code.BUILD_QUEUED]
    assert isinstance(move, Done)
    assert "4 (ccccccc, PENDING)" in move.warnings[0].text


# --- failed rebuilds ---


def failure(number: int, reason: str = "BUILD: npm exited with 1") -> Redeployment:
    return Redeployment(retry(number, GOOD, "FAILED"), failure=reason)


def test_a_failed_rebuild_is_tried_once_more() -> None:
    assert after(failure(3)) == Redeploy(TARGET)
    assert end(after(failure(3), failure(4))) == (Result.FAILED, Code.REDEPLOYMENT_FAILED)


def test_clone_failures_come_and_go_so_they_get_one_more() -> None:
    lost = [failure(number, CLONE_FAILURE) for number in (3, 4, 5)]
    assert after(*lost[:2]) == Redeploy(TARGET)
    assert end(after(*lost)) == (Result.FAILED, Code.REDEPLOYMENT_FAILED)


def test_a_failure_says_why_and_how_to_go_on() -> None:
    move = after(failure(3), failure(4))
    assert isinstance(move, Done)
    assert move.reason == (
        "Job 4, the rebuild of the last known good, failed: BUILD: npm exited with 1. "
        "The site does not serve the last known good."
    )
    where = "--app-id d1shop --branch-name develop --region us-west-2"
    assert [step.line for step in move.next_steps] == [
        f"aws amplify get-job {where} --job-id 4",
        f"aws amplify start-job {where} --job-type RETRY --job-id 1",
    ]


def test_a_rebuild_that_somebody_cancelled_is_not_started_again() -> None:
    move = after(retry(3, GOOD, "CANCELLED"))
    assert end(move) == (Result.FAILED, Code.REDEPLOYMENT_FAILED)
    assert isinstance(move, Done)
    assert "was cancelled" in move.reason


def test_a_rebuild_that_fails_while_the_site_is_good_is_already_good_with_a_warning() -> None:
    move = after(failure(3), failure(4), others=(job(2, BAD, "FAILED"),))
    assert end(move)[0] is Result.ALREADY_GOOD
    assert warned(move) == [Code.REDEPLOYMENT_NOT_NEEDED]


def test_before_another_try_a_build_that_runs_is_waited_for() -> None:
    assert isinstance(after(failure(3), others=(BUILT_BAD, job(4, BAD, "RUNNING"))), Wait)


def test_a_deployment_by_somebody_meanwhile_ends_the_trying() -> None:
    assert end(after(failure(3), others=(BUILT_BAD, job(4, OTHER)))) == (Result.REFUSED, Code.SUPERSEDED)


# --- what holds whatever the history ---


@given(jobs=histories(), deployment=deployments | named, complete=st.booleans(), if_needed=st.booleans())
def test_whatever_is_redeployed_is_good_and_whatever_is_stopped_is_of_the_failed_deployment(
    jobs: list[Job], deployment: Deployment, *, complete: bool, if_needed: bool
) -> None:
    look: Seen = seen(*jobs, deployment=deployment, complete=complete, if_needed=if_needed)
    move = decide(look)
    if isinstance(move, Redeploy):
        assert move.target.status == "SUCCEED"
        assert not move.target.is_of(deployment.commit)
        assert all(one.is_over for one in jobs)
    if isinstance(move, StopJob):
        assert not move.job.is_over
        assert move.job.is_of(deployment.commit) or move.job.id == deployment.failed_job_id


@given(jobs=histories(), target=st.sampled_from((job(1), job(1, "HEAD"))), end_of=histories())
def test_no_redeployment_of_the_failed_commit_is_ever_called_good(
    jobs: list[Job], target: Job, end_of: list[Job]
) -> None:
    for built in end_of:
        move = decide(
            seen(*jobs, target, built, deployment=failed(), target=target, redeployments=(Redeployment(built),))
        )
        if isinstance(move, Done) and move.result is Result.ROLLED_BACK:
            assert not built.is_of(BAD)
            assert built.status == "SUCCEED"


def test_a_redeployment_without_a_target_is_a_defect() -> None:
    with pytest.raises(ValueError, match=r"^a redeployment needs a target$"):
        decide(seen(BUILT_BAD, retry(3), redeployments=(Redeployment(retry(3)),)))
