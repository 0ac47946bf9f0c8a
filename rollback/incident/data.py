"""The data, afterwards: no rollback touches it, so each resource that holds some is told with what brings it back."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from rollback.evidence.after import data_report, moment_before
from rollback.evidence.asking import Questions
from rollback.evidence.kinds import holds_data, protection_of
from rollback.evidence.protection import Protection
from rollback.evidence.resources import family
from rollback.frontend.failed import failed_deployment
from rollback.github import event
from rollback.report.notices import internal_error
from rollback.stack.tokens import step_of

if TYPE_CHECKING:
    from datetime import datetime

    from rollback.evidence.asking import Answer
    from rollback.evidence.resources import Owned
    from rollback.incident.model import Incident
    from rollback.stack.part import StackPart

_SECONDS = 5.0
_FORWARD = frozenset({"UPDATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "IMPORT_IN_PROGRESS"})


def look_after_the_data(incident: Incident) -> None:
    """Say of each resource that holds data how the data of before the failed deployment could be had again."""
    try:
        _look(incident)
    except Exception as defect:  # noqa: BLE001 - what was rolled back stands, whatever is said about data
        incident.notices.append(internal_error(defect))


def _look(incident: Incident) -> None:
    questions, begins = Questions(), {part.name: _began(part) for part, _ in incident.stacks}
    listed = [(part, questions.ask(partial(_now, incident, part))) for part, _ in incident.stacks]
    questions.wait(_SECONDS / 2, beside=1)
    told = [pair for part, answer in listed for pair in _once(part, incident, answer.found) if holds_data(pair[0])]
    looks = [questions.ask(partial(protection_of, incident.doors.aws, one)) for one, _ in told]
    questions.wait(_SECONDS / 2, beside=1)
    known = [begin for begin in (*begins.values(), _job_began(incident)) if begin]
    moment = moment_before(incident.inputs.started_at, event.pushed_at(incident.environ), known)
    reports = [
        data_report(one, _seen(look, incident.clock.now()), moment, incident.inputs.region)
        for (one, _), look in zip(told, looks, strict=True)
    ]
    incident.data = tuple(
        report.model_copy(update={"said": f"{note}{report.said}"})
        for report, (_, note) in zip(reports, told, strict=True)
    )


def _seen(look: Answer[Protection], now: datetime) -> Protection:
    """Return what was seen; an earliest moment that lies ahead says that the clocks differ, and nothing else."""
    found = look.found or Protection(unread=look.why_not)
    return replace(found, earliest=None) if found.earliest and found.earliest > now else found


def _now(incident: Incident, part: StackPart) -> tuple[Owned, ...] | None:
    """Return what the stack has now, where the rollback may have changed that; else None."""
    if part.stack is None or not part.actions.wrote:
        return None
    listed = incident.doors.cloudformation.resources
    return family(part.stack.name, part.stack.id, listed(part.stack.id), listed)[0]


def _once(part: StackPart, incident: Incident, now: tuple[Owned, ...] | None) -> list[tuple[Owned, str]]:
    """Return what the stack had before and has now, each once, with what became of it where that changed."""
    name, arn = (part.stack.name, part.stack.id) if part.stack else (part.name, "")
    before = [replace(one, stack=name, arn=one.arn or arn) for one in incident.owned.get(part.name, ())]
    had, has = ({(one.type, one.physical_id) for one in some} for some in (before, now or ()))
    found = {(one.type, one.physical_id): one for one in (*before, *(now or ()))}
    if now is None or part.name not in incident.owned:
        return [(one, "") for one in found.values()]
    return [
        (one, "left: it is the stack's no more; " if key not in has else "" if key in had else "the stack's again; ")
        for key, one in found.items()
    ]


def _began(part: StackPart) -> datetime | None:
    """Return when the stack's newest operation that is not of this action went forward."""
    forward = [
        event
        for event in part.watch.events
        if event.is_stack_level and event.status in _FORWARD and not step_of(event.token)
    ]
    return forward[0].at if forward else None


def _job_began(incident: Incident) -> datetime | None:
    part = incident.frontend[0] if incident.frontend else None
    if part is None or part.seen is None:
        return None
    job = failed_deployment(part.seen.jobs, part.wishes.deployment).job
    return job.started if job else None
