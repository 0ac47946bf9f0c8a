"""Pure: which job is the last known good. The latest that succeeded may be the very deployment that failed.

Facts come before guesses: 1. the job or commit that a person names; 2. the snapshot's job; 3. where the failed
deployment's job is known, the newest older success that is not of the failed commit; 4. where no job is of the failed
commit, what a person or the workflow says of its time or its end, and the push's time last. Where none of these
tells, nothing is guessed.
"""

from __future__ import annotations

from itertools import dropwhile
from typing import TYPE_CHECKING

from rollback.frontend.choice import (
    Choice,
    NeedsOlder,
    NoTarget,
    Target,
    never_good,
    none_good,
    not_older,
    unclear,
    what_is_missing,
)
from rollback.frontend.failed import BACK_TO_BACK, SIDE_BY_SIDE, FailedDeployment, failed_deployment, time_apart
from rollback.frontend.model import SUCCEED, Deployment, Job, short
from rollback.report.commits import is_sha
from rollback.report.notices import Code

if TYPE_CHECKING:
    from collections.abc import Sequence


ENOUGH_JOBS = 50
"""A page of Amplify's: so many jobs are read before the failed deployment counts as having left none."""

BUILT_NOTHING = frozenset({"failure", "skipped"})
"""Results of the workflow's frontend job that say that nothing of this deployment was built."""

_MOST_LISTED = 3
_NO_JOB = "no job is known as the failed deployment's"


def newest_first(jobs: Sequence[Job]) -> tuple[Job, ...]:
    """Return the jobs by number, the newest first, each once: Amplify documents no order."""
    return tuple(sorted({job.id: job for job in jobs}.values(), key=lambda job: job.number, reverse=True))


def choose(jobs: Sequence[Job], deployment: Deployment, *, complete: bool) -> Choice:
    """Return the last known good of `jobs` (newest first), or why there is none.

    `complete` says that `jobs` is the whole history.
    """
    failed = failed_deployment(jobs, deployment)
    if deployment.target_job_id or deployment.target_commit:
        return _named_by_a_person(jobs, failed, complete=complete)
    if deployment.snapshot_job_id:
        recorded = next((job for job in jobs if job.id == deployment.snapshot_job_id), None)
        if recorded is None and not complete and not _reaches(jobs, int(deployment.snapshot_job_id)):
            return NeedsOlder()
        if recorded and not _why_passed_over(recorded, jobs, failed):
            return Target(recorded, "the snapshot's job")
    if not complete and not _reaches_failed(jobs, failed):
        return NeedsOlder()
    choice = _before_its_job(jobs, failed) if failed.number is not None else _without_its_job(jobs, failed)
    return choice if complete or _is_settled(choice, jobs) else NeedsOlder()


def why_not_good(job: Job, jobs: Sequence[Job], deployment: Deployment) -> str:
    """Return why a job of `jobs` can't be the last known good where nobody names it; empty where it can."""
    return not_older(job, failed_deployment(jobs, deployment))


def told(choice: Choice | None, jobs: Sequence[Job], deployment: Deployment) -> str:
    """Return in one sentence by which rule the last known good was chosen, and which job is the failed deployment's."""
    failed = failed_deployment(jobs, deployment)
    known = f"job {failed.number} is the failed deployment's ({failed.by})" if failed.told else ""
    if not isinstance(choice, Target):
        return f"No job is known as the last known good; {known}." if known else ""
    rest = "" if failed.told and failed.told in choice.rule else f"; {known or _NO_JOB}"
    return f"Job {choice.job.id} ({short(choice.job.commit)}) is the last known good: {choice.rule}{rest}."


def snapshot_passed_over(jobs: Sequence[Job], deployment: Deployment) -> str:
    """Return why the snapshot's job is not the last known good; empty where it is, or nobody asked for it."""
    if not deployment.snapshot_job_id or deployment.target_job_id or deployment.target_commit:
        return ""
    recorded = next((job for job in jobs if job.id == deployment.snapshot_job_id), None)
    failed = failed_deployment(jobs, deployment)
    return _why_passed_over(recorded, jobs, failed) if recorded else "gone from Amplify's history"


# --- 1. what a person names -----------------------------------------------------------------------------------------


