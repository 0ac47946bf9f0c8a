"""The door to S3 for zip deployments: what lies at a source, and copies inside S3. Nothing is downloaded."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rollback.aws import Aws, speaking_to_aws
from rollback.engine.trouble import Denied, Rejected
from rollback.frontend.zips import Copy, ObjectSeen, place_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_MISSING = frozenset({"404", "NoSuchKey", "NoSuchBucket", "NotFound", "NoSuchVersion"})


class Objects:
    """S3 objects. `owner` is the account that must own each bucket; empty where nobody knows it.

    Every method raises AwsTrouble; a Denied names the permission that is missing, for S3's answers to HEAD can't.
    """

    def __init__(self, aws: Aws) -> None:
        self.owner = ""
        self._aws = aws

    def head(self, bucket: str, key: str) -> ObjectSeen | None:
        """Return the object as it is now; None where there is none."""
        try:
            with _needing("s3:GetObject and s3:ListBucket"), speaking_to_aws("s3", "HeadObject"):
                answer = self._s3.head_object(Bucket=bucket, Key=key, **self._owned)
                return ObjectSeen(key, _plain(answer["ETag"]), answer["LastModified"], int(answer["ContentLength"]))
        except Rejected as rejection:
            if rejection.code in _MISSING:
                return None
            raise

    def folder(self, bucket: str, prefix: str) -> tuple[ObjectSeen, ...]:
        """Return all objects below a prefix."""
        request: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix, **self._owned}
        found: list[ObjectSeen] = []
        while True:
            with _needing("s3:ListBucket"), speaking_to_aws("s3", "ListObjectsV2"):
                page = self._s3.list_objects_v2(**request)
                found += [_seen(entry) for entry in page.get("Contents", []) if not entry["Key"].endswith("/")]
            if not page.get("NextContinuationToken"):
                return tuple(found)
            request["ContinuationToken"] = page["NextContinuationToken"]

    def versions(self, bucket: str, key: str) -> tuple[ObjectSeen, ...]:
        """Return the versions and delete markers of one key, the newest first."""
        request: dict[str, Any] = {"Bucket": bucket, "Prefix": key, **self._owned}
        found: list[ObjectSeen] = []
        while True:
            with _needing("s3:ListBucketVersions"), speaking_to_aws("s3", "ListObjectVersions"):
                page = self._s3.list_object_versions(**request)
                listed = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
                found += [_seen(entry) for entry in listed if entry["Key"] == key]
                others = any(entry["Key"] > key for entry in listed)  # by S3's order, the key's own come first
            if others or not page.get("IsTruncated"):
                return tuple(sorted(found, key=lambda one: one.modified, reverse=True))
            request |= {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page.get("NextVersionIdMarker", "")}

    def copy(self, copy: Copy) -> ObjectSeen:
        """Copy inside S3, unless the very same lies there already; return the copy."""
        bucket, key = place_of(copy.target)
        there = self.head(bucket, key)
        if there and (there.etag == copy.seen.etag or there.size == copy.seen.size > 0):
            return there
        version = {"VersionId": copy.seen.version} if copy.seen.version else {}
        owned = {"ExpectedSourceBucketOwner": self.owner, **self._owned} if self.owner else {}
        permissions = f"s3:GetObject and s3:GetObjectVersion of {copy.bucket} and s3:PutObject of {bucket}/{key}"
        with _needing(permissions), speaking_to_aws("s3", "CopyObject"):
            answer = self._s3.copy_object(
                Bucket=bucket,
                Key=key,
                CopySource={"Bucket": copy.bucket, "Key": copy.seen.key, **version},
                CopySourceIfMatch=copy.seen.etag,
                TaggingDirective="REPLACE",
                **owned,
            )
            made = answer["CopyObjectResult"]
            return ObjectSeen(key, _plain(made["ETag"]), made["LastModified"], copy.seen.size)

    @property
    def _owned(self) -> dict[str, str]:
        return {"ExpectedBucketOwner": self.owner} if self.owner else {}

    @property
    def _s3(self) -> Any:
        return self._aws.client("s3")


@contextmanager
def _needing(permissions: str) -> Iterator[None]:
    try:
        yield
    except Denied as trouble:
        if trouble.cure.startswith("Credentials"):
            raise
        cure = f"Add the permission {permissions} to the role (docs/iam has the policies)."
        raise Denied(trouble.what, f"{cure} The bucket must belong to the app's account.") from trouble


def _plain(etag: str) -> str:
    return etag.strip('"')


def _seen(entry: Any) -> ObjectSeen:
    return ObjectSeen(
        key=entry["Key"],
        etag=_plain(entry.get("ETag") or ""),
        modified=entry["LastModified"],
        size=int(entry.get("Size") or 0),
        version=entry.get("VersionId") or "",
        deleted="ETag" not in entry,
    )
