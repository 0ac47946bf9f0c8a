"""Pure: which jobs are the failed deployment's, by its job's id and by its commit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from rollback.frontend.model import MANUAL, RETRY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollback.frontend.model import Deployment, Job

SIDE_BY_SIDE = timedelta(minutes=30)
"""How soon after each other auto-build and a `start-job` of the same push begin."""

BACK_TO_BACK = timedelta(minutes=12)
"""How soon after each other they begin where the second waited for the first: Amplify builds one at a time."""


@dataclass(frozen=True)
class FailedDeployment:
    """What the branch's jobs show of it. `number` is its job's, whether it is listed or not; None where nothing tells.

    `last` is the number of the newest job that certainly is its own: both a build by push and one by hand may be.
    """

    deployment: Deployment
    job: Job | None
    number: int | None
    last: int | None
    shows_commit: bool = False

    def is_of(self, job: Job) -> bool:
        """Return whether the job certainly built the failed commit: the one given, or the one that its job names."""
        return job.is_of(self.deployment.commit) or bool(self.job and job.same_commit(self.job))

    def may_have_twin(self, job: Job) -> bool:
        """Return whether a job may be this deployment's too: beside its own, and of the two one names no commit.

        A zip that somebody deployed is no build of a push. Where some job shows the failed commit, one that names
        another is none of it; where none does, the commit may be one that Amplify never built.
        """
        if self.job is None or job.type == MANUAL or self.job.names_no_commit == job.names_no_commit:
            return False
        if self.job.names_no_commit and self.shows_commit:
            return False
        apart = time_apart(self.job, job)
        return apart is None or apart <= BACK_TO_BACK

    @property
    def told(self) -> str:
        """Return its job in words, for the middle of a sentence; empty where nothing tells."""
        return "" if self.number is None else f"job {self.number}, the failed deployment's ({self.by})"

    @property
    def by(self) -> str:
        """Return what tells which job is its own."""
        return "failed-job-id" if self.deployment.failed_job_id else "the newest of the failed commit"


def failed_deployment(jobs: Sequence[Job], deployment: Deployment) -> FailedDeployment:
    """Return what `jobs` (newest first) show of the failed deployment: `failed-job-id` comes before the commit."""
    named = next((job for job in jobs if job.id == deployment.failed_job_id), None)
    built = next((job for job in jobs if job.is_of(deployment.commit)), None)
    own = named if deployment.failed_job_id else built
    number = int(deployment.failed_job_id) if deployment.failed_job_id else (own.number if own else None)
    numbers = [known for known in (number, built.number if built else None) if known is not None]
    return FailedDeployment(deployment, own, number, max(numbers, default=None), built is not None)


def last_of_failed(jobs: Sequence[Job], target: Job, deployment: Deployment) -> int | None:
    """Return the number of the newest job that belongs to the failed deployment; None where it left no job.

    Where neither commit nor id shows one, those jobs that name no commit and are newer than the target count: a time
    that a person gave tells which of them. A RETRY that still runs and names no commit may be a rollback's.
    """
    known = failed_deployment(jobs, deployment).last
    numbers = [] if known is None else [known]
    unnamed = [
        job for job in jobs if job.names_no_commit and job.number > target.number and (job.is_over or job.type != RETRY)
    ]
    if deployment.started_at:
        numbers += [job.number for job in unnamed if not job.began_before(deployment.started_at)]
    elif not numbers:
        numbers = [job.number for job in unnamed]
    return max(numbers, default=None)


def time_apart(one: Job, other: Job) -> timedelta | None:
    """Return how long after each other both began; None where that isn't known."""
    return abs(one.started - other.started) if one.started and other.started else None
