"""The snapshot of a rollback: read once, with the reason why it can't be used where it can't."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollback.aws import AwsTrouble
from rollback.notices import Code, warning
from rollback.reconcile import patiently
from rollback.snapshot.store import SnapshotProblem, place

if TYPE_CHECKING:
    from rollback.incident import Incident
    from rollback.snapshot.model import FrontendSnapshot, Snapshot, StackSnapshot
    from rollback.stack.model import Stack


@dataclass(frozen=True)
class UsableSnapshot:
    """A snapshot, or the `problem` with it; neither where none was asked for."""

    text: str = ""
    snapshot: Snapshot | None = None
    problem: str = ""

    @property
    def asked_for(self) -> bool:
        """Return whether the user configured a snapshot."""
        return bool(self.text)

    @property
    def frontend(self) -> FrontendSnapshot | None:
        """Return the frontend's record, or None."""
        return self.snapshot.frontend if self.snapshot else None

    def record_of(self, stack: Stack) -> StackSnapshot | str:
        """Return the stack's record, or the sentence why it can't be restored from."""
        if self.snapshot is None:
            return self.problem
        record = self.snapshot.stack(stack.id)
        if record is None and stack.name in self.snapshot.absent_stacks:
            return f"stack {stack.name} did not exist when the snapshot {self.text} was taken."
        if record is None:
            return (
                f"the snapshot {self.text} is of other stacks: it holds none with the id {stack.id.rsplit('/', 1)[-1]}."
            )
        if record.is_large and not record.template_url:
            return "its template is too large to send inline, and the snapshot is a file: record it to s3://bucket/key."
        return record


def read_snapshot(incident: Incident) -> UsableSnapshot:
    """Return the configured snapshot. A problem with it refuses the restore alone: the other moves still run."""
    if not incident.inputs.snapshot:
        return UsableSnapshot()
    where = place(incident.inputs.snapshot)
    incident.snapshot = where.text
    try:
        snapshot = patiently(lambda: incident.store.read(where), incident.stack_patience, incident.clock)
    except SnapshotProblem as trouble:
        return UsableSnapshot(where.text, problem=str(trouble))
    except AwsTrouble as trouble:
        return UsableSnapshot(where.text, problem=f"the snapshot can't be read: {trouble.what} {trouble.cure}".strip())
    if snapshot is None:
        return UsableSnapshot(where.text, problem=f"there is no snapshot at {where.text}.")
    recorded, failed = snapshot.frontend, incident.inputs.commit
    if recorded and recorded.commit and failed and recorded.commit.lower().startswith(failed):
        text = "The snapshot's frontend job is of the failed commit: the other rules choose the last known good."
        incident.notices.append(warning(Code.SNAPSHOT_OF_FAILED_COMMIT, text))
    return UsableSnapshot(where.text, snapshot)
