"""Pure: what choosing the last known good may answer, and in which words it says that there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollback.frontend.model import SUCCEED, Job, short
from rollback.report.notices import Code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollback.frontend.failed import FailedDeployment

_MOST_EXCLUDED = 3


@dataclass(frozen=True)
class Target:
    """The last known good job, and the rule that chose it, in words that go on from "it is"."""

    job: Job
    rule: str


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


def never_good(job: Job, failed: FailedDeployment) -> str:
    """Return why a job can't be the last known good, whoever records it as that; empty where it can."""
    deployment = failed.deployment
    if job.status != SUCCEED:
        return f"did not succeed ({job.status})"
    if deployment.failed_job_id and job.number >= int(deployment.failed_job_id):
        return f"not older than the failed job {deployment.failed_job_id}"
    if failed.is_of(job):
        return "a build of the failed commit"
    if deployment.started_at and not job.began_before(deployment.started_at):
        return "did not start before started-at"
    return ""


def not_older(job: Job, failed: FailedDeployment) -> str:
    """Return why a job can't be the last known good where nobody names or records it; empty where it can."""
    newer = failed.number is not None and job.number > failed.number
    return never_good(job, failed) or (f"newer than {failed.told}" if newer else "")


def none_good(jobs: Sequence[Job], failed: FailedDeployment) -> NoTarget:
    """Return that no job may be redeployed: as the reference says it where none was good, else what excluded them."""
    excluded = [
        f"job {job.id} ({short(job.commit)}): {not_older(job, failed) or 'may be the failed deployment'}"
        for job in jobs
        if job.status == SUCCEED and not failed.is_of(job)
    ]
    if not excluded:
        why, cure = "this is the first one, or all earlier ones failed", "deploy a known-good commit by hand"
    else:
        more = len(excluded) - _MOST_EXCLUDED
        listed = "; ".join([*excluded[:_MOST_EXCLUDED], *([f"and {more} more"] if more > 0 else [])])
        why, cure = f"those that succeeded are excluded: {listed}", "name a good one: target-job-id or target-commit"
    return NoTarget(Code.NO_PREVIOUS_DEPLOYMENT, f"No previous Amplify deployment found: {why}.", cure)


def what_is_missing(newest: Job, failed: FailedDeployment) -> str:
    """Return why nothing tells whether the newest success is the failed deployment, for the end of a sentence."""
    commit, deployed = failed.deployment.commit, failed.deployment.frontend_result == "success"
    if newest.is_head and not deployed:
        known = "Amplify names no commit (HEAD)"
    elif not commit:
        known = "the commit that it deployed is not known"
    elif newest.names_no_commit:
        known = f"{newest.commit!r}, of which job {newest.id} is, can't be compared with the failed commit"
    else:
        known = f"no job on this branch is of the failed commit ({short(commit)})"
    told = ", although the frontend was deployed" if deployed else ", and no result of the frontend tells more"
    return f"{known}{told}: job {newest.id} ({short(newest.commit)}) may be the failed deployment"


def unclear(why: str) -> NoTarget:
    """Return that nothing is guessed: why, and what would tell."""
    return NoTarget(
        Code.LAST_KNOWN_GOOD_UNCLEAR,
        f"The last known good can't be told from the failed deployment: {why}.",
        "see the branch's jobs, and give failed-job-id (the job of the failed deployment), commit (what it deployed) "
        "or target-job-id (the job to go back to); next time a snapshot before each deployment tells it",
    )