def _named_by_a_person(jobs: Sequence[Job], failed: FailedDeployment, *, complete: bool) -> Choice:
    wanted = failed.deployment
    if wanted.target_job_id:
        by, built = f"target-job-id {wanted.target_job_id}", [job for job in jobs if job.id == wanted.target_job_id]
        if wanted.target_commit:  # with a history of releases, which holds the job that was verified
            by = f"target-commit {wanted.target_commit}, by its release's job {wanted.target_job_id}"
        complete = complete or _reaches(jobs, int(wanted.target_job_id))
    else:
        by, built = f"target-commit {wanted.target_commit}", [job for job in jobs if job.is_of(wanted.target_commit)]
    named = next((job for job in built if job.status == SUCCEED), built[0] if built and complete else None)
    if named is None:
        text = f"{by}: there is no such job on this branch."
        return NoTarget(Code.TARGET_NOT_FOUND, text, "name one that the job list shows") if complete else NeedsOlder()
    if failed.is_of(named):
        text = f"{by} is a build of the failed commit ({short(named.commit)}), which is never redeployed."
        cure = "name another target; if that commit is good after all, give the really failed one as commit"
        return NoTarget(Code.TARGET_IS_FAILED_COMMIT, text, cure)
    if named.status == SUCCEED:
        return Target(named, by)
    if wanted.target_commit and not wanted.target_job_id:
        text = f"No build of target-commit {wanted.target_commit} succeeded on this branch."
        cure = "name a commit that was built here with success, or deploy the commit by a push"
        return NoTarget(Code.TARGET_NOT_FOUND, text, cure)
    text = f"{by} is job {named.id}, which ended {named.status}: it was never good."
    return NoTarget(Code.TARGET_CANNOT_BE_RETRIED, text, "name a job that succeeded")


# --- 2. what a snapshot records -------------------------------------------------------------------------------------


def _why_passed_over(recorded: Job, jobs: Sequence[Job], failed: FailedDeployment) -> str:
    """Return why the recorded job is not the one to go back to, as it was recorded too late, say; empty where it is."""
    deployed = failed.number is None and failed.deployment.frontend_result == "success"
    newest = not any(job.number > recorded.number and job.status == SUCCEED for job in jobs)
    if deployed and newest and recorded.names_no_commit:
        return (
            "names no commit, and nothing newer was built although the frontend was deployed: it may be the failed one"
        )
    return never_good(recorded, failed)


# --- 3. the failed deployment's job is known ------------------------------------------------------------------------


def _before_its_job(jobs: Sequence[Job], failed: FailedDeployment) -> Choice:
    """Choose where the failed deployment's job is known: the newest success that is older and of another commit.

    A job beside it that names no commit may be its twin: auto-build and `start-job` both build a push.
    """
    able = [job for job in jobs if not not_older(job, failed)]
    if not able:
        return none_good(jobs, failed)
    if failed.number is not None and failed.number > jobs[0].number:
        return unclear(f"failed-job-id {failed.number} is no job of this branch, whose newest is {jobs[0].id}")
    rest = list(dropwhile(failed.may_have_twin, able))
    good = _the_provable(rest) if rest else able[-1]
    if len(rest) < len(able) and (good.names_no_commit or not able[0].names_no_commit):
        return unclear(f"job {able[0].id} ({short(able[0].commit)}) lies beside {failed.told}: it may be of it too")
    return Target(good, f"the newest job that succeeded before {failed.told}{_beside(good, able)}")


def _the_provable(able: Sequence[Job]) -> Job:
    """Return the newest; where it names no commit, the job beside it that does: both built the same push."""
    newest, *older = able
    apart = time_apart(newest, older[0]) if older else None
    nameless = newest.names_no_commit and not is_sha(newest.commit)
    twin = nameless and apart is not None and apart <= SIDE_BY_SIDE and not older[0].names_no_commit
    return older[0] if twin else newest


def _beside(good: Job, able: Sequence[Job]) -> str:
    return "" if good.id == able[0].id else f" and names its commit, as job {able[0].id} beside it does not"


# --- 4. no job is of the failed commit ------------------------------------------------------------------------------


def _without_its_job(jobs: Sequence[Job], failed: FailedDeployment) -> Choice:
    """Choose where no job is known to be the failed deployment's: by what tells when it began, or how it ended."""
    deployment = failed.deployment
    able = [job for job in jobs if not not_older(job, failed)]
    unnamed = [job for job in jobs if job.names_no_commit or not deployment.commit]
    running = [job for job in unnamed if not job.is_over and not job.is_repeat]
    if deployment.started_at:
        return _before_its_start(jobs, able, failed)
    if not able:
        return none_good(jobs, failed)
    if running:
        return unclear(f"job {running[0].id} ({short(running[0].commit)}) still runs and may be the failed deployment")
    if deployment.frontend_result in BUILT_NOTHING:
        return _nothing_was_built(jobs, able, failed)
    if deployment.frontend_result == "success" and able[0].is_head:
        return _before_its_own_success(jobs, able, failed)
    pushed = deployment.pushed_at
    if deployment.frontend_result != "success" and pushed and not _built_since(jobs, failed):
        return Target(able[0], "the newest job that succeeded: none has been built since the push")
    return unclear(what_is_missing(able[0], failed))


