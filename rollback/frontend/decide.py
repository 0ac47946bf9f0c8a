"""Pure: the next move for the frontend, from the branch's jobs as they are seen."""

from __future__ import annotations

from rollback.engine.endings import refused
from rollback.engine.moves import Done, Move, Wait
from rollback.frontend.choice import NeedsOlder, NoTarget, Target
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
    StopJob,
    short,
)
from rollback.frontend.target import BUILT_NOTHING, choose
from rollback.report.commands import Value, aws
from rollback.report.model import Command, Notice
from rollback.report.notices import Code, warning
from rollback.report.results import Result

LOOKS_FOR_A_LOST_START = 2
"""How often the jobs are listed again after a StartJob whose answer got lost (it has no idempotency token)."""

MOST_LOST_STARTS = 3
MOST_STOP_REJECTIONS = 3
MOST_BUILDS = 2
"""How often the target is built when builds fail; clone failures come and go, so they get one more."""

_OF_ZIPS = ("manual", "not connected to a repository", "zip")
"""Words of Amplify's where it can't repeat a deployment that was none of a repository's commit."""


def decide(seen: Seen) -> Move:
    """Return the next move for the frontend as it is seen."""
    if seen.redeployments:
        return _after(seen, seen.redeployments[-1])
    choice = choose(seen.jobs, seen.deployment, complete=seen.complete)
    match choice:
        case NeedsOlder():
            return ReadOlder()
        case NoTarget(code, reason, cure):
            return refused(code, reason, Command(purpose=cure[:1].upper() + cure[1:]), _list_jobs(seen))
        case Target(target):
            return _towards(seen, target)


def _towards(seen: Seen, target: Job) -> Move:
    failed = last_of_failed(seen.jobs, target, seen.deployment)
    superseded = _superseded(seen, target)
    if superseded:
        return superseded
    there = redeployed_before(seen)
    if there:
        return _already_there(seen, there)
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
    if seen.if_needed and (live := _serving(seen, target)):
        return _served(seen, live, "The site still serves the last known good.")
    if running:
        return Wait(f"job {running[-1].id} to end ({running[-1].status}): Amplify runs one job a branch")
    return _redeploy(seen, target)


def _redeploy(seen: Seen, target: Job) -> Move:
    if target.type == MANUAL or seen.start_rejection:
        return _cannot_be_retried(seen, target)
    if seen.looks_since_lost_start is not None:
        if seen.looks_since_lost_start < LOOKS_FOR_A_LOST_START:
            return Wait("the job list to show whether the redeployment was started")
        if seen.lost_starts >= MOST_LOST_STARTS:
            return _gave_up(seen, target, "Amplify's answer to StartJob got lost again and again, and no job appeared.")
    if seen.environment:
        return RestoreEnvironment(seen.environment)
    return Redeploy(target)


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
        _list_jobs(seen),
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
    if job.type not in {RETRY, ""} or job.number <= target.number:
        return False
    nameless = job.type == RETRY and job.names_no_commit and target.names_no_commit and not job.is_over
    if not (job.same_commit(target) or nameless):
        return False
    if failed is not None:
        return job.number > failed
    started_at = seen.deployment.started_at
    return started_at is None or job.started is None or job.started >= started_at


def _already_there(seen: Seen, job: Job) -> Done:
    text = f"Job {job.id} has already redeployed the last known good ({short(job.commit)}), and the site serves it."
    return Done(Result.ALREADY_GOOD, text, warnings=_unproven(seen, job))


def _serving(seen: Seen, target: Job) -> Job | None:
    """Return the job that the site serves if that is the last known good, else None."""
    return seen.live if seen.live and seen.live.same_commit(target) else None


def _served(seen: Seen, live: Job, reason: str, *warnings: Notice) -> Done:
    return Done(Result.ALREADY_GOOD, reason, warnings=(*warnings, *_unproven(seen, live)))


def _cannot_be_retried(seen: Seen, target: Job) -> Done:
    why = (
        f"Job {target.id} was a manual (zip) deployment, and Amplify can't retry those."
        if target.type == MANUAL
        else f"Amplify does not retry job {target.id}: {seen.start_rejection}"
    )
    is_zip = target.type == MANUAL or any(word in seen.start_rejection.lower() for word in _OF_ZIPS)
    remedy = (
        Command(
            purpose="Deploy the good version again: by a push, or the zip by",
            line=_cli(seen, "start-deployment", source_url="…"),
        )
        if is_zip
        else Command(purpose="Mend what Amplify says, then run this job again, or", line=_retry(seen, target))
    )
    if live := _serving(seen, target):
        text = f"{why} The site still serves it, so nothing had to change."
        return _served(seen, live, text, warning(Code.TARGET_CANNOT_BE_RETRIED, text))
    return refused(Code.TARGET_CANNOT_BE_RETRIED, why, remedy)


# --- after our redeployment began ------------------------------------------------------------------------------------


def _after(seen: Seen, ours: Redeployment) -> Move:
    job, target = ours.job, seen.target
    if target is None:  # pragma: no cover - a redeployment has a target
        raise ValueError("a redeployment needs a target")
    if not job.is_over:
        return Wait(f"job {job.id} to end ({job.status})", seen.ends_in)
    if job.status == SUCCEED:
        return _proof(seen, job, target)
    if job.status == FAILED and len(seen.redeployments) < _most_builds(ours):
        running = [other for other in seen.jobs if not other.is_over]
        superseded = _superseded(seen, target)
        return superseded or (Wait(f"job {running[-1].id} to end") if running else _redeploy(seen, target))
    why = "was cancelled by somebody" if job.status == CANCELLED else "failed"
    reason = f"Job {job.id}, the rebuild of the last known good, {why}{f': {ours.failure}' if ours.failure else ''}."
    return _gave_up(seen, target, reason)


