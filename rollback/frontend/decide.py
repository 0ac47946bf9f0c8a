"""Pure: the next move for the frontend, from the branch's jobs as they are seen."""

from __future__ import annotations

from rollback.engine.endings import refused
from rollback.engine.moves import Done, Move, Wait
from rollback.frontend.choice import NeedsOlder, NoTarget, Target
from rollback.frontend.endings import (
    already_there,
    cannot_be_retried,
    gave_up,
    list_jobs,
    proof,
    served,
    serving,
)
from rollback.frontend.failed import failed_deployment, last_of_failed
from rollback.frontend.model import (
    CANCELLED,
    CANCELLING,
    FAILED,
    MANUAL,
    RETRY,
    SUCCEED,
    Adopt,
    Job,
    ReadOlder,
    Redeploy,
    Redeployment,
    RestoreEnvironment,
    Seen,
    Source,
    StopJob,
    short,
)
from rollback.frontend.target import BUILT_NOTHING, choose
from rollback.frontend.zips import CopyZip, Deploy
from rollback.report.model import Command
from rollback.report.notices import Code

LOOKS_FOR_A_LOST_START = 2
"""How often the jobs are listed again after a start whose answer got lost: it has no idempotency token."""

MOST_LOST_STARTS = 3
MOST_STOP_REJECTIONS = 3
MOST_BUILDS = 2
"""How often the target is built when builds fail; clone failures come and go, so they get one more."""


def decide(seen: Seen) -> Move:
    """Return the next move for the frontend as it is seen."""
    if seen.redeployments:
        return _after(seen, seen.redeployments[-1])
    choice = choose(seen.jobs, seen.deployment, complete=seen.complete)
    match choice:
        case NeedsOlder():
            return ReadOlder()
        case NoTarget(code, reason, cure):
            return refused(code, reason, Command(purpose=cure[:1].upper() + cure[1:]), list_jobs(seen))
        case Target(target):
            return _towards(seen, target)


def _towards(seen: Seen, target: Job) -> Move:
    failed = last_of_failed(seen.jobs, target, seen.deployment)
    superseded = _superseded(seen, target)
    if superseded:
        return superseded
    there = redeployed_before(seen)
    if there:
        return already_there(seen, there)
    ours = [job for job in seen.jobs if _is_redeployment(seen, job, target, failed)]
    if ours and not ours[0].is_over and ours[0].status != CANCELLING:
        return Adopt(ours[0])
    running = [job for job in seen.jobs if not job.is_over]
    of_failed = [job for job in running if failed_deployment(seen.jobs, seen.deployment).is_of(job)]
    stoppable = [job for job in of_failed if job.status != CANCELLING]
    if stoppable and seen.stop_rejections < MOST_STOP_REJECTIONS:
        return StopJob(stoppable[-1])
    if of_failed:
        return Wait(f"job {of_failed[-1].id} of the failed deployment to end ({of_failed[-1].status})")
    if seen.if_needed and (live := serving(seen, target)):
        return served(seen, live, "The site still serves the last known good.")
    if running:
        return Wait(f"job {running[-1].id} to end ({running[-1].status}): Amplify runs one job a branch")
    return _redeploy(seen, target)


def _redeploy(seen: Seen, target: Job) -> Move:
    origin = seen.origin
    if (target.type == MANUAL and (origin is None or origin.source is None)) or seen.start_rejection:
        return cannot_be_retried(seen, target)
    if seen.looks_since_lost_start is not None:
        if seen.looks_since_lost_start < LOOKS_FOR_A_LOST_START:
            return Wait("the job list to show whether the redeployment was started")
        if seen.lost_starts >= MOST_LOST_STARTS:
            operation = "StartDeployment" if target.type == MANUAL else "StartJob"
            operation = "StartDeployment" if target.type == MANUAL else "StartJob"
            why = f"Amplify's answer to {operation} got lost again and again, and no job appeared."
            return gave_up(seen, target, why)
    if seen.environment:
        return RestoreEnvironment(seen.environment)
    if origin is None or origin.source is None:
        return Redeploy(target)
    if origin.copy and not seen.copied:
        return CopyZip(origin.copy)
    return Deploy(target, origin.source)


