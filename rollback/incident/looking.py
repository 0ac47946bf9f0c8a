"""One look at a stack that no part of this run drives: its status, what failed in it, its events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback.engine.reconcile import Patience, patiently
from rollback.engine.trouble import AwsTrouble
from rollback.frontend.backend import branch_has_backend
from rollback.incident import wishes
from rollback.report.model import StackReport
from rollback.report.notices import Code, error
from rollback.report.results import Result
from rollback.stack.part import StackPart
from rollback.stack.telling import happenings, stack_report

if TYPE_CHECKING:
    from rollback.engine.moves import Done
    from rollback.frontend.part import FrontendPart
    from rollback.incident.model import Incident

_PATIENCE = Patience(timeout=5.0, longest_gap=1.0)
"""For what is only told."""


def look_at_stack(incident: Incident, name: str, patience: Patience) -> StackReport:
    """Return the stack as it is now. Raises AwsTrouble."""
    asked = wishes.stack_wishes(incident.inputs, incident.run_keys)
    part = StackPart(name, asked, incident.doors.cloudformation, incident.clock, incident.progress)
    seen = patiently(part.observe, patience, incident.clock)
    if seen.status is None:
        text = f"Stack {name} does not exist in {incident.inputs.region}."
        return StackReport(name=name, reason=text, notices=(error(Code.STACK_NOT_FOUND, text),))
    part.watch.find_root_cause()
    report = stack_report(part, None)
    happened = happenings(part.watch.events)
    return report.model_copy(update={"events": happened, "reason": f"Stack {report.name} is in {seen.status}."})


def tell_backend(incident: Incident, part: FrontendPart, done: Done | None) -> StackReport | None:
    """Warn where a rebuild deploys, or would, a backend of the branch's own; return its stack, if it can be read.

    `done` is None where nothing was to end. Raises AwsTrouble where the branch can't be read.
    """
    rebuilds = done is None or part.redeployments or done.result is Result.PLANNED
    if part.app is None or not rebuilds:
        return None
    branch = incident.doors.amplify.heard_branch(part.app.id, part.wishes.branch)
    said, stack = backend_of(incident, branch.backend)
    part.warnings += branch_has_backend(branch, part.last_known_good, said)
    return stack


def backend_of(incident: Incident, arn: str) -> tuple[str, StackReport | None]:
    """Return in what state a branch's own stack is, for the middle of a sentence, and the stack, if it can be read."""
    if ":stack/" not in arn:
        return "", None
    try:
        stack = look_at_stack(incident, arn, _PATIENCE)
    except AwsTrouble as trouble:
        return f" (its state could not be read: {trouble.what})", None
    cause = stack.root_cause
    failed = f": {cause.resource} failed: {cause.reason.rstrip('.')}" if cause else ""
    return f" ({stack.status or 'which does not exist'}{failed})", stack
