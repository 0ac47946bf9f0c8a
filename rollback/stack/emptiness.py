"""The door to what resources hold: one cheap read each, for those types where one read shows that there is nothing.

Counts that AWS keeps are hours old (DynamoDB's ItemCount, the size of a file system) and show nothing; databases,
search domains and caches would have to be logged in to. For those there is no read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollback.aws import Aws, speaking_to_aws
from rollback.engine.trouble import Denied, Rejected
from rollback.stack.guard import Contents

if TYPE_CHECKING:
    from collections.abc import Callable


class Emptiness:
    """Whether tables, buckets and user pools are empty. What is denied, gone or has no read is not shown to be."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._reads: dict[str, tuple[str, Callable[[str], bool]]] = {
            "AWS::DynamoDB::Table": ("dynamodb:Scan", self._table),
            "AWS::DynamoDB::GlobalTable": ("dynamodb:Scan", self._table),
            "AWS::S3::Bucket": ("s3:ListBucketVersions", self._bucket),
            "AWS::Cognito::UserPool": ("cognito-idp:ListUsers", self._user_pool),
        }

    def of(self, type_: str, physical_id: str) -> Contents:
        """Return what a read says of the resource. Raises AwsTrouble that passes (throttling, no connection)."""
        if type_ not in self._reads or not physical_id:
            return Contents(empty=False, found="no read of AWS shows whether it is empty")
        permission, read = self._reads[type_]
        try:
            empty = read(physical_id)
        except Denied:
            return Contents(
                empty=False, found=f"whether it is empty can't be read: the permission {permission} is missing"
            )
        except Rejected as rejection:
            return Contents(empty=False, found=f"whether it is empty can't be read: {rejection.message}")
        return Contents(
            empty, f"{permission} shows it empty" if empty else f"{permission} shows that it holds something"
        )

    def _table(self, name: str) -> bool:
        with speaking_to_aws("dynamodb", "Scan"):
            client: Any = self._aws.client("dynamodb")
            page = client.scan(TableName=name, Limit=1, ConsistentRead=True, Select="COUNT")
            return page.get("Count") == 0 and not page.get("ScannedCount") and not page.get("LastEvaluatedKey")

    def _bucket(self, name: str) -> bool:
        with speaking_to_aws("s3", "ListObjectVersions"):
            client: Any = self._aws.client("s3")
            page = client.list_object_versions(Bucket=name, MaxKeys=1)
            return not (page.get("Versions") or page.get("DeleteMarkers") or page.get("IsTruncated"))

    def _user_pool(self, pool_id: str) -> bool:
        with speaking_to_aws("cognito-idp", "ListUsers"):
            client: Any = self._aws.client("cognito-idp")
            page = client.list_users(UserPoolId=pool_id, Limit=1)
            return page.get("Users") == [] and not page.get("PaginationToken")
