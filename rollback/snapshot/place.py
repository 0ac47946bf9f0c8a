"""Pure: the place of a snapshot, as the `snapshot` input names it, and what is wrong with one."""

from __future__ import annotations

from dataclasses import dataclass

LARGEST_SNAPSHOT = 16 * 1024 * 1024
"""Bytes: no snapshot is larger. Whatever lies at its place is read no further than this."""


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

    def template_key(self, stack: str, digest: str) -> str:
        """Return the key of a large template: its content's digest is in it, so that no other snapshot's is touched."""
        return f"{self.key}.{stack}.{digest}.template"


def place(text: str) -> Place:
    """Return the place that the `snapshot` input names."""
    if not text.startswith("s3://"):
        return Place(text)
    bucket, key = text.removeprefix("s3://").split("/", 1)
    return Place(text, bucket, key)
