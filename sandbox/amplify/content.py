"""What a zip deployment deploys: where it comes from, and the files that the site then serves."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from moto.core.exceptions import ServiceException

if TYPE_CHECKING:
    from collections.abc import Mapping

SourceKind = Literal["ZIP", "BUCKET_PREFIX"]


class SourceError(Exception):
    """A source that Amplify can't deploy from; the text is the step's statusReason (the words are ours)."""


@dataclass(frozen=True)
class Source:
    """JobSummary's sourceUrl and sourceUrlType."""

    url: str
    kind: SourceKind = "ZIP"


@dataclass(frozen=True)
class Content:
    """The files of a site, and the ETag that S3 gives what they came from: the MD5 of the zip's bytes.

    Of a prefix, or of single files, it is the MD5 of all names and contents.
    """

    etag: str
    files: Mapping[str, bytes]


class Objects(Protocol):
    """The embedded S3, as far as Amplify reads it."""

    def get_object(self, bucket: str, key: str) -> bytes:
        """Return an object's bytes. Raises KeyError if the bucket or the key does not exist."""
        ...

    def object_keys(self, bucket: str) -> list[str]:
        """Return the keys of a bucket, sorted."""
        ...


def zip_of(files: Mapping[str, str | bytes]) -> bytes:
    """Return a zip of these files, the same bytes each time."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, body in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name), body)
    return packed.getvalue()


def unzipped(data: bytes) -> Content:
    """Return the content of a zip. Raises SourceError if the bytes are none."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as problem:
        raise SourceError(f"Failed to unzip the source: {problem}") from problem
    return Content(_md5(data), files)


def gathered(files: Mapping[str, bytes]) -> Content:
    """Return the content of single files."""
    digests = "\n".join(f"{name} {_md5(body)}" for name, body in sorted(files.items()))
    return Content(_md5(digests.encode()), dict(files))


@dataclass
class Sources:
    """What Amplify can read: S3, and `web`, the zips at public addresses."""

    objects: Objects | None = None
    web: dict[str, bytes] = field(default_factory=dict)

    def read(self, source: Source) -> Content:
        """Return what lies at the source now. Raises SourceError."""
        if not source.url.startswith("s3://"):
            if source.url not in self.web:
                raise SourceError(f"Failed to download the source {source.url}: 404 Not Found")
            return unzipped(self.web[source.url])
        bucket, _, key = source.url.removeprefix("s3://").partition("/")
        if source.kind == "BUCKET_PREFIX":
            return self._prefix(bucket, key.rstrip("/") + "/" if key else "")
        return unzipped(self._object(bucket, key))

    def _object(self, bucket: str, key: str) -> bytes:
        try:
            if self.objects is not None:
                return self.objects.get_object(bucket, key)
        except KeyError:
            pass
        raise SourceError(f"Failed to read the source s3://{bucket}/{key}: NoSuchKey")

    def _prefix(self, bucket: str, prefix: str) -> Content:
        try:
            keys = self.objects.object_keys(bucket) if self.objects is not None else []
        except (KeyError, ServiceException):
            keys = []
        found = [key for key in keys if key.startswith(prefix) and not key.endswith("/")]
        if not found:
            raise SourceError(f"Failed to read the source s3://{bucket}/{prefix}: no objects")
        return gathered({key.removeprefix(prefix): self._object(bucket, key) for key in found})


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
