"""Which resources hold users' data, and who tells what protects it: a new type is a new row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rollback.engine.trouble import AwsTrouble, Rejected
from rollback.evidence.cognito import look_at_user_pool
from rollback.evidence.dynamodb import look_at_table
from rollback.evidence.efs import look_at_file_system
from rollback.evidence.opensearch import look_at_domain
from rollback.evidence.protection import Protection
from rollback.evidence.rds import look_at_cluster, look_at_instance
from rollback.evidence.s3 import look_at_bucket

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rollback.aws import Aws
    from rollback.evidence.resources import Owned

LOOKS: Final[Mapping[str, Callable[[Aws, Owned], Protection]]] = {
    "AWS::Cognito::UserPool": look_at_user_pool,
    "AWS::DocDB::DBCluster": look_at_cluster,
    "AWS::DynamoDB::GlobalTable": look_at_table,
    "AWS::DynamoDB::Table": look_at_table,
    "AWS::EFS::FileSystem": look_at_file_system,
    "AWS::Elasticsearch::Domain": look_at_domain,
    "AWS::Neptune::DBCluster": look_at_cluster,
    "AWS::OpenSearchService::Domain": look_at_domain,
    "AWS::RDS::DBCluster": look_at_cluster,
    "AWS::RDS::DBInstance": look_at_instance,
    "AWS::S3::Bucket": look_at_bucket,
}

UNKNOWN: Final = frozenset(
    {
        "AWS::Cassandra::Table",
        "AWS::DSQL::Cluster",
        "AWS::DocDBElastic::Cluster",
        "AWS::EC2::Volume",
        "AWS::ElastiCache::ReplicationGroup",
        "AWS::ElastiCache::ServerlessCache",
        "AWS::FSx::FileSystem",
        "AWS::FSx::Volume",
        "AWS::MemoryDB::Cluster",
        "AWS::NeptuneGraph::Graph",
        "AWS::OpenSearchServerless::Collection",
        "AWS::Redshift::Cluster",
        "AWS::RedshiftServerless::Namespace",
        "AWS::S3Express::DirectoryBucket",
        "AWS::S3Tables::TableBucket",
        "AWS::S3Vectors::VectorBucket",
        "AWS::SDB::Domain",
        "AWS::Timestream::Table",
    }
)
"""These hold users' data too; what protects it is for a person to look at."""


def holds_data(owned: Owned) -> bool:
    """Return whether it holds users' data, of which nothing comes back with a template."""
    return bool(owned.physical_id) and (owned.type in LOOKS or owned.type in UNKNOWN)


def protection_of(aws: Aws, owned: Owned) -> Protection:
    """Return what protects the resource's data; what can't be asked is `unread`."""
    look = LOOKS.get(owned.type)
    if look is None:
        return Protection(unread=f"the action does not know how {owned.type} is protected")
    try:
        return look(aws, owned)
    except Rejected as rejection:
        gone = any(word in rejection.code for word in ("NotFound", "NoSuch"))
        return Protection(unread="it is not there any more" if gone else rejection.what)
    except AwsTrouble as trouble:
        return Protection(unread=trouble.what, cure=trouble.cure)
