"""Whether stacks and frontend are rolled back at the same time, as `order: together` asks, or one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback.engine.moves import Ended
from rollback.engine.reconcile import Patience, patiently
from rollback.engine.trouble import AwsTrouble
from rollback.report.model import Command
from rollback.report.notices import Code, warning

if TYPE_CHECKING:
    from rollback.frontend.part import FrontendPart
    from rollback.incident.model import Incident

_PATIENCE = Patience(timeout=10.0, longest_gap=1.0)
"""To go on with the stacks matters more than to know."""


def may_go_together(incident: Incident, frontend: FrontendPart) -> bool:
    """Return whether it was asked for and is safe: the branch's builds deploy no backend. Else a notice says why."""
    inputs = incident.inputs
    if inputs.order != "together" or not inputs.stack_name:
        return False
    try:
        backend = patiently(frontend.own_backend, _PATIENCE, incident.clock)
    except (AwsTrouble, Ended) as problem:
        why = f"Whether branch {inputs.branch} has a backend of its own could not be read: {problem}"
        cure = getattr(problem, "cure", "")
    else:
        if not backend:
            return True
        why = f"Each build of branch {inputs.branch} deploys a backend of its own too ({backend})."
        cure = "Leave order at stack-first for this branch"
    text = f"The stacks go first, then the frontend, instead of together. {why}"
    incident.notices.append(warning(Code.TOGETHER_NOT_POSSIBLE, text, *([Command(purpose=cure)] if cure else [])))
    incident.progress.tell("order", text)
    return False
