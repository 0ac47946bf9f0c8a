"""A history of releases, as a run uses it: what its releases are held against, which one a rollback goes back to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback.engine.moves import Ended
from rollback.engine.reconcile import patiently
from rollback.engine.trouble import Rejected
from rollback.frontend.apps import find_app
from rollback.frontend.model import SUCCEED
from rollback.incident import wishes
from rollback.report.model import Command
from rollback.report.notices import Code, warning
from rollback.snapshot.choosing import Search
from rollback.snapshot.releases import Ground
from rollback.snapshot.take import root_of
from rollback.stack.artifacts import artifacts, images
from rollback.stack.compare import differences

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rollback.incident.model import Incident
    from rollback.snapshot.model import Snapshot
    from rollback.snapshot.use import UsableSnapshot
    from rollback.stack.model import Stack
    from rollback.stack.record import StackSnapshot


def choose_release(incident: Incident) -> UsableSnapshot:
    """Return the release to go back to. Raises AwsTrouble where stacks or app can't be looked at."""
    inputs, environ = incident.inputs, incident.environ
    patience, clock = wishes.stack_patience(inputs, incident.progress), incident.clock
    stacks = patiently(lambda: look_at_stacks(incident), patience, clock)
    ground = ground_of(incident, stacks)
    now = Now(incident, ground, stacks)
    asked = wishes.asked_snapshot(inputs, environ)
    target = inputs.target_commit or ""
    found = Search(incident.doors.store, asked, ground, target, now.lacks, patience, clock).result()
    recorded = found.frontend
    if recorded and inputs.target_job_id and inputs.has_frontend and recorded.job_id != inputs.target_job_id:
        text = (
            f"The stacks go back to the release {found.text}, whose frontend is job {recorded.job_id}; target-job-id "
            f"names job {inputs.target_job_id}: infrastructure and frontend are not of one release."
        )
        cure = Command(purpose="Give target-commit instead: it takes both parts of a release")
        incident.notices.append(warning(Code.RELEASE_MIXED, text, cure))
    return found


def look_at_stacks(incident: Incident) -> dict[str, Stack | None]:
    """Return the stacks as they are, by name; None for those that don't exist. Raises AwsTrouble."""
    return {name: root_of(incident.doors.cloudformation, name) for name in incident.inputs.stack_name}


def ground_of(incident: Incident, stacks: dict[str, Stack | None]) -> Ground:
    """Return what releases are held against. Raises AwsTrouble."""
    inputs = incident.inputs
    return Ground(
        failed_commit=inputs.commit or "",
        failed_job_id=inputs.failed_job_id or "",
        region=inputs.region,
        stacks={name: stack.id if stack else None for name, stack in stacks.items()},
        app_id=_app_id(incident),
        branch=inputs.branch or "",
        digest=inputs.snapshot_digest,
    )


def _app_id(incident: Incident) -> str:
    inputs, doors = incident.inputs, incident.doors
    if not inputs.has_frontend:
        return ""
    asked = wishes.frontend_wishes(inputs)
    try:
        return patiently(
            lambda: find_app(doors.amplify, asked, incident.progress).id,
            wishes.stack_patience(inputs, incident.progress),
            incident.clock,
        )
    except Ended:
        return ""  # whoever looks for the app itself says what is wrong with it


class Now:
    """What is there now, as far as releases need it: each is looked at once."""

    def __init__(self, incident: Incident, ground: Ground, stacks: dict[str, Stack | None]) -> None:
        self._doors, self._ground, self._stacks = incident.doors, ground, stacks
        self._templates: dict[str, str] = {}
        self._jobs: dict[str, str] = {}

    def know(self, jobs: Mapping[str, str]) -> None:
        """Know the statuses of these jobs, so that nobody has to ask for them."""
        self._jobs |= {job_id: _why_no_target(job_id, status) for job_id, status in jobs.items()}

    def lacks_at_first_sight(self, snapshot: Snapshot) -> str:
        """Return what speaks against a restore without a look at what its template needs. Raises AwsTrouble."""
        for stack, record in self._recorded(snapshot):
            if not record.is_true and self.equals(stack, record):
                return f"the texts of its stack {record.name} hold `?` and are not proven (snapshot-cannot-restore)"
        recorded = snapshot.frontend
        return self.job_lacks(recorded.job_id) if recorded and self._ground.app_id else ""

    def lacks(self, release: UsableSnapshot) -> str:
        """Return what a restore of the release would lack; empty where nothing is known to be missing.

        A stack that is at it already needs nothing. Raises AwsTrouble.
        """
        snapshot = release.snapshot
        if snapshot is None:
            return release.problem
        if lack := self.lacks_at_first_sight(snapshot):
            return lack
        for stack, record in self._recorded(snapshot):
            if not self.equals(stack, record):
                continue
            found = release.record_of(stack)
            if isinstance(found, str):
                return found
            gone = (*self._doors.store.missing(artifacts(record)), *self._doors.images.missing(images(record)))
            if gone:
                return f"what its stack {record.name} needs is gone: {', '.join(gone)}"
        return ""

    def _recorded(self, snapshot: Snapshot) -> Iterator[tuple[Stack, StackSnapshot]]:
        for stack in self._stacks.values():
            record = snapshot.stack(stack.id) if stack else None
            if stack and record:
                yield stack, record

    def equals(self, stack: Stack, record: StackSnapshot) -> tuple[str, ...]:
        """Return what of the stack differs from the record; empty where it is at it. Raises AwsTrouble."""
        if stack.id not in self._templates:
            self._templates[stack.id] = self._doors.cloudformation.template(stack.id)
        return differences(stack, self._templates[stack.id], record)

    def job_lacks(self, job_id: str) -> str:
        """Return why the job can't be redeployed: Amplify forgot it, or it is none that succeeded."""
        if job_id not in self._jobs:
            self._jobs[job_id] = self._look_at(job_id)
        return self._jobs[job_id]

    def _look_at(self, job_id: str) -> str:
        try:
            job, _ = self._doors.amplify.job(self._ground.app_id, self._ground.branch, job_id)
        except Rejected as rejection:
            if "NotFound" not in rejection.code:
                raise
            return f"Amplify has no job {job_id} any more"
        return _why_no_target(job_id, job.status)


def _why_no_target(job_id: str, status: str) -> str:
    return "" if status == SUCCEED else f"its frontend's job {job_id} ended {status}"
