"""Where snapshots lie: an S3 object, or a file in the workspace. The door to S3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pydantic import ValidationError

from rollback.aws import Aws, speaking_to_aws
from rollback.engine.trouble import Denied, Rejected
from rollback.snapshot.model import Snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from rollback.stack.artifacts import Artifact

_MISSING = frozenset({"404", "NoSuchKey", "NoSuchBucket", "NotFound", "NoSuchVersion"})
LARGEST_TEMPLATE = 1_048_576
"""Bytes of the largest template that CloudFormation takes from S3 (its quotas page)."""


class SnapshotProblem(Exception):
    """A snapshot that can't be read or written, or is none: one sentence that names cause and cure."""


@dataclass(frozen=True)
class Place:
    """Where a snapshot lies; `bucket` is empty for a file."""

    text: str
    bucket: str = ""
    key: str = ""

    @property
    def is_s3(self) -> bool:
        """Return whether it is an S3 object: only there may an app's environment be kept."""
        return bool(self.bucket)


def place(text: str) -> Place:
    """Return the place that the `snapshot` input names."""
    if not text.startswith("s3://"):
        return Place(text)
    bucket, key = text.removeprefix("s3://").split("/", 1)
    return Place(text, bucket, key)


class SnapshotStore:
    """Reads and writes snapshots."""

    def __init__(self, aws: Aws, workspace: Path) -> None:
        self._aws = aws
        self._workspace = workspace

    def read(self, where: Place) -> Snapshot | None:
        """Return the snapshot, or None where there is none. Raises SnapshotProblem and AwsTrouble."""
        text = self._get(where) if where.is_s3 else self._read_file(where)
        if text is None:
            return None
        try:
            return Snapshot.model_validate_json(text)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            at = ".".join(map(str, first["loc"])) or "its text"
            if first["loc"] == ("version",):
                raise SnapshotProblem(
                    f"snapshot {where.text} has a format version that this action does not know."
                ) from None
            raise SnapshotProblem(
                f"snapshot {where.text} can't be read as a snapshot ({at}: {first['msg']})."
            ) from None

    def write(self, where: Place, snapshot: Snapshot) -> None:
        """Write the snapshot. Raises SnapshotProblem and AwsTrouble."""
        text = snapshot.model_dump_json(indent=1)
        if where.is_s3:
            self._put(where.bucket, where.key, text.encode())
            return
        path = self.path(where)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_name(f"{path.name}.partial")
            partial.write_text(text, encoding="utf-8")
            partial.replace(path)
        except OSError as error:
            raise SnapshotProblem(f"snapshot {where.text} can't be written: {error.strerror}.") from None

    def write_template(self, where: Place, name: str, template: str) -> str:
        """Put a template too large to send inline beside an S3 snapshot; return the URL of it."""
        key = f"{where.key}.{name}.template"
        self._put(where.bucket, key, template.encode())
        suffix = "amazonaws.com.cn" if self._aws.region.startswith("cn-") else "amazonaws.com"
        host = f"s3.{self._aws.region}.{suffix}"
        if "." in where.bucket:  # a dotted bucket fits no wildcard certificate
            return f"https://{host}/{where.bucket}/{quote(key)}"
        return f"https://{where.bucket}.{host}/{quote(key)}"

    def missing(self, artifacts: tuple[Artifact, ...]) -> tuple[str, ...]:
        """Return those artifacts that are certainly gone, as people are told of them.

        One that may not be looked at counts as there: CloudFormation's own role may be allowed more.
        """
        return tuple(str(artifact) for artifact in artifacts if not self._exists(artifact))

    def _exists(self, artifact: Artifact) -> bool:
        version = {"VersionId": artifact.version} if artifact.version else {}
        try:
            with speaking_to_aws("s3", "HeadObject"):
                self._s3.head_object(Bucket=artifact.bucket, Key=artifact.key, **version)
        except Rejected as rejection:
            return rejection.code not in _MISSING
        except Denied:
            return True
        return True

    @property
    def _s3(self) -> Any:
        return self._aws.client("s3")

    def _get(self, where: Place) -> str | None:
        try:
            with speaking_to_aws("s3", "GetObject"):
                body: bytes = self._s3.get_object(Bucket=where.bucket, Key=where.key)["Body"].read()
        except Rejected as rejection:
            if rejection.code in _MISSING:
                return None
            raise
        try:
            return body.decode()
        except UnicodeDecodeError:
            raise SnapshotProblem(f"snapshot {where.text} is not text.") from None

    def _put(self, bucket: str, key: str, body: bytes) -> None:
        with speaking_to_aws("s3", "PutObject"):
            self._s3.put_object(
                Bucket=bucket, Key=key, Body=body, ContentType="application/json", ServerSideEncryption="AES256"
            )

    def path(self, where: Place) -> Path:
        """Return the file's path. Raises SnapshotProblem where it leads out of the workspace, links included."""
        root = self._workspace.resolve()
        try:
            path = (root / where.text).resolve()
        except (OSError, ValueError, RuntimeError):
            raise SnapshotProblem(f"snapshot {where.text} is no usable path.") from None
        if not path.is_relative_to(root) or path == root:
            raise SnapshotProblem(
                f"snapshot {where.text} leads out of the workspace: give a path inside it, or s3://bucket/key."
            )
        return path

    def _read_file(self, where: Place) -> str | None:
        try:
            return self.path(where).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it is not text"
            raise SnapshotProblem(f"snapshot {where.text} can't be read: {reason}.") from None
