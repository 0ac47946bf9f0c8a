"""Pure: which job is the last known good. The latest that succeeded may be the very deployment that failed.

In this order: the job or commit that a person names; the snapshot's job; the newest SUCCEED job that is not of the
failed commit, did not start with or after the failed deployment, and is older than its job; and where Amplify names
no commit and neither time nor id is known, the workflow's own frontend result tells whether the newest SUCCEED job
belongs to the failed deployment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollback.frontend.model import RETRY, SUCCEED, Deployment, Job
from rollback.report.notices import Code

if TYPE_CHECKING:
    from collections.abc import Sequence


ENOUGH_JOBS = 50
"""A page of Amplify's: so many jobs are read before the failed deployment counts as having left none."""


@dataclass(frozen=True)
class Target:
    """The last known good job, and the rule that chose it."""

    job: Job
    rule: str
    snapshot_ignored: str = ""


@dataclass(frozen=True)
class NoTarget:
    """There is none, or nobody can tell which: why, by which code, and what the user can do."""

    code: Code
    reason: str
    cure: str


@dataclass(frozen=True)
class NeedsOlder:
    """The jobs read so far don't reach back far enough."""


Choice = Target | NoTarget | NeedsOlder


def newest_first(jobs: Sequence[Job]) -> tuple[Job, ...]:
    """Return the jobs by number, the newest first, each once: Amplify documents no order."""
    return tuple(sorted({job.id: job for job in jobs}.values(), key=lambda job: job.number, reverse=True))


def choose(jobs: Sequence[Job], failed: Deployment, *, complete: bool) -> Choice:
    """Return the last known good of `jobs` (newest first), or why there is none.

    `complete` says that `jobs` is the whole history.
    """
    if failed.target_job_id:
        named = next((job for job in jobs if job.id == failed.target_job_id), None)
        passed = any(job.number < int(failed.target_job_id) for job in jobs)
        return _named(named, f"target-job-id {failed.target_job_id}", failed, complete=complete or passed)
    if failed.target_commit:
        built = [job for job in jobs if job.is_of(failed.target_commit)]
        good = next((job for job in built if job.status == SUCCEED), None)
        if good is None and built and complete:
            return NoTarget(
                Code.TARGET_NOT_FOUND,
                f"No build of target-commit {failed.target_commit} succeeded on this branch.",
                "name a commit that was built here with success, or deploy the commit by a push",
            )
        return _named(good, f"target-commit {failed.target_commit}", failed, complete=complete)
    ignored = ""
    if failed.snapshot_job_id:
        recorded = next((job for job in jobs if job.id == failed.snapshot_job_id), None)
        if recorded is None and not complete and not any(job.number < int(failed.snapshot_job_id) for job in jobs):
            return NeedsOlder()
        ignored = (
            why_not_good(recorded, jobs, failed)
            if recorded
            else f"its job {failed.snapshot_job_id} is gone from Amplify's history"
        )
        if recorded and not ignored:
            return Target(recorded, "the snapshot's job")
    return _newest_good(jobs, failed, complete=complete, ignored=ignored)


def why_not_good(job: Job, jobs: Sequence[Job], failed: Deployment) -> str:
    """Return why a job of `jobs` can't be the last known good, by rule 3; empty where it can."""
    if job.status != SUCCEED:
        return f"did not succeed ({job.status})"
    if job.is_of(failed.commit):
        return "a build of the failed commit"
    if failed.failed_job_id and job.number >= int(failed.failed_job_id):
        return f"not older than the failed job {failed.failed_job_id}"
    if failed.started_at and (job.started is None or job.started >= failed.started_at):
        return "did not start before the failed deployment"
    built = newest_of_failed_commit(jobs, failed)
    if built and job.number > built.number:
        return f"newer than job {built.id}, the failed commit's"
    return ""


def newest_of_failed_commit(jobs: Sequence[Job], failed: Deployment) -> Job | None:
    """Return the newest of `jobs` (newest first) that commit or id shows to be the failed deployment's."""
    return next((job for job in jobs if job.is_of(failed.commit) or job.id == failed.failed_job_id), None)


def failed_number(jobs: Sequence[Job], target: Job, failed: Deployment) -> int | None:
    """Return the number of the newest job that belongs to the failed deployment; None where it left no job.

    It is of the failed commit, or is the failed job; or, where no commit is named, it started with or after the
    deployment; or, where no time is known either, the workflow's frontend result gives it to the deployment. RETRY
    jobs that name no commit are a rollback's, never the deployment's.
    """
    numbers = [int(failed.failed_job_id)] if failed.failed_job_id else []
    known = newest_of_failed_commit(jobs, failed)
    numbers += [known.number] if known else []
    unnamed = [job for job in jobs if job.names_no_commit and job.type != RETRY and job.number > target.number]
    if failed.started_at:
        numbers += [job.number for job in unnamed if job.started is None or job.started >= failed.started_at]
    elif not numbers:
        numbers = [job.number for job in unnamed]
    return max(numbers, default=None)


