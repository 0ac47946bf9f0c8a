"""The report of one run, from what the incident knows at that moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback.evidence.readiness import is_ready
from rollback.frontend.telling import frontend_report
from rollback.github import event
from rollback.incident import wishes
from rollback.report.fallback import first_that_works
from rollback.report.model import Command, Context, FrontendReport, Notice, Report, RootCause, StackReport
from rollback.report.notices import internal_error
from rollback.report.outcome import outcome_of
from rollback.report.results import GOOD, Mode, Outcome, Result, Verdict, worst
from rollback.stack.telling import stack_report

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollback.engine.moves import Done
    from rollback.frontend.part import FrontendPart
    from rollback.incident.model import Incident
    from rollback.inputs.model import Inputs
    from rollback.stack.part import StackPart

_NOT_ENDED = "It had not ended when the run did."
_RECOVERED = frozenset({Outcome.ROLLED_BACK, Outcome.NOT_NEEDED})


def report_of(incident: Incident, outcome: Outcome | None = None, reason: str = "") -> Report:
    """Return the report; without an `outcome`, the one that the parts' results and the verification give.

    Never raises: what can't be told in full is told plainly, and the defect with it. The outcome stands.
    """
    inputs = incident.inputs
    outcome = outcome or outcome_of(incident.results, incident.verification.verdict, dry_run=inputs.dry_run)
    try:
        return _full_report(incident, outcome, reason)
    except Exception as defect:  # noqa: BLE001 - a defect in telling must not change what is told
        return _bare_report(incident, outcome, reason, internal_error(defect))


def report_after(incident: Incident, defect: str) -> Report:
    """Return the report after a defect between or after the parts: what they came to stands, `defect` is the reason."""
    inputs = incident.inputs
    ended = [done for _, done in (*incident.stacks, *([incident.frontend] if incident.frontend else [])) if done]
    wanted = len(inputs.stack_name) + inputs.has_frontend
    if inputs.mode is not Mode.ROLLBACK or len(ended) < wanted:
        return report_of(incident, Outcome.FAILED, defect)
    outcome = outcome_of(incident.results, incident.verification.verdict, dry_run=inputs.dry_run)
    if outcome in _RECOVERED and incident.verification.verdict is Verdict.SKIPPED and wishes.wanted(inputs).anything:
        outcome = Outcome.UNHEALTHY  # not verified is not healthy
    return report_of(incident, outcome)


def _full_report(incident: Incident, outcome: Outcome, reason: str) -> Report:
    inputs = incident.inputs
    stacks, frontend = _told_stacks(incident), told_frontend(incident)
    proven_by_check = frontend is not None and incident.verification.proves_commit and frontend.result in GOOD
    if frontend and proven_by_check:
        frontend = frontend.model_copy(update={"proven": True, "notices": _without_unproven(frontend.notices)})
    due = bool(incident.trigger and incident.trigger.due)
    return Report(
        mode=inputs.mode,
        outcome=outcome,
        reason=reason or _reason(incident, stacks, frontend),
        triggered=due,
        rule=incident.trigger.rule if incident.trigger else "",
        dry_run=inputs.dry_run,
        requested_because=inputs.reason,
        context=first_that_works(lambda: context(incident.environ, inputs), lambda: _bare_context(inputs)),
        stacks=tuple(stacks),
        stack_result=_stack_result(inputs, stacks) if due else None,
        frontend=frontend,
        frontend_result=_frontend_result(inputs, frontend) if due else None,
        verification=incident.verification,
        root_cause=_root_cause(incident, stacks, frontend),
        failed_jobs=incident.failed_jobs,
        evidence=incident.evidence,
        data=incident.data,
        ready=is_ready(incident.readiness) if incident.readiness else None,
        readiness=incident.readiness,
        timeline=tuple(incident.progress.moments),
        notices=tuple(incident.notices),
        next_steps=_next_steps(inputs.mode, outcome),
        snapshot=incident.snapshot,
        snapshot_digest=incident.snapshot_digest,
        releases=incident.releases,
        started=incident.started,
        recovery_seconds=round(incident.recovered_after or incident.progress.seconds, 1)
        if outcome in _RECOVERED
        else None,
        elapsed_seconds=round(incident.progress.seconds, 1),
    )


def _bare_report(incident: Incident, outcome: Outcome, reason: str, defect: Notice) -> Report:
    """Return what is known without asking any part: how each ended, and why."""
    inputs = incident.inputs
    due = bool(incident.trigger and incident.trigger.due)
    stacks = [_plain_stack(part, done) for part, done in incident.stacks]
    frontend = _plain_frontend(*incident.frontend) if incident.frontend else None
    return Report(
        mode=inputs.mode,
        outcome=outcome,
        reason=reason or " ".join([*(part.reason for part in stacks), *([frontend.reason] if frontend else [])]),
        triggered=due,
        dry_run=inputs.dry_run,
        context=_bare_context(inputs),
        stacks=tuple(stacks),
        stack_result=incident.results[0] if due else None,
        frontend=frontend,
        frontend_result=incident.results[1] if due else None,
        verification=incident.verification,
        notices=(*incident.notices, defect),
        started=incident.started,
    )


def context(environ: Mapping[str, str], inputs: Inputs) -> Context:
    """Return where the run belongs, by the inputs and else by the environment."""
    return event.context(
        environ,
        commit=inputs.commit or "",
        branch=inputs.branch or "",
        environment=inputs.environment,
        region=inputs.region,
    )


def _bare_context(inputs: Inputs) -> Context:
    return Context(branch=inputs.branch or "", commit=inputs.commit or "", environment=inputs.environment)


def told_frontend(incident: Incident) -> FrontendReport | None:
    """Return the frontend's report as it stands now, a plain one where the full one fails."""
    if incident.told_frontend or not incident.frontend:
        return incident.told_frontend
    part, done = incident.frontend
    try:
        return frontend_report(part, done, with_history=incident.inputs.dry_run)
    except Exception as defect:  # noqa: BLE001 - as in report_of
        return _plain_frontend(part, done, internal_error(defect))