def _proof(seen: Seen, job: Job, target: Job) -> Done:
    """Return how a redeployment that succeeded ends: its commit must be the target's, and never the failed one."""
    wrong = failed_deployment(seen.jobs, seen.deployment).is_of(job) or (
        not job.names_no_commit and not target.names_no_commit and not job.same_commit(target)
    )
    if wrong:
        return Done(
            Result.FAILED,
            f"Job {job.id} built commit {short(job.commit)} instead of the last known good ({short(target.commit)}): "
            "the site now serves that.",
            Code.WRONG_COMMIT_BUILT,
            (_start_commit(seen), _list_jobs(seen)),
        )
    if seen.live and seen.live.number > job.number and not seen.live.same_commit(target):
        return _overtaken(seen, job, seen.live)
    text = f"Job {job.id} rebuilt the last known good ({short(target.commit)}), and the site serves it."
    return Done(Result.ROLLED_BACK, text, warnings=(*_unproven(seen, job, target), *_queued(seen, job)))


def _overtaken(seen: Seen, job: Job, live: Job) -> Done:
    """Return the end where somebody's build shipped right after our redeployment: the site serves that one now."""
    of_failed = failed_deployment(seen.jobs, seen.deployment).is_of(live)
    again = "Run this job again" if of_failed else "If that one is bad too, run this job again with target-job-id"
    return Done(
        Result.FAILED if of_failed else Result.REFUSED,
        f"Superseded: job {job.id} rebuilt the last known good, but job {live.id} of "
        f"{'the failed commit' if of_failed else f'commit {short(live.commit)}'} shipped after it, and the site serves "
        "that one.",
        Code.SUPERSEDED,
        (Command(purpose=again), _list_jobs(seen)),
    )


def _gave_up(seen: Seen, target: Job, reason: str) -> Done:
    if live := _serving(seen, target):
        text = f"{reason} The site was not changed: it still serves the last known good ({short(target.commit)})."
        return _served(seen, live, text, warning(Code.REDEPLOYMENT_NOT_NEEDED, text))
    return Done(
        Result.FAILED,
        f"{reason} The site does not serve the last known good.",
        Code.REDEPLOYMENT_FAILED,
        (
            Command(
                purpose="See why",
                line=_cli(seen, "get-job", job_id=seen.redeployments[-1].job.id),
            )
            if seen.redeployments
            else _list_jobs(seen),
            Command(
                purpose="Then redeploy the last known good",
                line=_retry(seen, target),
            ),
        ),
    )


def _most_builds(ours: Redeployment) -> int:
    clone = any(text in ours.failure.lower() for text in ("clone", "exit 128", "exit code 128", "exit status 128"))
    return MOST_BUILDS + clone


def _unproven(seen: Seen, job: Job, target: Job | None = None) -> tuple[Notice, ...]:
    if not (job.names_no_commit or (target is not None and target.names_no_commit)):
        return ()
    text = (
        f"Unproven: Amplify names no commit for job {job.id} ({short(job.commit)}), and rebuilding such a job may "
        "build the branch's tip. "
        "Check the site, or let verify-contains prove it."
    )
    return (warning(Code.UNPROVEN, text, _start_commit(seen)),)


def _queued(seen: Seen, job: Job) -> tuple[Notice, ...]:
    newer = [other for other in seen.jobs if other.number > job.number]
    if not newer:
        return ()
    listed = ", ".join(f"{other.id} ({short(other.commit)}, {other.status})" for other in reversed(newer))
    text = f"Meanwhile job(s) {listed} were queued or built: they ship after the rollback."
    stop = Command(
        purpose="Stop one that must not ship",
        line=_cli(seen, "stop-job", job_id=newer[0].id),
    )
    return (warning(Code.BUILD_QUEUED, text, stop),)


def timed_out(seen: Seen | None, waiting_for: str) -> Done:
    """Return how the frontend ends when the waiting does: Amplify goes on."""
    steps = [
        Command(purpose="When it has ended, run this job again: it goes on from there (or raise frontend-timeout)")
    ]
    if seen and seen.app_id:
        steps.insert(0, _list_jobs(seen))
    return Done(
        Result.TIMED_OUT,
        f"frontend-timeout ended the waiting for {waiting_for}, not Amplify's work.",
        Code.FRONTEND_TIMED_OUT,
        tuple(steps),
    )


def _start_commit(seen: Seen) -> Command:
    """Return how jobs come to name their commit, as far as reported (amplify-hosting 599, 2100; aws-sdk 653)."""
    return Command(
        purpose="So that the next one can be proven, start jobs with their commit, and see that the job list then "
        "shows it: some apps ignore it, and a preview then builds another branch. Auto-build always names it",
        line=_cli(seen, "start-job", job_type="RELEASE", commit_id="<sha>"),
    )


def _retry(seen: Seen, target: Job) -> str:
    return _cli(seen, "start-job", job_type="RETRY", job_id=target.id)


def _list_jobs(seen: Seen) -> Command:
    return Command(purpose="See the branch's jobs", line=_cli(seen, "list-jobs", max_results="20"))


def _cli(seen: Seen, command: str, **options: Value) -> str:
    return aws("amplify", command, app_id=seen.app_id, branch_name=seen.branch, region=seen.region, **options)
