"""Pure: the place of a snapshot, as the `snapshot` input names it, and what is wrong with one."""

from __future__ import annotations

from dataclasses import dataclass

from rollback.snapshot.releases import Release, release

LARGEST_SNAPSHOT = 16 * 1024 * 1024
"""Bytes: no snapshot is larger. Whatever lies at its place is read no further than this."""


class SnapshotProblem(Exception):
    """A snapshot that can't be read or written, or is none: one sentence that names cause and cure."""


@dataclass(frozen=True)
class Place:
    """Where a snapshot lies, or a history of them; `bucket` is empty for a file."""

    text: str
    bucket: str = ""
    key: str = ""

    @property
    def is_s3(self) -> bool:
        """Return whether it is an S3 object: only there may an app's environment be kept."""
        return bool(self.bucket)

    @property
    def is_history(self) -> bool:
        """Return whether it is a folder of releases."""
        return self.is_s3 and self.key.endswith("/")

    @property
    def folder(self) -> str:
        """Return the folder, with its slash, of the history that it is or belongs to; empty where it is of none."""
        known = release(self.key) if self.is_s3 else None
        return self.key if self.is_history else known.folder if known else ""

    def of(self, one: Release) -> Place:
        """Return the place of one release of this history."""
        return place(f"s3://{self.bucket}/{self.key}{one.name}")

    def template_key(self, stack: str, digest: str) -> str:
        """Return the key of a large template: its content's digest is in it, so that no other snapshot's is touched.

        Releases share theirs: it lies where no release's name begins, which is what their bucket lets expire.
        """
        return f"{self.folder}templates/{digest}.template" if self.folder else f"{self.key}.{stack}.{digest}.template"


def place(text: str) -> Place:
    """Return the place that the `snapshot` input names."""
    if not text.startswith("s3://"):
        return Place(text)
    bucket, key = text.removeprefix("s3://").split("/", 1)
    return Place(text, bucket, key)