def _told_stacks(incident: Incident) -> list[StackReport]:
    return incident.told_stacks or [
        _told_stack(part, done, dry_run=incident.inputs.dry_run) for part, done in incident.stacks
    ]


def _told_stack(part: StackPart, done: Done | None, *, dry_run: bool) -> StackReport:
    try:
        return stack_report(part, done, dry_run=dry_run)
    except Exception as defect:  # noqa: BLE001 - as in report_of
        return _plain_stack(part, done, internal_error(defect))


def _plain_stack(part: StackPart, done: Done | None, *defects: Notice) -> StackReport:
    return StackReport(
        name=str(part.name),
        result=done.result if done else None,
        reason=str(done.reason) if done else _NOT_ENDED,
        notices=(*_said(done), *defects),
        next_steps=done.next_steps if done else (),
    )


def _plain_frontend(part: FrontendPart, done: Done | None, *defects: Notice) -> FrontendReport:
    return FrontendReport(
        app_id=str(part.wishes.app_id),
        branch=str(part.wishes.branch),
        result=done.result if done else None,
        reason=str(done.reason) if done else _NOT_ENDED,
        notices=(*_said(done), *defects),
        next_steps=done.next_steps if done else (),
    )


def _said(done: Done | None) -> tuple[Notice, ...]:
    """Return a bad end as the error it is, by its code even where that is unknown."""
    if done is None or done.result in GOOD | {Result.PLANNED}:
        return done.warnings if done else ()
    own = Notice(code=str(done.code), level="error", text=str(done.reason), remedies=done.next_steps)
    return (own, *done.warnings)


def _stack_result(inputs: Inputs, stacks: list[StackReport]) -> Result | None:
    if not inputs.stack_name:
        return Result.SKIPPED
    known = [stack.result for stack in stacks if stack.result]
    return worst(known) if known else None


def _frontend_result(inputs: Inputs, frontend: FrontendReport | None) -> Result | None:
    if not inputs.has_frontend:
        return Result.SKIPPED
    return frontend.result if frontend else None


def _reason(incident: Incident, stacks: list[StackReport], frontend: FrontendReport | None) -> str:
    parts = [_named(stack) for stack in stacks if stack.reason]
    parts += [f"Frontend: {frontend.reason}"] if frontend and frontend.reason else []
    parts += [check for check in incident.verification.checks if check.startswith("failed")]
    because = [incident.trigger.reason] if incident.trigger else []
    return " ".join(because + parts)


def _named(stack: StackReport) -> str:
    name = f"Stack {stack.name}"
    return stack.reason if stack.reason.startswith(f"{name} ") else f"{name}: {stack.reason}"


def _root_cause(incident: Incident, stacks: list[StackReport], frontend: FrontendReport | None) -> RootCause | None:
    """Return the first thing that failed: in a stack, else in the frontend's build, else in the workflow."""
    causes = [stack.root_cause for stack in stacks] + ([frontend.root_cause] if frontend else [])
    found = next((cause for cause in causes if cause), None)
    if found or not incident.failed_jobs:
        return found
    job = incident.failed_jobs[0]
    step = f" at step {job.step}" if job.step else ""
    return RootCause(where=job.name, reason=f"job {job.name} ended in {job.result}{step}", link=job.link)


def _next_steps(mode: Mode, outcome: Outcome) -> tuple[Command, ...]:
    if outcome is Outcome.UNHEALTHY and mode is Mode.ROLLBACK:
        return (
            Command(purpose="The rollback is done, but the check fails: look at the site and at its logs"),
            Command(
                purpose="If data was changed, check tables and buckets, restore from a backup, run data migrations"
            ),
        )
    if outcome is Outcome.INTERRUPTED:
        return (Command(purpose="Run this job again: it adopts what is under way and goes on from there"),)
    return ()


def _without_unproven(notices: tuple[Notice, ...]) -> tuple[Notice, ...]:
    return tuple(notice for notice in notices if notice.code != "unproven")
