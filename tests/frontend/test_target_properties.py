"""What holds of the last known good whatever the history: never the failed commit, never unproven, never newer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import assume, given
from hypothesis import strategies as st

from rollback.frontend.choice import Choice, NeedsOlder, NoTarget, Target
from rollback.frontend.failed import failed_deployment
from rollback.frontend.model import Deployment, Job
from rollback.frontend.target import choose, newest_first
from rollback.report.commits import same_commit, tells_commits_apart
from tests.frontend.given import BAD, GOOD, OTHER, at

if TYPE_CHECKING:
    from collections.abc import Sequence

STATUSES = ("CREATED", "PENDING", "PROVISIONING", "RUNNING", "CANCELLING", "SUCCEED", "FAILED", "CANCELLED")
COMMITS = (GOOD, BAD, OTHER, BAD.upper(), BAD[:7], BAD[:12].upper(), GOOD[:7], OTHER[:9])
TYPES = ("RELEASE", "RETRY", "MANUAL", "WEB_HOOK", "")


@st.composite
def histories(draw: st.DrawFn) -> list[Job]:
    """Draw a branch's jobs: ids grow with time, commits and ends are anybody's."""
    numbers = sorted(draw(st.sets(st.integers(1, 60), max_size=12)))
    return [
        Job(
            id=str(number),
            status=draw(st.sampled_from((*STATUSES, "SUCCEED", "SUCCEED"))),
            commit=draw(st.sampled_from((*COMMITS, "HEAD", "", "v1.2.0", "20251203"))),
            type=draw(st.sampled_from(TYPES)),
            started=draw(st.sampled_from((at(number), at(number * 60), None))),
        )
        for number in numbers
    ]


numbers = st.integers(1, 60).map(str)
known = {
    "commit": st.sampled_from((None, BAD, BAD[:7])),
    "started_at": st.none() | st.integers(1, 60).map(at),
    "pushed_at": st.none() | st.integers(1, 60).map(at),
    "failed_job_id": st.none() | numbers,
    "frontend_result": st.sampled_from(("", "success", "failure", "cancelled", "skipped")),
}
deployments = st.builds(Deployment, snapshot_job_id=st.just("") | numbers, **known)
named = st.builds(Deployment, target_job_id=numbers, **known) | st.builds(
    Deployment, target_commit=st.sampled_from((GOOD, OTHER, BAD, GOOD[:7])), **known
)


def is_of(one: Job, commit: str | None) -> bool:
    """Return whether a job is of the commit, by prefix in either direction: the contract's sentence, written anew."""
    length = min(len(one.commit), len(commit or ""))
    return length >= 7 and one.commit[:length].lower() == str(commit)[:length].lower()


def is_failed(one: Job, jobs: Sequence[Job], deployment: Deployment) -> bool:
    """Return whether a job is of the failed commit: the one that is given, or the one that the failed job names."""
    named = next((other.commit for other in jobs if other.id == deployment.failed_job_id), None)
    return is_of(one, deployment.commit) or is_of(one, named)


def chosen(jobs: Sequence[Job], deployment: Deployment) -> Choice:
    return choose(newest_first(jobs), deployment, complete=True)


@given(jobs=histories(), deployment=deployments | named)
def test_the_failed_commit_is_never_chosen(jobs: list[Job], deployment: Deployment) -> None:
    choice = chosen(jobs, deployment)
    if isinstance(choice, Target):
        assert not is_failed(choice.job, jobs, deployment)


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
    of_failed = [one.number for one in jobs if is_of(one, deployment.commit)]
    if of_failed and not deployment.failed_job_id and choice.rule != "the snapshot's job":
        assert choice.job.number < max(of_failed)


@given(jobs=histories(), deployment=deployments)
def test_a_newest_success_that_may_be_the_failed_deployment_is_never_chosen(
    jobs: list[Job], deployment: Deployment
) -> None:
    """The frontend was deployed, no id, time or snapshot tells its job, and no job is of its commit."""
    assume(deployment.frontend_result == "success")
    assume(not (deployment.failed_job_id or deployment.snapshot_job_id))
    assume(not any(is_of(one, deployment.commit) for one in jobs))
    newest = next((one for one in newest_first(jobs) if one.status == "SUCCEED"), None)
    choice = chosen(jobs, deployment)
    if isinstance(choice, Target):
        assert newest is not None
        assert choice.job.number < newest.number
        assert deployment.started_at or newest.commit in {"", "HEAD"}


@given(jobs=histories(), deployment=deployments)
def test_no_newer_success_that_the_rule_calls_good_is_passed_over(jobs: list[Job], deployment: Deployment) -> None:
    """Every newer success of another commit is ruled out by id, time or the failed commit's job, or is no proof."""
    choice = chosen(jobs, deployment)
    assume(isinstance(choice, Target) and choice.rule.startswith("the newest job") and "push" not in choice.rule)
    assert isinstance(choice, Target)
    of_failed = [one.number for one in jobs if is_of(one, deployment.commit)]
    last = int(deployment.failed_job_id or 0) or max(of_failed, default=99)
    for newer in (one for one in jobs if one.number > choice.job.number and one.status == "SUCCEED"):
        named = tells_commits_apart(newer.commit)
        late = deployment.started_at and (newer.started is None or newer.started >= deployment.started_at)
        repeated = newer.type == "RETRY" and same_commit(newer.commit, choice.job.commit)
        assert newer.number >= last or is_failed(newer, jobs, deployment) or late or not named or repeated


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
    of_failed = failed_deployment(whole, deployment).job
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
