"""The snapshot of a rollback: read once, with the reason why it can't be used where it can't."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollback.engine.reconcile import patiently
from rollback.engine.trouble import AwsTrouble
from rollback.report.commits import same_commit
from rollback.report.model import Command
from rollback.report.notices import Code, warning
from rollback.snapshot.place import Place, SnapshotProblem, place
from rollback.stack.record import Absent

if TYPE_CHECKING:
    from rollback.engine.clock import Clock
    from rollback.engine.reconcile import Patience
    from rollback.frontend.record import FrontendSnapshot
    from rollback.report.model import Notice
    from rollback.snapshot.model import Snapshot
    from rollback.snapshot.store import SnapshotStore, Stored
    from rollback.stack.model import Stack
    from rollback.stack.record import StackSnapshot


@dataclass(frozen=True)
class Asked:
    """What a rollback asks of its snapshot: where it lies, its digest if one is demanded, and whose it should be."""

    text: str
    digest: str = ""
    region: str = ""
    repository: str = ""
    failed_commit: str = ""


@dataclass(frozen=True)
class UsableSnapshot:
    """A snapshot, or the `problem` with it; neither where none was asked for. `notices` are for people."""

    text: str = ""
    snapshot: Snapshot | None = None
    problem: str = ""
    notices: tuple[Notice, ...] = ()
    digest: str = ""
    store: SnapshotStore | None = None

    @property
    def asked_for(self) -> bool:
        """Return whether the user configured a snapshot."""
        return bool(self.text)

    @property
    def frontend(self) -> FrontendSnapshot | None:
        """Return the frontend's record, or None."""
        return self.snapshot.frontend if self.snapshot else None

    @property
    def where(self) -> Place:
        """Return the place."""
        return place(self.text)

    def record_of(self, stack: Stack) -> StackSnapshot | Absent | str:
        """Return the stack's record, that it did not exist then, or the sentence why it can't be restored from.

        Raises AwsTrouble.
        """
        if self.snapshot is None:
            return self.problem
        record = self.snapshot.stack(stack.id)
        if record is None and stack.name in self.snapshot.absent_stacks:
            return Absent(f"stack {stack.name} did not exist when the snapshot {self.text} was taken.")
        if record is None:
            return (
                f"the snapshot {self.text} is of other stacks: it holds none with the id {stack.id.rsplit('/', 1)[-1]}."
            )
        if not record.is_large or self.store is None:
            return record
        if not self.where.is_s3:
            return "its template is too large to send inline, and the snapshot is a file: record it to s3://bucket/key."
        try:
            return record.model_copy(update={"template_url": self.store.template_url(self.where, record)})
        except SnapshotProblem as trouble:
            return str(trouble)


def read_snapshot(store: SnapshotStore, asked: Asked, patience: Patience, clock: Clock) -> UsableSnapshot:
    """Return the snapshot that is asked for. A problem with it refuses the restore alone."""
    text = asked.text
    if not text:
        return UsableSnapshot()
    try:
        stored = patiently(lambda: store.read(place(text)), patience, clock)
    except SnapshotProblem as trouble:
        return UsableSnapshot(text, problem=str(trouble))
    except AwsTrouble as trouble:
        return UsableSnapshot(text, problem=unreadable(trouble))
    if stored is None:
        return UsableSnapshot(text, problem=f"there is no snapshot at {text}.")
    problem = _problem(stored, asked)
    if problem:
        return UsableSnapshot(text, problem=problem, digest=stored.digest)
    return UsableSnapshot(
        text, stored.snapshot, notices=notices_of(stored.snapshot, asked), digest=stored.digest, store=store
    )


def unreadable(trouble: AwsTrouble) -> str:
    """Return the sentence that says why a snapshot can't be read."""
    return f"the snapshot can't be read: {trouble.what} {trouble.cure}".strip()


def _problem(stored: Stored, asked: Asked) -> str:
    if asked.digest and asked.digest != stored.digest:
        return (
            f"the snapshot at {asked.text} has the digest {stored.digest}, not the one that snapshot-digest names: it "
            "is not what was recorded. Bring the recorded object back (bucket versioning keeps it), or find out who "
            "wrote this one, and give its own digest only if you trust it."
        )
    region = stored.snapshot.region
    if region and asked.region and region != asked.region:
        return (
            f"the snapshot {asked.text} is of region {region}, and this run works in {asked.region}: check aws-region."
        )
    return ""


def notices_of(snapshot: Snapshot, asked: Asked) -> tuple[Notice, ...]:
    """Return what people must know of a snapshot that is used."""
    said = []
    if snapshot.repository and asked.repository and snapshot.repository != asked.repository:
        text = f"The snapshot {asked.text} was taken by {snapshot.repository}, not by {asked.repository}."
        cure = Command(purpose="Check that both deploy the same stacks, and that snapshot names the right place")
        said.append(warning(Code.SNAPSHOT_OF_ANOTHER, text, cure))
    recorded, failed = snapshot.frontend, asked.failed_commit
    if recorded and same_commit(recorded.commit, failed):
        told = "The snapshot's frontend job is of the failed commit: the other rules choose the last known good."
        said.append(warning(Code.SNAPSHOT_OF_FAILED_COMMIT, told))
    return tuple(said)
