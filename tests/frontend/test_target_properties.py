"""What holds of the last known good whatever the history: never the failed commit, never unproven, never newer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import assume, given
from hypothesis import strategies as st

from rollback.frontend.model import Deployment, Job
from rollback.frontend.target import (
    Choice,
    NeedsOlder,
    NoTarget,
    Target,
    choose,
    newest_first,
    newest_of_failed_commit,
)
from tests.frontend.given import BAD, GOOD, OTHER, at

if TYPE_CHECKING:
    from collections.abc import Sequence

STATUSES = ("CREATED", "PENDING", "PROVISIONING", "RUNNING", "CANCELLING", "SUCCEED", "FAILED", "CANCELLED")
TYPES = ("RELEASE", "RETRY", "MANUAL", "WEB_HOOK", "")


@st.composite
def histories(draw: st.DrawFn) -> list[Job]:
    """Draw a branch's jobs: ids grow with time, commits and ends are anybody's."""
    numbers = sorted(draw(st.sets(st.integers(1, 60), max_size=12)))
    return [
        Job(
            id=str(number),
            status=draw(st.sampled_from((*STATUSES, "SUCCEED", "SUCCEED"))),
            commit=draw(st.sampled_from((GOOD, BAD, OTHER, BAD.upper(), "HEAD", ""))),
            type=draw(st.sampled_from(TYPES)),
            started=draw(st.sampled_from((at(number), at(number), None))),
        )
        for number in numbers
    ]


numbers = st.integers(1, 60).map(str)
known = {
    "commit": st.sampled_from((None, BAD, BAD[:7])),
    "started_at": st.none() | st.integers(1, 60).map(at),
    "failed_job_id": st.none() | numbers,
    "frontend_result": st.sampled_from(("", "success", "failure", "cancelled", "skipped")),
}
deployments = st.builds(Deployment, snapshot_job_id=st.just("") | numbers, **known)
named = st.builds(Deployment, target_job_id=numbers, **known) | st.builds(
    Deployment, target_commit=st.sampled_from((GOOD, OTHER, BAD, GOOD[:7])), **known
)


def chosen(jobs: Sequence[Job], deployment: Deployment) -> Choice:
    return choose(newest_first(jobs), deployment, complete=True)


@given(jobs=histories(), deployment=deployments | named)
def test_the_failed_commit_is_never_chosen(jobs: list[Job], deployment: Deployment) -> None:
    choice = chosen(jobs, deployment)
    if isinstance(choice, Target) and deployment.commit:
        assert not choice.job.commit.lower().startswith(deployment.commit)


@given(jobs=histories(), deployment=deployments | named)
def test_a_job_that_did_not_succeed_is_never_chosen(jobs: list[Job], deployment: Deployment) -> None:
    choice = chosen(jobs, deployment)
    assert not isinstance(choice, Target) or choice.job.status == "SUCCEED"


@given(jobs=histories(), deployment=deployments)
def test_a_job_newer_than_the_failed_one_is_never_chosen(jobs: list[Job], deployment: Deployment) -> None:
    choice = chosen(jobs, deployment)
    if not isinstance(choice, Target):
        return
    if deployment.failed_job_id:
        assert choice.job.number < int(deployment.failed_job_id)
    if deployment.started_at:
        assert choice.job.started is not None
        assert choice.job.started < deployment.started_at
    of_failed = [one.number for one in jobs if deployment.commit and one.commit.lower().startswith(deployment.commit)]
    assert choice.job.number < min([max(of_failed, default=99), 99])


@given(jobs=histories(), deployment=deployments)
def test_the_chosen_job_is_the_newest_that_may_be(jobs: list[Job], deployment: Deployment) -> None:
    """Every newer success is ruled out: by commit, id, time, the snapshot, or being this deployment's own."""
    choice = chosen(jobs, deployment)
    assume(isinstance(choice, Target) and choice.rule.startswith("the newest job that succeeded before the failed"))
    assert isinstance(choice, Target)
    last = max(
        (one.number for one in jobs if deployment.commit and one.commit.lower().startswith(deployment.commit)),
        default=99,
    )
    for newer in (one for one in jobs if one.number > choice.job.number and one.status == "SUCCEED"):
        ruled_out = (
            newer.number >= min(last, int(deployment.failed_job_id or 99))
            or (deployment.commit and newer.commit.lower().startswith(deployment.commit))
            or (deployment.started_at and (newer.started is None or newer.started >= deployment.started_at))
        )
        assert ruled_out


@given(jobs=histories(), deployment=deployments | named, data=st.data())
def test_the_order_in_which_amplify_lists_the_jobs_does_not_matter(
    jobs: list[Job], deployment: Deployment, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations([*jobs, *jobs[:2]]))
    assert chosen(shuffled, deployment) == chosen(jobs, deployment)


@given(jobs=histories(), deployment=deployments | named, page=st.integers(1, 12))
def test_pages_do_not_matter_once_they_reach_the_failed_deployment(
    jobs: list[Job], deployment: Deployment, page: int
) -> None:
    whole = newest_first(jobs)
    of_failed = newest_of_failed_commit(whole, deployment)
    assume(of_failed is None or of_failed in whole[:page])
    read = page
    while isinstance(choice := choose(whole[:read], deployment, complete=read >= len(whole)), NeedsOlder):
        read += page
    assert _told(choice) == _told(chosen(jobs, deployment))


def _told(choice: Choice) -> object:
    return choice.code if isinstance(choice, NoTarget) else choice


@given(jobs=histories(), deployment=deployments | named)
def test_a_whole_history_always_gives_an_answer_with_its_cure(jobs: list[Job], deployment: Deployment) -> None:
    choice = chosen(jobs, deployment)
    assert not isinstance(choice, NeedsOlder)
    if isinstance(choice, NoTarget):
        assert choice.reason
        assert choice.cure
