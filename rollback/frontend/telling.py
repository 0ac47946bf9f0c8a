"""The frontend's end, as the report tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback.frontend.choice import Target
from rollback.frontend.endings import proven_by
from rollback.frontend.model import MANUAL
from rollback.frontend.target import snapshot_passed_over, why_not_good
from rollback.report import links
from rollback.report.model import FrontendReport, JobReport, Notice, RootCause
from rollback.report.notices import Code, error, warning
from rollback.report.results import GOOD, Result

if TYPE_CHECKING:
    from rollback.engine.moves import Done
    from rollback.frontend.model import Job
    from rollback.frontend.part import FrontendPart

_MOST_HISTORY = 20


def frontend_report(part: FrontendPart, done: Done | None, *, with_history: bool = False) -> FrontendReport:
    """Return the report of a frontend that is `done`; None where the run was interrupted before its end."""
    wishes, app = part.wishes, part.app
    result = done.result if done else (Result.TIMED_OUT if part.actions.wrote else None)
    ours = part.redeployments[-1].job if part.redeployments else part.redeployed_before
    good = result in GOOD
    live = part.seen.live if part.seen else None
    target = part.last_known_good
    restored = (target if result is Result.ROLLED_BACK or ours else live) if good else None
    if result is Result.PLANNED:
        restored = target
    nameless = [job for job in (restored, ours) if job and job.names_no_commit]
    unproven = any(not (part.seen and proven_by(part.seen, job)) for job in nameless)
    return FrontendReport(
        app_id=app.id if app else wishes.app_id,
        app_name=(app.name if app else "") or wishes.app_name,
        branch=wishes.branch,
        result=result,
        before=_job(part.before),
        target=_job(target),
        rule=part.rule,
        job=_job(ours),
        restored=_job(restored, proven=True),
        live=_job(live),
        proven=good and restored is not None and not unproven,
        actions=part.actions.texts,
        reason=done.reason if done else _interrupted(part),
        root_cause=_root_cause(part),
        notices=(
            *(
                ()
                if done is None or good or result is Result.PLANNED
                else (error(Code(done.code), done.reason, *done.next_steps),)
            ),
            *(done.warnings if done else ()),
            *part.warnings,
            *_passed_over(part),
        ),
        not_rolled_back=_not_rolled_back(part, result),
        next_steps=done.next_steps if done else (),
        url=links.site(app.domain, wishes.branch, part.door.display_name(app.id, wishes.branch)) if app else "",
        link=links.app(wishes.region, app.id, wishes.branch, ours.id if ours else "") if app else "",
        history=history(part) if with_history else (),
    )


def history(part: FrontendPart) -> tuple[JobReport, ...]:
    """Return the newest jobs, each with why it is or is not the last known good."""
    if part.seen is None:
        return ()
    choice = part.choice()
    target = choice.job if isinstance(choice, Target) else None
    live = part.seen.live
    rows = []
    for job in part.seen.jobs[:_MOST_HISTORY]:
        is_target = target is not None and job.id == target.id
        if is_target and isinstance(choice, Target):
            note = choice.rule
        else:
            note = why_not_good(job, part.seen.jobs, part.seen.deployment)
            newer = target is None or job.number > target.number
            note = note or ("may be the failed deployment" if newer else "older than the last known good")
        shown = _job(job, note)
        if shown:
            is_live = live is not None and job.id == live.id
            rows.append(shown.model_copy(update={"live": is_live, "last_known_good": is_target}))
    return tuple(rows)


def _job(job: Job | None, note: str = "", *, proven: bool = False) -> JobReport | None:
    """Return a job; a tag is shown as its commit, but not where the commit must be a `proven` one."""
    if job is None:
        return None
    return JobReport(
        id=job.id,
        commit="" if job.is_head or (proven and job.names_no_commit) else job.commit,
        status=job.status,
        type=job.type,
        message=job.message,
        started=job.started,
        ended=job.ended,
        note=note,
    )


def _passed_over(part: FrontendPart) -> tuple[Notice, ...]:
    why = snapshot_passed_over(part.seen.jobs, part.seen.deployment) if part.seen else ""
    if not why:
        return ()
    text = f"The snapshot's job {part.wishes.deployment.snapshot_job_id} is passed over: {why}. The other rules decide."
    return (warning(Code.SNAPSHOT_JOB_PASSED_OVER, text),)


def _interrupted(part: FrontendPart) -> str:
    if part.started_unclear:
        return (
            "The run was interrupted while Amplify was asked for a redeployment: it may have started. "
            "Running it again adopts it."
        )
    if part.actions.wrote:
        return f"The run was interrupted. Amplify goes on with what was started: {part.actions.told}."
    return "The run was interrupted before anything was started."


def _root_cause(part: FrontendPart) -> RootCause | None:
    if part.failure is None:
        return None
    job, reason = part.failure
    return RootCause(
        where="frontend",
        resource=f"job {job.id}",
        resource_type="Amplify build",
        reason=reason or "the build failed; Amplify's log says why",
        link=links.app(part.wishes.region, part.app.id, part.wishes.branch, job.id) if part.app else "",
    )


def _not_rolled_back(part: FrontendPart, result: Result | None) -> tuple[str, ...]:
    if result is not Result.ROLLED_BACK or (part.target and part.target.type == MANUAL):
        return ()
    if part.wishes.environment:
        return ("the rebuild used today's build image.",)
    return ("the rebuild used today's environment variables and build image, not those of the original build.",)
