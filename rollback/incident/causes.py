"""Why the deployment failed, beside the root cause: alarms that ring, errors that functions logged, the build's log."""

from __future__ import annotations

from datetime import UTC, timedelta
from functools import partial
from typing import TYPE_CHECKING

from rollback.engine.bounds import Overdue, in_time
from rollback.engine.trouble import AwsTrouble, Rejected
from rollback.evidence.alarms import ringing
from rollback.evidence.asking import Questions
from rollback.evidence.builds import failed_step
from rollback.evidence.errors import counted
from rollback.evidence.functions import FUNCTION, log_group
from rollback.evidence.logs import errors_in
from rollback.evidence.resources import family
from rollback.github import event
from rollback.report.notices import internal_error
from rollback.stack.evidence import operation, reaches_back

if TYPE_CHECKING:
    from datetime import datetime

    from rollback.evidence.errors import Logged
    from rollback.evidence.resources import Owned
    from rollback.frontend.model import Job
    from rollback.frontend.part import FrontendPart
    from rollback.incident.model import Incident
    from rollback.report.model import BuildLog

_SECONDS, _LOG_SECONDS, _BUILD_SECONDS = 4.0, 5.0, 8.0
_MOST_GROUPS = 10
_UNKNOWN_BEGIN = timedelta(hours=1)
"""How far back logs are read where nothing tells when the deployment began."""


def look_for_causes(incident: Incident) -> None:
    """Look at the stacks' alarms and, where asked for, logs, before a rollback changes what there is to see."""
    try:
        _read_resources(incident)
        if incident.inputs.logs:
            _read_logs(incident)
    except Exception as defect:  # noqa: BLE001 - a defect here must not keep anything from being rolled back
        incident.notices.append(internal_error(defect))
    for alarm in incident.evidence.alarms:
        incident.progress.tell("alarm", f"{alarm.name} is in ALARM: {alarm.reason}")


def look_at_the_build(incident: Incident) -> None:
    """Read why the failed deployment's build failed, if it did."""
    part = incident.frontend[0] if incident.frontend else None
    if part is None or part.failure is None or part.app is None:
        return
    try:
        build = in_time(_BUILD_SECONDS, partial(_build, incident, part, part.failure[0]))
        incident.evidence = incident.evidence.model_copy(update={"build": build})
    except AwsTrouble as trouble:
        _not_read(incident, f"the failed build's log: {trouble.what} {trouble.cure}".strip())
    except Overdue:
        _not_read(incident, "the failed build's log: no answer in time")
    except Exception as defect:  # noqa: BLE001 - as above
        incident.notices.append(internal_error(defect))


def _read_resources(incident: Incident) -> None:
    questions, doors = Questions(), incident.doors
    for name in incident.inputs.stack_name:
        listed = questions.ask(partial(_resources, incident, name))
        questions.wait(_SECONDS / 2)
        if listed.found is not None:
            incident.owned[name], unread = listed.found
            _not_read(incident, *unread)
        elif not (isinstance(listed.trouble, Rejected) and listed.trouble.says("does not exist")):
            _not_read(incident, f"the resources of stack {name}: {listed.why_not}")
    alarms = questions.ask(partial(ringing, doors.aws, _all_of(incident)))
    questions.wait(_SECONDS / 2)
    if alarms.trouble:
        _not_read(incident, f"the stacks' alarms: {alarms.why_not}")
    incident.evidence = incident.evidence.model_copy(update={"alarms": alarms.found or ()})


def _resources(incident: Incident, name: str) -> tuple[tuple[Owned, ...], tuple[str, ...]]:
    listed = incident.doors.cloudformation.resources
    return family(name, "", listed(name), listed)


def _read_logs(incident: Incident) -> None:
    functions = [one for one in _all_of(incident) if one.type == FUNCTION and one.physical_id]
    questions, read = Questions(), functions[:_MOST_GROUPS]
    begins = {name: questions.ask(partial(_began, incident, name)) for name in {one.stack for one in read}}
    questions.wait(_LOG_SECONDS / 2)
    said, pushed = incident.inputs.started_at, event.pushed_at(incident.environ)
    usual = pushed or incident.clock.now() - _UNKNOWN_BEGIN
    answers = [questions.ask(partial(_errors, incident, one, said or begins[one.stack].found or usual)) for one in read]
    questions.wait(_LOG_SECONDS / 2)
    lines = [line for answer in answers for line in answer.found or ()]
    logged = counted(lines, incident.inputs.region)
    incident.evidence = incident.evidence.model_copy(update={"logged": logged})
    for one, answer in zip(read, answers, strict=True):
        if answer.trouble:
            _not_read(incident, f"the log of {one.logical_id}: {answer.why_not}")
    if len(functions) > len(read):
        _not_read(incident, f"the logs of {len(functions) - len(read)} more functions: {_MOST_GROUPS} are read")


def _began(incident: Incident, stack: str) -> datetime | None:
    """Return when the stack's newest operation went forward: the deployment, as far as events tell."""
    events = incident.doors.cloudformation.events(stack, reaches_back)
    return operation(events)[-1].at.astimezone(UTC) if reaches_back(events) else None


def _errors(incident: Incident, function: Owned, since: datetime) -> tuple[Logged, ...]:
    aws = incident.doors.aws
    return errors_in(aws, function, log_group(aws, function), since)


def _build(incident: Incident, part: FrontendPart, job: Job) -> BuildLog | None:
    """Return the failed build's log without any value of the environment that Amplify gave it."""
    app, branch = part.app, part.wishes.branch
    if app is None:
        return None
    try:
        environment = incident.doors.amplify.heard_branch(app.id, branch).environment or {}
    except AwsTrouble as trouble:
        said = "the failed build's log is not shown, for which values in it are the branch's secrets is not known"
        _not_read(incident, f"{said}: {trouble.what} {trouble.cure}".strip())
        return None
    secrets = [*(app.environment or {}).values(), *environment.values()]
    return failed_step(incident.doors.aws, app.id, branch, job.id, secrets)


def _all_of(incident: Incident) -> tuple[Owned, ...]:
    return tuple(one for owned in incident.owned.values() for one in owned)


def _not_read(incident: Incident, *lines: str) -> None:
    seen = incident.evidence.not_read
    new = tuple(line for line in lines if line not in seen)
    incident.evidence = incident.evidence.model_copy(update={"not_read": (*seen, *new)})
