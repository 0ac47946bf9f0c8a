"""Snapshots where they lie, an S3 object or a file: read with bounds, told by their digest, never written over others.

What is read is data until it has proven to be a snapshot. A large template lies beside an S3 snapshot under a key that
holds its digest, is written before the snapshot and held against the record before it is used: a snapshot that was
left unfinished touches nothing of the one before.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from pydantic import ValidationError

from rollback.snapshot.bucket import Buckets, Changed
from rollback.snapshot.model import Snapshot
from rollback.snapshot.place import LARGEST_SNAPSHOT, Place, SnapshotProblem
from rollback.snapshot.releases import CENTURY, Release, named, newest_first
from rollback.snapshot.workspace import Workspace

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from rollback.aws import Aws
    from rollback.stack.artifacts import Artifact
    from rollback.stack.record import StackSnapshot

LARGEST_TEMPLATE = 1_048_576
"""Bytes of the largest template that CloudFormation takes from S3 (its quotas page)."""


@dataclass(frozen=True)
class Stored:
    """A snapshot as it lies at its place; `digest` is the SHA-256 of its bytes, in hexadecimal digits."""

    snapshot: Snapshot
    digest: str
    etag: str = ""


class Taken(SnapshotProblem):
    """Something else was put meanwhile where a snapshot was to be written."""


class SnapshotStore:
    """Reads and writes snapshots. Every method raises SnapshotProblem and AwsTrouble."""

    def __init__(self, aws: Aws, workspace: Path) -> None:
        self.buckets = Buckets(aws)
        self.workspace = Workspace(workspace)

    def read(self, where: Place) -> Stored | None:
        """Return the snapshot, or None where there is none."""
        body, etag = self._body(where)
        if body is None:
            return None
        if len(body) > LARGEST_SNAPSHOT:
            raise SnapshotProblem(f"snapshot {where.text} is larger than 16 MiB, which no snapshot is.")
        return Stored(_parsed(where, body), sha256(body).hexdigest(), etag)

    def present(self, where: Place) -> Stored | None:
        """Return the snapshot that a new one would replace; None where there is none.

        What is no snapshot is a problem: it is never written over.
        """
        try:
            return self.read(where)
        except SnapshotProblem as trouble:
            text = f"{trouble} It is not overwritten: look at it, then remove it or give another place."
            raise SnapshotProblem(text) from None

    def write(self, where: Place, snapshot: Snapshot, over: Stored | None) -> str:
        """Write the snapshot in place of `over`, or where nothing is; return its digest."""
        body = snapshot.model_dump_json(indent=1).encode()
        digest = sha256(body).hexdigest()
        if len(body) > LARGEST_SNAPSHOT:
            raise SnapshotProblem(
                f"snapshot {where.text} would have {len(body):,} bytes, more than the 16 MiB that are read again: "
                "record fewer stacks in one snapshot."
            )
        if not where.is_s3:
            self.workspace.write(where.text, body)
            return digest
        try:
            self.buckets.put(where.bucket, where.key, body, replacing=over.etag if over else "")
        except Changed:
            there = self.buckets.get(where.bucket, where.key, LARGEST_SNAPSHOT)
            if there is None or there.body != body:  # else an answer got lost, and the write was made twice
                raise Taken(
                    f"snapshot {where.text} was not written: something else was put there meanwhile. Run one snapshot "
                    "of a place at a time, or give each run a key of its own."
                ) from None
        return digest

    def releases(self, where: Place) -> tuple[Release, ...]:
        """Return the releases of a history, the newest first: a list call for each thousand, and no read."""
        return newest_first(where.key, self.buckets.keys(where.bucket, where.key + CENTURY))

    def add(self, where: Place, snapshot: Snapshot, at: datetime) -> tuple[Place, str] | None:
        """Add a release to a history, whole or not at all; return its place and digest.

        None where another snapshot has its very name: it is never written over, and a moment later the name differs.
        """
        there = where.of(named(where.key, snapshot, at))
        try:
            return there, self.write(there, snapshot, None)
        except Taken:
            return None

    def write_template(self, where: Place, record: StackSnapshot) -> str:
        """Put the record's template, too large to send inline, beside an S3 snapshot; return its URL."""
        body = record.template.encode()
        key = where.template_key(record.name, sha256(body).hexdigest())
        self.buckets.put_always(where.bucket, key, body)
        return self.buckets.url(where.bucket, key)

    def template_url(self, where: Place, record: StackSnapshot) -> str:
        """Return the URL of the record's large template, after it was held against the record, byte for byte.

        Whatever URL a snapshot names is not trusted: the template lies beside the snapshot, or nowhere.
        """
        body = record.template.encode()
        keys = (where.template_key(record.name, sha256(body).hexdigest()), f"{where.key}.{record.name}.template")
        for key in keys:  # the second is where earlier versions of the action put it
            there = self.buckets.get(where.bucket, key, LARGEST_TEMPLATE)
            if there is not None and there.body == body:
                return self.buckets.url(where.bucket, key)
        raise SnapshotProblem(
            f"the template that belongs to the snapshot is not at s3://{where.bucket}/{keys[0]}, or is not the one "
            "that was recorded: bring that object back (bucket versioning keeps it)."
        )

    def missing(self, artifacts: tuple[Artifact, ...]) -> tuple[str, ...]:
        """Return those artifacts that are certainly gone, as people are told of them."""
        return tuple(str(artifact) for artifact in artifacts if not self.buckets.exists(artifact))

    def _body(self, where: Place) -> tuple[bytes | None, str]:
        if not where.is_s3:
            return self.workspace.read(where.text, LARGEST_SNAPSHOT), ""
        there = self.buckets.get(where.bucket, where.key, LARGEST_SNAPSHOT)
        return (there.body, there.etag) if there else (None, "")


def _parsed(where: Place, body: bytes) -> Snapshot:
    try:
        return Snapshot.model_validate_json(body.decode())
    except UnicodeDecodeError:
        raise SnapshotProblem(f"snapshot {where.text} can't be read: it is not text.") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        at = ".".join(map(str, first["loc"])) or "its text"
        if first["loc"] == ("version",):
            raise SnapshotProblem(
                f"snapshot {where.text} has a format version that this action does not know."
            ) from None
        raise SnapshotProblem(f"snapshot {where.text} can't be read as a snapshot ({at}: {first['msg']}).") from None