def _before_its_start(jobs: Sequence[Job], able: Sequence[Job], failed: FailedDeployment) -> Choice:
    start = failed.deployment.started_at
    if not able or start is None:
        return none_good(jobs, failed)
    good = _the_provable(able)
    since = [job for job in jobs if not job.began_before(start) and (job.status == SUCCEED or not job.is_over)]
    if failed.deployment.frontend_result == "success" and not any(job.status == SUCCEED for job in since):
        return unclear("the frontend was deployed, but no job that succeeded began with started-at or later")
    others = [job for job in since if not job.same_commit(good)]
    alike = all(job.same_commit(others[0]) or (job.is_head and others[0].is_head) for job in others)
    if failed.deployment.frontend_result not in BUILT_NOTHING and not alike:
        listed = ", ".join(f"{job.id} ({short(job.commit)})" for job in others[:_MOST_LISTED])
        return unclear(f"jobs {listed} began with started-at or later, and only one can be the failed deployment's")
    return Target(good, f"the newest job that succeeded and began before started-at{_beside(good, able)}")


def _nothing_was_built(jobs: Sequence[Job], able: Sequence[Job], failed: FailedDeployment) -> Choice:
    """Choose the newest success. A RETRY above the newest build that names no commit either may be anybody's."""
    first = max((job.number for job in jobs if not job.is_repeat), default=0)
    own = [job for job in able if not job.is_repeat or not job.is_head or job.number < first]
    if not own:
        return none_good(jobs, failed)
    result, pushed, good = failed.deployment.frontend_result, failed.deployment.pushed_at, _the_provable(own)
    said = f"the newest job that succeeded{_beside(good, own)}, as the frontend's result ({result}) says that this"
    if good.is_repeat and pushed and not good.began_before(pushed):  # an earlier run's, of what was good before
        repeated = (job for job in own if job.number < good.number and job.same_commit(good))
        good = next(repeated, good)
    return Target(good, f"{said} deployment built nothing")


def _before_its_own_success(jobs: Sequence[Job], able: Sequence[Job], failed: FailedDeployment) -> Choice:
    """Choose where jobs name no commit and the workflow's frontend succeeded: the newest success is its own.

    A RETRY at the top may be the deployment's or an earlier rollback's: neither it nor the build under it is good.
    """
    if able[0].may_be_again:
        why = f"job {able[0].id} deploys the source of an older job: it may be a rollback's, or the failed deployment"
        return unclear(why)
    built = next((job for job in jobs if not job.is_repeat or not job.is_head), None)
    own = able[0]
    if own.is_repeat and built and built.is_head and built.status == SUCCEED:
        own = built
    if own.is_repeat and (built is None or not built.is_head):
        return unclear(f"job {own.id} repeats a build that names no commit, and may be the failed deployment")
    below = built.number if own.is_repeat and built else own.number
    older = [job for job in able if job.number < below]
    if not older:
        return none_good([job for job in jobs if job.number < below], failed)
    good, pushed = _the_provable(older), failed.deployment.pushed_at
    apart = time_apart(own, good)
    if not own.type and good.is_head and not (pushed and good.began_before(pushed)):
        return unclear(f"Amplify tells no type of job {own.id}, which may be a redeployment of what was good before")
    if not good.names_no_commit and (apart is None or apart <= BACK_TO_BACK):
        return unclear(f"job {good.id} ({short(good.commit)}) lies beside job {own.id}, and both may be its own")
    said = f"the newest job that succeeded before job {own.id}, this deployment's own by the frontend's result"
    return Target(good, f"{said} (success){_beside(good, older)}")


def _built_since(jobs: Sequence[Job], failed: FailedDeployment) -> bool:
    pushed = failed.deployment.pushed_at
    return any(pushed and not job.began_before(pushed) and (job.status == SUCCEED or not job.is_over) for job in jobs)


# --- how far the jobs reach -----------------------------------------------------------------------------------------


def _reaches(jobs: Sequence[Job], number: int) -> bool:
    return any(job.number < number for job in jobs)


def _reaches_failed(jobs: Sequence[Job], failed: FailedDeployment) -> bool:
    """Return whether the jobs reach back to the failed deployment's, where it left one: a short page may not.

    A deployment older than a whole page of jobs isn't the one that failed just now.
    """
    start = failed.deployment.started_at
    before = start and any(job.began_before(start) for job in jobs)
    listed = failed.number is not None and (failed.job or _reaches(jobs, failed.number))
    return bool(before or listed or len(jobs) >= ENOUGH_JOBS)


def _is_settled(choice: Choice, jobs: Sequence[Job]) -> bool:
    """Return whether no older page can change the choice: by a job that is good, or by one that names its commit."""
    match choice:
        case Target(job):
            older = any(other.number < job.number and other.status == SUCCEED for other in jobs)
            return older or not job.names_no_commit
        case NoTarget(code):
            return code is not Code.NO_PREVIOUS_DEPLOYMENT and len(jobs) >= ENOUGH_JOBS
        case NeedsOlder():
            return False
