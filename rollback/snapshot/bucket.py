"""The door to S3: snapshots, large templates, artifacts. Every call says which account must own the bucket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from rollback.aws import Aws, speaking_to_aws
from rollback.engine.trouble import Busy, Denied, Rejected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rollback.stack.artifacts import Artifact

_MISSING = frozenset({"404", "NoSuchKey", "NoSuchBucket", "NotFound", "NoSuchVersion"})
_OLD_NAMES = {None: "us-east-1", "": "us-east-1", "EU": "eu-west-1"}
"""GetBucketLocation's names for the two oldest regions (its API page)."""

_IN_THE_WAY = frozenset({"ConditionalRequestConflict", "OperationAborted"})
"""Another write to the same key is under way (PutObject's page on conditional writes): to be tried again."""


class Changed(Exception):
    """A conditional write found another object than the one it was meant to replace, or one where there was none."""


@dataclass(frozen=True)
class Object:
    """What lies under a key: its first bytes (all of them, where there are no more than asked for) and its ETag."""

    body: bytes
    etag: str


class Buckets:
    """S3 objects. `owner` is the account that must own each bucket (ExpectedBucketOwner); empty where nobody knows it.

    Every method raises AwsTrouble.
    """

    def __init__(self, aws: Aws) -> None:
        self.owner = ""
        self._aws = aws

    def get(self, bucket: str, key: str, most: int) -> Object | None:
        """Return the object, no more than `most` + 1 of its bytes; None where there is none."""
        try:
            with speaking_to_aws("s3", "GetObject"):
                answer = self._s3.get_object(Bucket=bucket, Key=key, **self._owned)
                return Object(answer["Body"].read(most + 1), str(answer.get("ETag") or ""))
        except Rejected as rejection:
            if rejection.code in _MISSING:
                return None
            raise
        except Denied as trouble:
            raise self._explained(trouble) from trouble

    def put(self, bucket: str, key: str, body: bytes, *, replacing: str = "") -> None:
        """Put an object where there is none, or in place of the one with the ETag `replacing`. Raises Changed.

        S3 encrypts it as the bucket says (AES-256 by itself where the bucket says nothing).
        """
        condition: dict[str, Any] = {"IfMatch": replacing} if replacing else {"IfNoneMatch": "*"}
        self._put(bucket, key, body, **condition)

    def put_always(self, bucket: str, key: str, body: bytes) -> None:
        """Put an object whose key names its content: whatever lies there can only be the same."""
        self._put(bucket, key, body)

    def _put(self, bucket: str, key: str, body: bytes, **condition: Any) -> None:
        try:
            with speaking_to_aws("s3", "PutObject"):
                self._s3.put_object(
                    Bucket=bucket, Key=key, Body=body, ContentType="application/json", **condition, **self._owned
                )
        except Rejected as rejection:
            if rejection.code in {"PreconditionFailed", "412"} or (condition and rejection.code == "NoSuchKey"):
                raise Changed(rejection.message) from rejection
            if rejection.code in _IN_THE_WAY:
                raise Busy(f"s3:PutObject: {rejection.message}") from rejection
            raise
        except Denied as trouble:
            raise self._explained(trouble) from trouble

    def keys(self, bucket: str, prefix: str) -> Iterator[str]:
        """Return the keys that begin with `prefix`, in S3's order (that of their bytes), a page at a time."""
        request: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix, **self._owned}
        while True:
            try:
                with speaking_to_aws("s3", "ListObjectsV2"):
                    page = self._s3.list_objects_v2(**request)
                    found = [str(entry["Key"]) for entry in page.get("Contents", [])]
            except Denied as trouble:
                raise self._explained(trouble) from trouble
            yield from found
            if not page.get("NextContinuationToken"):
                return
            request["ContinuationToken"] = page["NextContinuationToken"]

    def exists(self, artifact: Artifact) -> bool:
        """Return whether the artifact is there, or may be: CloudFormation's own role may be allowed to see more."""
        version = {"VersionId": artifact.version} if artifact.version else {}
        try:
            with speaking_to_aws("s3", "HeadObject"):
                self._s3.head_object(Bucket=artifact.bucket, Key=artifact.key, **version, **self._owned)
        except Rejected as rejection:
            return rejection.code not in _MISSING
        except Denied:
            return True
        return True

    def url(self, bucket: str, key: str) -> str:
        """Return the object's URL as CloudFormation takes it: with the bucket's own region and its partition's name."""
        region = self.region(bucket)
        host = f"s3.{region}.{self._aws.dns_suffix(region)}"
        if "." in bucket:  # a dotted bucket fits no wildcard certificate
            return f"https://{host}/{bucket}/{quote(key)}"
        return f"https://{bucket}.{host}/{quote(key)}"

    def region(self, bucket: str) -> str:
        """Return the region in which the bucket lies. S3 names it even to whom it denies the rest."""
        try:
            with speaking_to_aws("s3", "GetBucketLocation"):
                told = self._s3.get_bucket_location(Bucket=bucket, **self._owned).get("LocationConstraint")
        except (Denied, Rejected) as trouble:
            if region := _region_in(getattr(trouble.__cause__, "response", None)):
                return region
            raise
        return str(_OLD_NAMES.get(told, told))

    def _explained(self, trouble: Denied) -> Denied:
        if not self.owner:
            return trouble
        return Denied(trouble.what, f"{trouble.cure} (The bucket must belong to the account of the stack or app.)")

    @property
    def _owned(self) -> dict[str, str]:
        return {"ExpectedBucketOwner": self.owner} if self.owner else {}

    @property
    def _s3(self) -> Any:
        return self._aws.client("s3")


def _region_in(answer: Any) -> str:
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}) if isinstance(answer, dict) else {}
    return str(headers.get("x-amz-bucket-region") or "")
