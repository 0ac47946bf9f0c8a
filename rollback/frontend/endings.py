"""Pure: the ways in which the frontend ends, each with its reason and the next commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback.engine.endings import refused
from rollback.engine.moves import Done
from rollback.frontend.failed import failed_deployment
from rollback.frontend.model import MANUAL, Job, Seen, Source, short
from rollback.report.commands import Value, aws
from rollback.report.model import Command, Notice
from rollback.report.notices import Code, warning
from rollback.report.results import Result

if TYPE_CHECKING:
    from rollback.frontend.zips import Origin

_BEFORE_THE_BUILD = frozenset({"CREATED", "PENDING", "PROVISIONING"})
_OF_ZIPS = ("manual", "not connected to a repository", "zip")
"""Words of Amplify's where it can't repeat a deployment that was none of a repository's commit."""


def already_there(seen: Seen, job: Job) -> Done:
    """Return the end where an earlier run's redeployment is served already."""
    text = f"Job {job.id} has already redeployed the last known good ({short(job.commit)}), and the site serves it."
    return Done(Result.ALREADY_GOOD, text, warnings=unproven(seen, job))


def serving(seen: Seen, target: Job) -> Job | None:
    """Return the job that the site serves if that is the last known good, else None."""
    live, origin = seen.live, seen.origin
    good = live and (live.same_commit(target) or (origin is not None and origin.is_content_of(live)))
    return live if good else None


def proven_by(seen: Seen, job: Job) -> str:
    """Return by which digest it is shown that a job, whose commit Amplify does not name, is the last known good's."""
    origin = seen.origin
    if origin is None or not origin.proof:
        return ""
    own = any(job.id == ours.job.id and job.source == origin.source for ours in seen.redeployments)
    return origin.proof if own or origin.is_content_of(job) else ""


def served(seen: Seen, live: Job, reason: str, *warnings: Notice) -> Done:
    """Return the end where the site serves the last known good without a redeployment."""
    return Done(Result.ALREADY_GOOD, reason, warnings=(*warnings, *unproven(seen, live)))


def cannot_be_retried(seen: Seen, target: Job) -> Done:
    """Return the end where Amplify can't be asked for the target again, or said no."""
    why, remedies = _why_not(seen, target)
    if live := serving(seen, target):
        text = f"{why} The site still serves it, so nothing had to change."
        return served(seen, live, text, warning(Code.TARGET_CANNOT_BE_RETRIED, text))
    return refused(Code.TARGET_CANNOT_BE_RETRIED, why, *remedies)


def _why_not(seen: Seen, target: Job) -> tuple[str, tuple[Command, ...]]:
    by_hand = Command(
        purpose="Deploy the good version again: by a push, or the zip by",
        line=cli(seen, "start-deployment", source_url="…"),
    )
    if seen.start_rejection:
        does = "deploy again what" if target.type == MANUAL else "retry"
        did = f"job {target.id} deployed" if target.type == MANUAL else f"job {target.id}"
        why = f"Amplify does not {does} {did}: {seen.start_rejection}"
        is_zip = target.type == MANUAL or any(word in seen.start_rejection.lower() for word in _OF_ZIPS)
        mend = Command(purpose="Mend what Amplify says, then run this job again, or", line=again(seen, target))
        return why, (by_hand if is_zip else mend,)
    if seen.origin is None:
        return f"Job {target.id} was a manual (zip) deployment, and Amplify can't retry those.", (by_hand,)
    return seen.origin.why, (*seen.origin.cures, by_hand)


def proof(seen: Seen, job: Job, target: Job) -> Done:
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
            (start_commit(seen), list_jobs(seen)),
        )
    if seen.live and seen.live.number > job.number and not serving(seen, target):
        return overtaken(seen, job, seen.live)
    if target.type == MANUAL:
        shown = proven_by(seen, job)
        text = f"Job {job.id} deployed again what job {target.id} deployed, and the site serves it"
        text = f"{text}: {shown}." if shown else f"{text}."
    else:
        text = f"Job {job.id} rebuilt the last known good ({short(target.commit)}), and the site serves it."
    return Done(Result.ROLLED_BACK, text, warnings=(*unproven(seen, job, target), *queued(seen, job)))


def overtaken(seen: Seen, job: Job, live: Job) -> Done:
    """Return the end where somebody's build shipped right after our redeployment: the site serves that one now."""
    of_failed = failed_deployment(seen.jobs, seen.deployment).is_of(live)
    again = "Run this job again" if of_failed else "If that one is bad too, run this job again with target-job-id"
    return Done(
        Result.FAILED if of_failed else Result.REFUSED,
        f"Superseded: job {job.id} rebuilt the last known good, but job {live.id} of "
        f"{'the failed commit' if of_failed else f'commit {short(live.commit)}'} shipped after it, and the site serves "
        "that one.",
        Code.SUPERSEDED,
        (Command(purpose=again), list_jobs(seen)),
    )


