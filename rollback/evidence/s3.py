"""What protects a bucket's objects. The door to S3's versioning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback.aws import Aws, speaking_to_aws
from rollback.evidence.protection import Protection
from rollback.report.commands import aws as command
from rollback.report.model import Command

if TYPE_CHECKING:
    from rollback.evidence.resources import Owned


def look_at_bucket(aws: Aws, owned: Owned) -> Protection:
    """Look whether the bucket keeps versions. Raises AwsTrouble."""
    client = aws.client("s3")
    with speaking_to_aws("s3", "GetBucketVersioning"):
        status = client.get_bucket_versioning(Bucket=owned.physical_id).get("Status", "")
    if status == "Enabled":
        return Protection(("versioning is on",), recovery=True)
    line = command(
        "s3api",
        "put-bucket-versioning",
        bucket=owned.physical_id,
        versioning_configuration="Status=Enabled",
        region=aws.region,
    )
    cure = Command(purpose=f"Switch versioning of {owned.logical_id} on, in the template too", line=line)
    return Protection().with_weakness(f"versioning is {'suspended' if status else 'off'}", cure)
