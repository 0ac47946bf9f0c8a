"""Pure: whether the deployment before this one was successful, as far as stacks, builds and alarms tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback.frontend.model import CANCELLED, FAILED
from rollback.report.model import Readiness
from rollback.report.notices import Code, warning

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollback.frontend.model import Job
    from rollback.report.model import Notice, RingingAlarm
    from rollback.stack.record import StackSnapshot

_MOST_ALARMS = 10


def failures(stacks: Sequence[StackSnapshot], newest_job: Job | None, alarms: Sequence[RingingAlarm]) -> list[str]:
    """Return a sentence for each sign that the previous deployment failed."""
    said = [f"stack {stack.name} is in {stack.status}" for stack in stacks if "ROLLBACK" in stack.status]
    if newest_job and newest_job.status in {FAILED, CANCELLED}:
        said.append(f"the branch's newest job, {newest_job.id}, ended in {newest_job.status}")
    if alarms:
        more = f" and {len(alarms) - _MOST_ALARMS} more" if len(alarms) > _MOST_ALARMS else ""
        said.append(f"in ALARM: {', '.join(alarm.name for alarm in alarms[:_MOST_ALARMS])}{more}")
    return said


def row(said: Sequence[str], unread: Sequence[str]) -> Readiness:
    """Return the row of the previous deployment."""
    what = "Previous deployment"
    if said:
        return Readiness(what=what, state="weak", said=(*said, *unread))
    if unread:
        return Readiness(what=what, state="unchecked", said=tuple(f"not checked: {text}" for text in unread))
    return Readiness(what=what, state="ready", said=("no stack was rolled back, no build failed, no alarm rings",))


def notice(said: Sequence[str]) -> Notice:
    """Return the warning that tells it."""
    text = f"The previous deployment was not successful: {'; '.join(said)}. What is recorded is the state after it."
    return warning(Code.PREVIOUS_DEPLOYMENT_FAILED, text)