def gave_up(seen: Seen, target: Job, reason: str) -> Done:
    """Return the end where redeploying failed for good."""
    if live := serving(seen, target):
        text = f"{reason} The site was not changed: it still serves the last known good ({short(target.commit)})."
        return served(seen, live, text, warning(Code.REDEPLOYMENT_NOT_NEEDED, text))
    return Done(
        Result.FAILED,
        f"{reason} The site does not serve the last known good.",
        Code.REDEPLOYMENT_FAILED,
        (
            Command(
                purpose="See why",
                line=cli(seen, "get-job", job_id=seen.redeployments[-1].job.id),
            )
            if seen.redeployments
            else list_jobs(seen),
            Command(
                purpose="Then redeploy the last known good",
                line=again(seen, target),
            ),
        ),
    )


def unproven(seen: Seen, job: Job, target: Job | None = None) -> tuple[Notice, ...]:
    """Return the warning where nothing proves what a job deployed."""
    if proven_by(seen, job):
        return ()
    if job.type == MANUAL:
        return (warning(Code.UNPROVEN, _unproven_zip(job, seen.origin)),)
    if not (job.names_no_commit or (target is not None and target.names_no_commit)):
        return ()
    text = (
        f"Unproven: Amplify names no commit for job {job.id} ({short(job.commit)}), and rebuilding such a job may "
        "build the branch's tip. Check the site, or let verify-contains prove it."
    )
    return (warning(Code.UNPROVEN, text, start_commit(seen)),)


def _unproven_zip(job: Job, origin: Origin | None) -> str:
    if origin and origin.is_content_of(job) and origin.seen:
        shown = "S3 shows that its source was not written since the last known good was deployed from it"
    elif job.source and not job.source.is_s3:
        shown = "nothing shows whether its address still holds what was deployed then"
    else:
        shown = "nothing was compared"
    cure = "Check the site, or let verify-contains prove it; an s3:// snapshot keeps the zip's digest."
    return f"Unproven: Amplify names no commit for job {job.id}, a zip deployment; {shown}. {cure}"


def queued(seen: Seen, job: Job) -> tuple[Notice, ...]:
    """Return the warning about jobs that ship after ours."""
    newer = [other for other in seen.jobs if other.number > job.number]
    if not newer:
        return ()
    listed = ", ".join(f"{other.id} ({short(other.commit)}, {other.status})" for other in reversed(newer))
    text = f"Meanwhile job(s) {listed} were queued or built: they ship after the rollback."
    stop = Command(
        purpose="Stop one that must not ship",
        line=cli(seen, "stop-job", job_id=newer[0].id),
    )
    return (warning(Code.BUILD_QUEUED, text, stop),)


def timed_out(seen: Seen | None, waiting_for: str) -> Done:
    """Return how the frontend ends when the waiting does: Amplify goes on."""
    steps = [
        Command(purpose="When it has ended, run this job again: it goes on from there (or raise frontend-timeout)")
    ]
    if seen and seen.app_id:
        steps.insert(0, list_jobs(seen))
        steps = [*_stuck(seen), *steps]
    return Done(
        Result.TIMED_OUT,
        f"frontend-timeout ended the waiting for {waiting_for}, not Amplify's work.",
        Code.FRONTEND_TIMED_OUT,
        tuple(steps),
    )


def _stuck(seen: Seen) -> list[Command]:
    """Return how to stop somebody else's job that hangs before its build: Amplify runs one job a branch."""
    ours = {one.job.id for one in seen.redeployments}
    hanging = [job for job in seen.jobs if job.status in _BEFORE_THE_BUILD and job.id not in ours]
    if not hanging:
        return []
    first = hanging[-1]
    purpose = f"If job {first.id} hangs in {first.status}, stop it: nothing else is built before it ends"
    return [Command(purpose=purpose, line=cli(seen, "stop-job", job_id=first.id))]


def start_commit(seen: Seen) -> Command:
    """Return how jobs come to name their commit, as far as reported (amplify-hosting 599, 2100; aws-sdk 653)."""
    return Command(
        purpose="So that the next one can be proven, start jobs with their commit, and see that the job list then "
        "shows it: some apps ignore it, and a preview then builds another branch. Auto-build always names it",
        line=cli(seen, "start-job", job_type="RELEASE", commit_id="<sha>"),
    )


def again(seen: Seen, target: Job) -> str:
    """Return the command that redeploys the target."""
    if target.type == MANUAL:
        source = (seen.origin.source if seen.origin else None) or Source("…", "")
        shown = "…" if "?" in source.url else source.url  # what is signed is shown nowhere
        return cli(seen, "start-deployment", source_url=shown, source_url_type=source.kind)
    return cli(seen, "start-job", job_type="RETRY", job_id=target.id)


def list_jobs(seen: Seen) -> Command:
    """Return the command that lists the branch's jobs."""
    return Command(purpose="See the branch's jobs", line=cli(seen, "list-jobs", max_results="20"))


def cli(seen: Seen, command: str, **options: Value) -> str:
    """Return a command line about the branch."""
    return aws("amplify", command, app_id=seen.app_id, branch_name=seen.branch, region=seen.region, **options)