def _superseded(seen: Seen, target: Job) -> Done | None:
    """Return the refusal where somebody deployed another commit after the failed one, else None.

    Only what certainly is another commit's counts, and never what may be the deployment's own: where no job is known
    as its own, the workflow's frontend result says that it built none, or has built it.
    """
    deployment, newest = seen.deployment, seen.jobs[0]
    if deployment.target_job_id or deployment.target_commit:
        return None
    failed = failed_deployment(seen.jobs, deployment)
    if newest.names_no_commit or newest.same_commit(target) or failed.is_of(newest):
        return None
    if failed.last is not None:
        newer = newest.number > failed.last
    elif deployment.commit and deployment.frontend_result in BUILT_NOTHING:
        began = deployment.started_at
        shipped = newest.status == SUCCEED and began is not None and not newest.began_before(began)
        newer = shipped or not newest.is_over
    else:
        newer = bool(deployment.commit) and deployment.frontend_result == "success" and not newest.is_over
    if not newer:
        return None
    return refused(
        Code.SUPERSEDED,
        f"Superseded: job {newest.id} ({newest.status}) of commit {short(newest.commit)} is newer than the failed "
        "deployment. Rolling back would undo somebody's later deployment.",
        Command(purpose="If that one is bad too, run this job again with target-job-id or target-commit"),
        list_jobs(seen),
    )


def redeployed_before(seen: Seen) -> Job | None:
    """Return this rollback's redeployment where an earlier run made it and the site serves it, else None."""
    choice = choose(seen.jobs, seen.deployment, complete=seen.complete)
    if not isinstance(choice, Target) or seen.live is None:
        return None
    failed = last_of_failed(seen.jobs, choice.job, seen.deployment)
    return seen.live if _is_redeployment(seen, seen.live, choice.job, failed) else None


def _is_redeployment(seen: Seen, job: Job, target: Job, failed: int | None) -> bool:
    """Return whether a job is this rollback's redeployment: a RETRY of the target newer than the failed deployment.

    A RETRY that names no commit may be anybody's: only while it runs it is taken for ours, so as to start none twice.
    """
    if target.type == MANUAL:
        return _deploys_again(seen, job, failed)
    if job.type not in {RETRY, ""} or job.number <= target.number:
        return False
    nameless = job.type == RETRY and job.names_no_commit and target.names_no_commit and not job.is_over
    if not (job.same_commit(target) or nameless):
        return False
    if failed is not None:
        return job.number > failed
    started_at = seen.deployment.started_at
    return started_at is None or job.started is None or job.started >= started_at


def may_be_lost(job: Job, target: Job, deployed: Source | None) -> bool:
    """Return whether a new job may be the one of a start whose answer got lost: of a deployment, or else of a RETRY."""
    if deployed:
        return job.type == MANUAL and job.source == deployed
    return job.type in {RETRY, ""} and (job.same_commit(target) or job.names_no_commit)


def _deploys_again(seen: Seen, job: Job, failed: int | None) -> bool:
    """Return whether a job deploys what the target, a zip deployment, deployed.

    Where its source has not changed since, whoever deployed it deployed the same; else only while it runs, as above.
    """
    origin = seen.origin
    if origin is None or job.id == origin.job.id or not origin.deployed_by(job):
        return False
    return origin.unchanged or (not job.is_over and (failed is None or job.number > failed))


# --- after our redeployment began ------------------------------------------------------------------------------------


def _after(seen: Seen, ours: Redeployment) -> Move:
    job, target = ours.job, seen.target
    if target is None:  # pragma: no cover - a redeployment has a target
        raise ValueError("a redeployment needs a target")
    if not job.is_over:
        return Wait(f"job {job.id} to end ({job.status})", seen.ends_in)
    if job.status == SUCCEED:
        return proof(seen, job, target)
    if job.status == FAILED and len(seen.redeployments) < _most_builds(ours):
        running = [other for other in seen.jobs if not other.is_over]
        superseded = _superseded(seen, target)
        return superseded or (Wait(f"job {running[-1].id} to end") if running else _redeploy(seen, target))
    redone = "deployment" if target.type == MANUAL else "rebuild"
    why = "was cancelled" if job.status == CANCELLED else "failed"
    reason = f"Job {job.id}, the {redone} of the last known good, {why}{f': {ours.failure}' if ours.failure else ''}."
    return gave_up(seen, target, reason)


def _most_builds(ours: Redeployment) -> int:
    clone = any(text in ours.failure.lower() for text in ("clone", "exit 128", "exit code 128", "exit status 128"))
    return MOST_BUILDS + clone