def _named(job: Job | None, by: str, failed: Deployment, *, complete: bool) -> Choice:
    if job is None:
        if not complete:
            return NeedsOlder()
        return NoTarget(
            Code.TARGET_NOT_FOUND, f"{by}: there is no such job on this branch.", "name one that the job list shows"
        )
    if job.is_of(failed.commit) or (failed.failed_job_id and job.id == failed.failed_job_id):
        return NoTarget(
            Code.TARGET_IS_FAILED_COMMIT,
            f"{by} is a build of the failed commit ({job.commit[:7]}), which is never redeployed.",
            "name another target; if that commit is good after all, give the really failed one as commit",
        )
    if job.status != SUCCEED:
        return NoTarget(
            Code.TARGET_CANNOT_BE_RETRIED,
            f"{by} is job {job.id}, which ended {job.status}: it was never good.",
            "name a job that succeeded",
        )
    return Target(job, by)


def _newest_good(jobs: Sequence[Job], failed: Deployment, *, complete: bool, ignored: str) -> Choice:
    if not complete and not _reaches_failed(jobs, failed):
        return NeedsOlder()
    able = [job for job in jobs if not why_not_good(job, jobs, failed)]
    told_by_commit = newest_of_failed_commit(jobs, failed) and failed.frontend_result != "success"
    told = failed.started_at or failed.failed_job_id or told_by_commit
    if able and (able[0].names_no_commit or not failed.commit) and not told:
        return _by_own_result(jobs, able, failed, complete=complete, ignored=ignored)
    if able:
        return Target(able[0], "the newest job that succeeded before the failed deployment", ignored)
    return _none() if complete else NeedsOlder()


def _reaches_failed(jobs: Sequence[Job], failed: Deployment) -> bool:
    """Return whether the jobs reach back to the failed deployment's, where it left one: a short page may not.

    A deployment older than a whole page of jobs isn't the one that failed just now.
    """
    before = failed.started_at and any(job.started and job.started < failed.started_at for job in jobs)
    return bool(before or newest_of_failed_commit(jobs, failed)) or len(jobs) >= ENOUGH_JOBS


def _by_own_result(
    jobs: Sequence[Job], able: Sequence[Job], failed: Deployment, *, complete: bool, ignored: str
) -> Choice:
    """Choose among jobs that name no commit, by the result of the workflow's frontend job.

    RETRY jobs above the deployment's own are redeployments by a rollback, never the deployment itself.
    """
    newer = [job for job in jobs if job.number > able[0].number]
    if any(not job.is_over and job.names_no_commit and job.type != RETRY for job in newer):
        return _unclear("a job that names no commit (HEAD) is still running, and may be the failed deployment")
    own = [job for job in able if job.type != RETRY or job.number < _newest_that_is_no_retry(jobs)]
    if failed.frontend_result in {"failure", "skipped"}:
        good, why = next(iter(own), None), "the newest job that succeeded: this deployment's own did not"
    elif failed.frontend_result == "success":
        newest = next((job for job in jobs if job.status == SUCCEED and job.type != RETRY), None)
        good = next((job for job in able if newest and job.number < newest.number), None)
        why = "the newest job that succeeded before this deployment's own"
    else:
        known = "Amplify names no commit (HEAD)" if failed.commit else "the failed commit is not given"
        return _unclear(f"{known}, and nothing tells whether the newest job is the failed deployment")
    if good:
        return Target(good, why, ignored)
    return _none() if complete else NeedsOlder()


def _newest_that_is_no_retry(jobs: Sequence[Job]) -> int:
    return max((job.number for job in jobs if job.type != RETRY), default=0)


def _none() -> NoTarget:
    return NoTarget(
        Code.NO_PREVIOUS_DEPLOYMENT,
        "No previous Amplify deployment found: this is the first one, or all earlier ones failed.",
        "deploy a known-good commit by hand",
    )


def _unclear(why: str) -> NoTarget:
    return NoTarget(
        Code.LAST_KNOWN_GOOD_UNCLEAR,
        f"The last known good can't be told from the failed deployment: {why}.",
        "give commit, failed-job-id or started-at (or target-job-id), or pass --commit-id to start-job when deploying",
    )
