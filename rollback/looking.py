"""`mode: status`: what is deployed, what is live, what is the last known good and why each newer job is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback.frontend.part import FrontendPart
from rollback.frontend.target import NeedsOlder
from rollback.frontend.telling import frontend_report
from rollback.moves import Ended
from rollback.notices import Code, refused
from rollback.reconcile import patiently
from rollback.report.model import Command, StackReport
from rollback.results import Outcome
from rollback.stack.part import StackPart
from rollback.stack.telling import happenings, stack_report

if TYPE_CHECKING:
    from rollback.incident import Incident


def look_at_everything(incident: Incident) -> tuple[Outcome, str]:
    """Look at each stack and at the frontend once. Raises Ended and AwsTrouble where AWS could not be read."""
    incident.told_stacks = [_stack(incident, name) for name in incident.inputs.stack_name]
    if incident.inputs.has_frontend:
        _frontend(incident)
    said = [f"stack {stack.name} is in {stack.status}" for stack in incident.told_stacks]
    frontend = incident.told_frontend
    if frontend:
        live = frontend.live
        said.append(
            f"the site serves job {live.id} ({live.commit[:7] or 'HEAD'})" if live else "the site serves no job yet"
        )
        good = next((job for job in frontend.history if job.last_known_good), None)
        said.append(f"the last known good is job {good.id}" if good else "there is no last known good")
    text = "; ".join(said)
    return Outcome.STATUS, f"{text[:1].upper()}{text[1:]}."


def _stack(incident: Incident, name: str) -> StackReport:
    part = StackPart(name, incident.stack_wishes, incident.cloudformation, incident.clock, incident.progress)
    seen = patiently(part.observe, incident.stack_patience, incident.clock)
    if seen.status is None:
        region = incident.inputs.region
        listing = f"aws cloudformation list-stacks --region {region} --query 'StackSummaries[].StackName'"
        text = f"Stack {name} does not exist in {region}."
        raise Ended(refused(Code.STACK_NOT_FOUND, text, Command(purpose="The region's stacks are", line=listing)))
    part.watch.find_root_cause()
    report = stack_report(part, None)
    return report.model_copy(update={"events": happenings(part.watch.events), "reason": f"It is in {seen.status}."})


def _frontend(incident: Incident) -> None:
    part = FrontendPart(incident.frontend_wishes(), incident.amplify, incident.progress)
    patiently(part.observe, incident.frontend_patience, incident.clock)
    while isinstance(part.choice(), NeedsOlder):
        patiently(part.read_older, incident.frontend_patience, incident.clock)
    part.find_failure()
    incident.told_frontend = frontend_report(part, None, with_history=True).model_copy(update={"reason": ""})
