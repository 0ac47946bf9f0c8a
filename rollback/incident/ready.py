"""Whether what a snapshot recorded could be brought back, looked at in ten seconds at most: never a reason to fail."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from rollback.evidence import previous
from rollback.evidence.alarms import ringing
from rollback.evidence.asking import Questions
from rollback.evidence.kinds import holds_data, protection_of
from rollback.evidence.protection import Protection, row
from rollback.evidence.readiness import Recorded, artifacts_of, rows
from rollback.evidence.resources import family
from rollback.frontend.target import newest_first
from rollback.report.model import Readiness
from rollback.report.notices import internal_error

if TYPE_CHECKING:
    from rollback.evidence.asking import Answer
    from rollback.evidence.resources import Owned
    from rollback.frontend.model import Job
    from rollback.frontend.record import FrontendSnapshot
    from rollback.incident.model import Incident
    from rollback.report.model import RingingAlarm
    from rollback.snapshot.model import Snapshot

_FIRST, _SECOND = 4.0, 6.0
"""Seconds: for what was recorded, and then for what its resources are. Together they are ten."""


def say_whether_ready(incident: Incident, snapshot: Snapshot) -> None:
    """Fill in the table "If this deployment fails", and warn where the previous deployment was not successful."""
    try:
        incident.readiness = _Looking(incident, snapshot).table()
    except Exception as defect:  # noqa: BLE001 - the snapshot is taken: what is said about it must not undo that
        incident.notices.append(internal_error(defect))
    weak = [one.what for one in incident.readiness if one.state != "ready"]
    incident.progress.tell("ready", f"to look at: {', '.join(weak)}" if weak else "all of it could be brought back")


class _Looking:
    """One look at everything that the snapshot recorded."""

    def __init__(self, incident: Incident, snapshot: Snapshot) -> None:
        self._incident = incident
        self._doors = incident.doors
        self._snapshot = snapshot
        self._questions = Questions()

    def table(self) -> tuple[Readiness, ...]:
        """Return every row."""
        snapshot, ask = self._snapshot, self._questions.ask
        gone = [ask(partial(artifacts_of, stack, self._doors.store.missing)) for stack in snapshot.stacks]
        families = [
            ask(partial(family, stack.name, stack.id, stack.resources, self._doors.cloudformation.resources))
            for stack in snapshot.stacks
        ]
        job = ask(partial(self._newest_job, snapshot.frontend))
        backend = ask(partial(self._backend, snapshot.frontend))
        self._questions.wait(_FIRST)
        owned = tuple(one for found in families for one in (found.found or ((), ()))[0])
        data = [one for one in owned if holds_data(one)]
        looks = [ask(partial(protection_of, self._doors.aws, one)) for one in data]
        alarms = ask(partial(ringing, self._doors.aws, owned))
        self._questions.wait(_SECOND)
        recorded = Recorded(
            stacks=snapshot.stacks,
            absent=snapshot.absent_stacks,
            frontend=snapshot.frontend,
            notices=tuple(self._incident.notices),
            artifacts_gone={stack.name: one.found for stack, one in zip(snapshot.stacks, gone, strict=True)},
            backend=backend.found,
        )
        unread = [line for one in families for line in (one.found or ((), ()))[1]]
        unread += [one.why_not for one in families if one.trouble]
        return (
            *rows(recorded),
            *(_row(one, look) for one, look in zip(data, looks, strict=True)),
            *(Readiness(what="Data", state="unchecked", said=(f"not checked: {line}",)) for line in unread),
            self._previous(job, alarms),
        )

    def _newest_job(self, frontend: FrontendSnapshot | None) -> Job | None:
        if frontend is None:
            return None
        jobs, _ = self._doors.amplify.jobs(frontend.app_id, frontend.branch)
        return next(iter(newest_first(jobs)), None)

    def _backend(self, frontend: FrontendSnapshot | None) -> str:
        return self._doors.amplify.heard_branch(frontend.app_id, frontend.branch).backend if frontend else ""

    def _previous(self, job: Answer[Job | None], alarms: Answer[tuple[RingingAlarm, ...]]) -> Readiness:
        said = previous.failures(self._snapshot.stacks, job.found, alarms.found or ())
        if said:
            self._incident.notices.append(previous.notice(said))
        return previous.row(said, [one.why_not for one in (job, alarms) if one.trouble])


def _row(owned: Owned, look: Answer[Protection]) -> Readiness:
    return row(owned, look.found or Protection(unread=look.why_not))
