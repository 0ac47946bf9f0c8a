"""`mode: status`: what is deployed, what is live, what is the last known good and why each newer job is not."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from rollback.engine.moves import Ended
from rollback.engine.reconcile import patiently
from rollback.engine.trouble import AwsTrouble
from rollback.frontend.choice import NeedsOlder, NoTarget
from rollback.frontend.model import short
from rollback.frontend.part import FrontendPart
from rollback.frontend.telling import frontend_report
from rollback.github import event
from rollback.incident import wishes
from rollback.incident.causes import look_for_causes
from rollback.incident.looking import look_at_stack, tell_backend
from rollback.modes.listing import list_releases
from rollback.report.notices import Code, error
from rollback.report.results import Outcome

if TYPE_CHECKING:
    from rollback.incident.model import Incident
    from rollback.modes import Ending
    from rollback.report.model import FrontendReport


def look_at_everything(incident: Incident) -> Ending:
    """Look at each stack and at the frontend once; what doesn't exist is part of the answer. Raises AwsTrouble."""
    look_for_causes(incident)
    for name in incident.inputs.stack_name:
        incident.told_stacks.append(
            look_at_stack(incident, name, wishes.stack_patience(incident.inputs, incident.progress))
        )
    if incident.inputs.has_frontend:
        incident.told_frontend = _frontend(incident)
    incident.releases = list_releases(incident)
    said = [stack.reason for stack in incident.told_stacks]
    said += [incident.told_frontend.reason] if incident.told_frontend else []
    return Outcome.STATUS, " ".join(said)


def _frontend(incident: Incident) -> FrontendReport:
    asked = wishes.frontend_wishes(incident.inputs, pushed_at=event.pushed_at(incident.environ))
    part = FrontendPart(asked, incident.doors.amplify, incident.progress)
    try:
        patiently(part.observe, wishes.frontend_patience(incident.inputs, incident.progress), incident.clock)
        while isinstance(part.choice(), NeedsOlder):
            patiently(part.read_older, wishes.frontend_patience(incident.inputs, incident.progress), incident.clock)
    except Ended as end:
        notice = error(Code(end.done.code), end.done.reason, *end.done.next_steps)
        return frontend_report(part, None).model_copy(update={"reason": end.done.reason, "notices": (notice,)})
    part.find_failure()
    with suppress(AwsTrouble):  # what only explains ends no look
        backend = tell_backend(incident, part, None)
        incident.told_stacks += [backend] if backend else []
    report = frontend_report(part, None, with_history=True)
    live = report.live
    serves = f"The site serves job {live.id} ({short(live.commit)})" if live else "The site serves no job yet"
    good = next((job for job in report.history if job.last_known_good), None)
    choice = part.choice()
    why = choice.reason if isinstance(choice, NoTarget) else "there is no last known good"
    known = f"the last known good is job {good.id}" if good else why.rstrip(".")
    return report.model_copy(update={"reason": f"{serves}; {known}."})
