"""The snapshot of a rollback: read once, with the reason why it can't be used where it can't."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollback.engine.reconcile import patiently
from rollback.engine.trouble import AwsTrouble
from rollback.report.commits import same_commit
from rollback.report.notices import Code, warning
from rollback.snapshot.store import SnapshotProblem, place

if TYPE_CHECKING:
    from rollback.engine.clock import Clock
    from rollback.engine.reconcile import Patience
    from rollback.frontend.record import FrontendSnapshot
    from rollback.report.model import Notice
    from rollback.snapshot.model import Snapshot
    from rollback.snapshot.store import SnapshotStore
    from rollback.stack.model import Stack
    from rollback.stack.record import StackSnapshot


@dataclass(frozen=True)
class UsableSnapshot:
    """A snapshot, or the `problem` with it; neither where none was asked for. `notices` are for people."""

    text: str = ""
    snapshot: Snapshot | None = None
    problem: str = ""
    notices: tuple[Notice, ...] = ()

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


def read_snapshot(
    store: SnapshotStore, text: str, failed_commit: str | None, patience: Patience, clock: Clock
) -> UsableSnapshot:
    """Return the snapshot that the input `text` names. A problem with it refuses the restore alone."""
    if not text:
        return UsableSnapshot()
    where = place(text)
    try:
        snapshot = patiently(lambda: store.read(where), patience, clock)
    except SnapshotProblem as trouble:
        return UsableSnapshot(where.text, problem=str(trouble))
    except AwsTrouble as trouble:
        return UsableSnapshot(where.text, problem=f"the snapshot can't be read: {trouble.what} {trouble.cure}".strip())
    if snapshot is None:
        return UsableSnapshot(where.text, problem=f"there is no snapshot at {where.text}.")
    recorded = snapshot.frontend
    if recorded and same_commit(recorded.commit, failed_commit or ""):
        told = "The snapshot's frontend job is of the failed commit: the other rules choose the last known good."
        return UsableSnapshot(where.text, snapshot, notices=(warning(Code.SNAPSHOT_OF_FAILED_COMMIT, told),))
    return UsableSnapshot(where.text, snapshot)
